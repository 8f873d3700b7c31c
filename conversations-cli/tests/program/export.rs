//! `export`: the content of the file.

use conversations_emulator::{Dataset, EndOfRange, ServerBehavior};
use serde_json::{Value, json};

use crate::support::{self, Folder, Served};

/// Sorts the records, because an export reads one environment after the other.
fn sorted(text: &str) -> Vec<Value> {
    let mut records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    records.sort_by_key(|record| record["id"].as_str().unwrap().to_owned());
    records
}

#[test]
fn the_demo_writes_every_conversation_the_same_way_each_time() {
    let folder = Folder::new();
    let demo = folder
        .run(&["export", "--demo", "-o", "a.jsonl"])
        .succeeds();
    for part in [
        "5,000 conversations (live, sandbox, pre-release), started 2026-04-01T",
        " MiB in ",
        " s, 7 pages, to a.jsonl",
        "still in progress",
    ] {
        assert!(demo.stderr.contains(part), "{part}: {}", demo.stderr);
    }
    assert_eq!(demo.stdout, "");
    folder
        .run(&["export", "--demo", "-o", "b.jsonl", "--quiet"])
        .succeeds()
        .says_nothing();
    let (a, b) = (folder.read("a.jsonl"), folder.read("b.jsonl"));
    assert_eq!(a.lines().count(), Dataset::demo().len());
    assert_eq!(a, b);
}

#[test]
fn each_environment_exported_on_its_own_gives_together_what_was_served() {
    let data = Dataset::generate(3, 400);
    let source: Vec<u8> = data
        .records()
        .flat_map(|record| [record, b"\n"].concat())
        .collect();
    let served = Served::new(data);
    let folder = Folder::new();
    let mut together = String::new();
    for environment in ["live", "sandbox", "pre-release"] {
        let file = format!("{environment}.jsonl");
        served
            .run(
                &folder,
                &[
                    "export",
                    "--client-env",
                    environment,
                    "--include-latency",
                    "--include-turn-metadata",
                    "-o",
                    &file,
                ],
            )
            .succeeds();
        together += &folder.read(&file);
    }
    assert_eq!(
        sorted(&together),
        sorted(&String::from_utf8(source).unwrap())
    );
}

#[test]
fn the_page_size_and_the_version_of_cursor_paging_do_not_change_the_file() {
    let served = Served::new(Dataset::generate(5, 300));
    let folder = Folder::new();
    let mut files = Vec::new();
    for (version, size) in [("v3", "5"), ("v3", "50"), ("v3", "1000"), ("v2", "7")] {
        let arguments = [
            "export",
            "--api-version",
            version,
            "--page-size",
            size,
            "-o",
            "x.jsonl",
        ];
        served.run(&folder, &arguments).succeeds();
        files.push(folder.read("x.jsonl"));
    }
    assert!(!files[0].is_empty());
    assert!(files.iter().all(|file| *file == files[0]));
}

#[test]
fn v1_is_exported_by_offset() {
    let served = Served::new(Dataset::generate(5, 300));
    let folder = Folder::new();
    let count = |version: &str, size: &str| {
        let arguments = [
            "export",
            "--api-version",
            version,
            "--page-size",
            size,
            "--client-env",
            "all",
            "-o",
            "-",
        ];
        served
            .run(&folder, &arguments)
            .succeeds()
            .stdout
            .lines()
            .count()
    };
    assert_eq!(count("v1", "7"), 300);
    assert_eq!(count("v1", "5000"), 300);
}

#[test]
fn filters_reach_the_server() {
    let served = Served::new(Dataset::generate(5, 400));
    let folder = Folder::new();
    let export = |more: &[&str]| {
        let mut arguments = vec!["export", "-o", "-", "--client-env", "all"];
        arguments.extend(more);
        sorted(&served.run(&folder, &arguments).succeeds().stdout)
    };
    let all = export(&[]);
    let chats = export(&["--channel", "WEBCHAT", "--channel", "SMS"]);
    assert!(!chats.is_empty() && chats.len() < all.len());
    assert!(
        chats
            .iter()
            .all(|c| c["channel"] == "WEBCHAT" || c["channel"] == "SMS")
    );
    let name = all[0]["variant_name"].as_str().unwrap();
    assert!(
        export(&["--variant-name", name])
            .iter()
            .all(|c| c["variant_name"] == name)
    );
    assert!(
        export(&["--in-progress", "true"])
            .iter()
            .all(|c| c["in_progress"] == true)
    );
    let day = export(&["--start", "2026-04-10", "--end", "2026-04-11"]);
    assert!(!day.is_empty());
    assert!(
        day.iter()
            .all(|c| c["started_at"].as_str().unwrap().starts_with("2026-04-10"))
    );
}

#[test]
fn a_malformed_record_is_skipped_counted_and_reported_by_the_exit_code() {
    let folder = Folder::new();
    let page = r#"{"conversations":[{"id":"CA1"},{"no_id":"somebody said this"},{"id":"CA2"}],"cursor":null}"#;
    let (url, _server) = support::serve_page(page);
    let arguments = support::export_from(&url);
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    done.fails(3, "1 malformed and skipped");
    assert!(!done.stderr.contains("somebody"), "{}", done.stderr);
    let kept: Value = serde_json::from_str(&folder.read("out.jsonl.malformed.jsonl")).unwrap();
    assert_eq!(kept["raw"], r#"{"no_id":"somebody said this"}"#);
    assert_eq!(
        (&kept["path"], &kept["position"]),
        (&json!("id"), &json!(1))
    );
    assert_eq!(
        folder.read("out.jsonl"),
        "{\"id\":\"CA1\"}\n{\"id\":\"CA2\"}\n"
    );
}

#[test]
fn a_conversation_that_starts_at_the_end_of_the_range_is_left_out_without_a_warning() {
    let inside = r#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z"}"#;
    let at_the_end = r#"{"id":"CA2","started_at":"2026-04-01T10:00:00Z"}"#;
    let data = Dataset::from_jsonl(format!("{inside}\n{at_the_end}\n").as_bytes()).unwrap();
    let folder = Folder::new();
    for reading in [EndOfRange::Exclusive, EndOfRange::Inclusive] {
        let readings = ServerBehavior::default().with_end_of_range(reading);
        let served = Served::with(data.clone(), readings);
        let arguments = ["export", "-o", "-", "--end", "2026-04-01T12:00:00+02:00"];
        let done = served.run(&folder, &arguments).succeeds();
        assert_eq!(done.stdout, format!("{inside}\n"));
        assert!(!done.stderr.contains("skipped"), "{}", done.stderr);
    }
}

#[test]
fn with_redaction_the_quarantine_file_has_no_content() {
    let folder = Folder::new();
    let page = r#"{"conversations":[{"no_id":"somebody said this"}],"cursor":null}"#;
    let (url, _server) = support::serve_page(page);
    let mut arguments = support::export_from(&url).to_vec();
    arguments.extend(["--redact", "--quarantine", "odd.jsonl"]);
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    done.fails(3, "see odd.jsonl");
    let kept = folder.read("odd.jsonl");
    assert!(!kept.contains("somebody"), "{kept}");
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap()["bytes"], 30);
}

#[test]
fn the_quarantine_of_an_earlier_run_goes_with_its_output() {
    let (served, folder) = (Served::new(Dataset::generate(3, 20)), Folder::new());
    folder.write("out.jsonl.malformed.jsonl", "{}");
    served
        .run(&folder, &["export", "-o", "out.jsonl"])
        .succeeds();
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn windows_and_shards_give_the_same_conversations_in_the_order_of_the_server() {
    let (served, folder) = (Served::new(Dataset::generate(9, 900)), Folder::new());
    let range = [
        "--start",
        "2026-04-01",
        "--end",
        "2026-05-01",
        "--page-size",
        "50",
    ];
    let export = |name: &str, more: &[&str]| {
        let arguments: Vec<_> = ["export", "-o", name]
            .iter()
            .chain(&range)
            .chain(more)
            .copied()
            .collect();
        served.run(&folder, &arguments).succeeds();
        folder.read(name)
    };
    let one = export("one.jsonl", &["--parallel", "1"]);
    let four = export("four.jsonl", &[]);
    let eight = export("eight.jsonl", &["--parallel", "8"]);
    assert!(one == four && four == eight);
    let parts = ["1/3", "2/3", "3/3"].map(|part| export("part.jsonl", &["--shard", part]));
    assert!(parts.iter().all(|part| part.lines().count() > 50));
    assert_eq!(parts.concat(), four);
    served
        .run(&folder, &["export", "-o", "x", "--shard", "1/3"])
        .fails(2, "--shard requires --start and --end");
}

#[test]
fn the_json_summary_agrees_with_the_closing_lines() {
    let (served, folder) = (Served::new(Dataset::generate(9, 300)), Folder::new());
    let done = served
        .run(
            &folder,
            &["export", "-o", "out.jsonl", "--summary", "summary.json"],
        )
        .succeeds();
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["records"], folder.read("out.jsonl").lines().count());
    assert_eq!(summary["bytes"], folder.read("out.jsonl").len());
    assert_eq!(summary["malformed"], 0);
    assert!(
        done.stderr.contains("undocumented in the API: "),
        "{}",
        done.stderr
    );
    let findings = summary["drift"]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["path"] == "turns[].turn_id")
    );
}

#[test]
fn duplicates_with_different_content_are_reported() {
    let page = r#"{"conversations":[{"id":"a","n":1},{"id":"a","n":2},{"id":"b"},{"id":"b"}],"cursor":null}"#;
    let (url, _server) = crate::support::serve_page(page);
    let folder = Folder::new();
    let mut arguments = crate::support::export_from(&url).to_vec();
    arguments.extend(["--summary", "summary.json"]);
    let run = folder
        .run_with(&arguments, &[("POLYAI_API_KEY", "k")])
        .succeeds();
    let part = "1 sent again with different content: the first was kept";
    assert!(run.stderr.contains(part), "{}", run.stderr);
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["duplicates"], 2);
    assert_eq!(summary["conflicting_duplicates"], 1);
    assert_eq!(
        folder.read("out.jsonl"),
        "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\"}\n"
    );
}
