//! Reports for people and programs: `doctor`, `stats`, `migrate` and the summary of an export.

use conversations_emulator::{Dataset, ServerBehavior};

use crate::session::Session;
use crate::support::{Folder, Served};

const RANGE: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-05-01"];

/// Runs a command for a width of 100 columns and a locale that shows more than ASCII.
fn run(session: &mut Session, served: &Served, arguments: &[&str]) {
    let mut command = served.command(&session.folder, arguments);
    command.env("COLUMNS", "100").env("LC_ALL", "C.UTF-8");
    session.add_with_output(&crate::support::Run::of(&mut command));
}

#[test]
fn doctor() {
    let mut session = Session::new();
    let hidden = ServerBehavior::default().with_transcripts(false);
    let served = Served::new(Dataset::generate(2, 80));
    run(&mut session, &served, &[&["doctor"][..], &RANGE].concat());
    run(&mut session, &served, &["doctor", "--start", "2099-01-01"]);
    run(
        &mut session,
        &served,
        &[&["doctor", "--project", "GONE"][..], &RANGE].concat(),
    );
    let served = Served::with(Dataset::generate(2, 80), hidden);
    run(&mut session, &served, &[&["doctor"][..], &RANGE].concat());
    session.assert_snapshot("doctor");
}

#[test]
fn stats() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(2, 80));
    let stats = [
        "stats", "--metric", "LANGUAGE", "--metric", "CSAT", "--top", "3",
    ];
    run(&mut session, &served, &[&stats[..], &RANGE].concat());
    run(
        &mut session,
        &served,
        &["stats", "--format", "csv", "--top", "1"],
    );
    session.assert_snapshot("stats");
}

#[test]
fn migrate() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(2, 80));
    run(&mut session, &served, &["migrate", "plan"]);
    run(
        &mut session,
        &served,
        &["migrate", "plan", "--demo", "--days", "30"],
    );
    session.assert_snapshot("migrate");
}

/// Replaces every value by its type, so that a snapshot shows the keys.
fn keys(text: &str) -> String {
    fn without_values(value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Array(list) => {
                list.truncate(1);
                list.iter_mut().for_each(without_values);
            }
            Value::Object(fields) => fields.values_mut().for_each(without_values),
            Value::Number(_) => *value = "number".into(),
            Value::String(_) => *value = "string".into(),
            Value::Bool(_) | Value::Null => {}
        }
    }
    let mut value = serde_json::from_str(text).unwrap();
    without_values(&mut value);
    format!("{value:#}")
}

#[test]
fn json_keys() {
    let (served, folder) = (Served::new(Dataset::generate(2, 80)), Folder::new());
    let mut text = String::new();
    for command in [
        &["doctor", "--format", "json"][..],
        &["stats", "--format", "json", "--metric", "LANGUAGE"],
        &["migrate", "plan", "--format", "json"],
    ] {
        let run = served.run(&folder, command);
        text.push_str(&format!(
            "$ conversations {}\n{}\n\n",
            command.join(" "),
            keys(&run.stdout)
        ));
    }
    let export = ["export", "-q", "-o", "a.csv", "--summary", "summary.json"];
    served.run(&folder, &export).succeeds();
    let summary = keys(&folder.read("summary.json"));
    text.push_str(&format!(
        "$ conversations {}\n{summary}\n",
        export.join(" ")
    ));
    crate::session::assert_snapshot("messages", "json_keys", &text);
}
