//! Outputs that cannot be written.

use std::fs;

use conversations_emulator::Dataset;

use crate::session::Session;
use crate::support::{self, Run, Served};

const DEMO: [&str; 4] = ["export", "--demo", "-q", "-o"];

#[test]
fn output_files() {
    let mut session = Session::new();
    fs::create_dir(session.folder.path("folder")).unwrap();
    session.folder.write("file", "");
    for arguments in [
        &["no/such/a.jsonl"][..],
        &["folder"],
        &["file/a.jsonl"],
        &["missing/"],
        &["/dev/full", "--format", "jsonl"],
        &["a.jsonl", "--summary", "no/such/summary.json"],
        &["a.jsonl", "--log-file", "no/such/log.txt"],
    ] {
        session.run(&[&DEMO[..], arguments].concat());
    }
    session.run(&["man", "--dir", "file"]);
    session.run(&["sync", "file", "--demo"]);
    session.run(&["migrate", "plan", "--demo", "-o", "no/such/plan.md"]);
    session.run(&[
        "migrate",
        "check",
        "--demo",
        "-q",
        "--resume",
        "no/such/report.json",
    ]);
    let served = Served::new(Dataset::generate(5, 200));
    for name in ["a.csv", "a.jsonl"] {
        let run = served.run_in(&session.folder, 4096, &["export", "-q", "-o", name]);
        session.note("the disk is full");
        let arguments = ["export", "-q", "-o", name];
        assert!(run.arguments().ends_with(&arguments.join(" ")));
        session.note(&format!("exit code {:?}", run.code()));
        session.note(run.stderr.trim());
    }
    session.assert_snapshot("output_files");
}

#[test]
fn an_output_in_use() {
    let mut session = Session::new();
    let (url, server) = support::serve_nothing();
    let arguments = support::export_from(&url);
    let mut command = session.folder.command(&arguments);
    let mut first = command.env("POLYAI_API_KEY", "k").spawn().unwrap();
    server.wait_for_a_request();
    session.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    first.kill().unwrap();
    first.wait().unwrap();
    session.assert_snapshot("output_in_use");
}

#[test]
fn object_stores() {
    let mut session = Session::new();
    let keys = [("AWS_ACCESS_KEY_ID", "i"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let half = "[half]\naws_access_key_id = i\n[sso]\nsso_session = x\n";
    session.folder.write("credentials", half);
    for (url, variables) in [
        ("s3://bucket/a.jsonl", &[][..]),
        ("s3://bucket/a.jsonl", &[("AWS_PROFILE", "work")]),
        ("s3://bucket/a.jsonl", &[("AWS_PROFILE", "half")]),
        ("s3://bucket/a.jsonl", &[("AWS_PROFILE", "sso")]),
        (
            "s3://bucket/a.jsonl",
            &[keys[0], keys[1], ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
        ),
        ("s3://bucket/", &keys),
        (
            "gs://bucket/a.jsonl",
            &[("GOOGLE_SERVICE_ACCOUNT", "missing.json")],
        ),
        ("az://container/a.jsonl", &[]),
        ("adl://x/a.jsonl", &[]),
    ] {
        let arguments = [&DEMO[..], &[url]].concat();
        let mut command = session.folder.command(&arguments);
        for (name, _) in std::env::vars() {
            if ["AWS_", "GOOGLE_", "AZURE_"]
                .iter()
                .any(|start| name.starts_with(start))
            {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", session.folder.path(""))
            .env("AWS_CONFIG_FILE", session.folder.path("config"))
            .env(
                "AWS_SHARED_CREDENTIALS_FILE",
                session.folder.path("credentials"),
            )
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied());
        for (name, value) in variables {
            session.note(&format!("{name}={value}"));
        }
        let run = Run::of(&mut command);
        session.add(&run);
    }
    session.assert_snapshot("object_stores");
}
