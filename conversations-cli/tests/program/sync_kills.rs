//! `sync`: the next run resumes a killed run.

use std::fs;
use std::time::Duration;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Served};
use crate::synced::{APRIL, lines, report, visible};

#[test]
fn killed_at_any_instant_the_next_run_leaves_what_an_undisturbed_one_leaves() {
    // All conversations are finished, because a run correctly re-reads those in progress.
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
        // The files that the manifest lists exist at every instant.
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
    // Two days are read concurrently. Of each, only the page in flight and the one before it are requested again.
    let asked = served.emulator.journal().len() - undisturbed;
    assert!(
        asked <= undisturbed + 4 * kills,
        "{asked} pages were asked for in place of {undisturbed}, after {kills} kills"
    );
    let found = visible(&folder);
    let differing: Vec<_> = (found.keys().chain(expected.keys()))
        .filter(|name| found.get(*name) != expected.get(*name))
        .collect();
    assert!(differing.is_empty(), "{differing:?} after {kills} kills");
    let own = fs::read_dir(folder.path("data/_conversations")).unwrap();
    let mut own: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
    own.sort();
    assert_eq!(own, ["index", "lock.json", "state.json"]);
}

/// Returns whether the program ended by itself within `limit`.
fn wait_at_most(child: &mut std::process::Child, limit: Duration) -> bool {
    let until = std::time::Instant::now() + limit;
    while std::time::Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0), "the run failed by itself");
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
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
    let (start, _) = place.split_once("after.").expect("v3 pages by cursor");
    content["checkpoint"] = json!(format!("{start}cursor.bm9uZQ"));
    fs::write(&note, content.to_string()).unwrap();
    report(&served, &folder, &["--page-size", "10"]);
    let undisturbed = Folder::new();
    report(&served, &undisturbed, &[]);
    assert!(visible(&folder) == visible(&undisturbed));
}
