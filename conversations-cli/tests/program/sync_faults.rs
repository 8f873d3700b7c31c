//! `sync`: failing days, malformed responses, and ids in more than one partition.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::scripted::{Reply, Scripted, record};
use crate::support::Folder;
use crate::synced::{records, visible};

const JSONL: [&str; 4] = ["--format", "jsonl", "--end", "2026-04-11"];

/// Serves ten days of two records each.
fn ten_days() -> Scripted {
    let server = Scripted::start();
    for day in 1..=10 {
        let date = format!("2026-04-{day:02}");
        server.records(
            &date,
            &[
                record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                record(&format!("b{day}"), &format!("{date}T10:00:00Z")),
            ],
        );
    }
    server
}

fn report(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("report.json")).unwrap()
}

/// Returns the partitions that contain an id.
fn partitions(folder: &Folder, id: &str) -> Vec<String> {
    let files = visible(folder);
    let holds = |content: &[u8]| {
        let lines = str::from_utf8(content).unwrap().lines();
        lines
            .filter(|line| serde_json::from_str::<Value>(line).unwrap()["id"] == id)
            .count()
    };
    let mut found = Vec::new();
    for (name, content) in &files {
        if name.extension().is_some_and(|ending| ending == "jsonl") {
            let partition = name.parent().unwrap().to_str().unwrap();
            found.extend(vec![partition.to_owned(); holds(content)]);
        }
    }
    found
}

fn count(folder: &Folder) -> usize {
    records(&visible(folder)).len()
}

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
    let deep: Vec<_> = JSONL
        .iter()
        .chain(&["--look-back", "4000d"])
        .copied()
        .collect();
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

/// Changes the time in a note to a week earlier.
fn age(folder: &Folder, name: &str, pointer: &str) {
    let mut note: Value = serde_json::from_str(&folder.read(name)).unwrap();
    let time = note.pointer_mut(pointer).unwrap();
    let read: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
    *time = json!((read - chrono::TimeDelta::days(7)).to_rfc3339());
    folder.write(name, &note.to_string());
}

#[test]
fn a_download_that_failed_a_week_ago_is_begun_again() {
    let yesterday = chrono::Utc::now().date_naive() - chrono::Days::new(1);
    for date in ["2026-04-03".to_owned(), yesterday.to_string()] {
        let (server, folder) = (Scripted::start(), Folder::new());
        let at = |id: &str, hour: u32| {
            let record = record(id, &format!("{date}T{hour:02}:00:00Z"));
            record.to_string().into_bytes()
        };
        let pages = vec![Some(vec![at("deleted", 9), at("a", 10)]), None];
        server.set(&date, Reply::Pages(pages));
        let mut arguments = server.arguments("data", &["--format", "jsonl"]);
        let start = arguments.iter().position(|it| it == "--start").unwrap();
        arguments[start + 1].clone_from(&date);
        arguments.extend(["--end".to_owned(), date.clone()]);
        let end = arguments.len() - 1;
        let after: chrono::NaiveDate = date.parse().unwrap();
        arguments[end] = after.succ_opt().unwrap().to_string();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        folder
            .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
            .fails(6, &date);
        age(
            &folder,
            &format!("data/_conversations/arriving/{date}/note.json"),
            "/began",
        );
        let pages = vec![
            Some(vec![at("added", 8), at("a", 10)]),
            Some(vec![at("b", 11)]),
        ];
        server.set(&date, Reply::Pages(pages));
        folder
            .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
            .succeeds();
        let mut ids: Vec<_> = records(&visible(&folder))
            .iter()
            .map(|record| record["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        assert_eq!(ids, ["a", "added", "b"], "{date}");
    }
}

#[test]
fn a_day_has_one_file_at_every_instant() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    let deep: Vec<_> = JSONL
        .iter()
        .chain(&["--look-back", "4000d"])
        .copied()
        .collect();
    let done = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let mut rows = 0;
                for day in 1..=10 {
                    let date = folder.path(&format!("data/date=2026-04-{day:02}"));
                    let names: Vec<_> = fs::read_dir(&date)
                        .unwrap()
                        .map(|it| it.unwrap().file_name())
                        .collect();
                    let shown = names
                        .iter()
                        .filter(|name| !name.to_str().unwrap().contains('#'));
                    assert_eq!(shown.collect::<Vec<_>>(), ["conversations.jsonl"]);
                    let text = fs::read_to_string(date.join("conversations.jsonl")).unwrap();
                    for line in text.lines() {
                        serde_json::from_str::<Value>(line).unwrap();
                        rows += 1;
                    }
                }
                assert_eq!(rows, 20);
                reads += 1;
            }
            reads
        });
        for round in 0..6 {
            for day in 1..=10 {
                let date = format!("2026-04-{day:02}");
                let mut rows = [
                    record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                    record(&format!("b{day}"), &format!("{date}T10:00:00Z")),
                ];
                rows[0]["round"] = json!(round);
                server.records(&date, &rows);
            }
            server.sync(&folder, &deep).succeeds();
            assert_eq!(report(&folder)["updated"], 10);
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 6, "only {reads} reads");
}

#[test]
fn a_folder_of_an_earlier_version_is_taken_over() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &JSONL).succeeds();
    let expected = visible(&folder);
    let state = "data/_conversations/state.json";
    let mut earlier: Value = serde_json::from_str(&folder.read(state)).unwrap();
    earlier["version"] = json!(1);
    for (date, day) in earlier["days"].as_object_mut().unwrap() {
        let file = day["data"].as_object_mut().unwrap();
        let hash = file.remove("hash").unwrap();
        let name = format!("date={date}/conversations-{}.jsonl", hash.as_str().unwrap());
        fs::rename(
            folder.path("data").join(file["name"].as_str().unwrap()),
            folder.path("data").join(&name),
        )
        .unwrap();
        file["name"] = json!(name);
    }
    folder.write(state, &earlier.to_string());
    // A failed run of that version left a file where readers look for data, and a note.
    folder.write(
        "data/date=2026-04-02/conversations-0123456789abcdef.jsonl",
        "{\"id\":\"a2\"}\n",
    );
    folder.write(
        "data/_conversations/run.json",
        r#"{"began":"2026-04-10T00:00:00Z","until":"2026-04-05"}"#,
    );
    server.asked();
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(
        server.asked(),
        Vec::<String>::new(),
        "nothing is fetched for it"
    );
    assert!(visible(&folder) == expected);
    assert!(!folder.path("data/_conversations/run.json").exists());
}

#[test]
fn a_day_with_malformed_records_is_read_again_until_they_are_mended() {
    let (server, folder) = (ten_days(), Folder::new());
    let good = record("a3", "2026-04-03T09:00:00Z")
        .to_string()
        .into_bytes();
    server.set(
        "2026-04-03",
        Reply::Records(vec![good.clone(), br#"{"no":"id"}"#.to_vec()]),
    );
    for _ in 0..2 {
        server.sync(&folder, &JSONL).fails(
            3,
            "2026-04-03: 1 malformed and skipped, see _conversations/malformed/2026-04-03.jsonl",
        );
        let told = report(&folder);
        assert_eq!(
            told["incomplete_days"][0]["quarantine"],
            "_conversations/malformed/2026-04-03.jsonl"
        );
        assert!(server.asked().contains(&"2026-04-03".to_owned()));
    }
    server.records(
        "2026-04-03",
        &[
            record("a3", "2026-04-03T09:00:00Z"),
            record("b3", "2026-04-03T10:00:00Z"),
        ],
    );
    server.sync(&folder, &JSONL).succeeds();
    assert_eq!(count(&folder), 20);
    assert!(
        !folder
            .path("data/_conversations/malformed/2026-04-03.jsonl")
            .exists()
    );
}

#[test]
fn a_stored_record_that_arrives_malformed_keeps_its_row() {
    for format in ["jsonl", "parquet", "csv"] {
        let (server, folder) = (ten_days(), Folder::new());
        let run = [
            "--format",
            format,
            "--end",
            "2026-04-11",
            "--look-back",
            "4000d",
        ];
        server.sync(&folder, &run).succeeds();
        let before = report(&folder)["records"].clone();
        let new = record("c3", "2026-04-03T11:00:00Z")
            .to_string()
            .into_bytes();
        let broken =
            b"{\"id\":\"b3\",\"started_at\":\"2026-04-03T10:00:00Z\",\"x\":\"\xff\"}".to_vec();
        let good = record("a3", "2026-04-03T09:00:00Z")
            .to_string()
            .into_bytes();
        server.set("2026-04-03", Reply::Records(vec![good, broken, new]));
        server.sync(&folder, &run).fails(3, "2026-04-03");
        let told = report(&folder);
        assert_eq!(
            (&told["vanished"], &told["kept"]),
            (&json!(0), &json!(1)),
            "{format}"
        );
        // The columns of a CSV file depend on its rows, so a CSV day is left unchanged.
        let expected = before.as_u64().unwrap() + u64::from(format != "csv");
        assert_eq!(told["records"], expected, "{format}");
        assert!(
            ids_of_the_third(&folder, format).contains(&"b3".to_owned()),
            "{format}"
        );
        server.records(
            "2026-04-03",
            &[
                record("a3", "2026-04-03T09:00:00Z"),
                record("c3", "2026-04-03T11:00:00Z"),
            ],
        );
        server.sync(&folder, &run).succeeds();
        assert_eq!(report(&folder)["vanished"], 1, "{format}");
        assert_eq!(ids_of_the_third(&folder, format), ["a3", "c3"], "{format}");
    }
}

fn ids_of_the_third(folder: &Folder, format: &str) -> Vec<String> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let path = folder.path(&format!("data/date=2026-04-03/conversations.{format}"));
    match format {
        "parquet" => {
            let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
            let rows = reader.get_row_iter(None).unwrap();
            let id = |row: parquet::record::Row| {
                row.into_columns()
                    .into_iter()
                    .find(|(name, _)| name == "id")
                    .unwrap()
                    .1
            };
            let mut ids: Vec<_> = rows
                .map(|row| id(row.unwrap()).to_string().trim_matches('"').to_owned())
                .collect();
            ids.sort();
            ids
        }
        "csv" => fs::read_to_string(path)
            .unwrap()
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().to_owned())
            .collect(),
        _ => fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect(),
    }
}

#[test]
fn a_small_day_whose_records_are_all_gone_is_left_as_it_was() {
    let (server, folder) = (ten_days(), Folder::new());
    let deep: Vec<_> = JSONL
        .iter()
        .chain(&["--look-back", "4000d"])
        .copied()
        .collect();
    server.sync(&folder, &deep).succeeds();
    server.records("2026-04-03", &[]);
    server.sync(&folder, &deep).succeeds();
    let told = report(&folder);
    assert_eq!(
        (&told["held_back"], &told["held_days"]),
        (&json!(2), &json!(["2026-04-03"]))
    );
    assert_eq!(count(&folder), 20);
    let accept: Vec<_> = deep.iter().chain(&["--accept-vanished"]).copied().collect();
    server.sync(&folder, &accept).succeeds();
    assert_eq!(report(&folder)["vanished"], 2);
    assert_eq!(count(&folder), 18);
}

#[test]
fn records_of_another_day_are_counted_and_the_run_does_not_succeed() {
    let (server, folder) = (ten_days(), Folder::new());
    // A server whose days are those of another time zone.
    server.records(
        "2026-04-03",
        &[
            record("in", "2026-04-03T09:00:00Z"),
            record("before", "2026-04-02T23:00:00Z"),
            record("after", "2026-04-04T01:00:00Z"),
        ],
    );
    for _ in 0..2 {
        server
            .sync(&folder, &JSONL)
            .fails(3, "2026-04-03: 2 sent for the day that started on another");
        assert_eq!(report(&folder)["outside_range"], 2);
    }
    server.records("2026-04-03", &[record("in", "2026-04-03T09:00:00Z")]);
    server.sync(&folder, &JSONL).succeeds();
}

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
    let deep: Vec<_> = JSONL
        .iter()
        .chain(&["--look-back", "4000d"])
        .copied()
        .collect();
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
    let deep: Vec<_> = JSONL
        .iter()
        .chain(&["--look-back", "4000d"])
        .copied()
        .collect();
    let expected = visible(&folder);
    server.sync(&folder, &deep).succeeds();
    assert!(visible(&folder) == expected);
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
        "were not re-read: run with a longer --look-back",
    ] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert_eq!(report(&folder)["abandoned"], 1);
}

#[test]
fn notes_of_another_plan_are_not_resumed() {
    let (server, folder) = (ten_days(), Folder::new());
    server.fails("2026-04-09", 401);
    server
        .sync(&folder, &[&JSONL[..], &["--parallel", "1"]].concat())
        .exits(4);
    assert!(folder.path("data/_conversations/staged").exists());
    server.records("2026-04-09", &[]);
    server.asked();
    server
        .sync(&folder, &["--end", "2026-04-11", "--format", "csv"])
        .succeeds();
    assert_eq!(server.asked().len(), 10);
    assert!(
        visible(&folder)
            .keys()
            .all(|name| name.extension().is_some_and(|it| it != "jsonl"))
    );
    assert!(!folder.path("data/_conversations/staged").exists());
    assert!(Path::new(&folder.path("data/date=2026-04-01/conversations.csv")).exists());
}
