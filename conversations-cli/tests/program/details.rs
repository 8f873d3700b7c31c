//! `export --detail`: records with what only the response for a single conversation has.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Rule};
use serde_json::Value;

use crate::support::{self, Folder, Served};

const EXPORT: [&str; 6] = [
    "export",
    "--detail",
    "--client-env",
    "all",
    "--page-size",
    "50",
];

fn records(folder: &Folder, name: &str) -> Vec<Value> {
    let lines = support::lines_of(&folder.path(name));
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn requests_for_details(served: &Served) -> usize {
    let journal = served.emulator.journal();
    journal
        .iter()
        .filter(|entry| entry.path().starts_with("/v1/agents/"))
        .count()
}

#[test]
fn each_record_gets_the_members_of_its_detail_in_the_order_of_the_list() {
    let (served, plain, folder) = (
        Served::new(Dataset::generate(5, 120)),
        Folder::new(),
        Folder::new(),
    );
    served
        .run(
            &plain,
            &["export", "--client-env", "all", "-o", "out.jsonl"],
        )
        .succeeds();
    served
        .run(&folder, &[&EXPORT[..], &["-o", "out.jsonl"]].concat())
        .succeeds();
    let (plain, detailed) = (records(&plain, "out.jsonl"), records(&folder, "out.jsonl"));
    assert_eq!(plain.len(), detailed.len());
    assert_eq!(requests_for_details(&served), plain.len());
    for (plain, detailed) in plain.iter().zip(&detailed) {
        for (name, value) in plain.as_object().unwrap() {
            assert_eq!(&detailed[name], value, "{name}");
        }
        assert!(detailed["tags"].is_array() && detailed["function_events"].is_object());
    }
    assert!(
        detailed
            .iter()
            .any(|record| record["short_summary"].is_string())
    );
    assert!(
        detailed
            .iter()
            .any(|record| record["poly_score"].is_number())
    );
}

#[test]
fn a_table_has_a_column_for_each_detail_and_reads_back_as_the_lines() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    for file in ["out.csv", "out.parquet", "out.jsonl"] {
        served
            .run(&folder, &[&EXPORT[..], &["-o", file]].concat())
            .succeeds();
    }
    let mut csv = csv::Reader::from_path(folder.path("out.csv")).unwrap();
    let names = csv.headers().unwrap().clone();
    let column = |name: &str| names.iter().position(|other| other == name).unwrap();
    let (id, score, extra) = (column("id"), column("poly_score"), column("extra"));
    let lines = records(&folder, "out.jsonl");
    let of = |id: &str| lines.iter().find(|line| line["id"] == id).unwrap();
    for row in csv.records() {
        let row = row.unwrap();
        let score: Option<f64> = row[score].parse().ok();
        assert_eq!(score, of(&row[id])["poly_score"].as_f64());
        assert!(!row[extra].contains("poly_score"), "{}", &row[extra]);
    }
    let show = ["show", "--from", "out.parquet", "--format", "json"];
    let shown = folder.run(&show).succeeds().stdout;
    let rows: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 20);
    for row in &rows {
        let line = of(row["id"].as_str().unwrap());
        for name in [
            "short_summary",
            "tags",
            "language",
            "poly_score",
            "note",
            "duration",
        ] {
            assert_eq!(row[name], line[name], "{name}");
        }
        assert_eq!(row["function_events"], line["function_events"]);
        assert!(row["created_at"].is_string());
    }
}

#[test]
fn a_column_of_the_details_is_refused_without_them() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    let columns = ["--columns", "id,tags", "-o", "out.csv"];
    let plain = [&["export"], &columns[..]].concat();
    served.run(&folder, &plain).fails(2, "add --detail");
    served
        .run(&folder, &[&EXPORT[..], &columns].concat())
        .succeeds();
}

#[test]
fn a_redacted_export_has_no_word_of_summaries_and_notes_but_tags_and_scores() {
    let (served, folder) = (Served::new(Dataset::generate(5, 60)), Folder::new());
    served
        .run(
            &folder,
            &[&EXPORT[..], &["--redact", "-o", "out.jsonl"]].concat(),
        )
        .succeeds();
    let records = records(&folder, "out.jsonl");
    for record in &records {
        for name in ["note", "short_summary"] {
            let text = record[name].to_string();
            assert!(
                record[name].is_null() || text.contains('*') && !text.contains("agent"),
                "{text}"
            );
        }
        let score = &record["poly_score"];
        assert!(score.is_null() || score.as_f64().unwrap() >= 0.0, "{score}");
    }
    let all = serde_json::to_string(&records).unwrap();
    assert!(records.iter().any(|record| record["tags"][0].is_string()));
    assert!(all.contains("\"name\":\"transfer_call\""));
}

#[test]
fn a_killed_export_with_details_resumes_within_a_page_and_writes_each_conversation_once() {
    let (served, folder) = (Served::new(Dataset::generate(5, 400)), Folder::new());
    let arguments = [
        "export",
        "--detail",
        "--client-env",
        "all",
        "-o",
        "out.jsonl",
    ];
    served.goes_wrong(Rule::new(Fault::latency(Duration::from_millis(10))).to_version("agents"));
    let mut child = served.spawn(&folder, &arguments);
    let begun = Instant::now();
    while requests_for_details(&served) < 250 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "too few details were requested"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        !folder.path("out.jsonl").exists(),
        "the run was over before it was killed"
    );
    served.recovers();
    let before = requests_for_details(&served);
    let run = served.run(&folder, &arguments).succeeds();
    assert!(
        run.stderr.contains("resuming the previous run"),
        "{}",
        run.stderr
    );
    let requested = requests_for_details(&served) - before;
    assert!(requested <= 300, "{requested} details were requested again");
    let records = records(&folder, "out.jsonl");
    let ids: BTreeSet<_> = records
        .iter()
        .map(|record| record["id"].to_string())
        .collect();
    assert_eq!((records.len(), ids.len()), (400, 400));
    assert!(records.iter().all(|record| record["tags"].is_array()));
}

#[test]
fn a_conversation_that_is_gone_keeps_its_record() {
    let (served, folder) = (Served::new(Dataset::generate(5, 20)), Folder::new());
    served.goes_wrong(Rule::new(Fault::status(404)).to_version("agents").once());
    let run = served
        .run(&folder, &[&EXPORT[..], &["-o", "out.jsonl"]].concat())
        .succeeds();
    assert!(run.stderr.contains("1 without details"), "{}", run.stderr);
    let records = records(&folder, "out.jsonl");
    let without = records.iter().filter(|record| record.get("tags").is_none());
    assert_eq!((records.len(), without.count()), (20, 1));
}

#[test]
fn an_outage_of_the_agents_host_does_not_cost_what_was_written() {
    let (served, folder) = (Served::new(Dataset::generate(5, 60)), Folder::new());
    // One request at a time, so that every request after the first that fails does.
    let one_by_one = [
        "-o",
        "out.jsonl",
        "--retry-timeout",
        "0s",
        "--parallel",
        "1",
    ];
    let arguments = [&EXPORT[..], &one_by_one].concat();
    let rule = Rule::new(Fault::status(503)).to_version("agents");
    served.goes_wrong(rule.from_request(31));
    served
        .run(&folder, &arguments)
        .fails(6, "to resume, run the same command again");
    served.recovers();
    let before = requests_for_details(&served);
    served.run(&folder, &arguments).succeeds();
    let requested = requests_for_details(&served) - before;
    assert!(requested <= 34, "{requested} details were requested again");
    let records = records(&folder, "out.jsonl");
    let ids: BTreeSet<_> = records
        .iter()
        .map(|record| record["id"].to_string())
        .collect();
    assert_eq!((records.len(), ids.len()), (60, 60));
    assert!(records.iter().all(|record| record["tags"].is_array()));
}
