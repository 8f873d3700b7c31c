//! `--help` of every command.

use crate::session::assert_snapshot;
use crate::support::Folder;

/// Returns the help for a terminal of 100 columns.
fn help(folder: &Folder, command: &[String], flag: &str) -> String {
    let mut arguments: Vec<_> = command.iter().map(String::as_str).collect();
    arguments.push(flag);
    let run = folder.run_with(&arguments, &[("COLUMNS", "100")]);
    run.succeeds().stdout
}

/// Returns the names of the subcommands that a help page lists.
fn subcommands(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let rows = list.lines().take_while(|line| line.starts_with("  "));
    let names = rows.filter(|row| !row.starts_with("   "));
    let names = names.filter_map(|row| row.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// Returns the program, every command and every subcommand, as arguments.
fn commands(folder: &Folder) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut next = 0;
    while let Some(command) = all.get(next).cloned() {
        for name in subcommands(&help(folder, &command, "--help")) {
            all.push([&command[..], &[name]].concat());
        }
        next += 1;
    }
    all
}

fn examples(help: &str) -> impl Iterator<Item = &str> {
    let examples = help.split("\nExamples:\n").nth(1).unwrap_or_default();
    examples.lines().take_while(|line| line.starts_with("  "))
}

#[test]
fn every_help_page_is_reviewed() {
    let folder = Folder::new();
    let commands = commands(&folder);
    assert!(commands.len() > 15, "{commands:?}");
    for command in &commands {
        let name = [&["conversations".to_owned()], &command[..]].concat();
        let page = help(&folder, command, "--help");
        assert_snapshot("help", &name.join("_"), &page);
    }
}

#[test]
fn every_command_has_examples_that_fit_eighty_columns() {
    let folder = Folder::new();
    for command in commands(&folder) {
        // It has no arguments.
        if command == ["emulator", "schema"] {
            continue;
        }
        for flag in ["-h", "--help"] {
            let help = help(&folder, &command, flag);
            assert!(examples(&help).count() > 0, "{command:?} {flag}");
            for example in examples(&help) {
                assert!(example.chars().count() <= 80, "{example}");
            }
        }
    }
}
