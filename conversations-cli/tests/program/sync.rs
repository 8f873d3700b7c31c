//! `sync`: the folder follows the project, whatever changes between runs.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chrono::{Days, Utc};
use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Served};
use crate::synced::{classes, dataset, finished, records, report, sync, visible};

#[test]
fn every_record_lies_in_the_folder_of_its_day_and_a_second_run_changes_nothing() {
    let (served, folder) = (Served::new(Dataset::generate(5, 300)), Folder::new());
    let first = report(&served, &folder, &[]);
    assert_eq!(classes(&first), [300, 0, 0, 0]);
    let files = visible(&folder);
    for (name, content) in &files {
        let Some(date) = name.to_str().unwrap().strip_prefix("date=") else {
            continue;
        };
        let mut started: Vec<_> = str::from_utf8(content)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["started_at"].to_string())
            .collect();
        assert!(
            started
                .iter()
                .all(|time| time.starts_with(&format!("\"{}", &date[..10])))
        );
        let arrived = started.clone();
        started.sort();
        assert_eq!(arrived, started, "records are in order");
    }
    assert_eq!(records(&files).len(), 300);
    let again = report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(classes(&again), [0, 0, 300, 0]);
    assert_eq!(visible(&folder), files);
}

#[test]
fn the_manifest_lists_the_files_that_are_there() {
    let (served, folder) = (Served::new(Dataset::generate(5, 100)), Folder::new());
    report(&served, &folder, &[]);
    let manifest: Value = serde_json::from_str(&folder.read("data/_manifest.json")).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    let files = visible(&folder);
    assert_eq!(listed.len() + 1, files.len());
    for file in listed {
        let content = &files[Path::new(file["name"].as_str().unwrap())];
        assert_eq!(file["bytes"], content.len());
        assert_eq!(
            file["records"],
            content.iter().filter(|byte| **byte == b'\n').count()
        );
    }
    assert_eq!(manifest["records"], 100);
}

#[test]
fn each_record_is_counted_for_what_became_of_it() {
    let folder = Folder::new();
    let mut records = finished(&Dataset::generate(5, 200));
    let late = records.split_off(190);
    records[3]["in_progress"] = json!(true);
    records[4]["in_progress"] = json!(true);
    let served = Served::new(dataset(&records));
    let first = report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(
        (classes(&first), &first["unsettled"]),
        ([190, 0, 0, 0], &json!(2))
    );

    records[3]["in_progress"] = json!(false);
    records[3]["total_duration"] = json!(4711);
    records[7]["metrics"]["CSAT"] = json!("1");
    let gone = records.remove(9);
    records.extend(late);
    let served = Served::new(dataset(&records));
    let second = report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(classes(&second), [10, 2, 187, 1]);
    assert_eq!(
        second["fields"],
        json!({"in_progress": 1, "metrics": 1, "total_duration": 1})
    );
    // The one in progress, and the one that was in progress and has changed since.
    assert_eq!(second["unsettled"], 2);

    let fresh = Folder::new();
    report(&served, &fresh, &[]);
    assert_eq!(
        visible(&folder),
        visible(&fresh),
        "as if it had been fetched at once"
    );
    let ids: Vec<_> = crate::synced::records(&visible(&folder))
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert!(!ids.contains(&gone["id"]));
}

#[test]
fn final_days_are_not_re_read_and_those_with_conversations_in_progress_are() {
    let folder = Folder::new();
    let today = Utc::now().date_naive();
    let date = |days: u64| (today - Days::new(days)).to_string();
    let mut records = finished(&Dataset::generate(5, 20));
    for record in &mut records {
        record["started_at"] = json!(format!("{}T12:00:00Z", date(5)));
    }
    records[3]["in_progress"] = json!(true);
    let (start, end) = (date(6), date(4));
    let arguments = [
        "sync",
        "data",
        "-q",
        "--format",
        "jsonl",
        "--client-env",
        "all",
        "--start",
        &start,
        "--end",
        &end,
        "--summary",
        "report.json",
    ];
    let report = |served: &Served| -> Value {
        served.run(&folder, &arguments).succeeds();
        serde_json::from_str(&folder.read("report.json")).unwrap()
    };
    let first = report(&Served::new(dataset(&records)));
    assert_eq!(first["days_looked_at"], 2);
    records[3]["in_progress"] = json!(false);
    let served = Served::new(dataset(&records));
    // The finished call is read, then once more unchanged, then not again.
    for (updated, days) in [(1, 1), (0, 1), (0, 0)] {
        let next = report(&served);
        assert_eq!(
            (&next["updated"], &next["days_looked_at"]),
            (&json!(updated), &json!(days))
        );
    }
}

#[test]
fn a_server_that_loses_most_of_a_day_is_not_believed_unless_told_so() {
    let folder = Folder::new();
    let one_day = |count: usize| {
        let mut records = finished(&Dataset::generate(5, 60));
        for record in &mut records {
            record["started_at"] = json!("2026-04-07T09:00:00Z");
        }
        records.truncate(count);
        Served::new(dataset(&records))
    };
    report(&one_day(60), &folder, &[]);
    let files = visible(&folder);
    let robbed = one_day(10);
    let next = report(&robbed, &folder, &["--look-back", "4000d"]);
    assert_eq!(
        (classes(&next), &next["held_back"]),
        ([0, 0, 10, 0], &json!(50))
    );
    assert_eq!(visible(&folder), files);
    let told = report(
        &robbed,
        &folder,
        &["--look-back", "4000d", "--accept-vanished"],
    );
    assert_eq!(classes(&told), [0, 0, 10, 50]);
    assert_eq!(records(&visible(&folder)).len(), 10);
}

#[test]
fn a_dry_run_says_which_days_are_due_and_asks_for_none() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    let dry = sync(&served, &folder, &["--end", "2026-04-03", "--dry-run"]).succeeds();
    assert!(
        dry.stderr
            .contains("2026-04-01  never read\n2026-04-02  never read\n2 day(s)")
    );
    assert_eq!(served.emulator.journal().len(), 0);
}

#[test]
fn what_is_not_the_programs_own_stays_in_the_folder() {
    let (served, folder) = (Served::new(Dataset::generate(5, 50)), Folder::new());
    fs::create_dir_all(folder.path("data/date=2026-04-02")).unwrap();
    folder.write("data/date=2026-04-02/notes.txt", "mine");
    report(&served, &folder, &[]);
    report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(folder.read("data/date=2026-04-02/notes.txt"), "mine");
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_their_owner_only() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    report(&served, &folder, &[]);
    for name in visible(&folder).keys() {
        let mode = fs::metadata(folder.path("data").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{}", name.display());
    }
}

#[test]
fn flags_that_make_no_sense_here_are_refused() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    for (arguments, part) in [
        (
            &["--start", "2026-04-01T12:00:00Z"][..],
            "--start is a date here",
        ),
        (&["--in-progress", "true"], "would vanish when it ends"),
        (&["--every", "soon"], "invalid value 'soon'"),
        (&["--parallel", "0"], "0 is not in 1..=32"),
    ] {
        let arguments: Vec<_> = ["sync", "data"].iter().chain(arguments).copied().collect();
        served.run(&folder, &arguments).fails(2, part);
    }
}

#[test]
fn malformed_records_are_kept_beside_what_is_known_of_their_day() {
    let body = r#"{"conversations":[{"id":"a","started_at":"2026-04-01T09:00:00Z"},{"no":"id"}],"cursor":null}"#;
    let (url, _server) = crate::support::serve_page(body);
    let folder = Folder::new();
    let arguments = [
        "sync",
        "data",
        "--format",
        "jsonl",
        "--base-url",
        &url,
        "--account",
        "a",
        "--project",
        "p",
        "--retry-timeout",
        "0s",
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
        "-q",
    ];
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    done.fails(3, "1 malformed record skipped");
    let kept = folder.read("data/_conversations/malformed/2026-04-01.jsonl");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let reason = kept["reason"].as_str().unwrap();
    assert!(reason.contains("record 1 of page 1 has no id"), "{reason}");
    assert_eq!(kept["raw"], r#"{"no":"id"}"#);
    assert_eq!(kept["path"], "id");
}
