//! Arguments that are rejected before any request is sent.

use crate::session::{SETTINGS, Session};

const RANGE: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-04-02"];

#[test]
fn arguments() {
    let mut session = Session::new();
    for arguments in [
        &["exprot"][..],
        &["export"],
        &["export", "-o", "a.jsonl", "--ouptut", "b.jsonl"],
        &["export", "-o", "a\u{1b}[31m.jsonl", "--no-such\u{1b}[31m"],
        &["export", "--demo", "-o", "a.jsonl", "--parallel", "0"],
        &["export", "--demo", "-o", "a.jsonl", "--format", "xml"],
        &["export", "--demo", "-o", "a.jsonl", "--shard", "5/4"],
        &["export", "-o", "a.jsonl", "--shard", "1/4"],
        &["export", "--demo", "-o", "a.jsonl", "--keep", "LANGUAGE"],
        &["export", "--demo", "-o", "a.jsonl", "--region", "us-1"],
        &["export", "-o", "a.jsonl", "--region", "mars"],
        &["export", "-o", "a.jsonl", "--retry-timeout", "soon"],
        &["export", "-o", "a.jsonl", "--max-requests-per-minute", "0"],
        &["list", "--demo", "--limit", "0"],
        &["show"],
        &["man", "exprot"],
        &["completions", "cmd"],
        &["sync", "data", "--demo", "--every", "500ms"],
        &["sync", "data", "--demo", "--settle", "soon"],
        &["emulator", "--clock", "noon"],
        &["emulator", "--key", "a key"],
        &["emulator", "proxy", "--upstream", "https://127.0.0.1:1"],
        &["migrate", "check", "--demo", "--slice", "2h"],
        &[
            "migrate",
            "check",
            "--demo",
            "--sample",
            "2",
            "--slice",
            "900000000y",
        ],
        &[
            "migrate",
            "check",
            "--demo",
            "--start",
            "2026-05-01",
            "--end",
            "2026-04-01",
        ],
        &["migrate", "check", "--demo", "--require", "a..b"],
        &["migrate", "plan", "--demo", "--days", "0"],
    ] {
        session.run_with(arguments, &SETTINGS);
    }
    session.assert_snapshot("arguments");
}

#[test]
fn filters() {
    let mut session = Session::new();
    for filter in [
        &["--start", "yesteryear"][..],
        &["--end", "2026-4-1"],
        &["--start", "2026-04-02", "--end", "2026-04-01"],
        &["--time-zone", "Mars"],
        &["--client-env", "production"],
        &["--in-progress", "maybe"],
        &["--page-size", "0"],
        &["--page-size", "1001"],
        &["--api-version", "v1", "--page-size", "5001"],
        &["--api-version", "v4"],
        &["--api-version", "v1", "--channel", "CHAT"],
        &["--api-version", "v1", "--include-latency"],
        &["--include-context-state"],
        &["--variant-id", "a", "--variant-name", "b"],
        &["--variant-id", ""],
        &["--channel", ""],
    ] {
        session.run_with(
            &[&["export", "-o", "a.csv"][..], filter].concat(),
            &SETTINGS,
        );
    }
    session.assert_snapshot("filters");
}

#[test]
fn searches() {
    let mut session = Session::new();
    session.run_with(&["search", "refund"], &SETTINGS);
    session.run_with(&["sample", "3", "--start", "2026-04-01"], &SETTINGS);
    for arguments in [
        &["search", " "][..],
        &["search", "refund", "--mode", "semantic", "--turns", "user"],
        &["search", "refund", "--turns", "robot"],
        &["search", "refund", "--api-version", "v1"],
        &["search", "no such words", "--client-env", "all"],
        &["search", "booking", "--client-env", "all", "--limit", "1"],
        &["sample", "0"],
    ] {
        session.run(&[arguments, &["--demo"], &RANGE[..]].concat());
    }
    session.run(&[
        "search", "refund", "--mode", "semantic", "--from", "a.jsonl",
    ]);
    session.assert_snapshot("searches");
}

#[test]
fn output_formats() {
    let mut session = Session::new();
    for arguments in [
        &["april.xlsx"][..],
        &["april.csv.xz"],
        &["april.jsonl", "--turns"],
        &["april.jsonl", "--columns", "id"],
        &["april.csv", "--columns", "id,chanel"],
        &["april.csv", "--columns", "id,id"],
        &["april.csv", "--turns", "--columns", "id"],
        &["april.parquet", "--csv-safe"],
        &["april.parquet", "--gzip"],
        &["april.csv", "--gzip", "--zstd"],
        &["april.csv", "--quarantine", "april.csv"],
        &["april.jsonl", "--summary", "april.jsonl.part"],
    ] {
        session.run_with(&[&["export", "-o"][..], arguments].concat(), &SETTINGS);
    }
    session.assert_snapshot("output_formats");
}
