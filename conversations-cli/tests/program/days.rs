//! Dates in the future, and days with DST changes.

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Served};

const AHEAD: [&str; 4] = ["--start", "2999-01-01", "--end", "2999-02-01"];

#[test]
fn a_range_in_the_future_is_empty_and_causes_a_warning() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    for (name, header) in [
        ("out.jsonl", ""),
        ("out.csv", "id,account_id,"),
        ("out.parquet", "PAR1"),
    ] {
        let arguments: Vec<_> = ["export", "-o", name]
            .iter()
            .chain(&AHEAD)
            .copied()
            .collect();
        let done = served.run(&folder, &arguments).succeeds();
        assert!(
            done.stderr.contains(
                "warning: the time range is in the future: it starts at 2999-01-01T00:00:00Z"
            ),
            "{}",
            done.stderr
        );
        assert!(done.stderr.contains("\n0 conversations"), "{}", done.stderr);
        let written = std::fs::read(folder.path(name)).unwrap();
        assert!(written.starts_with(header.as_bytes()));
    }
    let asked = served.emulator.journal().len();
    let arguments: Vec<_> = ["sync", "data"].iter().chain(&AHEAD).copied().collect();
    let done = served.run(&folder, &arguments).succeeds();
    assert!(
        done.stderr.contains(
            "warning: the first day is 2999-01-01, and by the clock of this machine it is "
        ),
        "{}",
        done.stderr
    );
    assert_eq!(served.emulator.journal().len(), asked);
    assert!(!folder.path("data/_manifest.json").exists());
}

/// In Berlin, clocks change from 2:00 to 3:00 on March 29, 2026, and from 3:00 back to 2:00 on October 25.
const STARTS: [(&str, &str, u32); 8] = [
    ("2026-03-28T23:00:00Z", "2026-03-29", 0),
    ("2026-03-29T00:59:59Z", "2026-03-29", 1),
    ("2026-03-29T01:00:00Z", "2026-03-29", 3),
    ("2026-03-29T21:59:59Z", "2026-03-29", 23),
    ("2026-10-24T22:00:00Z", "2026-10-25", 0),
    ("2026-10-25T00:30:00Z", "2026-10-25", 2),
    ("2026-10-25T01:30:00Z", "2026-10-25", 2),
    ("2026-10-25T22:59:59Z", "2026-10-25", 23),
];

fn changing() -> Served {
    let line = |(number, (started, ..)): (usize, &(&str, &str, u32))| {
        json!({"id": format!("CA{number}"), "started_at": started, "environment": "live"})
            .to_string()
    };
    let lines: Vec<_> = STARTS.iter().enumerate().map(line).collect();
    Served::new(Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap())
}

#[test]
fn hours_repeated_and_skipped_by_daylight_saving_time_are_those_of_the_local_clock() {
    let (served, folder) = (changing(), Folder::new());
    let columns = "id,local_date,local_hour";
    let arguments = [
        "export",
        "-q",
        "-o",
        "out.csv",
        "--time-zone",
        "Europe/Berlin",
        "--columns",
        columns,
    ];
    served.run(&folder, &arguments).succeeds();
    let text = folder.read("out.csv");
    let mut lines: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    let expected: Vec<_> = STARTS
        .iter()
        .enumerate()
        .map(|(number, (_, day, hour))| format!("CA{number},{day},{hour}"))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_day_of_23_and_one_of_25_hours_are_each_counted_as_one() {
    let (served, folder) = (changing(), Folder::new());
    let arguments = [
        "stats",
        "-q",
        "--time-zone",
        "Europe/Berlin",
        "--format",
        "json",
    ];
    let stats = served.run(&folder, &arguments).succeeds().stdout;
    let stats: Value = serde_json::from_str(&stats).unwrap();
    let count = |key: &str, value: &str| {
        let rows = stats["counts"][key]["values"].as_array().unwrap();
        let row = rows.iter().find(|row| row["value"] == value);
        row.and_then(|row| row["count"].as_u64())
    };
    for day in ["2026-03-29", "2026-10-25"] {
        assert_eq!(count("day", day), Some(4), "{day}");
    }
    assert_eq!(
        (count("hour", "02"), count("hour", "03")),
        (Some(2), Some(1))
    );
    for zone in ["Europe/Atlantis", "", "+02:00"] {
        let arguments = ["export", "-o", "x.csv", "--time-zone", zone];
        served
            .run(&folder, &arguments)
            .fails(2, "unknown time zone");
    }
}
