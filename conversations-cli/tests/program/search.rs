//! `search`, `sample` and the output formats that they share with `list`.

use std::collections::BTreeSet;

use conversations_emulator::Dataset;
use serde_json::Value;

use crate::support::{Folder, Served};

const APRIL: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-05-01"];

fn run(served: &Served, folder: &Folder, arguments: &[&str]) -> String {
    let arguments = [arguments, &APRIL].concat();
    served.run(folder, &arguments).succeeds().stdout
}

fn records(jsonl: &str) -> Vec<Value> {
    let lines = jsonl.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn says(record: &Value, side: &str, word: &str) -> bool {
    let turns = record["turns"].as_array().unwrap();
    turns
        .iter()
        .any(|turn| turn[side].as_str().unwrap().to_lowercase().contains(word))
}

#[test]
fn a_search_returns_conversations_that_contain_the_words() {
    let (served, folder) = (Served::new(Dataset::generate(8, 300)), Folder::new());
    let jsonl = [
        "search", "booking", "--turns", "user", "--format", "jsonl", "-q",
    ];
    let found = records(&run(&served, &folder, &jsonl));
    assert!(!found.is_empty() && found.len() <= 20);
    assert!(
        found
            .iter()
            .all(|record| says(record, "user_input", "booking"))
    );
    let two = run(
        &served,
        &folder,
        &["search", "booking", "--limit", "2", "-q"],
    );
    assert_eq!(two.lines().count(), 3);
    let meant = [
        "search", "booking", "--mode", "semantic", "--format", "json", "-q",
    ];
    let list: Value = serde_json::from_str(&run(&served, &folder, &meant)).unwrap();
    assert!(list.as_array().is_some_and(|list| !list.is_empty()));
}

#[test]
fn the_table_shows_snippets_only_on_request_and_redacts_them_on_request() {
    let (served, folder) = (Served::new(Dataset::generate(8, 300)), Folder::new());
    let search = ["search", "booking", "--turns", "user", "-q"];
    let table = run(&served, &folder, &search);
    assert!(!table.to_lowercase().contains("booking"));
    let snippets = run(&served, &folder, &[&search[..], &["--snippets"]].concat());
    for line in snippets.lines().skip(1) {
        let snippet = line.rsplit('\t').next().unwrap().to_lowercase();
        assert!(
            snippet.starts_with("caller: ") && snippet.contains("booking"),
            "{line}"
        );
    }
    let masked = run(
        &served,
        &folder,
        &[&search[..], &["--snippets", "--redact"]].concat(),
    );
    assert!(masked.contains("caller: ") && masked.contains("***"));
    assert!(!masked.to_lowercase().contains("booking"));
}

#[test]
fn a_sample_has_the_requested_number_of_distinct_conversations() {
    let (served, folder) = (Served::new(Dataset::generate(8, 300)), Folder::new());
    let sample = records(&run(
        &served,
        &folder,
        &["sample", "7", "--format", "jsonl"],
    ));
    let ids: BTreeSet<_> = sample
        .iter()
        .map(|record| record["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 7);
    let table = run(&served, &folder, &["sample", "4", "--snippets"]);
    assert_eq!(table.lines().count(), 5);
    assert!(table.lines().next().unwrap().ends_with("\tsnippet"));
}

#[test]
fn what_the_api_cannot_do_is_rejected_before_any_request() {
    let folder = Folder::new();
    let gone = Served::new(Dataset::generate(8, 3)).stop();
    for (arguments, part) in [
        (
            &["search", "x", "--start", "2026-04-01"][..],
            "search requires --start and --end",
        ),
        (&["sample", "5"], "sample requires --start and --end"),
        (&["sample", "1001"], "1..=1000"),
        (&["sample", "0"], "1..=1000"),
    ] {
        gone.run(&folder, arguments).fails(2, part);
    }
    for (arguments, part) in [
        (&["search", " "][..], "the search text is empty"),
        (
            &["search", "x", "--mode", "semantic", "--turns", "user"],
            "--turns requires --mode transcript",
        ),
        (
            &["sample", "2", "--api-version", "v1"],
            "v1 does not support search and sample",
        ),
    ] {
        gone.run(&folder, &[arguments, &APRIL].concat())
            .fails(2, part);
    }
}

#[test]
fn a_search_text_is_in_no_message() {
    let (served, folder) = (Served::new(Dataset::generate(8, 3)), Folder::new());
    let search = [&["search", "MARKER-7"][..], &APRIL].concat();
    let nothing = served.run(&folder, &search).succeeds();
    assert!(
        nothing.stderr.contains("no matching conversations") && !nothing.stderr.contains("MARKER")
    );
    let failed = served.run_as(&folder, &search, "wrong");
    failed.fails(4, "key was not accepted");
    assert!(!failed.stderr.contains("MARKER"));
}

#[test]
fn a_list_has_the_same_conversations_in_every_form() {
    let (served, folder) = (Served::new(Dataset::generate(8, 100)), Folder::new());
    let list = |format: &str| {
        run(
            &served,
            &folder,
            &["list", "-q", "-n", "6", "--format", format],
        )
    };
    let jsonl: Vec<_> = records(&list("jsonl"));
    let ids: Vec<_> = jsonl
        .iter()
        .map(|record| record["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 6);
    let array: Vec<Value> = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(array, jsonl);
    let csv = list("csv");
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(&table.headers().unwrap()[1], "id");
    let rows: Vec<_> = table
        .records()
        .map(|row| row.unwrap()[1].to_owned())
        .collect();
    assert_eq!(rows, ids);
    let table = list("table");
    let rows: Vec<_> = table
        .lines()
        .skip(1)
        .map(|line| line.split('\t').nth(1).unwrap())
        .collect();
    assert_eq!(rows, ids);
    let none = ["list", "--start", "2030-01-01", "--format"];
    for (format, empty) in [("json", "[]\n"), ("jsonl", "")] {
        let listed = served
            .run(&folder, &[&none[..], &[format]].concat())
            .succeeds();
        assert_eq!(listed.stdout, empty);
    }
}

#[test]
fn a_conversation_in_a_file_that_cannot_be_decoded_is_skipped_with_a_warning() {
    let folder = Folder::new();
    let said = r#""turns":[{"user_input":"a refund","intents":"x"}]"#;
    folder.write(
        "odd.jsonl",
        &[
            r#"{"id":"a","state":5,"turns":[{"user_input":"a refund"}]}"#,
            r#"{"id":"b","turns":[{"user_input":"a refund"}]}"#,
            r#"{"id":"c","metrics":[1]}"#,
            &format!(r#"{{"id":"d",{said}}}"#),
            &format!(r#"{{"id":"e","channel":"CHAT",{said}}}"#),
        ]
        .join("\n"),
    );
    let search = |more: &[&str]| {
        let search = ["search", "refund", "--format", "jsonl", "--from"];
        folder.run(&[&search[..], more].concat())
    };
    let found = search(&["odd.jsonl"]);
    found.exits(3);
    let found_ids = records(&found.stdout);
    assert!(found_ids.len() == 1 && found_ids[0]["id"] == "b");
    for line in [1, 3, 4, 5] {
        let warning = format!("line {line}: skipped, a field has an unexpected type");
        assert!(found.stderr.contains(&warning), "{}", found.stderr);
    }
    let chats = search(&["odd.jsonl", "--channel", "CHAT"]);
    chats.exits(3);
    assert_eq!(
        chats.stderr.matches("skipped").count(),
        1,
        "{}",
        chats.stderr
    );

    folder.write("bad.jsonl", &"{\n".repeat(1000));
    let quiet = search(&["bad.jsonl", "-q"]);
    quiet.exits(3);
    assert_eq!(quiet.stderr, "warning: 1000 malformed records skipped\n");
}
