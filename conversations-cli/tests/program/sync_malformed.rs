//! `sync`: malformed responses, and records that a response lacks.

use std::fs;

use serde_json::{Value, json};

use crate::scripted::{Reply, record};
use crate::support::Folder;
use crate::ten_days::{JSONL, count, deep, report, ten_days};

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
    let deep = deep();
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
fn a_day_whose_records_are_gone_is_read_by_every_run_until_that_is_accepted() {
    let (server, folder) = (ten_days(), Folder::new());
    server.sync(&folder, &deep()).succeeds();
    server.records("2026-04-03", &[]);
    server.sync(&folder, &deep()).succeeds();
    for _ in 0..2 {
        server.asked();
        server.sync(&folder, &JSONL).succeeds();
        assert_eq!(server.asked(), ["2026-04-03"]);
        assert_eq!(report(&folder)["held_days"], json!(["2026-04-03"]));
    }
    let accept = [&JSONL[..], &["--accept-vanished"]].concat();
    server.sync(&folder, &accept).succeeds();
    assert_eq!(report(&folder)["vanished"], 2);
    assert_eq!(count(&folder), 18);
    server.asked();
    server.sync(&folder, &JSONL).succeeds();
    assert!(server.asked().is_empty());
}

#[test]
fn a_record_that_moves_to_a_day_whose_records_are_gone_stays_in_the_table() {
    for format in ["jsonl", "parquet", "csv"] {
        for (from, to) in [(3, 4), (4, 3)] {
            let (server, folder) = (ten_days(), Folder::new());
            let run = ["--format", format, "--end", "2026-04-11"];
            let deep = [&run[..], &["--look-back", "4000d"]].concat();
            let day = |day: u32, kept: u32| -> Vec<_> {
                let start = |n: u32| format!("2026-04-{day:02}T09:{n:02}:00Z");
                let one = |n| record(&format!("{day}-{n}"), &start(n));
                (0..kept).map(one).collect()
            };
            for date in [from, to] {
                server.records(&format!("2026-04-{date:02}"), &day(date, 24));
            }
            server.sync(&folder, &run).succeeds();
            let moved = record(&format!("{from}-23"), &format!("2026-04-{to:02}T12:00:00Z"));
            server.records(&format!("2026-04-{from:02}"), &day(from, 23));
            let rest = [day(to, 10), vec![moved]].concat();
            server.records(&format!("2026-04-{to:02}"), &rest);
            for arguments in [&deep[..], &run[..]] {
                server.sync(&folder, arguments).succeeds();
                let told = report(&folder);
                assert_eq!(told["held_back"], 14, "{format}");
                assert_eq!(told["vanished"], 0, "{format}");
                assert_eq!(told["records"], 64, "{format}");
            }
            let accept = [&run[..], &["--accept-vanished"]].concat();
            server.sync(&folder, &accept).succeeds();
            assert_eq!(report(&folder)["records"], 50, "{format}");
        }
    }
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
