//! User input: files of every format, times in a local time zone, mistyped names, records with unusual values.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::projects;
use crate::support::{Folder, Served};

fn of(command: &[&str], more: &[&str]) -> Vec<String> {
    let all = command.iter().chain(more);
    all.map(|argument| (*argument).to_owned()).collect()
}

fn run(folder: &Folder, arguments: &[String]) -> String {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    folder.run(&arguments).succeeds().stdout
}

#[test]
fn every_format_that_the_program_writes_can_be_shown_searched_and_counted() {
    let (served, folder) = (Served::new(Dataset::generate(5, 200)), Folder::new());
    let all = ["-q", "--client-env", "all", "--include-latency"];
    for file in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.parquet"] {
        let export = [&["export", "-o", file][..], &all].concat();
        served.run(&folder, &export).succeeds();
    }
    let range = ["--start", "2026-04-01", "--end", "2026-05-01"];
    for (data, format) in [("synced", "parquet"), ("lines", "jsonl")] {
        let sync = [&["sync", data, "--format", format][..], &all, &range].concat();
        served.run(&folder, &sync).succeeds();
    }
    let lines = folder.read("a.jsonl");
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let long = records.max_by_key(|record| record["turns"].as_array().map_or(0, Vec::len));
    let id = long.unwrap()["id"].as_str().unwrap().to_owned();
    let answers = |from: &str| {
        let mut shown = vec![run(&folder, &of(&["show", &id, "--from", from], &[]))];
        for word in ["booking", "the"] {
            let search = [
                "search",
                word,
                "-q",
                "--snippets",
                "--limit",
                "1000",
                "--from",
                from,
            ];
            let table = run(&folder, &of(&search, &range));
            let mut rows: Vec<_> = table.lines().map(str::to_owned).collect();
            rows.sort();
            assert!(rows.len() > 2, "{from}: {table}");
            shown.extend(rows);
        }
        let stats = [
            "stats", "--format", "json", "--metric", "LANGUAGE", "--from", from,
        ];
        shown.push(run(&folder, &of(&stats, &[])));
        shown
    };
    let expected = answers("a.jsonl");
    for from in ["a.jsonl.gz", "a.jsonl.zst", "a.parquet", "synced", "lines"] {
        assert_eq!(answers(from), expected, "{from}");
    }
    let json = run(
        &folder,
        &of(&["show", &id, "--format", "json", "--from", "synced"], &[]),
    );
    let typed: Value = serde_json::from_str(&json).unwrap();
    assert!(
        typed["started_at"].is_string() && typed["state"].is_object(),
        "{json}"
    );
}

#[test]
fn what_does_not_hold_conversations_whole_is_refused_by_name() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    served
        .run(&folder, &["export", "-q", "-o", "a.csv"])
        .succeeds();
    served
        .run(&folder, &["export", "-q", "-o", "t.csv", "--turns"])
        .succeeds();
    fs::create_dir(folder.path("days")).unwrap();
    folder.write("text", "hello\n");
    for copy in ["cut.jsonl.gz", "cut.jsonl.zst", "cut.parquet"] {
        folder.write(copy, "");
    }
    for (from, part) in [
        ("a.csv", "CSV does not contain"),
        ("t.csv", "CSV does not contain"),
        ("days", "the folder was not written by `sync`"),
        ("text", "not JSONL"),
        ("none", "cannot read none"),
        ("cut.jsonl.gz", "it is empty, which a .gz file never is"),
        ("cut.jsonl.zst", "it is empty, which a .zst file never is"),
        ("cut.parquet", "it is empty, which a .parquet file never is"),
    ] {
        for command in [&["show", "x"][..], &["search", "x"], &["stats"]] {
            let arguments = [command, &["--from", from]].concat();
            folder.run(&arguments).fails(2, part);
        }
    }
    let semantic = ["search", "x", "--mode", "semantic", "--from", "a.csv"];
    folder.run(&semantic).fails(2, "only the API supports it");
}

fn served(records: &[Value]) -> Served {
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    Served::new(Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap())
}

fn call(id: &str, started_at: &str) -> Value {
    json!({"id": id, "started_at": started_at, "environment": "live"})
}

#[test]
fn the_dates_of_a_range_begin_at_midnight_of_the_time_zone() {
    let served = served(&[
        call("CA-before", "2026-04-01T03:59:59Z"),
        call("CA-first", "2026-04-01T04:00:00Z"),
        call("CA-last", "2026-04-02T03:59:59Z"),
        call("CA-after", "2026-04-02T04:00:00Z"),
    ]);
    let folder = Folder::new();
    let day = [
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
        "--time-zone",
        "America/New_York",
    ];
    let local = ["CA-first", "CA-last"];
    let export = of(&["export", "-q", "-o", "day.jsonl"], &day);
    let export: Vec<_> = export.iter().map(String::as_str).collect();
    served.run(&folder, &export).succeeds();
    let lines = folder.read("day.jsonl");
    let mut ids: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
        .collect();
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, local);
    let stats = [&["stats", "--format", "json"][..], &day].concat();
    let direct: Value =
        serde_json::from_str(&served.run(&folder, &stats).succeeds().stdout).unwrap();
    assert_eq!(direct["conversations"], 2);
    served
        .run(&folder, &["export", "-q", "-o", "all.jsonl"])
        .succeeds();
    let from = [&stats[..], &["--from", "all.jsonl"]].concat();
    let from: Value = serde_json::from_str(&folder.run(&from).succeeds().stdout).unwrap();
    assert_eq!(from["conversations"], 2);
    // `sync` stores whole UTC days, so the folder has both UTC days that overlap the local day.
    let sync = [&["sync", "data", "-q", "--format", "jsonl"][..], &day].concat();
    served.run(&folder, &sync).succeeds();
    let synced = ["stats", "--format", "json", "--from", "data"];
    let synced: Value = serde_json::from_str(&folder.run(&synced).succeeds().stdout).unwrap();
    assert_eq!(synced["conversations"], 4);
}

#[test]
fn a_range_can_be_given_in_relative_terms() {
    let (served, folder) = (Served::new(Dataset::generate(5, 200)), Folder::new());
    let count = |range: &[&str]| {
        let arguments = [
            &["stats", "--format", "json", "--client-env", "all"][..],
            range,
        ]
        .concat();
        let stats = served.run(&folder, &arguments).succeeds().stdout;
        serde_json::from_str::<Value>(&stats).unwrap()["conversations"].clone()
    };
    assert_eq!(count(&["--start", "2026-04", "--end", "2026-05"]), 200);
    for start in ["today", "yesterday", "7d", "12h"] {
        assert_eq!(count(&["--start", start]), 0, "{start}");
    }
    let refused = served.run(&folder, &["stats", "--start", "last week"]);
    refused.fails(
        2,
        "--start: invalid time \"last week\": use 2026-04-01, 2026-04, today",
    );
}

#[test]
fn an_unknown_file_extension_is_rejected_unless_the_format_is_given() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    for name in ["a.xlsx", "a.tsv", "a.pq", "a.csv.xz", "a.jsonl.bz2"] {
        let refused = served.run(&folder, &["export", "-o", name]);
        refused.fails(2, "unknown file extension");
    }
    assert_eq!(folder.files(), [""; 0]);
    assert_eq!(served.emulator.journal().len(), 0);
    for (name, format) in [("a.tsv", "csv"), ("a.pq", "parquet")] {
        let export = ["export", "-q", "-o", name, "--format", format];
        served.run(&folder, &export).succeeds();
    }
    assert!(folder.read("a.tsv").starts_with("id,"));
    assert!(fs::read(folder.path("a.pq")).unwrap().starts_with(b"PAR1"));
    served
        .run(&folder, &["export", "-q", "-o", "plain"])
        .succeeds();
    assert!(folder.read("plain").starts_with('{'));
}

#[test]
fn a_mistyped_column_or_metric_is_named_with_the_nearest_one() {
    let (served, folder) = (Served::new(Dataset::generate(5, 100)), Folder::new());
    for (columns, part) in [
        ("id,id", "column \"id\" is selected twice"),
        ("id,chanel", "did you mean \"channel\"?"),
    ] {
        for name in ["a.csv", "a.parquet"] {
            let export = ["export", "-o", name, "--columns", columns];
            served.run(&folder, &export).fails(2, part);
        }
    }
    assert_eq!(served.emulator.journal().len(), 0);
    let stats = ["stats", "--metric", "LANGAUGE"];
    let mistyped = "no conversation has the metric \"LANGAUGE\": did you mean \"LANGUAGE\"?";
    served.run(&folder, &stats).fails(2, mistyped);
    served
        .run(&folder, &["export", "-q", "-o", "a.jsonl"])
        .succeeds();
    let from = [&stats[..], &["--from", "a.jsonl"]].concat();
    folder.run(&from).fails(2, mistyped);
    let export = [
        "export",
        "-q",
        "-o",
        "a.csv",
        "--columns",
        "id,metric_LANGAUGE",
    ];
    let done = served.run(&folder, &export).succeeds();
    let warning = "no conversation has the metric \"LANGAUGE\", so its column is empty; did you mean `metric_LANGUAGE`?";
    assert!(done.stderr.contains(warning), "{}", done.stderr);
}

/// Serves these records for every request. Unlike the emulator, it accepts any content.
fn serve_records(records: &[Value]) -> String {
    let page = json!({"conversations": records}).to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
            let stream = stream.get_mut();
            // A client that has read enough closes the connection.
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    url
}

/// Returns records with other JSON types than documented, and with starts in unusual formats.
fn odd() -> [Value; 4] {
    let mut text = call("CA1", "2026-04-01 09:00");
    text["total_duration"] = "80".into();
    text["handoff"] = "true".into();
    text["num_turns"] = "4".into();
    let mut real = call("CA2", "2026-04-02");
    real["total_duration"] = 73.5.into();
    let mut unreadable = call("CA3", "2026-04-03T10:00:00Z");
    unreadable["total_duration"] = "a while".into();
    let plain = call("CA4", "9 o'clock");
    [text, real, unreadable, plain]
}

#[test]
fn every_command_has_the_same_opinion_of_a_record_with_odd_values() {
    let (url, folder) = (serve_records(&odd()), Folder::new());
    let variables = [
        ("POLYAI_API_KEY", "k"),
        ("POLYAI_BASE_URL", &*url),
        ("POLYAI_ACCOUNT_ID", "A"),
        ("POLYAI_PROJECT_ID", "P"),
    ];
    let run = |arguments: &[&str]| folder.run_with(arguments, &variables);
    let doctor = run(&["doctor", "--format", "json", "--start", "2026-04-01"]);
    assert!(!doctor.stdout.contains("Malformed"), "{}", doctor.stdout);
    run(&["export", "-q", "-o", "a.jsonl"]).succeeds();
    let export = ["export", "-o", "a.parquet", "--summary", "summary.json"];
    let done = run(&export).succeeds();
    for part in [
        "3 values not exactly representable in the column (started_at 1, total_duration 2): the original values are in `extra`",
        "1 without a readable start time",
        "total_duration as text",
    ] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(
        summary["inexact"],
        json!({"started_at": 1, "total_duration": 2})
    );
    assert_eq!(summary["unreadable_starts"], 1);
    let figures = |arguments: &[&str]| {
        let stats = [&["stats", "--format", "json"][..], arguments].concat();
        let done = run(&stats).succeeds();
        serde_json::from_str::<Value>(&done.stdout).unwrap()
    };
    let direct = figures(&[]);
    assert_eq!(direct["conversations"], 4);
    assert_eq!(direct["malformed"], 0);
    assert_eq!(direct["rates"]["handoff"]["part"], 1);
    let duration = &direct["percentiles"]["duration_seconds"];
    assert_eq!(
        (&duration["count"], &duration["max"]),
        (&json!(2), &json!(80.0)),
        "{duration}"
    );
    for file in ["a.jsonl", "a.parquet"] {
        let stats = ["stats", "--format", "json", "--from", file];
        let from: Value = serde_json::from_str(&folder.run(&stats).succeeds().stdout).unwrap();
        assert_eq!(from, direct, "{file}");
    }
    let list = run(&["list"]).succeeds();
    let row = |id: &str| {
        let row = list.stdout.lines().find(|row| row.contains(id)).unwrap();
        row.split('\t').map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!((&*row("CA1")[5], &*row("CA1")[7]), ("80", "yes"));
    assert_eq!(&*row("CA2")[5], "73.5");
}

#[test]
fn a_cell_that_is_a_formula_is_made_text_on_demand() {
    let mut record = call("CA1", "2026-04-01T09:00:00Z");
    record["handoff_reason"] = "=1+1".into();
    record["turns"] = json!([{"user_input": "@SUM(A1)"}]);
    let (served, folder) = (served(&[record]), Folder::new());
    for (more, expected) in [
        (&[][..], "=1+1"),
        (&["--csv-safe"], "'=1+1"),
        (&["--csv-safe", "--turns"], "'@SUM(A1)"),
    ] {
        let export = [&["export", "-q", "-o", "-", "--format", "csv"][..], more].concat();
        let csv = served.run(&folder, &export).succeeds().stdout;
        assert!(csv.contains(&format!(",{expected},")), "{csv}");
    }
    let export = ["export", "-o", "a.parquet", "--csv-safe"];
    served
        .run(&folder, &export)
        .fails(2, "--csv-safe is only for CSV");
}

#[test]
fn figures_and_lists_of_several_projects_are_of_all_of_them() {
    let one = Served::new(Dataset::generate(1, 60));
    let other = Served::new(Dataset::generate(2, 90));
    let folder = Folder::new();
    let file = projects::file(&[
        ("sales", &one, "key_variable = \"THE_KEY\""),
        ("shut", &one, "key_variable = \"WRONG_KEY\""),
        ("help", &other, "key_variable = \"THE_KEY\""),
    ]);
    folder.write("p.toml", &file);
    let variables = [("THE_KEY", one.emulator.api_key()), ("WRONG_KEY", "wrong")];
    let stats = [
        "stats",
        "--projects",
        "p.toml",
        "--format",
        "json",
        "--client-env",
        "all",
    ];
    let run = folder.run_with(&stats, &variables);
    run.exits(4);
    let stats: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(stats["conversations"], 150);
    assert_eq!(stats["failed_projects"], json!(["shut"]));
    assert!(
        run.stderr
            .contains("error: shut: the API key was not accepted"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("2 of 3 projects completed"),
        "{}",
        run.stderr
    );
    let list = [
        "list",
        "--projects",
        "p.toml",
        "--limit",
        "1000",
        "--client-env",
        "all",
    ];
    let run = folder.run_with(&list, &variables);
    run.exits(4);
    let mut rows = run
        .stdout
        .lines()
        .map(|row| row.split('\t').collect::<Vec<_>>());
    assert_eq!(rows.next().unwrap().last(), Some(&"project"));
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 150);
    assert!(
        rows.windows(2).all(|pair| pair[0][0] <= pair[1][0]),
        "by their start"
    );
    let both = ["stats", "--projects", "p.toml", "--from", "x.jsonl"];
    folder.run(&both).fails(2, "cannot be used with");
}
