//! Settings that are missing or wrong.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::session::Session;
use crate::support::Run;

const EXPORT: [&str; 3] = ["export", "-o", "a.jsonl"];

const ALL: [(&str, &str); 4] = [
    ("POLYAI_API_KEY", "secret-key"),
    ("POLYAI_REGION", "us-1"),
    ("POLYAI_ACCOUNT_ID", "A"),
    ("POLYAI_PROJECT_ID", "P"),
];

#[test]
fn settings() {
    let mut session = Session::new();
    session.run(&EXPORT);
    session.run(&["migrate", "check"]);
    session.run(&[
        "migrate",
        "check",
        "--from-base-url",
        "http://127.0.0.1:1/v1",
    ]);
    for (name, value) in [
        ("POLYAI_REGION", "mars"),
        ("POLYAI_BASE_URL", "http://127.0.0.1:1/v3"),
        ("POLYAI_BASE_URL", "https://api.uk.poly.ai"),
        ("POLYAI_API_KEY", "two words"),
        ("POLYAI_ACCOUNT_ID", ".."),
        ("HTTPS_PROXY", "ftp://proxy"),
        ("SSL_CERT_FILE", "missing.pem"),
    ] {
        session.note(&format!("{name}={value}"));
        session.run_with(&EXPORT, &[&ALL[..], &[(name, value)]].concat());
    }
    session.note("POLYAI_API_KEY is not UTF-8");
    let mut command = session.folder.command(&EXPORT);
    command.env("POLYAI_API_KEY", OsStr::from_bytes(b"\xff"));
    session.add(&Run::of(&mut command));
    for url in [
        "api.us-1.platform.polyai.app",
        "http://example.com",
        "https://user:secret@example.com",
        "https://example.com/v3",
    ] {
        session.run_with(&[&EXPORT[..], &["--base-url", url]].concat(), &ALL);
    }
    session.run_with(&[&EXPORT[..], &["--account", ""]].concat(), &ALL);
    session.assert_snapshot("settings");
}

#[test]
fn dot_env() {
    let mut session = Session::new();
    for line in [
        "POLYAI_API_KEY secret",
        "POLYAI-API-KEY=secret",
        "POLYAI_API_KEY='secret",
        "POLYAI_API_KEY=secret with spaces",
    ] {
        session
            .folder
            .write(".env", &format!("POLYAI_REGION=us-1\n{line}\n"));
        session.note(&format!("line 2 is {line}"));
        session.run(&EXPORT);
    }
    fs::write(session.folder.path(".env"), b"\xff\xfe\xff").unwrap();
    session.note(".env is not text");
    session.run(&EXPORT);
    session
        .folder
        .write(".env", "POLYAI_BASE_URL=http://127.0.0.1:1\n");
    session.note(".env has only a base URL");
    session.run_with(&EXPORT, &ALL);
    session.folder.write(".env", "POLYAI_API_KEY=secret-key\n");
    session.note(".env has only a key, the environment has a base URL");
    session.run_with(
        &EXPORT,
        &[&ALL[2..], &[("POLYAI_BASE_URL", "http://127.0.0.1:1")]].concat(),
    );
    session.folder.write("key", "secret-key");
    session
        .folder
        .write(".env", "POLYAI_BASE_URL=http://127.0.0.1:1\n");
    session.note(".env has only a base URL");
    session.run_with(&[&EXPORT[..], &["--api-key-file", "key"]].concat(), &ALL);
    session.assert_snapshot("dot_env");
}

#[test]
fn key_files() {
    let mut session = Session::new();
    session.folder.write("empty", "\n");
    session
        .folder
        .write("lines", "first-secret\nsecond-secret\n");
    fs::write(session.folder.path("bytes"), b"a\xe9").unwrap();
    for file in ["missing", ".", "empty", "lines", "bytes"] {
        session.run_with(&[&EXPORT[..], &["--api-key-file", file]].concat(), &ALL);
    }
    session.assert_snapshot("key_files");
}

#[test]
fn projects_files() {
    let mut session = Session::new();
    let project = "[[project]]\naccount = \"A\"\nproject = \"P\"\n";
    let export = ["export", "--projects", "p.toml", "-o", "{name}.jsonl"];
    session.run(&export);
    for more in [
        "".to_owned(),
        "project = []".to_owned(),
        "[[project]]\naccount = A\n".to_owned(),
        format!("{project}key = \"secret\"\n"),
        format!("{project}key_variable = \"KEY\"\n"),
        format!("{project}region = \"us-1\"\n"),
        format!("{project}region = \"mars\"\nkey_variable = \"KEY\"\n"),
        format!("{project}region = \"us-1\"\nkey_variable = \"KEY\"\n"),
        format!("{project}region = \"us-1\"\nkey_file = \"missing\"\n"),
        format!("{project}{project}"),
    ] {
        session.folder.write("p.toml", &more);
        session.note(&format!("p.toml is {more:?}"));
        session.run(&export);
    }
    let two = ["--project", "a", "--project", "b"];
    session.run(&[&EXPORT[..], &two].concat());
    session.run(&[&["show", "CA0"][..], &two].concat());
    session.assert_snapshot("projects_files");
}
