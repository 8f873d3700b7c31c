//! `show`: one conversation from the API or from a file, for people and for programs.

use std::io::Write as _;
use std::process::Stdio;

use conversations_emulator::Dataset;
use serde_json::Value;

use crate::support::{Folder, Served};

fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap()
}

/// Serves a data set and returns a conversation in it that `choose` accepts.
fn with_a_call(choose: impl Fn(&Value) -> bool) -> (Served, Value) {
    let data = Dataset::generate(5, 400);
    let call = data
        .records()
        .map(|record| serde_json::from_slice::<Value>(record).unwrap())
        .filter(|record| record["environment"] == "live")
        .find(choose)
        .unwrap();
    (Served::new(data), call)
}

fn is_handed_off(call: &Value) -> bool {
    call["handoff"] == true
        && call["turns"]
            .as_array()
            .is_some_and(|turns| turns.len() > 3)
}

#[test]
fn a_conversation_is_shown_with_every_word_of_it() {
    let (served, call) = with_a_call(is_handed_off);
    let folder = Folder::new();
    let shown = served.run(&folder, &["show", text(&call, "id")]).succeeds();
    assert!(shown.stdout.starts_with(text(&call, "id")));
    assert!(shown.stdout.contains(text(&call, "handoff_reason")));
    assert!(shown.stdout.contains("latency"), "it is requested");
    let words: Vec<&str> = shown.stdout.split_whitespace().collect();
    for turn in call["turns"].as_array().unwrap() {
        for said in ["user_input", "agent_response"] {
            for word in text(turn, said).split_whitespace() {
                assert!(words.contains(&word), "{word} is missing");
            }
        }
    }
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_redacted_transcript_shows_the_speakers_and_times_but_no_word_of_the_caller() {
    let (served, call) = with_a_call(is_handed_off);
    let folder = Folder::new();
    let id = text(&call, "id");
    for format in ["text", "json"] {
        let shown = served
            .run(&folder, &["show", id, "--redact", "--format", format])
            .succeeds();
        assert!(shown.stdout.contains(id));
        for turn in call["turns"].as_array().unwrap() {
            let said = text(turn, "user_input");
            assert!(said.is_empty() || !shown.stdout.contains(said), "{said}");
        }
    }
}

#[test]
fn as_json_it_is_the_record_as_received_on_one_line() {
    let (served, call) = with_a_call(|call| call["channel"] == "CHAT");
    let folder = Folder::new();
    let shown = served
        .run(
            &folder,
            &[
                "show",
                text(&call, "id"),
                "--format",
                "json",
                "--start",
                "2026-04-01",
            ],
        )
        .succeeds();
    assert_eq!(shown.stdout.lines().count(), 1);
    let received: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(received == call, "the record requested with latency");
}

#[test]
fn an_unknown_id_reports_how_much_was_read() {
    let folder = Folder::new();
    let served = Served::new(Dataset::generate(5, 400));
    let read = served.run(&folder, &["show", "CA0", "--start", "2026-04-10"]);
    read.fails(5, "conversation \"CA0\" not found: read ");
    assert!(read.stderr.contains("live, since 2026-04-10"));
    folder.write("none.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    folder
        .run(&["show", "CA0", "--from", "none.jsonl"])
        .fails(5, "read 2 conversations in none.jsonl");
    folder
        .run(&["show", "a", "--from", "no.jsonl"])
        .fails(2, "cannot read no.jsonl");
    folder
        .run(&["show", "a", "--from", "none.jsonl", "--start", "2026-04-01"])
        .fails(2, "cannot be used with");
}

#[test]
fn an_exported_file_is_searched_packed_or_not() {
    let (served, call) = with_a_call(is_handed_off);
    let folder = Folder::new();
    let id = text(&call, "id");
    let direct = served.run(&folder, &["show", id, "--start", "2026-04-01"]);
    let direct = direct.succeeds().stdout;
    for file in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"] {
        served
            .run(&folder, &["export", "-q", "--include-latency", "-o", file])
            .succeeds();
        let shown = folder.run(&["show", id, "--from", file]).succeeds();
        assert_eq!(shown.stdout, direct);
    }
}

#[test]
fn a_dash_shows_every_conversation_on_standard_input() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["show", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"{\"id\":\"first\"}\nnonsense\n{\"id\":\"second\",\"num_turns\":2,\"turns\":[]}\n";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(3), "a line was skipped");
    let (stdout, stderr) = (
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8(done.stderr).unwrap(),
    );
    assert!(stdout.starts_with("first\n") && stdout.contains("\n\n\nsecond\n"));
    assert!(stdout.contains("transcripts are disabled"));
    assert!(stderr.contains("standard input: line 2: skipped, not a conversation"));
}

#[test]
fn flags_of_the_api_are_rejected_where_no_request_is_sent() {
    let folder = Folder::new();
    folder.write("one.jsonl", "{\"id\":\"a\"}\n");
    folder.write("p.toml", "");
    let (search, audio) = (["search", "x"], ["audio", "-o", "calls"]);
    let with = |command: &[&'static str], more: &[&'static str]| [command, more].concat();
    let from = ["--from", "one.jsonl"];
    for (command, message) in [
        (with(&["show", "-"], &[]), "cannot be used with `-`"),
        (with(&["show", "a"], &from), "cannot be used with"),
        (with(&search, &from), "cannot be used with"),
        (with(&["stats"], &from), "cannot be used with"),
        (with(&["report"], &from), "cannot be used with"),
        (with(&audio, &["CA1"]), "cannot be used with"),
        (with(&audio, &["--ids", "one.jsonl"]), "cannot be used with"),
    ] {
        let of_requests = [&["--page-size", "5"][..], &["--include-latency"]];
        let of_a_connection = [
            &["--demo"][..],
            &["--agents-base-url", "http://127.0.0.1:1"],
            &["--projects", "p.toml"],
            &["--retry-timeout", "1s"],
            &["--max-requests-per-minute", "5"],
        ];
        let of_a_list = [&["--start", "2030-01-01"][..], &["--channel", "CHAT"]];
        let is = |name: &str| command.contains(&name);
        let mut flags = of_requests.to_vec();
        flags.extend(of_a_connection.iter().filter(|_| !is("audio")));
        flags.extend(of_a_list.iter().filter(|_| is("show") || is("audio")));
        let has_parallel = is("show") || is("stats") || is("report");
        flags.extend(has_parallel.then_some(&["--parallel", "2"][..]));
        for flag in flags {
            let run = folder.run(&[&command[..], flag].concat());
            run.fails(2, message);
            assert!(run.stderr.contains(flag[0]), "{flag:?}: {}", run.stderr);
        }
    }
    let sample = ["sample", "5", "--demo", "--page-size", "5"];
    folder.run(&sample).fails(2, "cannot be used with");
    folder.run(&["show", "-"]).succeeds();
}

#[test]
fn nothing_more_is_requested_once_the_id_is_found() {
    let (served, folder) = (Served::new(Dataset::generate(5, 400)), Folder::new());
    let listed = served.run(&folder, &["list", "-n", "1", "--format", "jsonl"]);
    let first: Value = serde_json::from_str(&listed.succeeds().stdout).unwrap();
    let asked = |arguments: &[&str]| {
        let before = served.emulator.journal().len();
        let range = ["--start", "2026-04-01", "--page-size", "2"];
        served
            .run(&folder, &[arguments, &range].concat())
            .succeeds();
        served.emulator.journal().len() - before
    };
    let all = asked(&["list"]);
    let few = asked(&["show", text(&first, "id")]);
    assert!(few * 4 < all, "{few} of {all} requests");
}

#[test]
fn without_a_range_one_request_by_id_shows_summary_tags_score_note_and_functions() {
    let record = r#"{"id":"CA1","account_id":"acme","project_id":"desk","started_at":"2026-04-01T09:00:00Z","environment":"live",
        "language":"en-GB","tags":["billing","vip"],"poly_score":4.5,"note":"Ann called twice.",
        "short_summary":{"heading":"Bill","content":"Ann asked about invoice 4711."},
        "function_events":{"1":[{"name":"find_invoice","duration":433,"arguments":{"who":"Ann"},"error":"no invoice of Ann"}]},
        "turns":[{"user_input":"","agent_response":"Hello."},
                 {"user_input":"It is Ann.","agent_response":"One moment."}]}"#;
    let data = Dataset::from_jsonl(record.replace('\n', " ").as_bytes()).unwrap();
    let (served, folder) = (Served::new(data), Folder::new());
    let shown = served.run(&folder, &["show", "CA1"]).succeeds();
    let journal = served.emulator.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!(journal[0].path(), "/v1/agents/desk/conversations/CA1");
    assert!(
        shown.stderr.contains("requested by its id"),
        "{}",
        shown.stderr
    );
    let text = &shown.stdout;
    for part in [
        "language     en-GB",
        "tags         billing, vip",
        "score        4.5",
        "note         Ann called twice.",
        "summary      Bill: Ann asked about invoice 4711.",
        "[function find_invoice, 0.43 s; error: no invoice of Ann]",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let place = |part: &str| text.find(part).unwrap();
    assert!(
        place("It is Ann.") < place("find_invoice") && place("find_invoice") < place("One moment.")
    );
    let redacted = served
        .run(&folder, &["show", "CA1", "--redact"])
        .succeeds()
        .stdout;
    for masked in ["Ann", "4711", "billing", "vip"] {
        assert!(!redacted.contains(masked), "{redacted}");
    }
    assert!(redacted.contains("find_invoice, 0.43 s"), "{redacted}");
    let kept = served
        .run(&folder, &["show", "CA1", "--redact", "--keep", "tags"])
        .succeeds()
        .stdout;
    assert!(kept.contains("billing, vip"), "{kept}");
    let json = served
        .run(&folder, &["show", "CA1", "--format", "json", "--redact"])
        .succeeds()
        .stdout;
    assert!(!json.contains("Ann") && !json.contains("4711"), "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["id"], &json["poly_score"]),
        (&"CA1".into(), &4.5.into())
    );
}

#[test]
fn with_a_filter_conversations_are_listed_until_the_id_is_found() {
    let (served, call) = with_a_call(is_handed_off);
    let folder = Folder::new();
    for filter in [
        ["--start", "2026-04-01"],
        ["--client-env", text(&call, "environment")],
    ] {
        let shown = served
            .run(
                &folder,
                &[&["show", text(&call, "id")], &filter[..]].concat(),
            )
            .succeeds();
        assert!(
            shown.stderr.contains("found in the list"),
            "{}",
            shown.stderr
        );
    }
    let journal = served.emulator.journal();
    assert!(journal.iter().all(|entry| entry.path().starts_with("/v3/")));
}

#[test]
fn an_id_that_is_not_there_is_not_found_by_id() {
    let (served, folder) = (Served::new(Dataset::generate(5, 40)), Folder::new());
    served
        .run(&folder, &["show", "CA0"])
        .fails(5, "conversation \"CA0\" not found: requested by its id");
}

/// Reading a million whole rows to find one takes minutes.
#[test]
fn an_id_is_found_in_a_parquet_file_by_its_column_alone() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    let (served, call) = with_a_call(is_handed_off);
    let folder = Folder::new();
    served
        .run(&folder, &["export", "-q", "-o", "all.parquet"])
        .succeeds();
    let path = folder.path("all.parquet");
    let show = |id: &str| served.run(&folder, &["show", id, "--from", "all.parquet"]);
    show(text(&call, "id")).succeeds();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let rows = reader.metadata().file_metadata().num_rows();
    let mut file = std::fs::read(&path).unwrap();
    let columns = reader.metadata().row_group(0).columns().iter();
    for column in columns.filter(|column| column.column_path().string() != "id") {
        let (start, length) = column.byte_range();
        let range = usize::try_from(start).unwrap()..usize::try_from(start + length).unwrap();
        file[range].fill(0);
    }
    std::fs::write(&path, file).unwrap();
    show("CA0").fails(5, &format!("not found: read {rows} conversations in"));
    show(text(&call, "id")).fails(2, "cannot read all.parquet");
}
