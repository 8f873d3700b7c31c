//! `export`: a run resumes an earlier one.

use std::fs;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};

use crate::list_server::ListServer;
use crate::support::{self, Folder, Served};

const NAMES: [&str; 3] = ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"];

fn ids(folder: &Folder, name: &str) -> Vec<String> {
    let lines = support::lines_of(&folder.path(name)).into_iter();
    let id = |line: String| {
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        record["id"].as_str().unwrap().to_owned()
    };
    lines.map(id).collect()
}

#[test]
fn a_resumed_export_writes_no_conversation_twice_when_the_list_has_moved() {
    for version in ["v1", "v3"] {
        for name in NAMES {
            let folder = Folder::new();
            let server = ListServer::start((0..40).map(|n| format!("CA{n}")).collect());
            let arguments = server.export(name, version, 10);
            server.fail_from_request(3);
            server.run(&folder, &arguments).exits(6);
            let kept = folder.path(&format!("{name}.part.json"));
            assert!(kept.exists(), "{version} {name}");
            // The new record comes first and shifts all others by one.
            server.insert_first("CA-new");
            server.recover();
            server.run(&folder, &arguments).succeeds();
            let mut written = ids(&folder, name);
            let count = written.len();
            written.sort_unstable();
            written.dedup();
            assert_eq!(written.len(), count, "{version} {name}: one is there twice");
            assert_eq!(count, 40, "{version} {name}");
        }
    }
}

#[test]
fn a_resumed_export_misses_no_conversation_when_others_were_deleted() {
    for (version, deleted, starts_over) in [
        ("v3", 5, false),
        ("v3", 155, true),
        ("v1", 155, false),
        // All that the first run wrote.
        ("v1", 1620, true),
    ] {
        let folder = Folder::new();
        let server = ListServer::start((0..5000).map(|n| format!("CA{n}")).collect());
        let arguments = server.export("out.jsonl", version, 100);
        server.fail_from_request(21);
        server.run(&folder, &arguments).exits(6);
        server.delete_first(deleted);
        server.recover();
        let done = server.run(&folder, &arguments).succeeds();
        // A fetch by offset steps back, so the order is not the server's.
        let mut written = ids(&folder, "out.jsonl");
        written.sort();
        let mut expected: Vec<_> = (0..5000).map(|n| format!("CA{n}")).collect();
        expected.sort();
        assert!(written == expected, "{version}, {deleted} deleted");
        let warning = "warning: the list has changed too much since the previous run";
        assert_eq!(
            done.stderr.contains(warning),
            starts_over,
            "{}",
            done.stderr
        );
    }
}

#[test]
fn a_page_that_broke_off_is_read_again_and_written_once() {
    for name in NAMES {
        let folder = Folder::new();
        let server = ListServer::start((0..40).map(|n| format!("CA{n}")).collect());
        let arguments = server.export(name, "v3", 10);
        server.cut_from_request(3);
        server.run(&folder, &arguments).exits(6);
        server.recover();
        let done = server.run(&folder, &arguments).succeeds();
        assert!(
            done.stderr.contains("resuming the previous run"),
            "{}",
            done.stderr
        );
        let expected: Vec<_> = (0..40).map(|n| format!("CA{n}")).collect();
        assert_eq!(ids(&folder, name), expected, "{name}");
    }
}

#[test]
fn a_partial_file_that_has_changed_is_not_resumed() {
    let served = Served::new(Dataset::generate(5, 300));
    for name in NAMES {
        let (whole, folder) = (Folder::new(), Folder::new());
        let arguments = [
            "export",
            "-o",
            name,
            "--page-size",
            "20",
            "--retry-timeout",
            "0s",
        ];
        served.run(&whole, &arguments).succeeds();
        let (part, note) = (format!("{name}.part"), format!("{name}.part.json"));
        let interrupted = || {
            served.goes_wrong(Rule::new(Fault::status(500)).from_request(5));
            served.run(&folder, &arguments).exits(6);
            served.recovers();
        };
        // The change keeps the length: it corrupts a letter of a word, or a count.
        interrupted();
        let mut bytes = fs::read(folder.path(&part)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.path(&part), bytes).unwrap();
        let done = served.run(&folder, &arguments).succeeds();
        assert!(
            !done.stderr.contains("resuming the previous run"),
            "{}",
            done.stderr
        );
        assert!(fs::read(folder.path(name)).unwrap() == fs::read(whole.path(name)).unwrap());
        interrupted();
        let text = folder.read(&note);
        let changed = text.replacen("\"pages\":4", "\"pages\":5", 1);
        assert_ne!(changed, text);
        folder.write(&note, &changed);
        let done = served.run(&folder, &arguments).succeeds();
        assert!(
            !done.stderr.contains("resuming the previous run"),
            "{}",
            done.stderr
        );
        assert!(fs::read(folder.path(name)).unwrap() == fs::read(whole.path(name)).unwrap());
        interrupted();
        let done = served.run(&folder, &arguments).succeeds();
        assert!(
            done.stderr.contains("resuming the previous run"),
            "{}",
            done.stderr
        );
        assert!(support::lines_of(&folder.path(name)) == support::lines_of(&whole.path(name)));
    }
}

#[test]
fn a_malformed_record_of_a_page_that_is_read_again_is_quarantined_once() {
    let folder = Folder::new();
    let server = ListServer::start(vec![
        "CA0".into(),
        String::new(),
        "CA2".into(),
        "CA3".into(),
    ]);
    let arguments = server.export("out.jsonl", "v3", 3);
    server.cut_from_request(1);
    server.run(&folder, &arguments).exits(6);
    server.recover();
    server.run(&folder, &arguments).exits(3);
    assert_eq!(ids(&folder, "out.jsonl"), ["CA0", "CA2", "CA3"]);
    let quarantine = folder.read("out.jsonl.malformed.jsonl");
    assert_eq!(quarantine.lines().count(), 1, "{quarantine}");
}

#[test]
fn a_malformed_record_of_the_last_page_before_a_failure_stays_quarantined() {
    let id = |n: u32| match n {
        3 | 22 => String::new(),
        n => format!("CA{n}"),
    };
    for version in ["v1", "v3"] {
        for name in NAMES {
            let folder = Folder::new();
            let server = ListServer::start((0..40).map(id).collect());
            let arguments = server.export(name, version, 10);
            server.fail_from_request(4);
            server.run(&folder, &arguments).exits(6);
            server.recover();
            server.run(&folder, &arguments).exits(3);
            assert_eq!(ids(&folder, name).len(), 38, "{version} {name}");
            let quarantine = folder.read(&format!("{name}.malformed.jsonl"));
            assert_eq!(quarantine.lines().count(), 2, "{version} {name}");
        }
    }
}
