//! `sync`: days that cannot be read.

use serde_json::{Value, json};

use crate::scripted::record;
use crate::support::Folder;
use crate::ten_days::{JSONL, count, deep, partitions, report, ten_days};

#[test]
fn days_that_arrive_are_published_while_another_keeps_failing() {
    let (server, folder) = (ten_days(), Folder::new());
    server.fails("2026-04-03", 500);
    for _ in 0..3 {
        let run = server.sync(&folder, &JSONL);
        run.fails(6, "2026-04-03");
        assert!(
            server.asked().contains(&"2026-04-03".to_owned()),
            "it was not retried"
        );
        assert_eq!(count(&folder), 18);
    }
    let told = report(&folder);
    assert_eq!(told["failed_days"][0]["date"], "2026-04-03");
    let manifest: Value = serde_json::from_str(&folder.read("data/_manifest.json")).unwrap();
    assert_eq!(manifest["incomplete"], json!(["2026-04-03"]));
    server.records("2026-04-03", &[record("c", "2026-04-03T09:00:00Z")]);
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(server.asked(), ["2026-04-03"], "the others are final");
    assert_eq!(count(&folder), 19);
}

#[test]
fn a_day_that_fails_when_it_is_read_again_is_retried_however_old_it_is() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    server.fails("2026-04-03", 503);
    let deep = deep();
    server.sync(&folder, &deep).fails(6, "2026-04-03");
    assert_eq!(count(&folder), 20, "the rows at hand stay");
    server.records(
        "2026-04-03",
        &[
            record("a3", "2026-04-03T09:00:00Z"),
            record("late", "2026-04-03T11:00:00Z"),
            record("b3", "2026-04-03T10:00:00Z"),
        ],
    );
    server.asked();
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(server.asked(), ["2026-04-03"]);
    assert_eq!(partitions(&folder, "late"), ["date=2026-04-03"]);
}

#[test]
fn a_server_that_is_down_ends_the_run_and_its_days_have_their_turn_later() {
    let (server, folder) = (ten_days(), Folder::new());
    for day in 1..=10 {
        server.fails(&format!("2026-04-{day:02}"), 500);
    }
    let one_by_one: Vec<_> = JSONL.iter().chain(&["--parallel", "1"]).copied().collect();
    server
        .sync(&folder, &one_by_one)
        .fails(6, "10 day(s) are missing");
    let asked = server.asked();
    assert!(asked.len() < 10, "{asked:?}");
    // Days that keep failing must not prevent reading the others.
    for day in 6..=10 {
        let date = format!("2026-04-{day:02}");
        server.records(&date, &[record(&date, &format!("{date}T09:00:00Z"))]);
    }
    for _ in 0..3 {
        server.sync(&folder, &one_by_one).exits(6);
    }
    assert_eq!(count(&folder), 5);
}

#[test]
fn a_rejected_key_stops_the_run_at_once() {
    let (server, folder) = (ten_days(), Folder::new());
    server.fails("2026-04-02", 401);
    let one_by_one: Vec<_> = JSONL.iter().chain(&["--parallel", "1"]).copied().collect();
    server.sync(&folder, &one_by_one).exits(4);
    assert_eq!(server.asked(), ["2026-04-01", "2026-04-02"]);
    assert_eq!(
        count(&folder),
        0,
        "nothing is published by a run that failed"
    );
    server.records("2026-04-02", &[record("x", "2026-04-02T09:00:00Z")]);
    server.sync(&folder, &JSONL).succeeds();
    assert!(
        !server.asked().contains(&"2026-04-01".to_owned()),
        "what had arrived is kept"
    );
    assert_eq!(count(&folder), 19);
}

#[test]
fn a_day_that_is_rejected_does_not_stop_the_others() {
    for status in [302, 400, 403, 404, 410, 413, 422] {
        for parallel in ["1", "4"] {
            let (server, folder) = (ten_days(), Folder::new());
            // The first one, so that no other request has succeeded yet.
            server.fails("2026-04-01", status);
            let run = [&JSONL[..], &["--parallel", parallel]].concat();
            for _ in 0..2 {
                server.sync(&folder, &run).fails(6, "2026-04-01");
                assert_eq!(count(&folder), 18, "{status}");
                assert_eq!(report(&folder)["failed_days"][0]["date"], "2026-04-01");
            }
            server.records("2026-04-01", &[record("x", "2026-04-01T09:00:00Z")]);
            server.sync(&folder, &run).succeeds();
            assert_eq!(count(&folder), 19, "{status}");
        }
    }
}

#[test]
fn a_project_whose_requests_are_all_rejected_stops_the_run_with_the_error() {
    for (status, code) in [(302, 1), (400, 2), (403, 4), (404, 5)] {
        let (server, folder) = (ten_days(), Folder::new());
        for day in 1..=10 {
            server.fails(&format!("2026-04-{day:02}"), status);
        }
        let one_by_one: Vec<_> = JSONL.iter().chain(&["--parallel", "1"]).copied().collect();
        server.sync(&folder, &one_by_one).exits(code);
        assert_eq!(server.asked().len(), 5, "{status}");
        assert!(!folder.path("data/_manifest.json").exists());
    }
}

#[test]
fn what_a_run_does_not_cover_is_said() {
    let (server, folder) = (ten_days(), Folder::new());
    let mut open = record("a3", "2026-04-03T09:00:00Z");
    open["in_progress"] = json!(true);
    server.records("2026-04-03", &[open]);
    server.sync(&folder, &JSONL).succeeds();
    server.asked();
    let run = server.sync(&folder, &JSONL).succeeds();
    assert_eq!(
        server.asked(),
        Vec::<String>::new(),
        "given up since months"
    );
    for part in [
        "1 still in progress 14 days after their day",
        "are not re-read once they are read: run with a longer --look-back",
    ] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert_eq!(report(&folder)["abandoned"], 1);
}
