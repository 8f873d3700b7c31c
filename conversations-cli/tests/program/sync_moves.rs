//! `sync`: ids in more than one partition, and records that are received twice.

use std::fs;

use serde_json::json;

use crate::scripted::record;
use crate::support::Folder;
use crate::synced::{records, visible};
use crate::ten_days::{JSONL, count, deep, partitions, report, ten_days};

#[test]
fn an_undated_record_is_in_one_partition_until_it_has_a_date() {
    let (server, folder) = (ten_days(), Folder::new());
    for day in 1..=3 {
        let date = format!("2026-04-{day:02}");
        server.records(
            &date,
            &[
                record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                record("undated", "soon"),
            ],
        );
    }
    let deep = deep();
    server.sync(&folder, &deep).succeeds();
    assert_eq!(partitions(&folder, "undated"), ["date=unknown"]);
    let told = report(&folder);
    assert_eq!(
        (&told["inserted"], &told["undated"]),
        (&json!(18), &json!(1))
    );
    server.records("2026-04-01", &[record("a1", "2026-04-01T09:00:00Z")]);
    server.sync(&folder, &deep).succeeds();
    assert_eq!(report(&folder)["unchanged"], 18);
    for day in 2..=3 {
        let date = format!("2026-04-{day:02}");
        server.records(
            &date,
            &[record(&format!("a{day}"), &format!("{date}T09:00:00Z"))],
        );
    }
    server.records(
        "2026-04-02",
        &[
            record("a2", "2026-04-02T09:00:00Z"),
            record("undated", "2026-04-02T10:00:00Z"),
        ],
    );
    server.sync(&folder, &deep).succeeds();
    assert_eq!(partitions(&folder, "undated"), ["date=2026-04-02"]);
    let told = report(&folder);
    assert_eq!(
        [&told["inserted"], &told["vanished"], &told["moved"]],
        [&json!(0), &json!(0), &json!(1)]
    );
}

#[test]
fn a_record_that_moves_to_another_day_leaves_the_one_it_was_in() {
    for (from, to) in [(3, 8), (8, 3)] {
        let (server, folder) = (ten_days(), Folder::new());
        server.sync(&folder, &JSONL).succeeds();
        let (old, new) = (format!("2026-04-{from:02}"), format!("2026-04-{to:02}"));
        let id = format!("b{from}");
        server.records(
            &old,
            &[record(&format!("a{from}"), &format!("{old}T09:00:00Z"))],
        );
        server.records(
            &new,
            &[
                record(&format!("a{to}"), &format!("{new}T09:00:00Z")),
                record(&format!("b{to}"), &format!("{new}T10:00:00Z")),
                record(&id, &format!("{new}T11:00:00Z")),
            ],
        );
        // Only the day that it moved to is due.
        fs::remove_file(folder.path(&format!("data/date={new}/conversations.jsonl"))).unwrap();
        server.asked();
        server.sync(&folder, &JSONL).succeeds();
        let mut asked = server.asked();
        asked.dedup();
        assert_eq!(asked, [new.clone(), old]);
        assert_eq!(partitions(&folder, &id), [format!("date={new}")]);
        let told = report(&folder);
        assert_eq!(
            [&told["inserted"], &told["vanished"], &told["moved"]],
            [&json!(0), &json!(0), &json!(1)]
        );
    }
}

#[test]
fn a_record_that_is_sent_for_two_days_is_in_the_later_one() {
    let (server, folder) = (ten_days(), Folder::new());
    for day in [3, 8] {
        let date = format!("2026-04-{day:02}");
        server.records(
            &date,
            &[
                record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                record("twice", &format!("{date}T10:00:00Z")),
            ],
        );
    }
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(partitions(&folder, "twice"), ["date=2026-04-08"]);
    assert_eq!(report(&folder)["duplicates"], 1);
    let deep = deep();
    let expected = visible(&folder);
    server.sync(&folder, &deep).succeeds();
    assert!(visible(&folder) == expected);
}

#[test]
fn a_day_whose_records_have_all_moved_is_no_day_that_lost_them() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    server.records("2026-04-03", &[]);
    let moved = ["a3", "b3"].map(|id| record(id, "2026-04-04T12:00:00Z"));
    let own = ["a4", "b4"].map(|id| record(id, "2026-04-04T09:00:00Z"));
    server.records("2026-04-04", &[own, moved].concat());
    let done = server.sync(&folder, &deep()).succeeds();
    assert!(!done.stderr.contains("no longer sen"), "{}", done.stderr);
    let told = report(&folder);
    assert_eq!((&told["moved"], &told["held_back"]), (&json!(2), &json!(0)));
    assert_eq!(partitions(&folder, "b3"), ["date=2026-04-04"]);
    // And one that did lose them says so.
    server.records("2026-04-05", &[]);
    let done = server.sync(&folder, &deep()).succeeds();
    let warning =
        "the server no longer sends 2 of the 2 conversations of 2026-04-05: they are kept";
    assert!(done.stderr.contains(warning), "{}", done.stderr);
}

#[test]
fn an_undated_record_in_progress_counts_however_its_flag_is_written() {
    for flag in [json!(true), json!("true")] {
        let (server, folder) = (ten_days(), Folder::new());
        let mut open = record("undated", "soon");
        open["in_progress"] = flag;
        server.records("2026-04-03", &[record("a3", "2026-04-03T09:00:00Z"), open]);
        server.sync(&folder, &JSONL).succeeds();
        server.sync(&folder, &JSONL).succeeds();
        assert_eq!(report(&folder)["abandoned"], 1);
    }
}

#[test]
fn of_a_record_that_is_received_twice_the_newest_version_is_kept() {
    let mut old = record("a3", "2026-04-03T09:00:00Z");
    old["in_progress"] = json!(true);
    let mut new = record("a3", "2026-04-03T09:05:00Z");
    new["turns"] = json!([{"user_input": "hello"}]);
    let exact = record("b3", "2026-04-03T10:00:00Z");
    for versions in [[&old, &new], [&new, &old]] {
        let (server, folder) = (ten_days(), Folder::new());
        server.records(
            "2026-04-03",
            &[
                versions[0].clone(),
                exact.clone(),
                exact.clone(),
                versions[1].clone(),
            ],
        );
        let run = server.sync(&folder, &JSONL).succeeds();
        for part in [
            "2 received more than once",
            "1 received more than once with different content: the newest version was kept",
        ] {
            assert!(run.stderr.contains(part), "{}", run.stderr);
        }
        let told = report(&folder);
        assert_eq!(
            [&told["duplicates"], &told["conflicting_duplicates"]],
            [&json!(2), &json!(1)]
        );
        assert_eq!(count(&folder), 20);
        let rows = records(&visible(&folder));
        assert!(rows.contains(&new) && !rows.contains(&old), "{rows:?}");
    }
}
