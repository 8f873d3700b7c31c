//! `export`: a full disk, and an output that cannot be written or disappears.

use std::fs;
use std::time::Duration;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};

use crate::support::{self, Folder, Served};

#[test]
fn a_full_disk_leaves_no_file_that_looks_complete() {
    let (served, folder) = (Served::new(Dataset::generate(1, 200)), Folder::new());
    for name in ["out.jsonl", "out.csv", "out.csv.gz", "out.parquet"] {
        let failed = served.run_in(&folder, 2048, &["export", "-o", name]);
        failed.fails(
            7,
            &format!("cannot write {name}: File too large (os error 27)"),
        );
        failed.fails(7, "the incomplete output was removed");
        assert_eq!(folder.files(), [""; 0], "{name}");
    }
}

#[test]
fn an_export_that_filled_the_disk_resumes_once_there_is_room() {
    let served = Served::new(Dataset::generate(1, 300));
    let (whole, folder) = (Folder::new(), Folder::new());
    let arguments = ["export", "-o", "out.jsonl", "--page-size", "10", "-q"];
    served.run(&whole, &arguments).succeeds();
    let undisturbed = served.emulator.journal().len();
    let failed = served.run_in(&folder, 300 * 1024, &arguments);
    failed.fails(7, "cannot write out.jsonl: File too large");
    failed.fails(7, "hint: to resume, run the same command again");
    assert!(!failed.stderr.contains("removed"), "{}", failed.stderr);
    assert_eq!(folder.files(), ["out.jsonl.part", "out.jsonl.part.json"]);
    let asked = served.emulator.journal().len();
    served.run(&folder, &arguments).succeeds();
    assert!(served.emulator.journal().len() - asked < undisturbed);
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn a_folder_deleted_during_an_export_determines_the_exit_code() {
    for name in ["there/out.jsonl", "there/out.csv", "there/out.parquet"] {
        let (served, folder) = (
            Served::at_a_standstill(Dataset::generate(1, 200)),
            Folder::new(),
        );
        fs::create_dir(folder.path("there")).unwrap();
        let waiting = Fault::stall().for_a_time(Duration::from_secs(60));
        served.goes_wrong(Rule::new(waiting).on_request(2));
        let mut child = served.spawn(&folder, &["export", "-o", name, "--page-size", "50"]);
        while served.emulator.faults().triggered().is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it never came so far");
            std::thread::sleep(Duration::from_millis(1));
        }
        fs::remove_dir_all(folder.path("there")).unwrap();
        served.emulator.clock().advance(Duration::from_secs(60));
        assert_eq!(child.wait().unwrap().code(), Some(7), "{name}");
        assert_eq!(folder.files(), [""; 0], "{name}");
    }
}

#[test]
fn a_folder_that_may_only_be_read_is_refused_before_anything_is_fetched() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    fs::create_dir(folder.path("shut")).unwrap();
    folder.lock("shut");
    for name in ["shut/out.jsonl", "shut/out.csv"] {
        served
            .run_unprivileged(&folder, &["export", "-o", name])
            .fails(7, "cannot create a file in shut: permission denied");
    }
    assert_eq!(served.emulator.journal().len(), 0);
    folder.unlock("shut");
}

#[test]
fn a_summary_that_cannot_be_written_takes_nothing_from_the_output() {
    let (served, folder) = (Served::new(Dataset::generate(1, 20)), Folder::new());
    served
        .run(&folder, &["export", "-o", "out.csv", "--summary", "no/such/summary.json"])
        .fails(7, "cannot write no/such/summary.json: the folder no/such does not exist\nhint: the output itself is complete");
    assert_eq!(folder.files(), ["out.csv"]);
}

#[test]
fn a_malformed_record_is_not_lost_to_a_quarantine_that_cannot_be_written() {
    let folder = Folder::new();
    let page = r#"{"conversations":[{"id":"CA1"},{"said":"MARKER"}],"cursor":null}"#;
    let (url, server) = support::serve_page(page);
    let mut arguments = support::export_from(&url).to_vec();
    arguments.extend(["--quarantine", "no/such/odd.jsonl"]);
    let failed = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    server.join().unwrap();
    failed.fails(
        7,
        "cannot write no/such/odd.jsonl: the folder no/such does not exist",
    );
    assert!(!failed.stderr.contains("MARKER"), "{}", failed.stderr);
    assert!(!folder.path("out.jsonl").exists());
}
