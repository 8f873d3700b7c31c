//! `emulator`: what it prints, serves and refuses.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{self, Folder};

/// Runs `conversations emulator` with `arguments` while `job` uses it, then interrupts it.
fn with_emulator<T>(folder: &Folder, arguments: &[&str], job: impl FnOnce(&Value) -> T) -> T {
    let mut child = folder
        .command(&[&["emulator"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let done = job(&serde_json::from_str(&line).unwrap());
    support::signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "nothing but the one line is on standard output");
    done
}

fn exported(folder: &Folder, ready: &Value) -> Vec<Value> {
    let variables = ["base_url", "api_key", "account_id", "project_id"].map(|name| {
        (
            format!("POLYAI_{}", name.to_uppercase()),
            ready[name].as_str().unwrap(),
        )
    });
    let variables = variables
        .each_ref()
        .map(|(name, value)| (name.as_str(), *value));
    let export = ["export", "-o", "-", "--client-env", "all"];
    let done = folder.run_with(&export, &variables).succeeds();
    let lines = done.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_emulator_prints_one_line_of_json_and_serves_until_it_is_interrupted() {
    let folder = Folder::new();
    let record = r#"{"id":"CA1","account_id":"A","project_id":"P","environment":"live","started_at":"2026-04-01T00:00:00Z","channel":"SMS","in_progress":false}"#;
    folder.write("data.jsonl", record);
    let arguments = ["--data", "data.jsonl", "--key", "k"];
    with_emulator(&folder, &arguments, |ready| {
        assert_eq!(ready["records"], 1);
        assert_eq!(ready["api_key"], "k");
        let source: Value = serde_json::from_str(record).unwrap();
        assert_eq!(exported(&folder, ready), [source]);
    });
}

#[test]
fn the_flags_of_the_emulator_change_what_it_serves() {
    let folder = Folder::new();
    let served = |more: &[&str]| {
        let arguments = [&["--seed", "11", "--records", "40"], more].concat();
        with_emulator(&folder, &arguments, |ready| exported(&folder, ready))
    };
    let plain = served(&[]);
    assert_eq!(plain.len(), 40);
    assert_ne!(
        plain,
        with_emulator(&folder, &["--records", "40"], |r| exported(&folder, r))
    );
    assert!(plain.iter().any(|c| c["turns"] != Value::Array(vec![])));
    let hidden = served(&["--no-transcripts"]);
    assert!(hidden.iter().all(|c| c["turns"] == Value::Array(vec![])));
    let published = served(&["--as-published"]);
    let utc = |c: &Value| c["started_at"].as_str().unwrap().ends_with('Z');
    assert!(!plain.iter().all(utc) && published.iter().all(utc));
    let first = |records: &[Value]| records[0]["started_at"].as_str().unwrap().to_owned();
    assert!(first(&served(&["--descending"])) > first(&plain));
}

#[test]
fn a_key_that_no_client_can_send_is_refused() {
    let folder = Folder::new();
    let refused = folder.run(&["emulator", "--key", "a b"]);
    refused.fails(2, "--key: the API key cannot be used");
}

#[test]
fn the_emulator_refuses_a_file_that_is_not_conversations_and_names_the_line() {
    let folder = Folder::new();
    folder.write(
        "data.jsonl",
        "{\"id\":\"CA1\",\"started_at\":\"2026-04-01\"}\nhello\n",
    );
    folder
        .run(&["emulator", "--data", "data.jsonl"])
        .fails(2, "line 2");
    folder
        .run(&["emulator", "--data", "none.jsonl"])
        .fails(2, "none.jsonl");
}
