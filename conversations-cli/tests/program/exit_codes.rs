//! Every exit code documented in `--help`, with a command that returns it.

use std::collections::BTreeMap;
use std::process::Stdio;

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Malformation, Rule};

use crate::support::{self, Folder, Run, Served};

/// Returns the documented codes and their meanings.
fn documented(folder: &Folder) -> BTreeMap<i32, String> {
    let help = folder.run(&["--help"]).succeeds().stdout;
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    let rows = table.lines().map_while(|line| {
        let (code, meaning) = line.trim().split_once(' ')?;
        Some((code.parse().ok()?, meaning.trim().to_owned()))
    });
    rows.collect()
}

/// The exit codes of commands.
#[derive(Default)]
struct Given(BTreeMap<i32, Vec<String>>);

impl Given {
    fn add(&mut self, code: Option<i32>, command: &[&str]) {
        let code = code.expect("a signal ended it");
        self.0.entry(code).or_default().push(command.join(" "));
    }
}

#[test]
fn each_documented_code_is_given_by_a_command_and_no_other_is() {
    let folder = Folder::new();
    let served = Served::new(Dataset::generate(5, 60));
    let mut given = Given::default();
    let mut run = |arguments: &[&str]| given.add(served.run(&folder, arguments).code(), arguments);

    run(&["export", "-o", "out.jsonl"]);
    let port = served.emulator.base_url().rsplit(':').next().unwrap();
    run(&["emulator", "--port", port]);
    run(&["export", "-o", "out.jsonl", "--page-size", "0"]);
    run(&["export", "-o", "out.jsonl", "--project", "P"]);
    run(&[
        "show",
        "no-such-id",
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
    ]);
    run(&["export", "-o", "no/such/folder/out.jsonl"]);
    served.goes_wrong(Rule::new(Fault::malformed(0, Malformation::NoId)).once());
    run(&["export", "-o", "out.jsonl"]);
    served.goes_wrong(Rule::new(Fault::status(403)));
    run(&["export", "-o", "out.csv"]);
    served.goes_wrong(Rule::new(Fault::status(503)));
    run(&["export", "-o", "out.csv", "--retry-timeout", "0s"]);
    served.recovers();
    let other = Served::new(Dataset::generate(6, 60));
    let key = [("POLYAI_LEGACY_API_KEY", served.emulator.legacy_api_key())];
    for (from, more) in [
        (&served, &["--require", "no.such.field"][..]),
        (&other, &[]),
    ] {
        let mut check = vec![
            "migrate",
            "check",
            "--quiet",
            "--start",
            "2026-04-01",
            "--end",
            "2026-05-01",
        ];
        check.extend(["--from-base-url", from.emulator.base_url()]);
        check.extend(more);
        let outcome = Run::of(served.command(&folder, &check).envs(key));
        given.add(outcome.code(), &check);
    }

    let (url, server) = support::serve_nothing();
    let arguments = support::export_from(&url);
    let mut command = folder.command(&arguments);
    let mut first = command
        .env("POLYAI_API_KEY", "k")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    server.wait_for_a_request();
    let second = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    given.add(second.code(), &arguments);
    support::signal(&first, "INT");
    given.add(first.wait().unwrap().code(), &arguments);

    let documented: Vec<_> = documented(&folder).into_keys().collect();
    let codes: Vec<_> = given.0.keys().copied().collect();
    assert_eq!(codes, documented, "{:#?}", given.0);
}
