//! `sync`: missing, changed or unreadable state of a folder.

use std::fs;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Served};
use crate::synced::{dataset, finished, report, sync, visible};

const STATE: &str = "data/_conversations/state.json";
const MANIFEST: &str = "data/_manifest.json";

/// Returns a folder in which all records are final, and its server.
fn settled() -> (Served, Folder) {
    let served = Served::new(dataset(&finished(&Dataset::generate(5, 120))));
    let folder = Folder::new();
    report(&served, &folder, &[]);
    (served, folder)
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    report(&served, &folder, &[]);
    let lock = fs::File::open(folder.path("data/_conversations/lock.json")).unwrap();
    lock.lock().unwrap();
    sync(&served, &folder, &[]).fails(8, "is synchronizing");
    drop(lock);
    sync(&served, &folder, &[]).succeeds();
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
        (
            "{\"version\":\"3.5.0\",\"batchId\":7}",
            "is not the state of a sync",
        ),
        ("", "is not the state of a sync"),
    ] {
        folder.write(STATE, state);
        sync(&served, &folder, &[]).fails(2, part);
    }
    assert_eq!(visible(&folder), files);
}

#[test]
fn the_manifest_of_another_program_is_left_as_it_is() {
    let served = Served::new(Dataset::generate(5, 20));
    let folder = Folder::new();
    fs::create_dir(folder.path("data")).unwrap();
    for (manifest, part) in [
        (
            r#"{"batch":7,"files":["a"]}"#,
            "is not the manifest of a sync",
        ),
        (r#"{"version":1,"pl"#, "is not the manifest of a sync"),
        ("v1\n{}", "is not the manifest of a sync"),
        (
            r#"{"version":99,"plan":{},"files":[]}"#,
            "later version of this program",
        ),
    ] {
        folder.write(MANIFEST, manifest);
        sync(&served, &folder, &[]).fails(2, part);
        assert_eq!(folder.read(MANIFEST), manifest);
    }
    assert_eq!(served.emulator.journal().len(), 0);
    let (served, folder) = settled();
    folder.write(MANIFEST, r#"{"batch":7,"files":["a"]}"#);
    sync(&served, &folder, &[]).fails(2, "is not the manifest of a sync");
}

#[test]
fn a_manifest_that_is_damaged_or_gone_is_written_anew() {
    let (served, folder) = settled();
    let expected = visible(&folder);
    for damage in ["", "{\"version\": 1, \"pl"] {
        folder.write(MANIFEST, damage);
        assert_eq!(report(&served, &folder, &[])["days_looked_at"], 0);
        assert!(visible(&folder) == expected, "{damage}");
    }
    fs::remove_file(folder.path(MANIFEST)).unwrap();
    report(&served, &folder, &[]);
    assert!(visible(&folder) == expected);
}

#[test]
fn a_folder_that_has_lost_its_state_goes_on_under_the_plan_of_its_manifest_alone() {
    let (served, folder) = settled();
    let expected = visible(&folder);
    fs::remove_dir_all(folder.path("data/_conversations")).unwrap();
    sync(&served, &folder, &["--channel", "CHAT"])
        .fails(2, "--channel was not given, and is CHAT now");
    assert!(visible(&folder) == expected);
    report(&served, &folder, &[]);
    assert!(visible(&folder) == expected);
}

#[test]
fn files_that_are_gone_or_cut_short_are_fetched_again() {
    let (served, folder) = settled();
    let expected = visible(&folder);
    let mut files = expected
        .keys()
        .filter(|name| name.starts_with("date=2026-04-07"));
    fs::remove_file(folder.path("data").join(files.next().unwrap())).unwrap();
    let mut files = expected
        .keys()
        .filter(|name| name.starts_with("date=2026-04-09"));
    fs::write(folder.path("data").join(files.next().unwrap()), "{").unwrap();
    let again = sync(&served, &folder, &["--end", "2026-05-01", "--dry-run"]).succeeds();
    for part in [
        "warning: the files of 2 day(s), 2026-04-07 first, are missing or damaged",
        "2026-04-09  its file is missing or damaged, or a clock was wrong",
        "2 day(s) would be read",
    ] {
        assert!(again.stderr.contains(part), "{}", again.stderr);
    }
    assert_eq!(report(&served, &folder, &[])["inserted"], 0);
    assert!(visible(&folder) == expected);
    assert_eq!(report(&served, &folder, &[])["days_looked_at"], 0);
}

#[test]
fn days_that_were_looked_at_by_a_wrong_clock_are_looked_at_again() {
    let (served, folder) = settled();
    let expected = visible(&folder);
    let mut state: Value = serde_json::from_str(&folder.read(STATE)).unwrap();
    state["days"]["2026-04-03"]["looked_at"] = json!("2999-01-01T00:00:00Z");
    folder.write(STATE, &state.to_string());
    assert_eq!(report(&served, &folder, &[])["days_looked_at"], 1);
    assert!(visible(&folder) == expected);
    assert_eq!(report(&served, &folder, &[])["days_looked_at"], 0);
}

#[test]
fn a_run_that_began_by_a_wrong_clock_is_not_taken_up() {
    let (served, folder) = settled();
    let expected = visible(&folder);
    let run = r#"{"began":"2999-01-01T00:00:00Z","until":"2999-01-01"}"#;
    folder.write("data/_conversations/run.json", run);
    let next = report(&served, &folder, &["--look-back", "4000d"]);
    assert_eq!(next["days_looked_at"], 30);
    assert!(visible(&folder) == expected);
}
