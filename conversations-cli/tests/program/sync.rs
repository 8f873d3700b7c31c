//! `sync`: a folder that follows the project whatever happens in between.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Served};

/// April 2026 of every environment, as JSONL.
const APRIL: [&str; 9] = [
    "sync",
    "data",
    "--format",
    "jsonl",
    "--client-env",
    "all",
    "--start",
    "2026-04-01",
    "-q",
];

fn sync(served: &Served, folder: &Folder, more: &[&str]) -> crate::support::Run {
    let arguments: Vec<_> = APRIL.iter().chain(more).copied().collect();
    served.run(folder, &arguments)
}

/// The same, with the days up to May and what the run reports.
fn report(served: &Served, folder: &Folder, more: &[&str]) -> Value {
    let mut arguments = vec!["--end", "2026-05-01", "--summary", "report.json"];
    arguments.extend(more);
    sync(served, folder, &arguments).succeeds();
    serde_json::from_str(&folder.read("report.json")).unwrap()
}

fn classes(report: &Value) -> [u64; 4] {
    ["inserted", "updated", "unchanged", "vanished"].map(|name| report[name].as_u64().unwrap())
}

/// What readers see: every file below `data` that is not the program's own, and its content.
fn visible(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = folder.path("data");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("_conversations") {
                    folders.push(path);
                }
            } else {
                let name = path.strip_prefix(&root).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn records(files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<Value> {
    let data = files
        .iter()
        .filter(|(name, _)| !name.ends_with("_manifest.json"));
    let lines = data.flat_map(|(_, content)| str::from_utf8(content).unwrap().lines());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn lines(data: &Dataset) -> Vec<Value> {
    data.records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect()
}

fn dataset(records: &[Value]) -> Dataset {
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

fn finished(data: &Dataset) -> Vec<Value> {
    let mut records = lines(data);
    for record in &mut records {
        record["in_progress"] = json!(false);
    }
    records
}

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
    // The one that is still going on, and the one that was and has changed since.
    assert_eq!(second["unsettled"], 2);

    let fresh = Folder::new();
    report(&served, &fresh, &[]);
    assert_eq!(
        visible(&folder),
        visible(&fresh),
        "as if it had been fetched at once"
    );
    let ids: Vec<_> = self::records(&visible(&folder))
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert!(!ids.contains(&gone["id"]));
}

#[test]
fn settled_days_are_left_alone_and_unsettled_ones_are_not() {
    let folder = Folder::new();
    let mut records = finished(&Dataset::generate(5, 200));
    records[3]["in_progress"] = json!(true);
    let first = report(&Served::new(dataset(&records)), &folder, &[]);
    assert_eq!(first["days_looked_at"], 30);
    records[3]["in_progress"] = json!(false);
    let served = Served::new(dataset(&records));
    // The finished call is seen, then seen once more unchanged, then left alone.
    for (updated, days) in [(1, 1), (0, 1), (0, 0)] {
        let next = report(&served, &folder, &[]);
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
        ([0, 0, 0, 0], &json!(50))
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
fn killed_at_any_instant_the_next_run_leaves_what_an_undisturbed_one_leaves() {
    // All of them finished: a run looks again at what is in progress, and rightly so.
    let lines: Vec<String> = lines(&Dataset::generate(5, 1500))
        .into_iter()
        .map(|mut record| {
            record["in_progress"] = json!(false);
            record.to_string()
        })
        .collect();
    let data = Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap();
    let served = Served::new(data);
    let whole = Folder::new();
    report(&served, &whole, &["--page-size", "40"]);
    let expected = visible(&whole);
    let undisturbed = served.emulator.journal().len();
    let folder = Folder::new();
    let arguments: Vec<_> = APRIL
        .iter()
        .chain(&[
            "--end",
            "2026-05-01",
            "--page-size",
            "40",
            "--parallel",
            "2",
        ])
        .copied()
        .collect();
    let mut kills = 0;
    for wait in (0..).map(|round| Duration::from_millis(40 + 35 * round)) {
        let mut child = served.spawn(&folder, &arguments);
        let ended = wait_at_most(&mut child, wait);
        if ended {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        // What the manifest lists is there at every instant.
        if let Ok(manifest) = fs::read(folder.path("data/_manifest.json")) {
            let manifest: Value = serde_json::from_slice(&manifest).unwrap();
            for file in manifest["files"].as_array().unwrap() {
                let path = folder.path("data").join(file["name"].as_str().unwrap());
                assert_eq!(
                    fs::metadata(path).unwrap().len(),
                    file["bytes"].as_u64().unwrap()
                );
            }
        }
    }
    assert!(kills > 0, "the run was never killed");
    // Two days are open at once, and of each no page but the one under way is asked for again.
    let asked = served.emulator.journal().len() - undisturbed;
    assert!(
        asked <= undisturbed + 2 * kills,
        "{asked} pages were asked for in place of {undisturbed}, after {kills} kills"
    );
    assert!(
        visible(&folder) == expected,
        "the files differ after {kills} kills"
    );
    let own = fs::read_dir(folder.path("data/_conversations")).unwrap();
    let mut own: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
    own.sort();
    assert_eq!(own, ["index", "lock.json", "state.json"]);
}

/// Whether the program ended by itself within `limit`.
fn wait_at_most(child: &mut std::process::Child, limit: Duration) -> bool {
    let until = std::time::Instant::now() + limit;
    while std::time::Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn another_plan_in_the_same_folder_is_refused_with_what_differs() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    report(&served, &folder, &[]);
    let files = visible(&folder);
    served
        .run(&folder, &["sync", "data", "--client-env", "all"])
        .fails(2, "format was \"jsonl\" and is \"parquet\"");
    sync(&served, &folder, &["--channel", "CHAT"]).fails(2, "channels was [] and is [\"CHAT\"]");
    assert_eq!(visible(&folder), files);
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    report(&served, &folder, &[]);
    let lock = fs::File::open(folder.path("data/_conversations/lock.json")).unwrap();
    lock.lock().unwrap();
    sync(&served, &folder, &[]).fails(8, "is synchronising");
    drop(lock);
    sync(&served, &folder, &[]).succeeds();
}

#[test]
fn a_dry_run_says_which_days_are_due_and_asks_for_none() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    let dry = sync(&served, &folder, &["--end", "2026-04-03", "--dry-run"]).succeeds();
    assert!(
        dry.stderr
            .contains("2026-04-01  never looked at\n2026-04-02  never looked at\n2 day(s)")
    );
    assert_eq!(served.emulator.journal().len(), 0);
}

#[test]
fn a_state_that_cannot_be_read_stops_the_run_before_anything_is_touched() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    report(&served, &folder, &[]);
    let files = visible(&folder);
    for (state, part) in [
        ("{", "cannot be read"),
        ("{\"version\":99}", "later version of this program"),
        ("{\"version\":1}", "cannot be read"),
    ] {
        folder.write("data/_conversations/state.json", state);
        sync(&served, &folder, &[]).fails(2, part);
    }
    assert_eq!(visible(&folder), files);
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
fn notes_that_a_killed_run_has_left_behind_are_not_believed_by_a_later_one() {
    let (served, folder) = (Served::new(Dataset::generate(5, 200)), Folder::new());
    report(&served, &folder, &[]);
    let expected = visible(&folder);
    let own = folder.path("data/_conversations");
    for notes in ["done", "arriving/2026-04-02"] {
        fs::create_dir_all(own.join(notes)).unwrap();
    }
    let day = json!({"looked_at": "2026-04-30T00:00:00Z", "unsettled": 0, "records": 0, "data": null, "index": null});
    let counts = json!({"inserted": 0, "updated": 0, "unchanged": 0, "vanished": 0, "held_back": 0,
        "fields": {}, "malformed": 0, "pages": 0});
    let found = json!({"day": day, "counts": counts}).to_string();
    fs::write(own.join("done/2026-04-01.json"), found).unwrap();
    fs::write(own.join("arriving/2026-04-02/000000.jsonl.zst"), "x").unwrap();
    let told = report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(told["vanished"], 0);
    assert!(visible(&folder) == expected, "an old note was believed");
    let left = fs::read_dir(&own)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        left.into_iter()
            .all(|name| name != "done" && name != "arriving")
    );
}

#[test]
fn a_day_whose_place_in_the_list_is_no_longer_known_is_read_from_its_start() {
    let (served, folder) = (Served::new(Dataset::generate(5, 1500)), Folder::new());
    let arguments: Vec<_> = APRIL
        .iter()
        .chain(&[
            "--end",
            "2026-05-01",
            "--page-size",
            "10",
            "--parallel",
            "1",
        ])
        .copied()
        .collect();
    let mut child = served.spawn(&folder, &arguments);
    let arriving = folder.path("data/_conversations/arriving");
    let note = loop {
        let days = fs::read_dir(&arriving).into_iter().flatten().flatten();
        let note = days
            .map(|day| day.path().join("note.json"))
            .find(|note| note.exists());
        if let Some(note) = note {
            break note;
        }
        assert!(
            child.try_wait().unwrap().is_none(),
            "no day had several pages"
        );
        std::thread::sleep(Duration::from_millis(1));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let mut content: Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
    let place = content["checkpoint"].as_str().unwrap().to_owned();
    let (start, _) = place.split_once("cursor.").expect("v3 pages by cursor");
    content["checkpoint"] = json!(format!("{start}cursor.bm9uZQ"));
    fs::write(&note, content.to_string()).unwrap();
    report(&served, &folder, &["--page-size", "10"]);
    let undisturbed = Folder::new();
    report(&served, &undisturbed, &[]);
    assert!(visible(&folder) == visible(&undisturbed));
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
        "--give-up-after",
        "0s",
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
        "-q",
    ];
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    done.fails(3, "record 1 of page 1 has no id");
    let kept = folder.read("data/_conversations/malformed/2026-04-01.jsonl");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["raw"], r#"{"no":"id"}"#);
    assert_eq!(kept["path"], "id");
}
