//! `sync`: a folder whose state or manifest is missing or damaged, and files that no run has written.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::scripted::{Reply, Scripted, record};
use crate::support::Folder;
use crate::synced::visible;
use crate::ten_days::{JSONL, deep, report, ten_days};

const STATE: &str = "data/_conversations/state.json";
const MANIFEST: &str = "data/_manifest.json";

/// Returns a synchronized folder and its server.
fn synced() -> (Scripted, Folder) {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    (server, folder)
}

/// Removes the internal files, and writes `state` as the damaged state.
fn lose_state(folder: &Folder, state: Option<&str>) {
    fs::remove_dir_all(folder.path("data/_conversations")).unwrap();
    if let Some(state) = state {
        fs::create_dir(folder.path("data/_conversations")).unwrap();
        folder.write(STATE, state);
    }
}

/// Returns the arguments of a run without `--start`.
fn without_start(server: &Scripted) -> Vec<String> {
    let mut arguments = server.arguments("data", &JSONL);
    let start = arguments.iter().position(|it| it == "--start").unwrap();
    arguments.drain(start..start + 2);
    arguments
}

fn run(folder: &Folder, arguments: &[String]) -> crate::support::Run {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")])
}

/// Returns the arguments of a run from this day.
fn from(server: &Scripted, start: &str) -> Vec<String> {
    let mut arguments = without_start(server);
    arguments.extend(["--start".to_owned(), start.to_owned()]);
    arguments
}

#[test]
fn a_folder_without_a_state_is_taken_over_from_its_manifest() {
    for is_empty in [false, true] {
        let (server, folder) = synced();
        let expected = visible(&folder);
        lose_state(&folder, None);
        if is_empty {
            for day in 1..=10 {
                server.records(&format!("2026-04-{day:02}"), &[]);
            }
        }
        let done = server.sync(&folder, &JSONL).succeeds();
        assert!(
            done.stderr.contains("taken over from the manifest"),
            "{}",
            done.stderr
        );
        assert!(visible(&folder) == expected, "empty server: {is_empty}");
        let told = report(&folder);
        assert_eq!(told["records"], 20);
        assert_eq!(told["held_back"], if is_empty { 20 } else { 0 });
        // The folder is whole again.
        server.asked();
        let done = server.sync(&folder, &JSONL).succeeds();
        assert!(!done.stderr.contains("taken over"), "{}", done.stderr);
        assert!(visible(&folder) == expected);
    }
}

#[test]
fn a_taken_over_folder_begins_at_the_first_day_of_its_manifest() {
    let (server, folder) = synced();
    let expected = visible(&folder);
    lose_state(&folder, None);
    run(&folder, &without_start(&server)).succeeds();
    assert!(visible(&folder) == expected);
    let state: Value = serde_json::from_str(&folder.read(STATE)).unwrap();
    assert_eq!(state["start"], "2026-04-01");
}

#[test]
fn a_damaged_state_is_replaced_with_rebuild_only() {
    for has_manifest in [true, false] {
        for damaged in ["", "{", r#"{"version":2}"#] {
            let (server, folder) = synced();
            let mut expected = visible(&folder);
            lose_state(&folder, Some(damaged));
            if !has_manifest {
                fs::remove_file(folder.path(MANIFEST)).unwrap();
            }
            server.asked();
            server.sync(&folder, &JSONL).fails(2, "--rebuild");
            assert_eq!(server.asked(), Vec::<String>::new());
            let rebuild = [&JSONL[..], &["--rebuild"]].concat();
            server.sync(&folder, &rebuild).succeeds();
            assert_eq!(server.asked().len(), 10);
            assert!(
                visible(&folder) == expected,
                "{damaged}, manifest: {has_manifest}"
            );
            // Nothing that the server no longer returns is lost by it.
            lose_state(&folder, Some(damaged));
            if !has_manifest {
                fs::remove_file(folder.path(MANIFEST)).unwrap();
                expected.retain(|name, _| !name.ends_with("_manifest.json"));
            }
            for day in 1..=10 {
                server.records(&format!("2026-04-{day:02}"), &[]);
            }
            let code = if has_manifest { 0 } else { 2 };
            server.sync(&folder, &rebuild).exits(code);
            assert!(
                visible(&folder) == expected,
                "{damaged}, manifest: {has_manifest}"
            );
        }
    }
}

#[test]
fn data_without_a_state_and_a_manifest_is_not_touched() {
    for name in [
        "date=2026-04-03/conversations.jsonl",
        "date=2025-01-01/conversations.jsonl",
        "date=unknown/conversations.csv.gz",
        "date=2026-04-03/conversations-0123456789abcdef.parquet",
    ] {
        let (server, folder) = (ten_days(), Folder::new());
        let path = folder.path("data").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        server.sync(&folder, &JSONL).fails(2, name);
        assert_eq!(server.asked(), Vec::<String>::new());
        assert_eq!(visible(&folder).len(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}

#[test]
fn a_rebuild_of_data_of_an_unknown_origin_keeps_the_days_that_the_server_does_not_return() {
    let (server, folder) = synced();
    let mut expected = visible(&folder);
    lose_state(&folder, None);
    fs::remove_file(folder.path(MANIFEST)).unwrap();
    server.records("2026-04-03", &[]);
    server.fails("2026-04-04", 500);
    let rebuild = [&JSONL[..], &["--rebuild"]].concat();
    server.sync(&folder, &rebuild).fails(6, "2026-04-04");
    expected.retain(|name, _| !name.ends_with("_manifest.json"));
    assert!(visible(&folder) == expected);
    server.records("2026-04-04", &[record("a4", "2026-04-04T09:00:00Z")]);
    server.sync(&folder, &rebuild).succeeds();
    let files = visible(&folder);
    let old = Path::new("date=2026-04-03/conversations.jsonl");
    assert_eq!(files.get(old), expected.get(old));
    assert_eq!(report(&folder)["records"], 17);
}

#[test]
fn a_file_that_no_run_has_written_stays_and_is_not_replaced() {
    let (server, folder) = synced();
    let foreign = "data/date=2025-01-01/conversations.jsonl";
    fs::create_dir(folder.path("data/date=2025-01-01")).unwrap();
    folder.write(foreign, "mine");
    let deep = deep();
    let done = server.sync(&folder, &deep).succeeds();
    assert!(
        done.stderr
            .contains("date=2025-01-01/conversations.jsonl first"),
        "{}",
        done.stderr
    );
    assert_eq!(folder.read(foreign), "mine");
    server.asked();
    run(&folder, &from(&server, "2025-01-01")).fails(2, "was not written by a sync to this folder");
    assert_eq!(server.asked(), Vec::<String>::new());
    assert_eq!(folder.read(foreign), "mine");
}

#[test]
fn a_state_older_than_the_manifest_loses_no_file() {
    let (server, folder) = (ten_days(), Folder::new());
    server
        .sync(&folder, &["--format", "jsonl", "--end", "2026-04-06"])
        .succeeds();
    let older = folder.read(STATE);
    server.sync(&folder, &JSONL).succeeds();
    let expected = visible(&folder);
    folder.write(STATE, &older);
    server.fails("2026-04-08", 500);
    server.sync(&folder, &JSONL).fails(6, "2026-04-08");
    assert!(
        folder
            .path("data/date=2026-04-08/conversations.jsonl")
            .exists()
    );
    let at = |id: &str, hour: u32| record(id, &format!("2026-04-08T{hour:02}:00:00Z"));
    server.records("2026-04-08", &[at("a8", 9), at("b8", 10)]);
    server.sync(&folder, &JSONL).succeeds();
    assert!(visible(&folder) == expected);
}

#[test]
fn a_state_older_than_the_manifest_loses_no_day_that_is_not_due() {
    let (server, folder) = (ten_days(), Folder::new());
    let undated = json!({"id": "undated", "started_at": "soon"});
    server.records("2026-04-02", &[record("a2", "2026-04-02T09:00:00Z")]);
    let start = |day: &str| {
        let mut arguments = server.arguments("data", &JSONL);
        let at = arguments.iter().position(|it| it == "--start").unwrap();
        arguments[at + 1] = day.to_owned();
        arguments
    };
    run(&folder, &start("2026-04-06")).succeeds();
    let older = folder.read(STATE);
    let dated = record("a2", "2026-04-02T09:00:00Z");
    server.records("2026-04-02", &[dated.clone(), undated]);
    run(&folder, &start("2026-04-01")).succeeds();
    let expected = visible(&folder);
    assert!(expected.keys().any(|name| name.starts_with("date=unknown")));
    folder.write(STATE, &older);
    // The days before are not due, and the undated one is no longer sent.
    server.records("2026-04-02", &[dated]);
    run(&folder, &without_start(&server)).succeeds();
    assert!(
        visible(&folder) == expected,
        "{:?}",
        visible(&folder).keys()
    );
}

#[test]
fn the_files_of_other_settings_are_removed_by_the_run_after_one_that_was_killed() {
    let (server, folder) = synced();
    let old = folder.read("data/date=2026-04-03/conversations.jsonl");
    server
        .sync(
            &folder,
            &["--format", "csv", "--rebuild", "--end", "2026-04-04"],
        )
        .succeeds();
    let expected = visible(&folder);
    assert_eq!(
        expected.len(),
        11,
        "the rebuild covers the days after --end too"
    );
    assert!(
        expected
            .keys()
            .all(|name| name.extension().unwrap() != "jsonl")
    );
    // The state is committed before the files that it replaces are removed.
    folder.write("data/date=2026-04-03/conversations.jsonl", &old);
    let mut state: Value = serde_json::from_str(&folder.read(STATE)).unwrap();
    assert_eq!(state["superseded"].as_array().unwrap().len(), 10);
    state["days"]["2026-04-03"]["looked_at"] = json!("1970-01-01T00:00:00Z");
    folder.write(STATE, &state.to_string());
    server.sync(&folder, &["--end", "2026-04-11"]).succeeds();
    assert!(visible(&folder) == expected);
}

#[test]
fn an_empty_response_does_not_replace_a_folder_in_a_rebuild() {
    let (server, folder) = synced();
    let expected = visible(&folder);
    for day in 1..=10 {
        server.records(&format!("2026-04-{day:02}"), &[]);
    }
    let rebuild = ["--format", "csv", "--rebuild", "--end", "2026-04-11"];
    server
        .sync(&folder, &rebuild)
        .fails(2, "the server returned no conversations");
    assert!(visible(&folder) == expected);
    let accept = [&rebuild[..], &["--accept-vanished"]].concat();
    server.sync(&folder, &accept).succeeds();
    assert_eq!(visible(&folder).len(), 1, "only the manifest");
}

#[test]
fn a_missing_index_does_not_let_an_empty_response_delete_a_day() {
    let (server, folder) = synced();
    let expected = visible(&folder);
    fs::remove_dir_all(folder.path("data/_conversations/index")).unwrap();
    let deep = deep();
    server.records("2026-04-03", &[]);
    let malformed = br#"{"no":"id"}"#.to_vec();
    let good = record("a4", "2026-04-04T09:00:00Z")
        .to_string()
        .into_bytes();
    server.set("2026-04-04", Reply::Records(vec![good, malformed]));
    server.sync(&folder, &deep).exits(3);
    for date in ["2026-04-03", "2026-04-04"] {
        let name = format!("date={date}/conversations.jsonl");
        let name = Path::new(&name);
        assert_eq!(visible(&folder).get(name), expected.get(name));
    }
}

#[test]
fn the_start_of_a_first_run_that_failed_is_remembered() {
    let (server, folder) = (ten_days(), Folder::new());
    for day in 1..=10 {
        server.fails(&format!("2026-04-{day:02}"), 401);
    }
    server.sync(&folder, &JSONL).exits(4);
    let fixed = ten_days();
    run(&folder, &without_start(&fixed)).succeeds();
    assert_eq!(fixed.asked().len(), 10);
    assert_eq!(report(&folder)["records"], 20);
}

#[test]
fn the_start_of_a_later_run_that_failed_is_remembered() {
    let (server, folder) = synced();
    for day in ["2026-03-30", "2026-03-31"] {
        server.fails(day, 401);
    }
    run(&folder, &from(&server, "2026-03-30")).exits(4);
    server.records("2026-03-30", &[record("early", "2026-03-30T09:00:00Z")]);
    server.records("2026-03-31", &[]);
    run(&folder, &without_start(&server)).succeeds();
    assert_eq!(report(&folder)["records"], 21);
}
