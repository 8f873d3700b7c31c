//! A server that rejects, limits or drops requests: no data is lost, and the same command resumes.

use std::time::{Duration, Instant};

use conversations_emulator::fault::{Fault, Refusal, RetryAfter, Rule};
use conversations_emulator::{Dataset, Order, ServerBehavior};

use crate::support::{Folder, Served};
use crate::synced::{dataset, finished, report, sync, visible};

const EXPORT: [&str; 6] = ["export", "-o", "out.jsonl", "--page-size", "10", "-q"];

fn served() -> Served {
    Served::at_a_standstill(dataset(&finished(&Dataset::generate(5, 150))))
}

/// Runs `export` and `sync` with `rule` until they fail with these exit codes and `part` of a message, and resumes both
/// without the rule.
fn resumes_after(rule: &Rule, more: &[&str], exit_codes: [i32; 2], part: &str) {
    let [export_fails, sync_fails] = exit_codes;
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    served.run(&whole, &EXPORT).succeeds();
    report(&served, &whole, &[]);
    let undisturbed = served.emulator.journal().len();
    served.goes_wrong(rule.clone());
    let export: Vec<_> = EXPORT.iter().chain(more).copied().collect();
    let failed = served.run(&folder, &export);
    failed.fails(export_fails, part);
    assert!(
        failed
            .stderr
            .contains("hint: to resume, run the same command again"),
        "{}",
        failed.stderr
    );
    assert!(!folder.path("out.jsonl").exists());
    served.goes_wrong(rule.clone());
    let one_by_one: Vec<_> = ["--parallel", "1", "--end", "2026-05-01"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let failed = sync(&served, &folder, &one_by_one);
    failed.fails(sync_fails, part);
    assert!(failed.stderr.contains("the next run"), "{}", failed.stderr);
    assert!(!failed.stderr.contains(served.emulator.api_key()));
    served.recovers();
    let before = served.emulator.journal().len();
    served.run(&folder, &EXPORT).succeeds();
    report(&served, &folder, &[]);
    assert!(
        served.emulator.journal().len() - before < undisturbed,
        "everything was fetched again"
    );
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    assert!(visible(&folder) == visible(&whole));
}

#[test]
fn a_key_that_is_revoked_in_the_middle_loses_nothing() {
    // A 403 may be about one day only: the days before it are published, and the others are named as missing.
    for (status, exit_codes, part) in [
        (401, [4, 4], "the API key was not accepted"),
        (403, [4, 6], "it was revoked or lacks permission"),
    ] {
        let rule = Rule::new(Fault::status(status)).from_request(5);
        resumes_after(&rule, &[], exit_codes, part);
    }
}

#[test]
fn a_rejected_key_costs_one_request_however_long_the_range() {
    let served = served();
    let start = ["--start", "2025-04-01"];
    let end = ["--end", "2026-05-01"];
    for range in [&start[..], &[start, end].concat()] {
        for command in [&EXPORT[..], &["list"], &["stats"], &["show", "CA1"]] {
            let folder = Folder::new();
            let before = served.emulator.journal().len();
            let arguments = [command, range].concat();
            let failed = served.run_as(&folder, &arguments, "another-key");
            failed.fails(4, "the API key was not accepted");
            assert!(!failed.stderr.contains("window"), "{}", failed.stderr);
            let sent = served.emulator.journal().len() - before;
            assert_eq!(sent, 1, "{arguments:?}");
        }
    }
}

#[test]
fn an_export_in_windows_that_was_stopped_resumes_in_the_middle_of_a_window() {
    for order in [Order::Ascending, Order::Descending] {
        let behavior = ServerBehavior::default().with_order(order);
        let served = Served::with(dataset(&finished(&Dataset::generate(5, 900))), behavior);
        let (whole, folder) = (Folder::new(), Folder::new());
        // Without an end, the range ends at a later time in each run.
        for range in [
            &["--start", "2026-04-01"][..],
            &["--start", "2026-04-01", "--end", "2026-05-01"],
        ] {
            let export = [&EXPORT[..], range].concat();
            let before = served.emulator.journal().len();
            served.run(&whole, &export).succeeds();
            let undisturbed = served.emulator.journal().len() - before;
            served.goes_wrong(Rule::new(Fault::status(403)).from_request(60));
            served
                .run(&folder, &export)
                .fails(4, "to resume, run the same command again");
            served.recovers();
            let before = served.emulator.journal().len();
            served.run(&folder, &export).succeeds();
            let again = served.emulator.journal().len() - before;
            assert!(again < undisturbed, "{again} requests of {undisturbed}");
            assert!(
                folder.read("out.jsonl") == whole.read("out.jsonl"),
                "{order:?}"
            );
        }
    }
}

#[test]
fn a_server_that_fails_is_given_up_after_one_retry_timeout_whatever_the_range() {
    let served = served();
    let folder = Folder::new();
    served.goes_wrong(Rule::new(Fault::status(503)).from_request(4));
    let more = [
        "--start",
        "2026-04-01",
        "--end",
        "2026-05-01",
        "--retry-timeout",
        "1s",
    ];
    let began = Instant::now();
    let failed = served.run(&folder, &[&EXPORT[..], &more[..]].concat());
    failed.fails(6, "time limit");
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    let sent = served.emulator.journal().len();
    assert!(sent < 60, "{sent} requests");
}

#[test]
fn a_budget_of_requests_is_kept_by_all_windows_together() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    let range = [
        "--start",
        "2026-04-01",
        "--end",
        "2026-05-01",
        "--page-size",
        "1000",
    ];
    let limited = ["--max-requests-per-minute", "1"];
    served
        .run(&whole, &[&EXPORT[..3], &range[..]].concat())
        .succeeds();
    // A single request does not have to wait.
    let arguments = [&EXPORT[..3], &range[..], &limited[..]].concat();
    served.run(&folder, &arguments).succeeds();
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    let zero = ["--max-requests-per-minute", "0"];
    served
        .run(&folder, &[&EXPORT[..3], &zero[..]].concat())
        .fails(2, "0 is not in 1..");
}

#[test]
fn a_project_that_is_removed_in_the_middle_loses_nothing() {
    let rule = Rule::new(Fault::status(404)).from_request(5);
    resumes_after(&rule, &[], [5, 6], "there is no such project here");
}

#[test]
fn an_export_resumes_after_persistent_rate_limiting() {
    let busy = || Refusal::new(429);
    // Without `Retry-After`, and with one of an hour, which exceeds the retry timeout.
    for refusal in [busy(), busy().with_retry_after(RetryAfter::Seconds(3600))] {
        let rule = Rule::new(refusal).from_request(5);
        resumes_after(&rule, &["--retry-timeout", "1s"], [6, 6], "(HTTP 429");
    }
}

#[test]
fn a_temporary_rate_limit_is_waited_for() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    served.run(&whole, &EXPORT).succeeds();
    let at_once = Refusal::new(429).with_retry_after(RetryAfter::Seconds(0));
    served.goes_wrong(Rule::new(at_once).from_request(3).times(4));
    let mut arguments = EXPORT.to_vec();
    arguments.extend(["--summary", "summary.json"]);
    served.run(&folder, &arguments).succeeds();
    assert!(folder.read("summary.json").contains("\"retries\": 4"));
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
}

#[test]
fn an_export_resumes_after_an_outage_of_ten_minutes() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    served.run(&whole, &EXPORT).succeeds();
    let outage = Fault::outage(Duration::from_secs(600));
    served.goes_wrong(Rule::new(outage).on_request(4));
    let mut arguments = EXPORT.to_vec();
    arguments.extend(["--retry-timeout", "0s"]);
    for minutes in [0, 9] {
        served
            .emulator
            .clock()
            .advance(Duration::from_secs(minutes * 60));
        let failed = served.run(&folder, &arguments);
        failed.fails(6, "the connection was reset");
        failed.fails(6, "to resume, run the same command again");
    }
    served.emulator.clock().advance(Duration::from_secs(60));
    let asked = served.emulator.journal().len();
    served.run(&folder, &arguments).succeeds();
    let again = served.emulator.journal().len() - asked;
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    assert!(again < 15, "{again} requests for the rest of it");
}

#[test]
fn an_expired_cursor_restarts_the_export() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    served.run(&whole, &EXPORT).succeeds();
    served.goes_wrong(Rule::new(Fault::status(401)).from_request(4));
    served.run(&folder, &EXPORT).fails(4, "to resume");
    served.goes_wrong(Rule::new(Fault::expired_cursor()).once());
    let done = served.run(&folder, &EXPORT).succeeds();
    let words = "warning: cannot resume the previous run";
    assert!(done.stderr.contains(words), "{}", done.stderr);
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn the_partial_output_of_another_server_is_not_resumed() {
    let folder = Folder::new();
    let first = served();
    first.goes_wrong(Rule::new(Fault::status(401)).from_request(4));
    first.run(&folder, &EXPORT).fails(4, "to resume");
    let (second, whole) = (served(), Folder::new());
    second.run(&folder, &EXPORT).succeeds();
    second.run(&whole, &EXPORT).succeeds();
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
}
