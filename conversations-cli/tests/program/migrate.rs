//! `migrate`: the parity report and its exit code, and the migration steps.

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};
use serde_json::{Value, json};

use crate::support::{Folder, Run, Served};

fn record(n: usize) -> Value {
    json!({
        "id": format!("CA{n:03}"), "account_id": "ws-1", "project_id": "PROJECT-1",
        "environment": "live", "variant_name": "Downtown", "in_progress": false,
        "started_at": format!("2026-04-01T09:{n:02}:00Z"), "total_duration": 60,
        "handoff_reason": "", "state": {"order_id": "MARKER"},
    })
}

fn served(records: &[Value]) -> Served {
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    Served::new(Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap())
}

const DAY: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-04-02"];

/// Runs `check` from `old` to `new`, with the keys of both.
fn check(folder: &Folder, old: &Served, new: &Served, more: &[&str]) -> Run {
    let mut arguments = vec!["migrate", "check", "--quiet", "--retry-timeout", "0s"];
    arguments.extend(DAY);
    arguments.extend(["--from-base-url", old.emulator.base_url()]);
    arguments.extend(more);
    migrate(folder, old, new, &arguments)
}

fn migrate(folder: &Folder, old: &Served, new: &Served, arguments: &[&str]) -> Run {
    let data = new.emulator.data();
    folder.run_with(
        arguments,
        &[
            ("POLYAI_API_KEY", new.emulator.api_key()),
            ("POLYAI_LEGACY_API_KEY", old.emulator.legacy_api_key()),
            ("POLYAI_BASE_URL", new.emulator.base_url()),
            ("POLYAI_ACCOUNT_ID", data.account_id()),
            ("POLYAI_PROJECT_ID", data.project_id()),
        ],
    )
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = Folder::new();
    let old: Vec<_> = (0..5).map(record).collect();
    let mut noted = old.clone();
    noted[2].as_object_mut().unwrap().remove("state");
    let mut different = old.clone();
    // More digits than a port or a time in the report has.
    different[3]["total_duration"] = json!(61_061_061);
    let (old, noted, different) = (served(&old), served(&noted), served(&different));

    let ready = check(&folder, &old, &old, &[]);
    ready.exits(0);
    assert!(
        ready.stdout.starts_with("v1 to v3: ready\n"),
        "{}",
        ready.stdout
    );
    let run = check(&folder, &old, &noted, &[]);
    run.exits(9);
    assert!(run.stdout.contains("state-absent"), "{}", run.stdout);
    check(&folder, &old, &noted, &["--require", "state.order_id"]).exits(10);
    check(
        &folder,
        &old,
        &noted,
        &["--require", "handoff_reason,variant_name"],
    )
    .exits(9);
    let run = check(&folder, &old, &different, &[]);
    run.exits(10);
    assert!(
        run.stdout.contains("total_duration: changed 1  e.g. CA003"),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("MARKER") && !run.stdout.contains("61061061"),
        "{}",
        run.stdout
    );
    let run = check(&folder, &old, &different, &["--show-values"]);
    assert!(
        run.stdout.contains("CA003: 60 -> 61061061"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_report_can_be_json_or_markdown_in_a_file() {
    let folder = Folder::new();
    let old = served(&[record(1)]);
    let run = check(&folder, &old, &old, &["--format", "json"]);
    run.exits(0);
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["verdict"], "ready");
    assert_eq!(shown["report"]["rules"]["empty-text"]["count"], 1);
    let run = check(
        &folder,
        &old,
        &old,
        &["--format", "markdown", "-o", "parity.md"],
    );
    run.exits(0);
    run.says_nothing();
    assert!(folder.read("parity.md").starts_with("# v1 to v3: ready\n"));
}

#[test]
fn a_side_that_cannot_be_read_gives_its_own_exit_code_and_a_report() {
    let folder = Folder::new();
    let old = served(&[record(1)]);
    folder.write("key", "not-the-key");
    let run = check(&folder, &old, &old, &["--legacy-api-key-file", "key"]);
    run.exits(4);
    assert!(
        run.stdout
            .contains("as far as 2026-04-01T00:00:00Z, then v1 failed"),
        "{}",
        run.stdout
    );
    let (account, project) = (
        old.emulator.data().account_id(),
        old.emulator.data().project_id(),
    );
    let without = [
        "migrate",
        "check",
        "--account",
        account,
        "--project",
        project,
    ];
    let url = ["--base-url", old.emulator.base_url()];
    let keys = [("POLYAI_API_KEY", old.emulator.api_key())];
    let run = folder.run_with(&[&without[..], &url].concat(), &keys);
    run.fails(2, "--legacy-api-key-file (or POLYAI_LEGACY_API_KEY)");
}

#[test]
fn a_comparison_resumes_from_its_report() {
    let folder = Folder::new();
    let old = served(&[record(1), record(2)]);
    let kept = ["--resume", "parity.json", "--format", "json"];
    let first = check(&folder, &old, &old, &kept);
    first.exits(0);
    let asked = old.emulator.journal().len();
    let second = check(&folder, &old, &old, &kept);
    second.exits(0);
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(old.emulator.journal().len(), asked);
    check(
        &folder,
        &old,
        &old,
        &["--resume", "parity.json", "--client-env", "sandbox"],
    )
    .fails(2, "of another comparison");
    folder.write("parity.json", "{}");
    check(&folder, &old, &old, &kept).fails(2, "to start over, remove the file");
}

#[test]
fn a_sample_reports_its_confidence() {
    let folder = Folder::new();
    let old = served(&(0..50).map(record).collect::<Vec<_>>());
    let run = check(&folder, &old, &old, &["--sample", "12", "--slice", "1h"]);
    run.exits(9);
    assert!(
        run.stdout.contains("12 of 24 slices of 3600 s"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("95 % confidence"), "{}", run.stdout);
    check(&folder, &old, &old, &["--slice", "1h"]).fails(2, "--sample");
}

#[test]
fn the_plan_checks_what_it_can_and_names_the_owner_of_each_step() {
    let folder = Folder::new();
    let plan = folder.run(&["migrate", "plan", "--demo", "--days", "30", "--quiet"]);
    plan.exits(0);
    assert!(
        plan.stdout.starts_with("Migration: 4 done, 4 to do"),
        "{}",
        plan.stdout
    );
    assert_eq!(plan.stdout.matches("   owner: ").count(), 8);

    let old = served(&[record(1)]);
    let run = migrate(
        &folder,
        &old,
        &old,
        &["migrate", "plan", "--format", "json"],
    );
    // There is nothing in the last seven days.
    run.exits(10);
    let steps: Value = serde_json::from_str(&run.stdout).unwrap();
    let states: Vec<_> = steps["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["state"])
        .collect();
    assert_eq!(
        states,
        [
            "done", "done", "todo", "todo", "review", "fail", "todo", "todo"
        ]
    );

    let (account, project) = (
        old.emulator.data().account_id(),
        old.emulator.data().project_id(),
    );
    let place = [
        "--account",
        account,
        "--project",
        project,
        "--base-url",
        old.emulator.base_url(),
    ];
    let arguments = [&["migrate", "plan", "--format", "markdown"], &place[..]].concat();
    let keys = [("POLYAI_API_KEY", old.emulator.api_key())];
    let run = folder.run_with(&arguments, &keys);
    run.exits(10);
    assert!(
        run.stdout.contains("- [x] **Get a v3 key"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("POLYAI_LEGACY_API_KEY"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_plan_that_cannot_read_a_version_has_the_exit_code_of_the_reason() {
    let folder = Folder::new();
    let old = served(&[record(1)]);
    let plan = |code: i32, keys: &[(&str, &str)]| {
        let place = ["--account", "ws-1", "--project", "PROJECT-1"];
        let url = ["--base-url", old.emulator.base_url()];
        let plan = ["migrate", "plan", "--retry-timeout", "0s"];
        let run = folder.run_with(&[&plan[..], &place, &url].concat(), keys);
        run.exits(code);
        assert!(run.stdout.starts_with("Migration: "), "{}", run.stdout);
    };
    let (key, legacy) = (old.emulator.api_key(), old.emulator.legacy_api_key());
    plan(10, &[]);
    plan(4, &[("POLYAI_API_KEY", "wrong")]);
    plan(
        4,
        &[
            ("POLYAI_API_KEY", "wrong"),
            ("POLYAI_LEGACY_API_KEY", "wrong"),
        ],
    );
    plan(
        4,
        &[("POLYAI_API_KEY", key), ("POLYAI_LEGACY_API_KEY", "wrong")],
    );
    old.goes_wrong(Rule::new(Fault::status(503)).with_query("client_env", "sandbox"));
    plan(
        6,
        &[("POLYAI_API_KEY", key), ("POLYAI_LEGACY_API_KEY", legacy)],
    );
}

#[test]
fn the_demo_is_at_parity() {
    let run = Folder::new().run(&["migrate", "check", "--demo", "--start", "2026-04-01", "-q"]);
    run.exits(0);
}
