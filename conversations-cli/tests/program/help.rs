//! `--help` of every command.

use crate::support::{COMMANDS, Folder};

const BELOW: [[&str; 2]; 3] = [
    ["migrate", "check"],
    ["migrate", "plan"],
    ["emulator", "proxy"],
];

/// Returns the help for a terminal so wide that no line is wrapped.
fn help(folder: &Folder, command: &[&str], flag: &str) -> String {
    let arguments = [command, &[flag]].concat();
    let said = folder.run_with(&arguments, &[("COLUMNS", "200")]);
    said.succeeds().stdout
}

fn examples(help: &str) -> impl Iterator<Item = &str> {
    let examples = help.split("\nExamples:\n").nth(1).unwrap_or_default();
    examples.lines().take_while(|line| line.starts_with("  "))
}

#[test]
fn every_command_explains_itself_with_examples_that_fit_eighty_columns() {
    let folder = Folder::new();
    let all = COMMANDS.iter().map(std::slice::from_ref);
    for command in all
        .chain(BELOW.iter().map(|below| &below[..]))
        .chain([&[][..]])
    {
        for flag in ["-h", "--help"] {
            let help = help(&folder, command, flag);
            assert!(examples(&help).count() > 0, "{command:?} {flag}");
            for example in examples(&help) {
                assert!(example.chars().count() <= 80, "{example}");
            }
        }
    }
}

#[test]
fn verdicts_and_exit_codes_are_explained() {
    let folder = Folder::new();
    for command in ["check", "plan"] {
        assert!(help(&folder, &["migrate", command], "--help").contains("not ready"));
    }
    assert!(help(&folder, &[], "--help").contains("Exit codes:"));
}

#[test]
fn what_concerns_no_form_does_not_stand_under_that_heading() {
    let folder = Folder::new();
    for command in ["export", "sync"] {
        let help = help(&folder, &[command], "--help");
        let form = help.split("\nForm:").nth(1).unwrap();
        let form = form.split("\nFilters:").next().unwrap();
        assert!(form.contains("--columns"), "{form}");
        for flag in ["--demo", "--quiet", "--parallel", "--summary"] {
            assert!(!form.contains(flag), "{command} {flag}: {form}");
        }
    }
}
