//! Files that `--from` cannot read, or that hold malformed conversations.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::session::Session;
use crate::support::Run;

#[test]
fn input_files() {
    let mut session = Session::new();
    let folder = &session.folder;
    folder.write("text", "hello\n");
    folder.write("table.csv", "id,started_at\na,2026-04-01\n");
    folder.write("broken.parquet", "PAR1 and nothing else");
    fs::create_dir(folder.path("days")).unwrap();
    fs::create_dir(folder.path("broken")).unwrap();
    folder.write("broken/_manifest.json", "{}");
    fs::create_dir(folder.path("gone")).unwrap();
    folder.write("gone/_manifest.json", r#"{"files":[{"name":"a.jsonl"}]}"#);
    for from in [
        "missing.jsonl",
        "text",
        "table.csv",
        "broken.parquet",
        "days",
        "broken",
        "gone",
    ] {
        session.run(&["stats", "--from", from]);
    }
    session.note("standard input is a Parquet file");
    let mut command = session.folder.command(&["stats", "--from", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"PAR1").unwrap();
    let output = child.wait_with_output().unwrap();
    session.note(&format!("exit code {:?}", output.status.code()));
    session.note(String::from_utf8(output.stderr).unwrap().trim());
    session.assert_snapshot("input_files");
}

#[test]
fn input_records() {
    let mut session = Session::new();
    let good = r#"{"id":"a","started_at":"soon","metrics":{"LANGUAGE":"de"}}"#;
    let lines = format!("{good}\nhello\n{{\"id\":7}}\n");
    session.folder.write("some.jsonl", &lines);
    session
        .folder
        .write("many.jsonl", &format!("{good}\n{}", "{}\n".repeat(12)));
    for arguments in [
        &["stats"][..],
        &["stats", "--quiet"],
        &["stats", "--metric", "LANGAUGE"],
        &["stats", "--metric", "ORDER"],
        &["search", "refund"],
        &["show", "a"],
        &["show", "b"],
        &["show"],
    ] {
        session.run(&[arguments, &["--from", "some.jsonl"]].concat());
    }
    session.run(&["stats", "--from", "many.jsonl"]);
    session
        .folder
        .write("untyped.jsonl", "{\"id\":\"a\",\"turns\":7}\n");
    for command in ["show", "stats"] {
        session.run(&[command, "--from", "untyped.jsonl"]);
    }
    session.assert_snapshot("input_records");
}

#[test]
fn emulator_files() {
    let mut session = Session::new();
    session
        .folder
        .write("data.jsonl", "{\"id\":\"a\"}\nhello\n");
    session.folder.write("plan.json", "{\"rules\": 7}");
    for arguments in [
        &["emulator", "--data", "missing.jsonl"][..],
        &["emulator", "--data", "data.jsonl"],
        &["emulator", "--fault", "missing.json"],
        &["emulator", "--fault", "plan.json"],
    ] {
        session.run(arguments);
    }
    session.folder.write("report.json", "{}");
    session.run(&["migrate", "check", "--demo", "--resume", "report.json"]);
    session.run(&["migrate", "check", "--demo", "--resume", "."]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let run = Run::of(&mut session.folder.command(&["emulator", "--port", &port]));
    session.add(&run);
    session.assert_snapshot("emulator_files");
}
