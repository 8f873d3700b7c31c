//! The `conversations` program as its users run it: arguments, files, exit codes, messages.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use conversations_emulator::{Dataset, Order, Readings};
use serde_json::Value;
use support::{Folder, Served};

/// Sorted, because one export goes environment by environment.
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
    folder
        .run(&["export", "--demo", "-o", "a.jsonl"])
        .succeeds();
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
fn the_file_is_readable_by_its_owner_only_and_replaces_an_older_one() {
    let folder = Folder::new();
    folder.write("out.jsonl", "old");
    let served = Served::new(Dataset::generate(1, 20));
    served
        .run(&folder, &["export", "-o", "out.jsonl"])
        .succeeds();
    assert_ne!(folder.read("out.jsonl"), "old");
    let mode = fs::metadata(folder.path("out.jsonl"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[test]
fn settings_come_from_flags_then_the_environment_then_dot_env() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    let emulator = &served.emulator;
    let data = emulator.data();
    folder.write(
        ".env",
        &format!(
            "POLYAI_API_KEY={}\nPOLYAI_BASE_URL={}\nPOLYAI_ACCOUNT_ID='{}'\nPOLYAI_PROJECT_ID=nonsense\n",
            emulator.api_key(),
            emulator.base_url(),
            data.account_id()
        ),
    );
    let export = ["export", "-o", "-"];
    folder.run(&export).fails(5, "no such project");
    let variables = [("POLYAI_PROJECT_ID", data.project_id())];
    folder.run_with(&export, &variables).succeeds();
    folder
        .run_with(&["export", "-o", "-", "--account", "nobody"], &variables)
        .fails(5, "no such account");

    folder.write("key", &format!("{}\n", emulator.api_key()));
    let wrong = [
        ("POLYAI_PROJECT_ID", data.project_id()),
        ("POLYAI_API_KEY", "wrong"),
    ];
    folder
        .run_with(&export, &wrong)
        .fails(4, "key was not accepted");
    folder
        .run_with(&["export", "-o", "-", "--api-key-file", "key"], &wrong)
        .succeeds();
}

#[test]
fn a_missing_setting_is_named_with_the_flag_and_the_variable() {
    let folder = Folder::new();
    let export = ["export", "-o", "out.jsonl"];
    folder
        .run(&export)
        .fails(2, "POLYAI_REGION is not set: give --region");
    let region = [("POLYAI_REGION", "us")];
    folder
        .run_with(&export, &region)
        .fails(2, "POLYAI_ACCOUNT_ID is not set: give --account");
    folder
        .run_with(
            &["export", "-o", "x", "--account", "a", "--project", "p"],
            &region,
        )
        .fails(2, "POLYAI_API_KEY is not set: give --api-key-file");
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn bad_input_is_refused_with_its_rule_before_anything_is_sent_or_written() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    for (arguments, part) in [
        (&["--region", "mars"][..], "us-1, uk-1"),
        (
            &["--base-url", "https://api.us.poly.ai"],
            "api.us-1.platform.polyai.app",
        ),
        (
            &["--base-url", "http://user:secret@127.0.0.1:1"],
            "user name",
        ),
        (&["--base-url", "http://127.0.0.1:1/v3/x"], "path"),
        (&["--base-url", "http://example.com"], "http"),
        (&["--account", ""], "account"),
        (&["--project", ".."], ".."),
        (&["--page-size", "0"], "1 to 1000"),
        (&["--page-size", "1001"], "1 to 1000"),
        (&["--api-version", "v1", "--page-size", "5001"], "1 to 5000"),
        (
            &["--api-version", "v1", "--channel", "SMS"],
            "--channel cannot be used here",
        ),
        (&["--include-context-state"], "only v1 has it"),
        (
            &["--variant-id", "a", "--variant-name", "b"],
            "--variant-name",
        ),
        (
            &["--start", "2026-04-02", "--end", "2026-04-01"],
            "2026-04-01",
        ),
        (&["--start", "yesterday"], "yesterday"),
        (&["--client-env", "production"], "live"),
        (&["--in-progress", "maybe"], "maybe"),
        (&["--api-key-file", "no-such-file"], "no-such-file"),
        (&["--demo", "--region", "us"], "--demo"),
    ] {
        let mut all = vec!["export", "-o", "out.jsonl"];
        all.extend(arguments);
        served.run(&folder, &all).fails(2, part);
    }
    assert_eq!(served.emulator.journal().len(), 0);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_failed_export_says_why_and_leaves_neither_file_nor_key_behind() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    let export = ["export", "-o", "out.jsonl"];
    let failed = served.run_as(&folder, &export, "a-wrong-key-nobody-may-see");
    failed.fails(4, "key was not accepted");
    assert!(!failed.stderr.contains("a-wrong-key"), "{}", failed.stderr);
    served
        .run(&folder, &["export", "-o", "out.jsonl", "--project", "P"])
        .fails(5, "no such project");
    served
        .run(&folder, &["export", "-o", "no/such/folder/x"])
        .fails(7, "no/such/folder/x");
    fs::create_dir(folder.path("folder")).unwrap();
    served
        .run(&folder, &["export", "-o", "folder"])
        .fails(7, "it is a folder");
    fs::remove_dir(folder.path("folder")).unwrap();
    let gone = served.stop();
    gone.run(&folder, &export).fails(6, "refused");
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_line_of_dot_env_that_cannot_be_read_is_not_repeated() {
    let folder = Folder::new();
    folder.write(".env", "POLYAI_API_KEY='secret-key-with-an-open-quote\n");
    let failed = folder.run(&["export", "-o", "x"]);
    failed.fails(2, ".env");
    assert!(!failed.stderr.contains("secret"), "{}", failed.stderr);
}

#[test]
fn a_malformed_record_is_left_out_counted_and_told_by_the_exit_code() {
    let folder = Folder::new();
    let page = r#"{"conversations":[{"id":"CA1"},{"no_id":"somebody said this"},{"id":"CA2"}],"cursor":null}"#;
    let (url, _server) = support::serve_page(page);
    let arguments = [
        "export",
        "-o",
        "out.jsonl",
        "--base-url",
        &url,
        "--account",
        "A",
        "--project",
        "P",
    ];
    let done = folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")]);
    done.fails(3, "1 malformed and left out");
    assert!(!done.stderr.contains("somebody"), "{}", done.stderr);
    assert_eq!(
        folder.read("out.jsonl"),
        "{\"id\":\"CA1\"}\n{\"id\":\"CA2\"}\n"
    );
}

#[test]
fn list_shows_the_first_and_the_newest_whatever_order_the_server_has() {
    for order in [Order::Ascending, Order::Descending] {
        let data = Dataset::generate(9, 200);
        let mut starts: Vec<(String, String)> = data
            .records()
            .map(|record| serde_json::from_slice::<Value>(record).unwrap())
            .filter(|record| record["environment"] == "live")
            .map(|record| {
                let start: String = record["started_at"]
                    .as_str()
                    .unwrap()
                    .chars()
                    .take(19)
                    .collect();
                (
                    start.replace('T', " "),
                    record["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        starts.sort();
        let served = Served::with(data, Readings::default().with_order(order));
        let folder = Folder::new();
        let rows = |more: &[&str]| -> Vec<String> {
            let mut arguments = vec!["list", "--limit", "3", "--page-size", "20"];
            arguments.extend(more);
            let listed = served.run(&folder, &arguments).succeeds();
            listed
                .stdout
                .lines()
                .skip(1)
                .map(|line| line.split('\t').next().unwrap().to_owned())
                .collect()
        };
        let first: Vec<_> = starts
            .iter()
            .take(3)
            .map(|(start, _)| start.clone())
            .collect();
        let newest: Vec<_> = starts
            .iter()
            .rev()
            .take(3)
            .map(|(start, _)| start.clone())
            .collect();
        assert_eq!(rows(&[]), first);
        assert_eq!(rows(&["--newest"]), newest);
    }
}

#[test]
fn list_shows_nobodys_number_or_words() {
    let folder = Folder::new();
    let listed = folder.run(&["list", "--demo", "--limit", "50"]).succeeds();
    assert_eq!(listed.stdout.lines().count(), 51);
    assert!(!listed.stdout.contains("+1202") && !listed.stdout.contains("+4420"));
}

#[test]
fn the_emulator_prints_one_line_of_json_and_serves_until_it_is_stopped() {
    let folder = Folder::new();
    folder.write("data.jsonl", r#"{"id":"CA1","account_id":"A","project_id":"P","environment":"live","started_at":"2026-04-01T00:00:00Z","channel":"SMS","in_progress":false}"#);
    let mut child = folder
        .command(&["emulator", "--data", "data.jsonl", "--key", "k"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let url = ready["base_url"].as_str().unwrap();
    let exported = folder.run_with(
        &[
            "export",
            "-o",
            "-",
            "--base-url",
            url,
            "--account",
            "A",
            "--project",
            "P",
        ],
        &[("POLYAI_API_KEY", "k")],
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(exported.succeeds().stdout, folder.read("data.jsonl") + "\n");
    assert_eq!(ready["records"], 1);
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

#[test]
fn a_reader_that_goes_away_ends_the_export_quietly() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["export", "--demo", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn every_command_explains_itself_with_examples() {
    let folder = Folder::new();
    for command in ["export", "list", "emulator"] {
        for help in ["-h", "--help"] {
            assert!(
                folder
                    .run(&[command, help])
                    .succeeds()
                    .stdout
                    .contains("Examples:")
            );
        }
    }
    assert!(
        folder
            .run(&["--help"])
            .succeeds()
            .stdout
            .contains("Exit codes:")
    );
}

#[test]
fn an_interrupted_export_leaves_nothing_behind() {
    let folder = Folder::new();
    let (url, server) = support::serve_nothing();
    let mut child = folder
        .command(&[
            "export",
            "-o",
            "out.jsonl",
            "--base-url",
            &url,
            "--account",
            "A",
            "--project",
            "P",
        ])
        .env("POLYAI_API_KEY", "k")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for_a_request();
    assert_eq!(
        folder.files().len(),
        1,
        "the hidden file is there while it is written"
    );
    support::interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(folder.files(), [""; 0]);
}
