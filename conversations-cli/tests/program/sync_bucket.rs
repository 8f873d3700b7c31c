//! `sync` to an object store: two writers, wrong clocks, and stores without the required features.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::bucket::{Bucket, Conditions};
use crate::scripted::{Scripted, record};
use crate::support::{Folder, Run, signal};

const TARGET: &str = "s3://calls/daily";
const RANGE: [&str; 6] = [
    "--format",
    "jsonl",
    "--end",
    "2026-04-04",
    "--look-back",
    "4000d",
];

/// Serves three days of one record each, with content that depends on `round`.
fn serve(server: &Scripted, round: u32) {
    for day in 1..=3 {
        let date = format!("2026-04-{day:02}");
        let mut record = record(&format!("a{day}"), &format!("{date}T09:00:00Z"));
        record["round"] = json!(round);
        server.records(&date, &[record]);
    }
}

fn command(server: &Scripted, bucket: &Bucket, folder: &Folder) -> Command {
    let arguments = server.arguments(TARGET, &RANGE);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut command = folder.command(&arguments);
    command.envs(bucket.variables());
    command
}

fn rounds(bucket: &Bucket) -> Vec<u64> {
    let objects = bucket.objects();
    let rows = objects
        .iter()
        .filter(|(name, _)| name.starts_with("daily/date="));
    let round = |content: &[u8]| {
        serde_json::from_slice::<Value>(content).unwrap()["round"]
            .as_u64()
            .unwrap()
    };
    rows.map(|(_, content)| round(content)).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < limit, "it never came so far: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts a run and stops its process while its request for an object of this name is in flight.
pub(crate) fn pause_at(bucket: &Bucket, stage: &str, command: &mut Command) -> Child {
    bucket.hold(stage);
    let paused = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let paused = paused.unwrap();
    wait_until(stage, || bucket.is_holding());
    signal(&paused, "STOP");
    paused
}

/// Returns the notes and staged files that runs have left.
pub(crate) fn left_behind(bucket: &Bucket) -> Vec<String> {
    let left = bucket.objects().into_keys();
    left.filter(|name| name.contains("/staged/") || name.contains("/arriving/"))
        .collect()
}

#[test]
fn a_writer_that_was_paused_for_longer_than_its_lock_lasts_changes_nothing() {
    // Paused with a request in flight: while it fetches, while it stages, and at each step of its commit.
    for stage in [
        "_conversations/run.json",
        "_conversations/staged/2026-04-02.json",
        "_conversations/state.json",
        "date=2026-04-02/conversations.jsonl",
        "_manifest.json",
    ] {
        let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
        let (one, other) = (Folder::new(), Folder::new());
        serve(&server, 0);
        Run::of(&mut command(&server, &bucket, &one)).succeeds();
        serve(&server, 1);
        let mut paused = pause_at(&bucket, stage, &mut command(&server, &bucket, &one));
        Run::of(&mut command(&server, &bucket, &other)).fails(8, "is synchronizing");
        bucket.advance(TimeDelta::seconds(200));
        serve(&server, 2);
        // The first run of the other writer resumes what the paused one had staged.
        for _ in 0..2 {
            Run::of(&mut command(&server, &bucket, &other)).succeeds();
        }
        assert_eq!(rounds(&bucket), [2, 2, 2], "{stage}");
        let expected = committed(&bucket);
        bucket.release();
        signal(&paused, "CONT");
        assert_eq!(paused.wait().unwrap().code(), Some(8), "{stage}");
        assert!(committed(&bucket) == expected, "{stage}");
        serve(&server, 3);
        bucket.advance(TimeDelta::seconds(200));
        Run::of(&mut command(&server, &bucket, &other)).succeeds();
        assert_eq!(rounds(&bucket), [3, 3, 3], "{stage}");
        assert_eq!(left_behind(&bucket), Vec::<String>::new(), "{stage}");
    }
}

/// Returns what a run commits, without its notes for resuming.
fn committed(bucket: &Bucket) -> Vec<(String, Vec<u8>)> {
    let notes = ["/arriving/", "/staged/", "/index/", "/clock/", "run.json"];
    let objects = bucket.objects().into_iter();
    objects
        .filter(|(name, _)| !notes.iter().any(|note| name.contains(note)))
        .collect()
}

#[test]
fn a_clock_that_is_off_steals_no_lock() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    // The store's clock is an hour behind this machine's, and the lock is seconds old.
    bucket.advance(TimeDelta::hours(-1));
    bucket.hold("_conversations/run.json");
    let mut holder = command(&server, &bucket, &folder);
    let mut holder = holder
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the lock", || bucket.is_holding());
    Run::of(&mut command(&server, &bucket, &folder)).fails(8, "is synchronizing");
    bucket.release();
    assert_eq!(holder.wait().unwrap().code(), Some(0));
}

#[test]
fn a_store_without_conditional_writes_is_refused_in_one_line() {
    for conditions in [Conditions::Refused, Conditions::Ignored] {
        let (server, bucket) = (Scripted::start(), Bucket::start(conditions));
        let folder = Folder::new();
        serve(&server, 0);
        let run = Run::of(&mut command(&server, &bucket, &folder));
        run.fails(7, "the store does not support conditional writes");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(!run.stderr.contains('<'), "{}", run.stderr);
        assert!(bucket.requests() < 8, "{} requests", bucket.requests());
        assert_eq!(server.asked(), Vec::<String>::new());
        assert_eq!(
            bucket.get("daily/_conversations/lock.json"),
            None,
            "a lock is left"
        );
    }
}
