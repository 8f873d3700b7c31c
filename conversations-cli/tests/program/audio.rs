//! `audio`: what is downloaded, under which names, and what a run leaves when it ends early.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use conversations_emulator::fault::{Fault, Rule};
use conversations_emulator::{Dataset, Emulator};
use serde_json::Value;

use crate::bucket::{Bucket, Conditions};
use crate::support::{self, Folder, Run, Served};

const FILTERS: [&str; 5] = ["--client-env", "all", "--channel", "VOICE-SIP", "-o"];

/// Calls of 4 s, and every fifth has no recording.
fn calls(count: usize) -> Dataset {
    let record = |number: usize| {
        let status = if number.is_multiple_of(5) {
            "none"
        } else {
            "stored"
        };
        format!(
            r#"{{"id":"CA{number}","account_id":"acme","project_id":"desk","started_at":"2026-04-01T09:00:00Z","channel":"VOICE-SIP","total_duration":4,"recording":{{"status":"{status}"}},"turns":[{{"user_input":"my number is 4 4 4","user_input_datetime":"2026-04-01T09:00:03Z","entities":[]}}]}}"#
        )
    };
    let lines: Vec<_> = (0..count).map(record).collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

/// The recordings in a folder, with their sizes; each must be whole.
fn recordings(folder: &Path) -> BTreeMap<String, usize> {
    let mut recordings = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wav") {
            let content = fs::read(&path).unwrap();
            let announced = u32::from_le_bytes(content[40..44].try_into().unwrap()) as usize;
            assert_eq!(content.len(), 44 + announced, "{}", path.display());
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            recordings.insert(name, content.len());
        }
    }
    recordings
}

fn wait_for_recordings(folder: &Path, count: usize) {
    let begun = Instant::now();
    while !folder.exists() || recordings(folder).len() < count {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "too few recordings were written"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The number of requests for each recording that were responded to with it.
fn downloads(emulator: &Emulator) -> BTreeMap<String, usize> {
    let mut downloads = BTreeMap::new();
    for entry in &emulator.journal() {
        if entry.path().ends_with("/audio") && matches!(entry.status(), 200 | 206) {
            *downloads.entry(entry.path().to_owned()).or_default() += 1;
        }
    }
    downloads
}

#[test]
fn the_recordings_that_filters_select_are_files_with_an_index() {
    let (folder, served) = (Folder::new(), Served::new(calls(20)));
    let run = served
        .run(&folder, &[&["audio"], &FILTERS[..], &["calls"]].concat())
        .succeeds();
    assert!(
        run.stderr.contains("16 recordings") && run.stderr.contains("4 without a recording"),
        "{}",
        run.stderr
    );
    let files = recordings(&folder.path("calls"));
    assert_eq!(files.len(), 16);
    let index = folder.read("calls/index.csv");
    let mut rows = index.lines();
    assert_eq!(
        rows.next(),
        Some("id,file,bytes,seconds,direction,redacted")
    );
    assert_eq!(rows.next(), Some("CA1,CA1.wav,64044,4.0,combined,true"));
    assert_eq!(rows.count(), 15);
    for name in files.keys() {
        let mode = fs::metadata(folder.path("calls").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::metadata(folder.path("calls"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
}

#[test]
fn what_is_there_is_not_downloaded_again_unless_it_was_cut() {
    let (folder, served) = (Folder::new(), Served::new(calls(10)));
    let arguments = [&["audio"], &FILTERS[..], &["calls", "--index", "jsonl"]].concat();
    served.run(&folder, &arguments).succeeds();
    let whole = fs::read(folder.path("calls/CA3.wav")).unwrap();
    fs::write(folder.path("calls/CA3.wav"), &whole[..1000]).unwrap();
    fs::remove_file(folder.path("calls/index.jsonl")).unwrap();
    served.emulator.clear_journal();
    let run = served.run(&folder, &arguments).succeeds();
    assert!(run.stderr.contains("7 already there"), "{}", run.stderr);
    let downloads = downloads(&served.emulator);
    assert_eq!(
        downloads.keys().collect::<Vec<_>>(),
        ["/v1/agents/desk/conversations/CA3/audio"]
    );
    assert_eq!(fs::read(folder.path("calls/CA3.wav")).unwrap(), whole);
    let index = folder.read("calls/index.jsonl");
    let first: Value = serde_json::from_str(index.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["id"], &first["seconds"]),
        (&"CA1".into(), &4.0.into())
    );
    assert_eq!(index.lines().count(), 8);
}

#[test]
fn a_killed_run_leaves_no_cut_file_and_the_next_fetches_only_the_rest() {
    let (folder, served) = (Folder::new(), Served::new(calls(100)));
    let arguments = [&["audio"], &FILTERS[..], &["calls"]].concat();
    served.goes_wrong(
        Rule::new(Fault::trickle(16_384, Duration::from_millis(5))).to_version("agents"),
    );
    let mut child = served.spawn(&folder, &arguments);
    let path = folder.path("calls");
    wait_for_recordings(&path, 20);
    child.kill().unwrap();
    child.wait().unwrap();
    let first = recordings(&path);
    assert!(first.len() < 80, "the run was over before it was killed");
    served.recovers();
    served.emulator.clear_journal();
    served.run(&folder, &arguments).succeeds();
    assert_eq!(recordings(&path).len(), 80);
    let second = downloads(&served.emulator);
    assert_eq!(second.len(), 80 - first.len());
    assert!(second.values().all(|count| *count == 1));
    for name in first.keys() {
        let path = format!(
            "/v1/agents/desk/conversations/{}/audio",
            name.trim_end_matches(".wav")
        );
        assert!(!second.contains_key(&path), "{name} was downloaded twice");
    }
    assert_eq!(folder.read("calls/index.csv").lines().count(), 81);
    assert_eq!(
        fs::read_dir(path).unwrap().count(),
        81,
        "what the killed run was writing is removed"
    );
}

#[test]
fn an_interrupted_run_keeps_what_is_complete() {
    let (folder, served) = (Folder::new(), Served::new(calls(100)));
    served.goes_wrong(
        Rule::new(Fault::trickle(16_384, Duration::from_millis(5))).to_version("agents"),
    );
    let mut child = served.spawn(&folder, &[&["audio"], &FILTERS[..], &["calls"]].concat());
    let path = folder.path("calls");
    wait_for_recordings(&path, 8);
    support::signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let there = recordings(&path);
    assert_eq!(
        folder.read("calls/index.csv").lines().count(),
        1 + there.len()
    );
    let others = fs::read_dir(path).unwrap().count() - there.len();
    assert_eq!(others, 1, "only the index is there besides");
}

#[test]
fn one_recording_goes_to_a_file_or_to_standard_output() {
    let (folder, served) = (Folder::new(), Served::new(calls(3)));
    served
        .run(&folder, &["audio", "CA1", "-o", "one.wav"])
        .succeeds();
    let content = fs::read(folder.path("one.wav")).unwrap();
    assert_eq!(content.len(), 64_044);
    let output = served
        .command(&folder, &["audio", "CA1", "-q", "-o", "-"])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout == content);
    assert_eq!(folder.files(), ["one.wav"]);
    served
        .run(&folder, &["audio", "CA1", "CA2", "-o", "one.wav"])
        .fails(2, "one output file is for one recording");
}

#[test]
fn a_recording_is_redacted_unless_the_raw_one_is_requested() {
    let (folder, served) = (Folder::new(), Served::new(calls(3)));
    served
        .run(&folder, &["audio", "CA1", "-o", "calls"])
        .succeeds();
    served
        .run(&folder, &["audio", "CA1", "--raw", "-o", "calls"])
        .succeeds();
    served
        .run(
            &folder,
            &["audio", "CA1", "--direction", "agent", "-o", "calls"],
        )
        .succeeds();
    let queries: Vec<_> = served
        .emulator
        .journal()
        .into_iter()
        .map(|entry| entry.query())
        .collect();
    let has = |query: &[(String, String)], name: &str, value: &str| {
        query.contains(&(name.into(), value.into()))
    };
    assert!(has(&queries[0], "redacted", "true"));
    assert!(!has(&queries[1], "redacted", "true"));
    assert!(has(&queries[2], "redacted", "true") && has(&queries[2], "direction", "agent"));
    let files = recordings(&folder.path("calls"));
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["CA1.agent.wav", "CA1.raw.wav", "CA1.wav"]
    );
    let read = |name: &str| fs::read(folder.path("calls").join(name)).unwrap();
    assert_ne!(read("CA1.wav"), read("CA1.raw.wav"));
    let index = folder.read("calls/index.csv");
    assert!(
        index.contains("CA1,CA1.raw.wav,64044,4.0,combined,false\n"),
        "{index}"
    );
}

#[test]
fn a_file_that_the_index_lists_with_its_size_is_complete_whatever_its_header_announces() {
    let (folder, served) = (Folder::new(), Served::new(calls(2)));
    let arguments = ["audio", "CA1", "-o", "calls"];
    served.run(&folder, &arguments).succeeds();
    let path = folder.path("calls/CA1.wav");
    let mut content = fs::read(&path).unwrap();
    content[40..44].copy_from_slice(&1_000_000_u32.to_le_bytes());
    fs::write(&path, &content).unwrap();
    let run = served.run(&folder, &arguments).succeeds();
    assert!(run.stderr.contains("1 already there"), "{}", run.stderr);
    fs::remove_file(folder.path("calls/index.csv")).unwrap();
    let run = served.run(&folder, &arguments).succeeds();
    assert!(run.stderr.contains("1 recording ("), "{}", run.stderr);
}

#[test]
fn a_file_of_the_user_with_the_name_of_the_index_is_not_replaced() {
    let (folder, served) = (Folder::new(), Served::new(calls(2)));
    fs::create_dir(folder.path("calls")).unwrap();
    folder.write("calls/index.csv", "name,amount\nx,1\n");
    served
        .run(&folder, &["audio", "CA1", "-o", "calls"])
        .fails(7, "index.csv: it is not an index of recordings (line 1)");
    assert_eq!(folder.read("calls/index.csv"), "name,amount\nx,1\n");
    assert!(served.emulator.journal().is_empty());
}

#[test]
fn recordings_in_a_store_are_skipped_and_indexed_as_in_a_folder() {
    let (folder, served) = (Folder::new(), Served::new(calls(6)));
    let bucket = Bucket::start(Conditions::Honored);
    let key = served.emulator.api_key().to_owned();
    let run = |more: &[&str]| {
        let target = [&["audio"], &FILTERS[..], &["s3://calls/april"], more].concat();
        let mut command = served.command(&folder, &target);
        command.envs(bucket.variables()).env("POLYAI_API_KEY", &key);
        Run::of(&mut command).succeeds()
    };
    run(&[]);
    let objects = bucket.objects();
    let names: Vec<_> = objects.keys().map(String::as_str).collect();
    let expected = ["CA1.wav", "CA2.wav", "CA3.wav", "CA4.wav", "index.csv"];
    assert_eq!(names, expected.map(|name| format!("april/{name}")));
    assert_eq!(objects["april/CA1.wav"].len(), 64_044);
    let index = String::from_utf8(objects["april/index.csv"].clone()).unwrap();
    assert!(
        index.contains("\nCA4,CA4.wav,64044,4.0,combined,true\n"),
        "{index}"
    );
    served.emulator.clear_journal();
    let again = run(&["--index", "jsonl"]);
    assert!(again.stderr.contains("4 already there"), "{}", again.stderr);
    assert!(downloads(&served.emulator).is_empty());
    assert_eq!(
        bucket
            .get("april/index.jsonl")
            .unwrap()
            .split(|b| *b == b'\n')
            .count(),
        5
    );
}

#[test]
fn ids_come_from_standard_input() {
    let (folder, served) = (Folder::new(), Served::new(calls(8)));
    let mut child = served
        .command(&folder, &["audio", "--ids", "-", "-o", "calls"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"CA3\nCA4\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(recordings(&folder.path("calls")).len(), 2);
}

#[test]
fn a_base_url_without_an_agents_host_is_rejected_before_anything_is_sent_or_written() {
    let (folder, served) = (Folder::new(), Served::new(calls(2)));
    for arguments in [
        &["audio", "CA1", "-o", "calls"][..],
        &["export", "--detail", "-o", "out.jsonl"],
        &["show", "CA1"],
    ] {
        Run::of(
            served
                .command(&folder, arguments)
                .env_remove("POLYAI_AGENTS_BASE_URL"),
        )
        .fails(2, "set --agents-base-url, POLYAI_AGENTS_BASE_URL");
    }
    assert_eq!(folder.files(), [""; 0]);
    assert!(served.emulator.journal().is_empty());
}

#[test]
fn ids_come_from_a_file_and_each_is_downloaded_once() {
    let (folder, served) = (Folder::new(), Served::new(calls(8)));
    folder.write("ids.txt", "# disputed\nCA1\r\nCA2\n\nCA1\nCA5\n");
    let run = served
        .run(&folder, &["audio", "--ids", "ids.txt", "-o", "calls"])
        .succeeds();
    assert!(
        run.stderr.contains("2 recordings") && run.stderr.contains("1 without a recording"),
        "{}",
        run.stderr
    );
    assert_eq!(recordings(&folder.path("calls")).len(), 2);
    assert!(
        downloads(&served.emulator)
            .values()
            .all(|count| *count == 1)
    );
}

#[test]
fn exit_codes_are_those_of_the_documentation() {
    let (folder, served) = (Folder::new(), Served::new(calls(8)));
    let arguments = ["audio", "CA1", "-o", "calls", "--retry-timeout", "0s"];
    served.run_as(&folder, &arguments, "wrong-key").exits(4);
    served
        .run(&folder, &["audio", "CA0", "-o", "calls"])
        .fails(5, "it has no recording");
    served.goes_wrong(Rule::new(Fault::status(503)).to_version("agents"));
    let run = served.run(&folder, &arguments);
    run.fails(6, "run the same command again");
    served.recovers();
    served
        .run(
            &folder,
            &["audio", "-o", "calls", "CA1", "--start", "2026-04-01"],
        )
        .exits(2);
}

#[test]
fn a_summary_counts_what_was_downloaded() {
    let (folder, served) = (Folder::new(), Served::new(calls(10)));
    let arguments = [
        &["audio"],
        &FILTERS[..],
        &["calls", "--summary", "summary.json"],
    ]
    .concat();
    served.run(&folder, &arguments).succeeds();
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(
        (&summary["downloaded"], &summary["without_recording"]),
        (&8.into(), &2.into())
    );
    assert_eq!(
        (&summary["bytes"], &summary["audio_seconds"]),
        (&(8 * 64_044).into(), &32.0.into())
    );
}
