//! `stats`: figures that match the records, from the API and from files, in every output format.

use std::collections::BTreeMap;
use std::process::Stdio;

use conversations_emulator::Dataset;
use serde_json::Value;

use crate::support::{Folder, Served};

const RECORDS: usize = 600;

fn data() -> Dataset {
    Dataset::generate(21, RECORDS)
}

fn records() -> Vec<Value> {
    let data = data();
    data.records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect()
}

/// Returns a folder with all records in a file.
fn exported() -> Folder {
    let folder = Folder::new();
    let data = data();
    let lines = data
        .records()
        .map(|record| std::str::from_utf8(record).unwrap());
    folder.write("all.jsonl", &lines.collect::<Vec<_>>().join("\n"));
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the values and counts of a chart.
fn counts(stats: &Value, key: &str) -> BTreeMap<String, u64> {
    let rows = stats["counts"][key]["values"].as_array().unwrap();
    let row = |row: &Value| {
        let value = row["value"].as_str().unwrap().to_owned();
        (value, row["count"].as_u64().unwrap())
    };
    rows.iter().map(row).collect()
}

#[test]
fn the_figures_agree_with_the_records() {
    let (served, folder) = (Served::new(data()), Folder::new());
    let arguments = [
        "stats",
        "--client-env",
        "all",
        "--format",
        "json",
        "--metric",
        "LANGUAGE",
    ];
    let stats = json(&served.run(&folder, &arguments).succeeds().stdout);
    let records = records();
    assert_eq!(stats["conversations"], RECORDS);
    let handoffs = records
        .iter()
        .filter(|record| record["handoff"] == true)
        .count();
    assert_eq!(stats["rates"]["handoff"]["part"], handoffs);
    let by = |of: &dyn Fn(&Value) -> String| {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        records
            .iter()
            .for_each(|record| *all.entry(of(record)).or_default() += 1);
        all
    };
    let text = |record: &Value, field: &str| record[field].as_str().unwrap().to_owned();
    assert_eq!(
        counts(&stats, "channel"),
        by(&|record| text(record, "channel"))
    );
    assert_eq!(
        counts(&stats, "environment"),
        by(&|record| text(record, "environment"))
    );
    let mut days = counts(&stats, "day");
    days.retain(|_, count| *count > 0);
    assert_eq!(
        days,
        by(&|record| text(record, "started_at")[..10].to_owned())
    );
    let hours: u64 = counts(&stats, "hour").values().sum();
    assert_eq!(hours, RECORDS as u64);
    let sum: u64 = counts(&stats, "metric_LANGUAGE").values().sum();
    assert_eq!(stats["counts"]["metric_LANGUAGE"]["of"], sum);
    let mut durations: Vec<f64> = records
        .iter()
        .filter_map(|record| record["total_duration"].as_f64())
        .collect();
    durations.sort_by(f64::total_cmp);
    for (name, percent) in [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)] {
        let exact = durations[(percent * durations.len()).div_ceil(100) - 1];
        let found = stats["percentiles"]["duration_seconds"][name].as_f64();
        let found = found.unwrap();
        assert!((found - exact).abs() <= exact * 0.011, "{found} {exact}");
    }
    assert!(
        stats["percentiles"]["latency_seconds"]["p95"]
            .as_f64()
            .unwrap()
            > 0.0
    );
}

#[test]
fn a_file_gives_the_figures_that_the_api_gives_and_takes_the_same_filters() {
    let (served, folder) = (Served::new(data()), Folder::new());
    let filters = [
        "--start",
        "2026-04-05",
        "--end",
        "2026-04-20",
        "--channel",
        "VOICE-SIP",
    ];
    for file in ["all.jsonl", "all.jsonl.gz"] {
        let export = [
            "export",
            "-q",
            "--client-env",
            "all",
            "--include-latency",
            "-o",
            file,
        ];
        served.run(&folder, &export).succeeds();
    }
    let stats = ["stats", "--client-env", "live", "--format", "json"];
    let direct = served
        .run(&folder, &[&stats[..], &filters].concat())
        .succeeds();
    for file in ["all.jsonl", "all.jsonl.gz"] {
        let from = ["--from", file];
        let read = folder
            .run(&[&stats[..], &filters, &from].concat())
            .succeeds();
        assert_eq!(json(&read.stdout), json(&direct.stdout));
    }
    served
        .run(
            &folder,
            &[
                "export",
                "-q",
                "--client-env",
                "all",
                "--include-latency",
                "-o",
                "all.parquet",
            ],
        )
        .succeeds();
    let metrics = ["--metric", "INTENT"];
    let of = |file: &str| {
        let from = ["--from", file];
        let read = folder.run(&[&stats[..], &filters, &metrics, &from].concat());
        json(&read.succeeds().stdout)
    };
    assert_eq!(of("all.parquet"), of("all.jsonl"));
    let twice = [
        "stats",
        "--format",
        "json",
        "--from",
        "all.jsonl",
        "all.jsonl.gz",
    ];
    assert_eq!(
        json(&folder.run(&twice).succeeds().stdout)["conversations"],
        2 * RECORDS
    );
}

#[test]
fn text_fits_the_width_and_holds_no_colour_in_a_pipe() {
    let folder = exported();
    for columns in ["40", "80", "160"] {
        let arguments = [
            "stats",
            "--from",
            "all.jsonl",
            "--metric",
            "LANGUAGE",
            "--metric",
            "CALL_DURATION",
        ];
        let shown = folder
            .run_with(&arguments, &[("COLUMNS", columns)])
            .succeeds();
        let width: usize = columns.parse().unwrap();
        for line in shown.stdout.lines() {
            assert!(line.chars().count() <= width, "{columns}: {line}");
        }
        for part in [
            "600 conversations",
            "By day",
            "handed off",
            "Percentiles",
            "█",
        ] {
            assert!(shown.stdout.contains(part), "{columns}: {part}");
        }
        assert!(!shown.stdout.contains('\u{1b}'));
    }
}

#[test]
fn csv_has_a_row_for_each_figure() {
    let folder = exported();
    let arguments = [
        "stats",
        "--from",
        "all.jsonl",
        "--format",
        "csv",
        "--time-zone",
        "Asia/Tokyo",
    ];
    let shown = folder.run(&arguments).succeeds();
    let mut table = csv::Reader::from_reader(shown.stdout.as_bytes());
    let headers: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headers, ["section", "name", "value"]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let value = |section: &str, name: &str| {
        let row = rows
            .iter()
            .find(|row| &row[0] == section && &row[1] == name);
        row.unwrap()[2].to_owned()
    };
    assert_eq!(value("total", "conversations"), "600");
    let hours: u64 = rows
        .iter()
        .filter(|row| &row[0] == "hour")
        .map(|row| row[2].parse::<u64>().unwrap())
        .sum();
    assert_eq!(hours, 600);
    assert!(value("rate", "handoff").starts_with("0."));
}

#[test]
fn lines_that_are_no_conversations_are_left_out_and_named() {
    let folder = Folder::new();
    folder.write(
        "odd.jsonl",
        "{\"id\":\"a\"}\nhello\n{\"id\":7}\n{\"id\":\"b\",\"turns\":null}\n",
    );
    let read = folder.run(&["stats", "--from", "odd.jsonl", "--format", "json"]);
    assert_eq!(json(&read.stdout)["conversations"], 2);
    assert_eq!(json(&read.stdout)["malformed"], 2);
    assert!(
        read.stderr
            .contains("odd.jsonl: line 2: skipped, not a conversation")
    );
    assert!(read.stderr.contains("odd.jsonl: line 3"));
    assert!(!read.stderr.contains("hello"));
    folder
        .run(&["stats", "--from", "none.jsonl"])
        .fails(2, "cannot read none.jsonl");
    folder
        .run(&["stats", "--from", "odd.jsonl", "--demo"])
        .fails(2, "cannot be used with");
    std::fs::create_dir(folder.path("days")).unwrap();
    folder
        .run(&["stats", "--from", "days"])
        .fails(2, "the folder was not written by `sync`");
}

#[test]
fn a_parquet_file_that_is_cut_off_is_refused() {
    let folder = Folder::new();
    folder.write("cut.parquet", "PAR1 and then nothing");
    let from = ["stats", "--from", "cut.parquet"];
    folder.run(&from).fails(2, "cannot read cut.parquet: ");
    let shown = ["show", "a", "--from", "cut.parquet"];
    folder.run(&shown).fails(2, "cannot read cut.parquet: ");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = exported();
    let mut child = folder
        .command(&["stats", "--from", "all.jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(String::from_utf8(done.stderr).unwrap(), "");
}

#[test]
fn several_windows_at_once_count_what_one_page_after_the_other_does() {
    let (served, folder) = (Served::new(Dataset::generate(5, 400)), Folder::new());
    let counted = |at_once: &str| {
        let arguments = [
            "stats",
            "--start",
            "2026-04-01",
            "--client-env",
            "all",
            "--format",
            "json",
            "--page-size",
            "20",
            "--parallel",
            at_once,
        ];
        served.run(&folder, &arguments).succeeds().stdout
    };
    let pages = counted("1");
    let asked = served.emulator.journal().len();
    assert_eq!(counted("8"), pages);
    let windows = &served.emulator.journal()[asked..];
    let ends = windows
        .iter()
        .flat_map(conversations_emulator::JournalEntry::query);
    let ends: Vec<_> = ends.filter(|(name, _)| name == "end_time").collect();
    assert!(ends.iter().any(|end| *end != ends[0]), "{ends:?}");
}
