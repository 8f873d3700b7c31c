//! `sync --table delta`: the folder as a Delta table.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::delta_table::{Row, action, log, paths, rows};
use crate::scripted::{Scripted, record};
use crate::support::Folder;

pub(crate) const TABLE: [&str; 6] = [
    "--table",
    "delta",
    "--end",
    "2026-04-04",
    "--look-back",
    "4000d",
];
/// Later runs need not repeat that the folder is a table.
pub(crate) const AGAIN: [&str; 4] = ["--end", "2026-04-04", "--look-back", "4000d"];

/// Serves these days with one record each, with content that depends on `round`.
pub(crate) fn serve(server: &Scripted, days: std::ops::RangeInclusive<u32>, round: u32) {
    for day in days {
        let date = format!("2026-04-{day:02}");
        let mut record = record(&format!("a{day}"), &format!("{date}T09:00:00Z"));
        record["round"] = json!(round);
        server.records(&date, &[record]);
    }
}

/// Returns the rounds of the records of a version, by day.
pub(crate) fn rounds(root: &Path, version: Option<u64>) -> Vec<u64> {
    let round = |(_, date, extra): Row| {
        assert!(date.is_some());
        serde_json::from_str::<Value>(&extra).unwrap()["round"]
            .as_u64()
            .unwrap()
    };
    rows(root, version).into_iter().map(round).collect()
}

#[test]
fn each_run_that_changes_something_adds_a_version_and_all_stay_readable() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let data = folder.path("data");
    serve(&server, 1..=3, 0);
    server.sync(&folder, &TABLE).succeeds();
    serve(&server, 2..=2, 1);
    server.sync(&folder, &AGAIN).succeeds();
    let done = server.sync(&folder, &AGAIN).succeeds();
    assert!(
        !done.stderr.contains("of the Delta table"),
        "{}",
        done.stderr
    );
    let versions = log(&data);
    assert_eq!(versions.len(), 2, "the third run changed nothing");
    assert_eq!(rounds(&data, Some(0)), [0, 0, 0]);
    assert_eq!(rounds(&data, None), [0, 1, 0]);

    let (first, second) = (&versions[0], &versions[1]);
    assert_eq!(
        action(first, "metaData")["partitionColumns"],
        json!(["date"])
    );
    assert_eq!(paths(first, "add").len(), 3);
    assert_eq!(paths(second, "remove"), [paths(first, "add")[1]]);
    assert_eq!(paths(second, "add").len(), 1);
    let info = action(second, "commitInfo");
    assert_eq!(info["operation"], "MERGE");
    assert_eq!(
        info["engineInfo"],
        concat!("conversations/", env!("CARGO_PKG_VERSION"))
    );
    for (name, count) in [
        ("numTargetRowsInserted", "0"),
        ("numTargetRowsUpdated", "1"),
        ("numTargetRowsCopied", "2"),
        ("numTargetRowsDeleted", "0"),
        ("numTargetFilesAdded", "1"),
        ("numTargetFilesRemoved", "1"),
    ] {
        assert_eq!(info["operationMetrics"][name], count, "{name}");
    }
    let fingerprint = &info["operationParameters"]["queryFingerprint"];
    assert_eq!(
        fingerprint,
        &action(first, "commitInfo")["operationParameters"]["queryFingerprint"]
    );
    assert_eq!(fingerprint.as_str().unwrap().len(), 16);
    // Nothing of a record is in the log: no id, and no phone number.
    let stats = second.iter().find_map(|action| action.get("add")).unwrap()["stats"].clone();
    let stats: Value = serde_json::from_str(stats.as_str().unwrap()).unwrap();
    assert_eq!(stats, json!({"numRecords": 1, "tightBounds": true}));
    // The commands that read a synchronized folder read the current version.
    let done = folder.run(&["stats", "--from", "data", "--format", "json"]);
    let stats: Value = serde_json::from_str(&done.succeeds().stdout).unwrap();
    assert_eq!(stats["conversations"], 3);
}

#[test]
fn records_without_a_start_are_in_the_partition_null() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let mut undated = record("u", "soon");
    undated["round"] = json!(0);
    let mut dated = record("d", "2026-04-01T09:00:00Z");
    dated["round"] = json!(0);
    server.records("2026-04-01", &[undated, dated]);
    server.sync(&folder, &TABLE).succeeds();
    let found = rows(&folder.path("data"), None);
    let found: Vec<_> = found
        .iter()
        .map(|(id, date, _)| (id.as_str(), date.map(|it| it.to_string())))
        .collect();
    assert_eq!(found, [("d", Some("2026-04-01".to_owned())), ("u", None)]);
}

#[test]
fn a_synchronized_folder_becomes_a_table_without_being_fetched_again() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let data = folder.path("data");
    serve(&server, 1..=3, 0);
    server.sync(&folder, &["--end", "2026-04-04"]).succeeds();
    let file = data.join("date=2026-04-02/conversations.parquet");
    let before = fs::read(&file).unwrap();
    server.asked();
    server
        .sync(&folder, &["--end", "2026-04-04", "--table", "delta"])
        .succeeds();
    assert_eq!(server.asked(), Vec::<String>::new());
    assert_eq!(rounds(&data, None), [0, 0, 0]);
    assert!(!data.join("_conversations/state.json").exists());

    serve(&server, 2..=2, 1);
    server.sync(&folder, &AGAIN).succeeds();
    assert_eq!(rounds(&data, None), [0, 1, 0]);
    assert_eq!(rounds(&data, Some(0)), [0, 0, 0]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_rebuild_with_other_columns_is_one_version_and_earlier_ones_keep_theirs() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let data = folder.path("data");
    serve(&server, 1..=3, 0);
    let narrow = ["--columns", "id,started_at,extra"];
    server
        .sync(&folder, &[&TABLE[..], &narrow].concat())
        .succeeds();
    serve(&server, 1..=3, 1);
    let wide = [
        "--columns",
        "id,started_at,num_turns,turns,extra",
        "--rebuild",
    ];
    server
        .sync(&folder, &[&AGAIN[..], &wide].concat())
        .succeeds();
    let versions = log(&data);
    assert_eq!(versions.len(), 2);
    assert_eq!(paths(&versions[1], "remove"), paths(&versions[0], "add"));
    let schema = action(&versions[1], "metaData")["schemaString"]
        .as_str()
        .unwrap();
    assert!(schema.contains("num_turns") && schema.contains("agent_response"));
    assert_eq!(rounds(&data, Some(0)), [0, 0, 0]);
    assert_eq!(rounds(&data, None), [1, 1, 1]);
}

#[test]
fn after_ten_versions_readers_begin_at_a_checkpoint() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let data = folder.path("data");
    for round in 0..=11 {
        serve(&server, 1..=3, round);
        server
            .sync(&folder, if round == 0 { &TABLE } else { &AGAIN })
            .succeeds();
    }
    let hint = fs::read_to_string(data.join("_delta_log/_last_checkpoint")).unwrap();
    let hint: Value = serde_json::from_str(&hint).unwrap();
    assert_eq!(hint["version"], 10);
    for version in 0..10 {
        fs::remove_file(data.join(format!("_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(rounds(&data, None), [11, 11, 11]);
    assert_eq!(rounds(&data, Some(10)), [10, 10, 10]);
    serve(&server, 1..=3, 12);
    server.sync(&folder, &AGAIN).succeeds();
    assert_eq!(rounds(&data, None), [12, 12, 12]);
}

#[test]
fn vacuum_removes_what_no_version_within_the_time_has() {
    let (server, folder) = (Scripted::start(), Folder::new());
    let data = folder.path("data");
    for round in 0..=2 {
        serve(&server, 1..=3, round);
        server
            .sync(&folder, if round == 0 { &TABLE } else { &AGAIN })
            .succeeds();
        let log = data.join(format!("_delta_log/{round:020}.json"));
        let age = Duration::from_secs(86_400 * [10, 9, 0][round as usize]);
        let log = fs::File::options().write(true).open(log).unwrap();
        log.set_modified(SystemTime::now() - age).unwrap();
    }
    // What a run leaves that is killed before it commits, and a file of someone else.
    let left = format!("data/date=2026-04-01/conversations-{:032x}.parquet", 7);
    folder.write(&left, "left");
    folder.write("data/date=2026-04-01/notes.txt", "mine");
    let files = || crate::synced::visible(&folder).into_keys().count();
    let before = files();
    let done = folder.run(&["vacuum", "data", "--dry-run"]).succeeds();
    assert!(
        done.stderr.contains("4 files") && done.stderr.contains("none was"),
        "{}",
        done.stderr
    );
    assert_eq!(files(), before);
    let done = folder.run(&["vacuum", "data"]).succeeds();
    assert!(done.stderr.contains("4 files"), "{}", done.stderr);
    assert_eq!(files(), before - 4);
    assert_eq!(rounds(&data, Some(1)), [1, 1, 1]);
    assert_eq!(rounds(&data, None), [2, 2, 2]);
    folder
        .run(&["vacuum", "data", "--older-than", "0s", "-q"])
        .succeeds()
        .says_nothing();
    assert_eq!(files(), before - 7);
    assert_eq!(rounds(&data, None), [2, 2, 2]);
    server.sync(&folder, &AGAIN).succeeds();
    assert_eq!(log(&data).len(), 3);

    folder
        .run(&["vacuum", "nowhere"])
        .fails(2, "there is no folder");
    assert!(!folder.path("nowhere").exists());
    fs::create_dir(folder.path("plain")).unwrap();
    folder
        .run(&["vacuum", "plain"])
        .fails(2, "is not a Delta table");
    assert_eq!(fs::read_dir(folder.path("plain")).unwrap().count(), 0);
}

#[test]
fn a_table_may_be_in_a_folder_of_any_name() {
    let (server, folder) = (Scripted::start(), Folder::new());
    serve(&server, 1..=3, 0);
    let name = "calls of März 100%";
    for more in [&TABLE[..], &AGAIN] {
        let arguments = server.arguments(name, more);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        folder
            .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
            .succeeds();
        assert_eq!(rounds(&folder.path(name), None).len(), 3);
        serve(&server, 1..=3, 1);
    }
    assert_eq!(rounds(&folder.path(name), None), [1, 1, 1]);
}

#[test]
fn a_file_system_without_hard_links_is_rejected_before_anything_is_fetched() {
    let (server, folder) = (Scripted::start(), Folder::new());
    serve(&server, 1..=3, 0);
    // A folder in place of the link has the same effect.
    fs::create_dir_all(folder.path("data/_conversations/probe.json#1")).unwrap();
    server
        .sync(&folder, &TABLE)
        .fails(7, "a Delta table needs a file system with hard links");
    assert_eq!(server.asked(), Vec::<String>::new());
    server.sync(&folder, &AGAIN).succeeds();
}

/// Returns a table of three days and its server.
pub(crate) fn table() -> (Scripted, Folder) {
    let (server, folder) = (Scripted::start(), Folder::new());
    serve(&server, 1..=3, 0);
    server.sync(&folder, &TABLE).succeeds();
    serve(&server, 1..=3, 1);
    (server, folder)
}
