//! `doctor`: its findings, its advice, and the exit code of the worst finding.

use conversations_emulator::{Dataset, ServerBehavior};
use serde_json::Value;

use crate::projects;
use crate::support::{Folder, Served, serve_page};

const DOCTOR: [&str; 5] = ["doctor", "--start", "2026-04-01", "--format", "json"];

fn first(text: &str) -> Value {
    let mut all: Value = serde_json::from_str(text).unwrap();
    all["projects"][0].take()
}

fn causes(project: &Value) -> Vec<&str> {
    let findings = project["findings"].as_array().unwrap();
    let problems = findings
        .iter()
        .filter(|finding| finding["is_note"] == false);
    problems
        .map(|finding| finding["cause"].as_str().unwrap())
        .collect()
}

#[test]
fn a_healthy_project_is_reported_as_ok() {
    let (served, folder) = (Served::new(Dataset::generate(2, 80)), Folder::new());
    let run = served.run(&folder, &DOCTOR).succeeds();
    let project = first(&run.stdout);
    assert_eq!(causes(&project), [""; 0]);
    assert_eq!(project["key_is_accepted"], true);
    assert_eq!(project["agents_is_ok"], true);
    let sample = &project["sample"];
    assert_eq!(
        (&sample["conversations"], &sample["transcripts"]),
        (&50.into(), &true.into())
    );
    let count = |field: &str| sample[field].as_u64().unwrap();
    assert!(0 < count("turns_with_latency") && count("turns_with_latency") <= count("turns"));
    assert!(sample["clock_ahead_seconds"].as_i64().unwrap().abs() <= 2);
    let words = served
        .run(&folder, &["doctor", "--start", "2026-04-01"])
        .succeeds()
        .stdout;
    for part in [
        "ws-demo/PROJECT-DEMO: ok",
        "enabled",
        "in sync with the server",
        "returns single conversations",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(words.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_exit_code_is_that_of_the_most_severe_problem() {
    let (served, folder) = (Served::new(Dataset::generate(2, 80)), Folder::new());
    let wrong = served.run_as(&folder, &DOCTOR, "a-wrong-key-nobody-may-see");
    wrong.exits_with(4);
    assert_eq!(causes(&first(&wrong.stdout)), ["KeyRejected"]);
    assert!(!wrong.stdout.contains("a-wrong-key") && !wrong.stderr.contains("a-wrong-key"));
    let elsewhere = served.run(&folder, &[&DOCTOR[..], &["--project", "P"]].concat());
    elsewhere.exits_with(5);
    assert_eq!(causes(&first(&elsewhere.stdout)), ["ProjectNotFound"]);
    let empty = served.run(&folder, &["doctor", "--start", "2030-01-01"]);
    empty.exits_with(1);
    assert!(empty.stdout.contains("problem  There are no conversations"));
    assert!(empty.stdout.contains("Widen the time range"));
    let gone = served.stop();
    let gone = gone.run(&folder, &[&DOCTOR[..], &["--retry-timeout", "0s"]].concat());
    gone.exits_with(6);
    assert_eq!(causes(&first(&gone.stdout)), ["NotReachable"]);
    folder
        .run(&["doctor"])
        .fails(2, "missing settings: --region");
}

#[test]
fn hidden_transcripts_and_older_versions_are_found() {
    let hidden = ServerBehavior::default().with_transcripts(false);
    let (served, folder) = (
        Served::with(Dataset::generate(2, 80), hidden),
        Folder::new(),
    );
    let run = served.run(&folder, &DOCTOR);
    run.exits_with(1);
    let project = first(&run.stdout);
    assert!(causes(&project).contains(&"TranscriptsOff"));
    assert_eq!(project["sample"]["transcripts"], false);
    let old = served.run(&folder, &[&DOCTOR[..], &["--api-version", "v1"]].concat());
    assert!(causes(&first(&old.stdout)).contains(&"LegacyVersion"));
}

#[test]
fn without_a_time_range_all_time_is_checked_if_the_last_days_are_empty() {
    let (served, folder) = (Served::new(Dataset::generate(2, 80)), Folder::new());
    let run = served.run(&folder, &["doctor"]).succeeds();
    assert!(
        run.stdout.contains("50 conversations of all time"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_server_that_is_not_the_api_is_reported() {
    let (url, server) = serve_page("<html>hello</html>");
    let folder = Folder::new();
    let arguments = [
        "doctor",
        "--base-url",
        &url,
        "--account",
        "A",
        "--project",
        "P",
        "--retry-timeout",
        "0s",
    ];
    let run = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    run.exits_with(6);
    assert!(
        run.stdout.contains("This is not the Conversations API"),
        "{}",
        run.stdout
    );
    server.join().unwrap();
}

#[test]
fn several_projects_are_checked_in_order_and_the_worst_determines_the_exit_code() {
    let (sales, help) = (
        Served::new(Dataset::generate(1, 60)),
        Served::new(Dataset::generate(2, 90)),
    );
    let folder = Folder::new();
    let file = projects::file(&[
        ("sales", &sales, "key_variable = \"THE_KEY\""),
        ("shut", &help, "key_variable = \"WRONG_KEY\""),
        ("unset", &help, "key_variable = \"NO_KEY\""),
        ("help", &help, "key_variable = \"THE_KEY\""),
    ]);
    folder.write("p.toml", &file);
    let variables = [
        ("THE_KEY", sales.emulator.api_key()),
        ("WRONG_KEY", "a-wrong-key-nobody-may-see"),
    ];
    let doctor = ["doctor", "--projects", "p.toml", "--start", "2026-04-01"];
    let run = folder.run_with(&doctor, &variables);
    run.exits_with(4);
    let headings: Vec<_> = run
        .stdout
        .lines()
        .filter(|line| line.ends_with(": ok") || line.ends_with(": needs attention"))
        .collect();
    assert_eq!(
        headings,
        [
            "sales: ok",
            "shut: needs attention",
            "unset: needs attention",
            "help: ok"
        ]
    );
    for part in [
        "the environment variable NO_KEY is not set",
        "2 of 4 projects are ok",
    ] {
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
    assert!(!run.stdout.contains("a-wrong-key"));
    let run = folder.run_with(&[&doctor[..], &["--format", "json"]].concat(), &variables);
    run.exits_with(4);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    let all = all["projects"].as_array().unwrap();
    let names: Vec<_> = all.iter().map(|project| &project["name"]).collect();
    assert_eq!(names, ["sales", "shut", "unset", "help"]);
    assert_eq!(causes(&all[1]), ["KeyRejected"]);
    assert_eq!(all[2]["is_healthy"], false);
}

#[test]
fn projects_that_share_a_key_are_given_by_repeated_flags() {
    let (served, folder) = (Served::new(Dataset::generate(2, 80)), Folder::new());
    let project = served.emulator.data().project_id().to_owned();
    let several = ["--project", &project, "--project", "GONE"];
    let run = served.run(&folder, &[&DOCTOR[..], &several].concat());
    run.exits_with(5);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(all["projects"][0]["is_healthy"], true);
    assert_eq!(causes(&all["projects"][1]), ["ProjectNotFound"]);
}
