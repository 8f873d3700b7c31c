//! Progress on a terminal: the completed share, the rate and the remaining time, and none of it on standard output.

use std::time::Duration;

use conversations_emulator::fault::{Fault, FaultPlan, Malformation, Rule};
use conversations_emulator::{Dataset, Emulator};

use crate::support::{Folder, Served};
use crate::terminal::{Terminal, Written};

const APRIL: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-05-01"];

/// Serves responses so slowly that the progress of a run with many pages is drawn many times.
fn slow() -> Served {
    let served = Served::new(Dataset::generate(1, 400));
    let wait = Rule::new(Fault::latency(Duration::from_millis(60)));
    let plan = FaultPlan::new().with_rule(wait);
    let faults = Emulator::faults(&served.emulator);
    faults.set("default", plan).unwrap();
    served
}

fn export(columns: u16, flags: &[&str]) -> Written {
    let (served, folder) = (slow(), Folder::new());
    let arguments = [
        &["export", "-o", "-", "--page-size", "5", "--parallel", "2"][..],
        flags,
    ];
    let command = served.command(&folder, &arguments.concat());
    let written = Terminal::of(columns).run(command);
    assert_eq!(written.code, Some(0), "{:?}", written.screen);
    written
}

#[test]
fn rate_and_remaining_time_are_drawn_and_nothing_of_it_reaches_standard_output() {
    for columns in [40, 80, 160] {
        let written = export(columns, &APRIL);
        let is_whole = |line: &&String| ["/s", "%", " left"].iter().all(|part| line.contains(part));
        let drawn = written.screen.iter().find(is_whole);
        let drawn = drawn.unwrap_or_else(|| panic!("{columns}: {:?}", written.screen));
        assert_eq!(drawn.contains("KiB/s"), columns > 40, "{drawn}");
        assert!(columns == 40 || drawn.contains("──"), "{drawn}");
        assert_eq!(drawn.contains(" at 2026-04-"), columns > 80, "{drawn}");
        let is_progress = |line: &&String| line.contains("/s  ");
        for line in written.screen.iter().filter(is_progress) {
            assert!(line.chars().count() < usize::from(columns), "{line}");
        }
        let records = written.stdout.lines();
        assert!(records.clone().count() > 100);
        for record in records {
            assert!(record.starts_with('{') && record.ends_with('}'), "{record}");
        }
    }
}

#[test]
fn without_a_start_the_received_bytes_are_shown_instead_of_a_share() {
    let written = export(100, &[]);
    let is_whole = |line: &String| line.contains(" conversations  ") && line.contains("KiB/s");
    assert!(written.screen.iter().any(is_whole), "{:?}", written.screen);
    assert!(!written.screen.iter().any(|line| line.contains(" left")));
}

#[test]
fn quiet_is_quiet_on_a_terminal_too() {
    let written = export(80, &[&APRIL[..], &["--quiet"]].concat());
    assert_eq!(written.screen, [""; 0]);
}

#[test]
fn a_skipped_record_is_reported_above_the_line() {
    let (served, folder) = (Served::new(Dataset::generate(1, 60)), Folder::new());
    served.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)));
    folder.write("bad.jsonl", "{\"id\":\"a\"}\nnonsense\n");
    for command in [
        &["export", "-o", "out.jsonl"][..],
        &[&["sync", "data"], &APRIL[..]].concat(),
        &["list"],
        &["stats"],
        &["report"],
        &["audio", "-o", "calls"],
        &[&["search", "booking"], &APRIL[..]].concat(),
        &["search", "booking", "--from", "bad.jsonl"],
        &["stats", "--from", "bad.jsonl"],
    ] {
        let written = Terminal::of(100).run(served.command(&folder, command));
        let screen = written.screen;
        assert_eq!(written.code, Some(3), "{command:?}: {screen:?}");
        let is_warning = |line: &String| line.starts_with("warning: ");
        assert!(screen.iter().any(is_warning), "{command:?}: {screen:?}");
    }
}
