//! Unusual locales, terminals and standard streams.

use std::process::Stdio;

use conversations_emulator::Dataset;

use crate::support::{self, Folder, Served};

const RANGE: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-05-01"];

/// Commands that print to standard output.
const COMMANDS: [&[&str]; 6] = [
    &["list", "--limit", "500"],
    &["stats"],
    &["sample", "50"],
    &["export", "-o", "-"],
    &["export", "-o", "-", "--format", "csv", "--gzip"],
    &["export", "-o", "-", "--format", "parquet"],
];

fn of_april<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &RANGE, &["-q"]].concat()
}

/// Returns the words without lines and bars, which use other characters if the locale is not UTF-8.
fn words(text: &str) -> Vec<&str> {
    let words = text.split_whitespace();
    words
        .filter(|word| word.contains(char::is_alphanumeric))
        .collect()
}

#[test]
fn an_answer_does_not_depend_on_locale_or_terminal_but_for_what_is_drawn() {
    let (served, folder) = (Served::new(Dataset::generate(5, 60)), Folder::new());
    let settings = [
        "LANG=C LC_ALL=C",
        "LC_ALL=tr_TR.ISO-8859-9 LANG=none",
        "TERM=dumb COLUMNS=1 LINES=0",
        "TERM= COLUMNS=many NO_COLOR=1",
        "NO_COLOR= CLICOLOR_FORCE=1 TZ=Nowhere/None",
    ];
    for command in &COMMANDS[..3] {
        let arguments = of_april(command);
        let plain = served.run(&folder, &arguments).succeeds().stdout;
        for setting in settings {
            let odd = served.run_after(&folder, &format!("export {setting}"), &arguments);
            assert_eq!(odd.code(), Some(0), "{setting}: {}", odd.stderr);
            if !setting.contains("FORCE") && !setting.contains("COLUMNS") {
                assert_eq!(words(&odd.stdout), words(&plain), "{setting}");
            }
        }
    }
}

#[test]
fn a_standard_input_that_is_closed_is_an_empty_one() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    let closed = |arguments: &[&str]| served.run_after(&folder, "exec <&-", arguments);
    closed(&["export", "-q", "-o", "out.jsonl"]).succeeds();
    closed(&["show", "-"]).succeeds().says_nothing();
    assert!(folder.read("out.jsonl").starts_with('{'));
}

#[test]
fn messages_that_nobody_can_read_change_no_output() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    for setup in ["exec 2>&-", "exec 2>/dev/full"] {
        served
            .run_after(&folder, setup, &["export", "-o", "out.jsonl"])
            .succeeds();
        assert!(folder.read("out.jsonl").starts_with("{\"id\""));
    }
}

#[test]
fn a_reader_that_goes_away_ends_every_command_quietly() {
    let (served, folder) = (Served::new(Dataset::generate(5, 60)), Folder::new());
    for command in COMMANDS {
        let arguments = of_april(command);
        let mut child = served
            .command(&folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{command:?}");
    }
}

#[test]
fn output_that_does_not_fit_on_the_disk_determines_the_exit_code() {
    let (served, folder) = (Served::new(Dataset::generate(5, 60)), Folder::new());
    for command in COMMANDS {
        let arguments = of_april(command);
        served
            .run_after(&folder, "exec >/dev/full", &arguments)
            .fails(7, "cannot write standard output: No space left");
    }
}

#[test]
fn an_interrupted_sync_explains_how_to_resume() {
    for signal in support::ending_signals() {
        let folder = Folder::new();
        let (url, server) = support::serve_nothing();
        let arguments = [
            "sync",
            "data",
            "--base-url",
            &url,
            "--account",
            "A",
            "--project",
            "P",
            "--start",
            "2026-04-01",
            "--end",
            "2026-04-02",
        ];
        let child = folder
            .command(&arguments)
            .env("POLYAI_API_KEY", "k")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        server.wait_for_a_request();
        support::signal(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal}");
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("run the same command again"), "{words}");
        assert!(!folder.path("data/_manifest.json").exists());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_is_to_outlive_its_terminal_does() {
    let folder = Folder::new();
    let (url, server) = support::serve_nothing();
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_conversations"))
        .args(support::export_from(&url))
        .current_dir(folder.path(""))
        .env("POLYAI_API_KEY", "k");
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    server.wait_for_a_request();
    // A program that listens for the signal catches it; otherwise the signal stays ignored.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    assert_eq!(mask & 1, 1, "{status}");
    support::signal(&child, "HUP");
    support::signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
