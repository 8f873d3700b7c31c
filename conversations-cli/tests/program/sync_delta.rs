//! `sync --table delta`: the folder as a Delta table.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use chrono::TimeDelta;
use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::bucket::{Bucket, Conditions};
use crate::delta_table::{Row, action, log, paths, rows};
use crate::scripted::{Scripted, record};
use crate::support::{Folder, Run, Served, signal};
use crate::sync_bucket::{left_behind, pause_at};
use crate::synced::lines;

const TABLE: [&str; 6] = [
    "--table",
    "delta",
    "--end",
    "2026-04-04",
    "--look-back",
    "4000d",
];
/// Later runs need not repeat that the folder is a table.
const AGAIN: [&str; 4] = ["--end", "2026-04-04", "--look-back", "4000d"];

/// Serves these days with one record each, with content that depends on `round`.
fn serve(server: &Scripted, days: std::ops::RangeInclusive<u32>, round: u32) {
    for day in days {
        let date = format!("2026-04-{day:02}");
        let mut record = record(&format!("a{day}"), &format!("{date}T09:00:00Z"));
        record["round"] = json!(round);
        server.records(&date, &[record]);
    }
}

/// Returns the rounds of the records of a version, by day.
fn rounds(root: &Path, version: Option<u64>) -> Vec<u64> {
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

/// Returns a table of three days and its server.
fn table() -> (Scripted, Folder) {
    let (server, folder) = (Scripted::start(), Folder::new());
    serve(&server, 1..=3, 0);
    server.sync(&folder, &TABLE).succeeds();
    serve(&server, 1..=3, 1);
    (server, folder)
}

/// Writes the next version of the log.
fn append(folder: &Folder, actions: &[Value]) {
    let version = log(&folder.path("data")).len();
    let lines: Vec<_> = actions.iter().map(Value::to_string).collect();
    folder.write(
        &format!("data/_delta_log/{version:020}.json"),
        &lines.join("\n"),
    );
}

fn unchanged_but_for(folder: &Folder, run: impl FnOnce()) {
    let visible = |folder: &Folder| {
        let mut files = crate::synced::visible(folder);
        files.retain(|name, _| !name.ends_with("report.json"));
        files
    };
    let before = visible(folder);
    run();
    assert!(visible(folder) == before);
}

#[test]
fn a_table_that_another_program_has_changed_is_refused_and_left_as_it_is() {
    // OPTIMIZE: one file in place of two; DELETE: a file is gone.
    for is_compacted in [true, false] {
        let (server, folder) = table();
        let versions = log(&folder.path("data"));
        let adds: Vec<&Value> = versions[0]
            .iter()
            .filter_map(|action| action.get("add"))
            .collect();
        let mut actions = vec![json!({"commitInfo": {"timestamp": 1, "operation": "OPTIMIZE"}})];
        for add in &adds[..2] {
            let remove = json!({"path": add["path"], "deletionTimestamp": 1, "dataChange": false});
            actions.push(json!({ "remove": remove }));
        }
        if is_compacted {
            let mut add = adds[0].clone();
            add["path"] = json!("date=2026-04-01/part-00000.zstd.parquet");
            actions.push(json!({ "add": add }));
        }
        append(&folder, &actions);
        unchanged_but_for(&folder, || {
            server
                .sync(&folder, &AGAIN)
                .fails(2, "another program has changed");
        });
        // All days are read again, although the look-back would reach none of them.
        server
            .sync(&folder, &["--end", "2026-04-04", "--rebuild"])
            .succeeds();
        assert_eq!(rounds(&folder.path("data"), None), [1, 1, 1]);
    }
}

#[test]
fn a_commit_of_another_program_that_changes_no_file_does_no_harm() {
    let (server, folder) = table();
    append(
        &folder,
        &[json!({"commitInfo": {"timestamp": 1, "operation": "VACUUM END"}})],
    );
    server.sync(&folder, &AGAIN).succeeds();
    assert_eq!(rounds(&folder.path("data"), None), [1, 1, 1]);
}

#[test]
fn a_table_that_this_program_cannot_write_is_refused_and_left_as_it_is() {
    let protocol = json!({"protocol": {
        "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["featureOfTheFuture"], "writerFeatures": ["featureOfTheFuture"],
    }});
    let (server, folder) = table();
    append(&folder, &[protocol]);
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &AGAIN)
            .fails(2, "features that this program does not support");
    });

    let (server, folder) = table();
    serve(&server, 1..=3, 1);
    server.sync(&folder, &AGAIN).succeeds();
    serve(&server, 1..=3, 2);
    server.sync(&folder, &AGAIN).succeeds();
    fs::remove_file(folder.path("data/_delta_log/00000000000000000001.json")).unwrap();
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &AGAIN)
            .fails(2, "the log of the Delta table");
    });
}

#[test]
fn a_table_of_another_program_or_query_is_refused_and_left_as_it_is() {
    let (server, folder) = table();
    let name = "data/_delta_log/00000000000000000000.json";
    let text = folder.read(name);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("\"txn\""))
        .collect();
    folder.write(name, &lines.join("\n"));
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &TABLE)
            .fails(2, "was not written by sync");
    });

    let (server, folder) = table();
    unchanged_but_for(&folder, || {
        server
            .sync(&folder, &[&AGAIN[..], &["--redact"]].concat())
            .fails(2, "other settings");
        let mut other = server.arguments("data", &AGAIN);
        let project = other.iter().position(|it| it == "--project").unwrap() + 1;
        other[project] = "q".to_owned();
        let other: Vec<_> = other.iter().map(String::as_str).collect();
        folder
            .run_with(&other, &[("POLYAI_API_KEY", "k")])
            .fails(2, "name another folder");
    });
    let other = Folder::new();
    server
        .sync(&other, &[&TABLE[..], &["--format", "jsonl"]].concat())
        .fails(2, "Parquet");
}

#[test]
fn killed_at_any_instant_a_table_has_the_earlier_version_or_the_next() {
    let lines = |round: u32| {
        let records = lines(&Dataset::generate(5, 600))
            .into_iter()
            .map(|mut record| {
                record["in_progress"] = json!(false);
                record["round"] = json!(round);
                record.to_string()
            });
        Dataset::from_jsonl(records.collect::<Vec<_>>().join("\n").as_bytes()).unwrap()
    };
    let arguments = |more: &[&'static str]| -> Vec<&'static str> {
        let april = [
            "sync",
            "data",
            "--table",
            "delta",
            "--client-env",
            "all",
            "--start",
            "2026-04-01",
        ];
        let fixed = [
            "--end",
            "2026-05-01",
            "-q",
            "--page-size",
            "40",
            "--parallel",
            "2",
        ];
        [&april[..], &fixed, more].concat()
    };
    let folder = Folder::new();
    let data = folder.path("data");
    let mut kills = 0;
    for (round, more) in [(0, &[][..]), (1, &["--look-back", "4000d"])] {
        let served = Served::new(lines(round));
        let whole = Folder::new();
        served.run(&whole, &arguments(&[])).succeeds();
        let expected = rows(&whole.path("data"), None);
        let before = (!log(&data).is_empty()).then(|| rows(&data, None));
        for wait in (0..).map(|step| Duration::from_millis(40 + 35 * step)) {
            let mut child = served.spawn(&folder, &arguments(more));
            let ended = wait_at_most(&mut child, wait);
            if !ended {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
            if ended {
                break;
            }
            if !log(&data).is_empty() {
                let found = rows(&data, None);
                assert!(
                    found == expected || Some(&found) == before.as_ref(),
                    "after {kills} kills"
                );
            }
        }
        assert!(rows(&data, None) == expected, "after {kills} kills");
    }
    assert!(kills > 0);
    assert_eq!(log(&data).len(), 2, "one version for each round");
    let own = fs::read_dir(data.join("_conversations")).unwrap();
    let mut own: Vec<_> = own
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    own.sort();
    assert_eq!(own.len(), 3, "{own:?}");
    assert!(
        own[..2] == ["index", "lock.json"] && own[2].starts_with("state-"),
        "{own:?}"
    );
}

fn wait_at_most(child: &mut std::process::Child, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

fn command(server: &Scripted, bucket: &Bucket, folder: &Folder) -> std::process::Command {
    command_with(server, bucket, folder, &[])
}

fn command_with(
    server: &Scripted,
    bucket: &Bucket,
    folder: &Folder,
    more: &[&str],
) -> std::process::Command {
    let arguments = server.arguments("s3://calls/daily", &[&TABLE[..], more].concat());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut command = folder.command(&arguments);
    command.envs(bucket.variables());
    command
}

/// Copies the objects of the bucket to a folder, and returns the rounds of the table there.
fn rounds_in(bucket: &Bucket, version: Option<u64>) -> Vec<u64> {
    let copy = Folder::new();
    for (name, content) in bucket.objects() {
        let path = copy.path(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    rounds(&copy.path("daily"), version)
}

#[test]
fn a_writer_to_a_table_that_was_paused_for_longer_than_its_lock_lasts_changes_nothing() {
    for stage in [
        "_conversations/run.json",
        "_conversations/staged/2026-04-02.json",
        "_delta_log/00000000000000000001.json",
        "_manifest.json",
    ] {
        let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
        let (one, other) = (Folder::new(), Folder::new());
        serve(&server, 1..=3, 0);
        Run::of(&mut command(&server, &bucket, &one)).succeeds();
        serve(&server, 1..=3, 1);
        let mut paused = pause_at(&bucket, stage, &mut command(&server, &bucket, &one));
        Run::of(&mut command(&server, &bucket, &other)).fails(8, "is synchronizing");
        bucket.advance(TimeDelta::seconds(200));
        serve(&server, 1..=3, 2);
        for _ in 0..2 {
            Run::of(&mut command(&server, &bucket, &other)).succeeds();
        }
        assert_eq!(rounds_in(&bucket, None), [2, 2, 2], "{stage}");
        bucket.release();
        signal(&paused, "CONT");
        assert_eq!(paused.wait().unwrap().code(), Some(8), "{stage}");
        assert_eq!(rounds_in(&bucket, None), [2, 2, 2], "{stage}");
        assert_eq!(rounds_in(&bucket, Some(0)), [0, 0, 0], "{stage}");
        serve(&server, 1..=3, 3);
        bucket.advance(TimeDelta::seconds(200));
        Run::of(&mut command(&server, &bucket, &other)).succeeds();
        assert_eq!(rounds_in(&bucket, None), [3, 3, 3], "{stage}");
        assert_eq!(left_behind(&bucket), Vec::<String>::new(), "{stage}");
    }
}

#[test]
fn a_rebuild_that_was_killed_after_its_commit_has_changed_the_settings() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 1..=3, 0);
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    let mut rebuild = command_with(&server, &bucket, &folder, &["--rebuild", "--redact"]);
    let mut killed = pause_at(&bucket, "_manifest.json", &mut rebuild);
    killed.kill().unwrap();
    killed.wait().unwrap();
    bucket.release();
    bucket.advance(TimeDelta::seconds(200));
    serve(&server, 2..=2, 1);
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    assert_eq!(rounds_in(&bucket, None).len(), 3);
}
