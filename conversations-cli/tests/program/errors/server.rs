//! Servers that reject requests, fail, or send malformed records.

use std::process::Stdio;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Malformation, Refusal, RetryAfter, Rule};

use crate::session::Session;
use crate::support::{self, Run, Served, serve_page};

const EXPORT: [&str; 7] = [
    "export",
    "-o",
    "a.jsonl",
    "--page-size",
    "10",
    "--retry-timeout",
    "0s",
];

#[test]
fn rejections() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(5, 60));
    for status in [400, 401, 403, 404, 429, 500, 503] {
        served.goes_wrong(Rule::new(Fault::status(status)));
        session.note(&format!("the server responds with {status}"));
        session.add(&served.run(&session.folder, &EXPORT));
    }
    served.recovers();
    session.add(&served.run(
        &session.folder,
        &[&EXPORT[..], &["--project", "GONE"]].concat(),
    ));
    session.add(&served.run_as(&session.folder, &EXPORT, "another-key"));
    session.note("the server has stopped");
    session.add(&served.stop().run(&session.folder, &EXPORT));
    session.note("the server sends a web page");
    let (url, server) = serve_page("<html>hello</html>");
    let arguments = support::export_from(&url);
    session.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    server.join().unwrap();
    session.assert_snapshot("rejections");
}

#[test]
fn retries() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(5, 60));
    let busy = Refusal::new(503).with_retry_after(RetryAfter::Seconds(0));
    served.goes_wrong(Rule::new(busy).from_request(2).times(2));
    let export = &EXPORT[..5];
    session.note("the server fails twice");
    session.add(&served.run(&session.folder, export));
    served.goes_wrong(Rule::new(Fault::status(503)).from_request(3));
    session.note("the server fails from the third request on");
    session.add(&served.run(&session.folder, &EXPORT));
    session.note("the server fails again");
    session.add(&served.run(&session.folder, &EXPORT));
    served.goes_wrong(Rule::new(Fault::expired_cursor()).once());
    session.note("the cursor has expired");
    session.add(&served.run(&session.folder, &EXPORT));
    served.goes_wrong(Rule::new(Fault::status(503)).from_request(3));
    let csv = [
        "export",
        "-o",
        "a.csv",
        "--page-size",
        "10",
        "--retry-timeout",
        "0s",
    ];
    session.note("the server fails from the third request on");
    session.add(&served.run(&session.folder, &csv));
    session.assert_snapshot("retries");
}

#[test]
fn malformed_records() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(5, 60));
    served.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)).once());
    session.add(&served.run(&session.folder, &["export", "-o", "a.jsonl"]));
    served.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)).once());
    session.add(&served.run(&session.folder, &["stats"]));
    served.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)).once());
    session.add(&served.run(&session.folder, &["list", "-n", "1", "--quiet"]));
    session.assert_snapshot("malformed_records");
}

#[test]
fn conversations_that_are_not_found() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(5, 60));
    for range in [
        &[][..],
        &["--start", "2026-04-01"],
        &["--end", "2026-04-01"],
        &[
            "--start",
            "2026-04-01",
            "--end",
            "2026-04-02",
            "--client-env",
            "all",
        ],
    ] {
        let show = [&["show", "CA0"][..], range].concat();
        session.add(&served.run(&session.folder, &show));
    }
    session.add(&served.run(&session.folder, &["list", "--start", "2099-01-01"]));
    session.add(&served.run(
        &session.folder,
        &["export", "-o", "a.csv", "--start", "2099-01-01"],
    ));
    session.assert_snapshot("not_found");
}

#[test]
fn interruptions() {
    let mut session = Session::new();
    for name in ["a.jsonl", "a.csv"] {
        let (url, server) = support::serve_nothing();
        let arguments =
            support::export_from(&url).map(|it| if it == "out.jsonl" { name } else { it });
        let mut command = session.folder.command(&arguments);
        let child = command
            .env("POLYAI_API_KEY", "k")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        server.wait_for_a_request();
        support::signal(&child, "INT");
        let output = child.wait_with_output().unwrap();
        session.note(&format!(
            "export to {name}: exit code {:?}",
            output.status.code()
        ));
        session.note(String::from_utf8(output.stderr).unwrap().trim());
    }
    session.assert_snapshot("interruptions");
}

#[test]
fn several_projects() {
    let mut session = Session::new();
    let served = Served::new(Dataset::generate(5, 60));
    let project = served.emulator.data().project_id().to_owned();
    let several = ["--project", &project, "--project", "GONE"];
    for command in [
        &["export", "-o", "{name}.jsonl"][..],
        &["list", "-n", "2"],
        &["doctor"],
    ] {
        let run: Run = served.run(&session.folder, &[command, &several].concat());
        session.add(&run);
    }
    session.assert_snapshot("several_projects");
}
