//! Names with slashes, spaces, line breaks and letters of every script, everywhere a name can occur.

use std::fs;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Run, Served};

const IDS: [&str; 12] = [
    "a/b c/../d",
    "../../etc/passwd",
    "Zürich – 日本",
    "line\nbreak\r\nid",
    "\u{1b}[31mred\u{1b}[0m\u{7}",
    "\u{202e}mirrored",
    "-n",
    "--help",
    "quote\",comma;'",
    "%2F",
    "?a=b&c#d",
    "=1+1",
];

const METRICS: [&str; 6] = [
    "SLASH/É \n name",
    "a,b",
    "",
    "\u{1b}[2J",
    "SEMI;|",
    "x=\"1\"",
];

/// Folders and files to write to.
const PLACES: [&str; 3] = [
    "out dir/ü/new\nline",
    "out dir/-q",
    "out dir/100%25 #?&=日本",
];

const ALL: [&str; 6] = [
    "--client-env",
    "all",
    "--start",
    "2026-04-01",
    "--end",
    "2026-04-02",
];

fn served() -> Served {
    let metrics: Value = METRICS
        .iter()
        .map(|name| ((*name).to_owned(), json!("v\tw")))
        .collect();
    let record = |id: &&str| {
        json!({
            "id": id, "account_id": "ws-1", "project_id": "P", "started_at": "2026-04-01T09:00:00Z",
            "environment": "live", "channel": "CHAT", "in_progress": false, "metrics": metrics,
            "variant_name": "bell \u{7}\u{1b}]0;title\u{7} a/b\n", "from_number": "+441234567890",
            "turns": [{"user_input": "it said\r\u{1b}[2K", "agent_response": "日本\n"}],
        })
        .to_string()
    };
    let lines: Vec<_> = IDS.iter().map(record).collect();
    Served::new(Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap())
}

fn run(served: &Served, folder: &Folder, arguments: &[&str], more: &[&str]) -> Run {
    let all: Vec<_> = arguments.iter().chain(&ALL).chain(more).copied().collect();
    served.run(folder, &all)
}

fn sorted<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().map(str::to_owned).collect();
    ids.sort();
    ids
}

#[test]
fn ids_and_metrics_arrive_as_they_are_in_places_of_any_name() {
    let (served, folder) = (served(), Folder::new());
    for place in PLACES {
        fs::create_dir_all(folder.path(place)).unwrap();
        let name = format!("{place}/a b'é.jsonl");
        run(&served, &folder, &["export", "-q", "-o", &name], &[]).succeeds();
        let records: Vec<Value> = folder
            .read(&name)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids = records.iter().map(|record| record["id"].as_str().unwrap());
        assert_eq!(sorted(ids), sorted(IDS));

        let name = format!("{place}/a.csv");
        run(&served, &folder, &["export", "-q", "-o", &name], &[]).succeeds();
        let text = folder.read(&name);
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let headers = table.headers().unwrap().clone();
        for metric in METRICS {
            let column = format!("metric_{metric}");
            assert!(headers.iter().any(|header| header == column), "{column:?}");
        }
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(sorted(rows.iter().map(|row| &row[0])), sorted(IDS));

        let name = format!("{place}/data é");
        run(&served, &folder, &["sync", "-q", &name], &[]).succeeds();
        run(
            &served,
            &folder,
            &["sync", "-q", &name, "--look-back", "4000d"],
            &[],
        )
        .succeeds();
        let manifest: Value =
            serde_json::from_str(&folder.read(&format!("{name}/_manifest.json"))).unwrap();
        assert_eq!(manifest["records"], IDS.len());
        let file = manifest["files"][0]["name"].as_str().unwrap();
        assert!(folder.path(&name).join(file).exists());
    }
}

#[test]
fn a_url_of_a_file_is_read_as_one() {
    let (served, folder) = (served(), Folder::new());
    let root = folder.path("").display().to_string();
    let url = format!("file://{root}out%20%C3%BC%25.jsonl");
    run(&served, &folder, &["export", "-q", "-o", &url], &[]).succeeds();
    let url = format!("file://{root}a%20folder");
    run(&served, &folder, &["sync", "-q", &url], &[]).succeeds();
    assert_eq!(folder.files(), ["a folder", "out ü%.jsonl"]);
}

#[test]
fn nothing_that_is_shown_steers_the_terminal() {
    let (served, folder) = (served(), Folder::new());
    let is_plain = |text: &str| {
        !text
            .chars()
            .any(|char| char.is_control() && !"\n\t".contains(char))
    };
    let list = run(&served, &folder, &["list"], &[]).succeeds();
    assert_eq!(list.stdout.lines().count(), IDS.len() + 1);
    assert!(is_plain(&list.stdout), "{:?}", list.stdout);
    let stats = run(&served, &folder, &["stats", "--metric", METRICS[0]], &[]).succeeds();
    assert!(is_plain(&stats.stdout), "{:?}", stats.stdout);
    for id in IDS {
        let shown = run(&served, &folder, &["show"], &["--", id]).succeeds();
        assert!(is_plain(&shown.stdout), "{id:?}: {:?}", shown.stdout);
        assert!(shown.stdout.contains("日本"), "{id:?}: {}", shown.stdout);
    }
}

#[test]
fn the_name_of_a_project_may_be_anything() {
    let (served, folder) = (served(), Folder::new());
    let name = "a/b\n..\u{1b}[2Jü";
    let toml = format!(
        "[[project]]\nname = \"a/b\\n..\\u001b[2Jü\"\nbase_url = {:?}\naccount = \"ws-1\"\nproject = \"P\"\nkey_variable = \"THE_KEY\"\n",
        served.emulator.base_url()
    );
    folder.write("p.toml", &toml);
    let key = [("THE_KEY", served.emulator.api_key())];
    let arguments = ["export", "--projects", "p.toml", "-o", "{name}.csv"];
    folder.run_with(&arguments, &key).succeeds();
    let arguments = [
        "sync",
        "data",
        "--projects",
        "p.toml",
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
    ];
    folder.run_with(&arguments, &key).succeeds();
    assert_eq!(
        folder.files(),
        ["a%2Fb%0A..%1B%5B2J%C3%BC.csv", "data", "p.toml"]
    );
    let arguments = ["export", "--projects", "p.toml", "-o", "{name}.csv"];
    let wrong = folder.run_with(&arguments, &[("THE_KEY", "wrong")]);
    wrong.fails(4, "the API key was not accepted");
    assert!(
        !wrong.stderr.contains(name) && !wrong.stderr.contains('\u{1b}'),
        "{:?}",
        wrong.stderr
    );
}

#[test]
fn ids_and_filters_with_marks_of_urls_reach_the_server_as_they_are() {
    let folder = Folder::new();
    let (project, variant) = ("P?x=1&y/ü#z", "v&a=b/ü \n%2F");
    let record = json!({
        "id": "CA1", "account_id": "ws/1 é", "project_id": project, "started_at": "2026-04-01T09:00:00Z",
        "environment": "live", "channel": "CH AT/é&", "variant_id": "1/2?3", "variant_name": variant,
    });
    let served = Served::new(Dataset::from_jsonl(record.to_string().as_bytes()).unwrap());
    let count = |filters: &[&str]| {
        let arguments: Vec<_> = ["export", "-q", "-o", "-"]
            .iter()
            .chain(filters)
            .copied()
            .collect();
        served
            .run(&folder, &arguments)
            .succeeds()
            .stdout
            .lines()
            .count()
    };
    assert_eq!(
        count(&["--variant-id", "1/2?3", "--channel", "CH AT/é&"]),
        1
    );
    assert_eq!(count(&["--variant-name", variant]), 1);
    assert_eq!(count(&["--variant-name", "v&a=b/ü \n/"]), 0);
    let sync = |variant: &str| {
        let arguments = [
            "sync",
            "-q",
            "data",
            "--start",
            "2026-04-01",
            "--end",
            "2026-04-02",
            "--variant-name",
        ];
        let arguments: Vec<_> = arguments.iter().chain(&[variant]).copied().collect();
        served.run(&folder, &arguments)
    };
    sync(variant).succeeds();
    sync("v").fails(2, "--variant-id or --variant-name was name v&a=b");
    let several = [
        "export",
        "-q",
        "-o",
        "{name}.jsonl",
        "--project",
        project,
        "--project",
        "x/../y",
    ];
    let several = served.run(&folder, &several);
    several.fails(5, "error: x/../y: there is no such project here");
    assert_eq!(folder.files(), ["P%3Fx%3D1%26y%2F%C3%BC%23z.jsonl", "data"]);
}
