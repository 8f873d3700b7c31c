//! Keys and search texts never reach an output, whatever a server returns, and keys are only sent to the right
//! server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use conversations_emulator::Dataset;
use serde_json::Value;

use crate::support::{Folder, Run, Served};

/// Formatted like a correlation id, which is printed.
const KEY: &str = "c0ffee00-1111-4222-8333-444455556666";
const SEARCH: &str = "robinson cancels everything";

/// Sends the same response to every request until the tests end.
fn serve(head: &str, body: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let response = [head.as_bytes(), body].concat();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), response) = (stream, response.clone()) else {
                continue;
            };
            thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let _ = stream.write_all(&response);
            });
        }
    });
    url
}

fn run(folder: &Folder, url: &str, arguments: &[&str]) -> Run {
    let settings = [
        ("POLYAI_API_KEY", KEY),
        ("POLYAI_LEGACY_API_KEY", KEY),
        ("POLYAI_BASE_URL", url),
        ("POLYAI_ACCOUNT_ID", "A"),
        ("POLYAI_PROJECT_ID", "P"),
    ];
    folder.run_with(arguments, &settings)
}

const RANGE: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-04-02"];

#[test]
fn the_key_and_the_search_text_reach_no_output_whatever_the_server_sends() {
    let folder = Folder::new();
    let id = format!("x-polyai-correlation-id: {KEY}");
    let body = format!(
        r#"{{"error_id":"{KEY}","error_code":"{}","error_message":"no {KEY} for {SEARCH}","success":false}}"#,
        KEY.to_uppercase().replace('-', "_"),
    );
    let other = SEARCH.to_uppercase().replace(' ', "_");
    let other = format!(r#"{{"error_id":"{other}","error_code":"{other}"}}"#);
    let mut outputs = 0;
    for status in [
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "200 OK",
    ] {
        for body in [&body, &other] {
            let url = serve(&format!("{status}\r\n{id}"), body.as_bytes());
            for command in [
                &["export", "-o", "out.jsonl"][..],
                &["export", "-o", "out.csv", "--summary", "summary.json"],
                &["sync", "data"],
                &["list"],
                &["search", SEARCH, "--snippets"],
                &["search", SEARCH, "--mode", "semantic", "--format", "json"],
                &["sample", "3"],
                &["show", "CA1"],
                &["stats"],
                &["doctor"],
                &["doctor", "--format", "json"],
                &["migrate", "check"],
                &["migrate", "check", "--format", "markdown"],
                &["migrate", "check", "--format", "json"],
            ] {
                let quick = ["--retry-timeout", "0s"];
                let done = run(&folder, &url, &[command, &RANGE, &quick].concat());
                let text = format!("{}{}", done.stdout, done.stderr);
                assert!(!text.is_empty(), "{command:?}");
                let lower = text.to_lowercase().replace('_', "-");
                assert!(!lower.contains(KEY), "{command:?}: {text}");
                // If no search text was sent, the server's message cannot repeat it, so it is quoted.
                let words = lower.replace('-', " ");
                let is_search = command[0] == "search";
                assert!(!is_search || !words.contains(SEARCH), "{command:?}: {text}");
                outputs += usize::from(text.contains("<API key>"));
            }
        }
    }
    assert!(outputs > 0, "the filter itself replaced nothing");
}

#[test]
fn a_key_in_the_place_of_its_file_is_not_repeated() {
    let folder = Folder::new();
    for key in ["pk_live_1234567890", "abc/def+ghi==", "key.with.dots"] {
        for (flag, command) in [
            ("--api-key-file", &["list"][..]),
            ("--legacy-api-key-file", &["migrate", "check"]),
        ] {
            let arguments = [command, &[flag, key]].concat();
            let failed = run(&folder, "http://127.0.0.1:1", &arguments);
            failed.fails(2, "cannot use the key file: ");
            assert!(
                failed.stderr.contains("\nhint: give the path"),
                "{}",
                failed.stderr
            );
            assert!(!failed.stderr.contains(key), "{}", failed.stderr);
        }
    }
}

#[test]
fn a_key_is_sent_to_a_base_url_of_its_own_source_only() {
    let served = Served::new(Dataset::generate(1, 20));
    let folder = Folder::new();
    let (url, key) = (served.emulator.base_url(), served.emulator.api_key());
    let data = served.emulator.data();
    let ids = [
        ("POLYAI_ACCOUNT_ID", data.account_id()),
        ("POLYAI_PROJECT_ID", data.project_id()),
    ];
    let (in_url, in_key) = (
        format!("POLYAI_BASE_URL={url}\n"),
        format!("POLYAI_API_KEY={key}\n"),
    );
    let (url_set, key_set) = (("POLYAI_BASE_URL", url), ("POLYAI_API_KEY", key));
    folder.write("key", key);
    let list = ["list", "-q"];
    let from_file = ["list", "-q", "--api-key-file", "key"];
    let to_flag = ["list", "-q", "--base-url", url];
    for (dot_env, variables, arguments, refused) in [
        (format!("{in_url}{in_key}"), vec![], &list[..], None),
        (String::new(), vec![url_set, key_set], &list, None),
        (String::new(), vec![url_set], &from_file, None),
        (String::new(), vec![key_set], &to_flag, None),
        (in_key.clone(), vec![], &to_flag, None),
        // A folder created by someone else tries to steal a key.
        (
            in_url.clone(),
            vec![key_set],
            &list,
            Some(["POLYAI_API_KEY from the environment", "the file .env"]),
        ),
        (
            in_url.clone(),
            vec![],
            &from_file,
            Some(["the key of --api-key-file", "the file .env"]),
        ),
        (
            in_key,
            vec![url_set],
            &list,
            Some(["POLYAI_API_KEY from the file .env", "from the environment"]),
        ),
    ] {
        folder.write(".env", &dot_env);
        let before = served.emulator.journal().len();
        let variables = [&ids[..], &variables].concat();
        let done = folder.run_with(arguments, &variables);
        match refused {
            None => drop(done.succeeds()),
            Some(sources) => {
                for source in sources {
                    done.fails(2, source);
                }
                done.fails(2, "hint: set both in ");
                assert_eq!(served.emulator.journal().len(), before, "nothing is sent");
            }
        }
    }
}

/// Returns a page of `count` records, every second one malformed.
fn half_malformed(count: usize) -> String {
    let records = (0..count).map(|n| match n % 2 {
        0 => format!(r#"{{"id":"{n}"}}"#),
        _ => format!(r#"{{"no":{n}}}"#),
    });
    let records = records.collect::<Vec<_>>().join(",");
    format!(r#"{{"conversations":[{records}],"cursor":null}}"#)
}

#[test]
fn malformed_records_are_written_and_warned_of_up_to_a_limit_and_then_counted() {
    let folder = Folder::new();
    let url = serve("200 OK", half_malformed(24_000).as_bytes());
    let export = ["export", "-o", "out.jsonl", "--summary", "summary.json"];
    let done = run(&folder, &url, &export);
    done.exits(3);
    let warnings = done
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning: "));
    assert_eq!(warnings.count(), 11, "{}", done.stderr);
    let count = "warning: 11990 more malformed records skipped, 12000 in total\n";
    assert!(done.stderr.contains(count), "{}", done.stderr);
    let written = folder.read("out.jsonl.malformed.jsonl");
    assert_eq!(written.lines().count(), 10_000);
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(
        (&summary["records"], &summary["malformed"]),
        (&12_000.into(), &12_000.into())
    );

    let quiet = run(&folder, &url, &["export", "-q", "-o", "out.jsonl"]);
    quiet.exits(3);
    assert_eq!(quiet.stderr, "warning: 12000 malformed records skipped\n");
    let quiet = run(&folder, &url, &["list", "-q"]);
    quiet.exits(3);
    assert_eq!(quiet.stderr, "warning: 12000 malformed records skipped\n");
}

#[test]
fn a_page_that_is_nearly_all_malformed_is_given_up() {
    let folder = Folder::new();
    let page = format!(r#"{{"conversations":[{}1]}}"#, "1,".repeat(3_000_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(page.as_bytes()).unwrap();
    let page = gzip.finish().unwrap();
    assert!(page.len() < 65_536, "{}", page.len());
    let url = serve("200 OK\r\ncontent-encoding: gzip", &page);
    for command in [
        &["export", "-o", "out.jsonl"][..],
        &["sync", "data"],
        &["list"],
        &["stats"],
    ] {
        let done = run(&folder, &url, &[command, &RANGE].concat());
        assert_eq!(done.code(), Some(6), "{command:?}: {}", done.stderr);
        assert!(
            done.stderr.contains("records are malformed"),
            "{}",
            done.stderr
        );
        assert!(done.stderr.lines().count() < 20, "{}", done.stderr);
    }
    let written = folder
        .path("out.jsonl.malformed.jsonl")
        .metadata()
        .unwrap()
        .len();
    assert!(written < 10 * 1024 * 1024, "{written}");
}

#[test]
fn a_file_in_another_format_costs_a_few_warnings() {
    let folder = Folder::new();
    let records: Vec<Value> = (0..500)
        .map(|n| serde_json::json!({"id": n, "turns": []}))
        .collect();
    let pretty = serde_json::to_string_pretty(&records).unwrap();
    folder.write("pretty.jsonl", pretty.trim_start_matches("[\n"));
    for command in [
        &["stats", "--from", "pretty.jsonl"][..],
        &["show", "--from", "pretty.jsonl"],
    ] {
        let done = folder.run(command);
        done.exits(3);
        assert_eq!(done.stderr.lines().count(), 11, "{}", done.stderr);
        assert!(done.stderr.contains(" in total\n"), "{}", done.stderr);
    }
}

#[test]
fn a_redacted_conversation_keeps_the_requested_names() {
    let folder = Folder::new();
    folder.write(
        "a.jsonl",
        r#"{"id":"CA1","metrics":{"CALLER_NAME":"Ann","LANGUAGE":"en"},"turns":[{"user_input":"Ann here","agent_response":"Hi Ann, 4, 1, 5, 1?"}]}"#,
    );
    let show = ["show", "--from", "a.jsonl", "--redact", "--format", "json"];
    let all = folder.run(&show).succeeds().stdout;
    assert!(
        !all.contains("Ann") && !all.contains("\"en\"") && all.contains("Hi ***, *, *, *, *?"),
        "{all}"
    );
    let kept = folder
        .run(&[&show[..], &["--keep", "LANGUAGE"]].concat())
        .succeeds()
        .stdout;
    assert!(
        kept.contains("\"LANGUAGE\":\"en\"") && !kept.contains("Ann"),
        "{kept}"
    );
    folder
        .run(&["show", "--from", "a.jsonl", "--keep", "LANGUAGE"])
        .fails(2, "--redact");
}

#[test]
fn ids_and_times_stay_in_one_piece_in_a_pipe() {
    let folder = Folder::new();
    let id = "OUT-4309bb71-e433-9968-e3f8-ae39f8c43360";
    let said = format!("{} {id} 2026-04-01T09:00:00+01:00", "x".repeat(47));
    let record =
        serde_json::json!({"id": id, "turns": [{"user_input": said, "agent_response": said}]});
    folder.write("a.jsonl", &record.to_string());
    let shown = folder.run(&["show", "--from", "a.jsonl"]).succeeds().stdout;
    assert_eq!(shown.matches(id).count(), 3, "{shown}");
    assert_eq!(
        shown.matches("2026-04-01T09:00:00+01:00").count(),
        2,
        "{shown}"
    );
}
