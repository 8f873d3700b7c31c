//! Runs to a Delta table that are killed or paused.

use std::fs;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use conversations_emulator::Dataset;
use serde_json::json;

use crate::bucket::{Bucket, Conditions, Fault};
use crate::delta_table::{log, rows};
use crate::scripted::Scripted;
use crate::support::{Folder, Run, Served, signal};
use crate::sync_bucket::{left_behind, pause_at, pause_reader_at};
use crate::sync_delta::{AGAIN, TABLE, rounds, serve, table};
use crate::synced::lines;

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
    let arguments = server.arguments("s3://calls/daily", &TABLE);
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
fn a_writer_to_a_table_that_was_paused_while_it_read_the_state_blames_no_other_program() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let (one, other) = (Folder::new(), Folder::new());
    serve(&server, 1..=3, 0);
    Run::of(&mut command(&server, &bucket, &one)).succeeds();
    let mut names = bucket.objects().into_keys();
    let state = names.find(|name| name.contains("_conversations/state-"));
    let state = state.unwrap();
    let mut paused = pause_reader_at(&bucket, &state, &mut command(&server, &bucket, &one));
    bucket.advance(TimeDelta::seconds(200));
    serve(&server, 1..=3, 1);
    Run::of(&mut command(&server, &bucket, &other)).succeeds();
    serve(&server, 1..=3, 2);
    bucket.release();
    signal(&paused, "CONT");
    assert_eq!(paused.wait().unwrap().code(), Some(8));
    assert_eq!(rounds_in(&bucket, None), [1, 1, 1]);
}

#[test]
fn vacuum_removes_no_file_of_a_writer_that_was_paused_before_its_commit() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    let vacuum = |bucket: &Bucket| {
        let arguments = ["vacuum", "s3://calls/daily", "--older-than", "0s"];
        let mut vacuum = folder.command(&arguments);
        Run::of(vacuum.envs(bucket.variables())).succeeds()
    };
    for round in 0..=1 {
        serve(&server, 1..=3, round);
        Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    }
    serve(&server, 1..=3, 2);
    let stage = "_delta_log/00000000000000000002.json";
    let mut paused = pause_at(&bucket, stage, &mut command(&server, &bucket, &folder));
    bucket.advance(TimeDelta::seconds(200));
    let done = vacuum(&bucket);
    assert!(done.stderr.contains("3 files"), "{}", done.stderr);
    bucket.release();
    signal(&paused, "CONT");
    paused.wait().unwrap();
    // The paused run has committed, because the log has not changed.
    assert_eq!(rounds_in(&bucket, None), [2, 2, 2]);
    bucket.advance(TimeDelta::seconds(200));
    serve(&server, 1..=3, 3);
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    // The version must be older than the second in which the store's time is read.
    bucket.advance(TimeDelta::seconds(200));
    let done = vacuum(&bucket);
    assert!(done.stderr.contains("6 files"), "{}", done.stderr);
    assert_eq!(rounds_in(&bucket, None), [3, 3, 3]);
}

#[test]
fn a_copy_that_the_store_makes_later_is_waited_for_before_a_version_lists_it() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    serve(&server, 1..=3, 0);
    bucket.fail("COPY", ".parquet", &[Fault::Later; 2]);
    Run::of(&mut command(&server, &bucket, &Folder::new())).succeeds();
    assert!(bucket.has_failed());
    assert_eq!(rounds_in(&bucket, None), [0, 0, 0]);
    assert_eq!(left_behind(&bucket), Vec::<String>::new());
}

#[test]
fn a_first_run_to_a_table_that_was_killed_is_resumed_without_the_flag() {
    for is_converted in [false, true] {
        let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
        let folder = Folder::new();
        serve(&server, 1..=3, 0);
        let run = |arguments: &[&str]| {
            let arguments = server.arguments("s3://calls/daily", arguments);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let mut command = folder.command(&arguments);
            command.envs(bucket.variables());
            command
        };
        if is_converted {
            Run::of(&mut run(&AGAIN)).succeeds();
        }
        let stage = "_delta_log/00000000000000000000.json";
        let mut killed = pause_at(&bucket, stage, &mut run(&TABLE));
        killed.kill().unwrap();
        killed.wait().unwrap();
        bucket.drop_held();
        bucket.advance(TimeDelta::seconds(200));
        serve(&server, 1..=3, 1);
        // The first one publishes what the killed run had staged.
        for _ in 0..2 {
            Run::of(&mut run(&AGAIN)).succeeds();
        }
        assert_eq!(rounds_in(&bucket, None), [1, 1, 1], "{is_converted}");
    }
}

#[test]
fn a_table_may_be_a_whole_bucket() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    for (round, more) in [(0, &TABLE[..]), (1, &AGAIN)] {
        serve(&server, 1..=3, round);
        let arguments = server.arguments("s3://calls", more);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut run = folder.command(&arguments);
        Run::of(run.envs(bucket.variables())).succeeds();
    }
    assert!(bucket.get("_delta_log/00000000000000000001.json").is_some());
}

#[test]
fn a_rebuild_that_was_killed_after_its_commit_has_changed_the_settings() {
    let (server, folder) = table();
    let manifest = folder.read("data/_manifest.json");
    let rebuild = [&AGAIN[..], &["--rebuild", "--redact"]].concat();
    server.sync(&folder, &rebuild).succeeds();
    // What a run leaves that is killed between its commit and its manifest.
    folder.write("data/_manifest.json", &manifest);
    server.sync(&folder, &AGAIN).succeeds();
    assert_ne!(folder.read("data/_manifest.json"), manifest);
}
