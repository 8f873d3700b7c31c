//! `sync` to an object store: two writers, wrong clocks, and stores without the required features.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::bucket::{Bucket, Conditions, Fault};
use crate::scripted::{Reply, Scripted, record};
use crate::support::{Folder, Run, ending_signals, serve_nothing, serve_page, signal};

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
    paused(bucket, stage, command)
}

/// Does the same while its request to read such an object is in flight.
pub(crate) fn pause_reader_at(bucket: &Bucket, stage: &str, command: &mut Command) -> Child {
    bucket.hold_reader(stage);
    paused(bucket, stage, command)
}

fn started(command: &mut Command) -> Child {
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.unwrap()
}

fn paused(bucket: &Bucket, stage: &str, command: &mut Command) -> Child {
    let paused = started(command);
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

#[test]
fn a_paused_writer_whose_request_fails_reports_that_another_has_taken_over() {
    // Whether the other run still holds the lock, or has ended and removed it.
    for has_ended in [false, true] {
        let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
        let (one, other) = (Folder::new(), Folder::new());
        serve(&server, 0);
        let stage = "_conversations/state.json";
        let mut paused = pause_at(&bucket, stage, &mut command(&server, &bucket, &one));
        bucket.advance(TimeDelta::seconds(200));
        Run::of(&mut command(&server, &bucket, &other)).succeeds();
        if !has_ended {
            bucket.set(LOCK, r#"{"run":"another"}"#);
        }
        let expected = committed(&bucket);
        bucket.fail("PUT", stage, &[Fault::Forbidden]);
        bucket.release();
        signal(&paused, "CONT");
        assert_eq!(paused.wait().unwrap().code(), Some(8), "{has_ended}");
        assert!(bucket.has_failed());
        assert!(committed(&bucket) == expected, "{has_ended}");
    }
}

#[test]
fn a_writer_that_was_paused_while_it_read_the_state_changes_nothing() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let (one, other) = (Folder::new(), Folder::new());
    serve(&server, 0);
    Run::of(&mut command(&server, &bucket, &one)).succeeds();
    let stage = "_conversations/state.json";
    let mut paused = pause_reader_at(&bucket, stage, &mut command(&server, &bucket, &one));
    bucket.advance(TimeDelta::seconds(200));
    serve(&server, 1);
    Run::of(&mut command(&server, &bucket, &other)).succeeds();
    let expected = committed(&bucket);
    serve(&server, 2);
    bucket.release();
    signal(&paused, "CONT");
    assert_eq!(paused.wait().unwrap().code(), Some(8));
    assert!(committed(&bucket) == expected);
    assert_eq!(rounds(&bucket), [1, 1, 1]);
}

#[test]
fn while_a_day_is_written_the_next_is_fetched_and_its_failure_discards_nothing() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    server.fails("2026-04-02", 401);
    let note = "_conversations/staged/2026-04-01.json";
    bucket.hold(note);
    let mut first = started(command(&server, &bucket, &folder).args(["--parallel", "1"]));
    wait_until("the first day", || bucket.is_holding());
    let mut asked = Vec::new();
    wait_until("the second day", || {
        asked.extend(server.asked());
        asked.len() > 1
    });
    assert_eq!(asked, ["2026-04-01", "2026-04-02"]);
    // A request that is held for long is sent again, and then the day is written.
    assert!(!bucket.objects().keys().any(|name| name.ends_with(note)));
    bucket.release();
    assert_eq!(first.wait().unwrap().code(), Some(4));
    serve(&server, 0);
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    assert!(!server.asked().contains(&asked[0]));
    assert_eq!(rounds(&bucket), [0, 0, 0]);
}

#[test]
fn while_a_page_is_stored_the_next_is_fetched_and_a_day_that_fails_later_resumes_after_both() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    let day = "2026-04-01";
    let page = |id: &str| Some(vec![record(id, "2026-04-01T09:00:00Z").to_string().into()]);
    server.set(day, Reply::Pages(vec![page("a"), page("b"), None]));
    let note = "_conversations/arriving/2026-04-01/note.json";
    bucket.hold(note);
    let mut first = started(command(&server, &bucket, &folder).args(["--parallel", "1"]));
    wait_until("the first page", || bucket.is_holding());
    let mut asked = Vec::new();
    wait_until("the second page", || {
        asked.extend(server.asked());
        asked.len() > 1
    });
    assert_eq!(asked, [day, day]);
    // A request that is held for long is sent again, and then the page is stored.
    assert!(!bucket.objects().keys().any(|name| name.ends_with(note)));
    bucket.release();
    assert_eq!(first.wait().unwrap().code(), Some(6));
    // The page before the resume point is read again.
    server.set(day, Reply::Pages(vec![None, page("b"), page("c")]));
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    let rows = bucket.get("daily/date=2026-04-01/conversations.jsonl");
    let rows = String::from_utf8(rows.unwrap()).unwrap();
    let ids = rows
        .lines()
        .map(|row| serde_json::from_str::<Value>(row).unwrap()["id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn a_page_that_the_store_rejects_ends_the_run_although_the_next_request_fails_as_well() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    let page = vec![record("a", "2026-04-01T09:00:00Z").to_string().into()];
    server.set("2026-04-01", Reply::Pages(vec![Some(page), None]));
    bucket.fail("PUT", ".jsonl.chunk", &[Fault::Forbidden]);
    let run = Run::of(&mut command(&server, &bucket, &folder));
    run.fails(7, "arriving/2026-04-01/000000");
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
    let mut holder = started(&mut command(&server, &bucket, &folder));
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

const LOCK: &str = "daily/_conversations/lock.json";

#[test]
fn a_lock_is_taken_although_a_response_is_lost_or_its_holder_has_just_released_it() {
    for faults in [
        &[Fault::LostResponse][..],
        &[Fault::Removed],
        &[Fault::LostResponse, Fault::Removed],
    ] {
        let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
        serve(&server, 0);
        if faults[0] == Fault::Removed {
            bucket.set(LOCK, "{}");
        }
        bucket.fail("PUT", "lock.json", faults);
        Run::of(&mut command(&server, &bucket, &Folder::new())).succeeds();
        assert!(bucket.has_failed());
        assert_eq!(rounds(&bucket), [0, 0, 0]);
        assert_eq!(bucket.get(LOCK), None, "a lock is left");
    }
}

#[test]
fn a_lock_that_cannot_be_verified_is_not_left() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    serve(&server, 0);
    bucket.fail("PUT", "lock.json", &[Fault::None, Fault::Forbidden]);
    Run::of(&mut command(&server, &bucket, &Folder::new())).fails(7, "permission denied");
    assert!(bucket.has_failed());
    assert_eq!(bucket.get(LOCK), None, "a lock is left");
}

#[test]
fn an_interrupted_run_leaves_no_lock_and_no_upload() {
    // While it takes the lock, while it fetches, and while it uploads a day.
    for stage in ["lock.json", "run.json", ".jsonl", "_manifest.json"] {
        for name in ending_signals() {
            let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
            let folder = Folder::new();
            serve(&server, 0);
            bucket.hold(stage);
            let mut run = command(&server, &bucket, &folder);
            let mut run = run.stderr(Stdio::null()).spawn().unwrap();
            wait_until(stage, || bucket.is_holding());
            signal(&run, name);
            // What is being uploaded is completed; other requests are abandoned.
            if stage == ".jsonl" {
                bucket.release();
            } else {
                bucket.drop_held();
            }
            assert_eq!(run.wait().unwrap().code(), Some(130), "{stage} {name}");
            assert_eq!(bucket.get(LOCK), None, "{stage} {name}: a lock is left");
            assert_eq!(bucket.open_uploads(), 0, "{stage} {name}");
            Run::of(&mut command(&server, &bucket, &folder)).succeeds();
            assert_eq!(rounds(&bucket), [0, 0, 0]);
        }
    }
}

#[test]
fn an_export_that_fails_or_is_interrupted_leaves_no_upload() {
    let bucket = Bucket::start(Conditions::Honored);
    let folder = Folder::new();
    let export = |url: &str| {
        let fixed = [
            "export",
            "-o",
            "s3://calls/out.jsonl",
            "--account",
            "a",
            "--project",
            "p",
            "--retry-timeout",
            "0s",
        ];
        let mut export = folder.command(&[&fixed[..], &["--base-url", url]].concat());
        export.envs(bucket.variables()).stderr(Stdio::null());
        export
    };
    let (url, server) = serve_page("no page");
    Run::of(&mut export(&url)).exits(6);
    server.join().unwrap();
    assert_eq!(bucket.open_uploads(), 0);
    for name in ending_signals() {
        let (url, server) = serve_nothing();
        let mut run = export(&url).spawn().unwrap();
        server.wait_for_a_request();
        assert_eq!(bucket.open_uploads(), 1);
        signal(&run, name);
        assert_eq!(run.wait().unwrap().code(), Some(130), "{name}");
        assert_eq!(bucket.open_uploads(), 0, "{name}");
    }
    assert_eq!(bucket.objects().len(), 0);
}

#[test]
fn settings_that_cannot_be_read_once_are_no_default_settings() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    Run::of(&mut command(&server, &bucket, &folder)).succeeds();
    server.asked();
    let arguments = server.arguments(TARGET, &RANGE[2..]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let again = || {
        let mut again = folder.command(&arguments);
        Run::of(again.envs(bucket.variables()))
    };
    for name in ["state.json", "_manifest.json"] {
        bucket.fail("GET", name, &[Fault::Forbidden]);
        again().fails(7, "permission denied");
        assert!(bucket.has_failed(), "{name}");
        assert_eq!(server.asked(), Vec::<String>::new(), "{name}");
    }
    again().succeeds();
}

#[test]
fn a_process_that_keeps_running_outlasts_a_store_that_fails_for_a_while() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    let folder = Folder::new();
    serve(&server, 0);
    let run = || {
        let mut run = command(&server, &bucket, &folder);
        run.args(["--every", "1s"]);
        run
    };
    bucket.fail("PUT", "state.json", &[Fault::Forbidden]);
    Run::of(&mut run()).fails(7, "permission denied");
    let mut running = run().stderr(Stdio::null()).spawn().unwrap();
    wait_until("the first run", || {
        bucket.get("daily/_manifest.json").is_some()
    });
    bucket.fail("PUT", "state.json", &[Fault::Forbidden]);
    serve(&server, 1);
    wait_until("the second run", || bucket.has_failed());
    wait_until("the third run", || rounds(&bucket) == [1, 1, 1]);
    signal(&running, "INT");
    let code = running.wait().unwrap().code();
    assert!([Some(0), Some(130)].contains(&code), "{code:?}");
}

#[test]
fn an_export_without_malformed_records_removes_those_of_an_earlier_one() {
    let bucket = Bucket::start(Conditions::Honored);
    let folder = Folder::new();
    bucket.set("out.jsonl.malformed.jsonl", "{}");
    let mut export = folder.command(&["export", "--demo", "-o", "s3://calls/out.jsonl"]);
    Run::of(export.envs(bucket.variables())).succeeds();
    let objects: Vec<_> = bucket.objects().into_keys().collect();
    assert_eq!(objects, ["out.jsonl"]);
}

#[test]
fn a_copy_that_the_store_makes_later_is_waited_for() {
    let (server, bucket) = (Scripted::start(), Bucket::start(Conditions::Honored));
    serve(&server, 0);
    let copied = "date=2026-04-02/conversations.jsonl";
    bucket.fail("COPY", copied, &[Fault::Later]);
    Run::of(&mut command(&server, &bucket, &Folder::new())).succeeds();
    assert!(bucket.has_failed());
    assert_eq!(rounds(&bucket), [0, 0, 0]);
    assert_eq!(left_behind(&bucket), Vec::<String>::new());
}
