//! Requests by id when some fail: `export --detail` and `audio` continue with the others.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::scripted::record;
use crate::support::{self, Folder, Run};

/// A status and a body.
type Response = (u16, Vec<u8>);

/// A server of twelve conversations and of what `by_id` returns for one of them.
struct Server {
    url: String,
    requests_by_id: Arc<AtomicUsize>,
}

const CONVERSATIONS: usize = 12;
const BAD: &str = "CA7";

fn ok(body: &Value) -> Response {
    (200, body.to_string().into_bytes())
}

fn detail(id: &str) -> Value {
    json!({"conversationId": id, "tags": ["billing"], "shortSummary": format!("of {id}"), "polyScore": 4.5})
}

/// A recording of `sent` bytes of samples whose header announces `announced`.
fn wav(sent: usize, announced: u32) -> Response {
    let mut wav =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
            .to_vec();
    wav.extend(announced.to_le_bytes());
    wav.resize(wav.len() + sent, 7);
    (200, wav)
}

impl Server {
    fn start(by_id: impl Fn(&str, bool) -> Response + Send + Sync + 'static) -> Self {
        let (listener, url) = support::listen();
        let requests_by_id = Arc::<AtomicUsize>::default();
        let (count, by_id) = (Arc::clone(&requests_by_id), Arc::new(by_id));
        // The thread ends with the process, so tests need not stop the server.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (count, by_id) = (Arc::clone(&count), Arc::clone(&by_id));
                thread::spawn(move || {
                    let head = support::read_head(&mut stream);
                    let path = head.split(['?', ' ']).nth(1).unwrap_or_default();
                    let is_audio = path.ends_with("/audio");
                    let (status, body) = match path.trim_end_matches("/audio").rsplit_once('/') {
                        Some((agents, id)) if agents.contains("/agents/") => {
                            count.fetch_add(1, Ordering::Relaxed);
                            by_id(id, is_audio)
                        }
                        _ => {
                            let records = (0..CONVERSATIONS)
                                .map(|n| record(&format!("CA{n}"), "2026-04-01T09:00:00Z"));
                            let records: Vec<_> = records.collect();
                            ok(&json!({"conversations": records, "cursor": null}))
                        }
                    };
                    let kind = if is_audio {
                        "audio/wav"
                    } else {
                        "application/json"
                    };
                    let head = format!(
                        "HTTP/1.1 {status} Scripted\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    // The client may have closed the connection.
                    let _ = stream.write_all(head.as_bytes());
                    let _ = stream.write_all(&body);
                });
            }
        });
        Self {
            url,
            requests_by_id,
        }
    }

    /// Starts a server that has everything but `bad` for one conversation.
    fn with_one(bad: Response) -> Self {
        Self::start(move |id, is_audio| match (id, is_audio) {
            (BAD, _) => bad.clone(),
            (_, true) => wav(1000, 1000),
            (id, false) => ok(&detail(id)),
        })
    }

    fn run(&self, folder: &Folder, arguments: &[&str]) -> Run {
        let settings = [
            "--base-url",
            &self.url,
            "--agents-base-url",
            &self.url,
            "--account",
            "a",
            "--project",
            "p",
        ];
        let arguments = [arguments, &settings[..], &["--retry-timeout", "0s"]].concat();
        folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")])
    }

    fn requests_by_id(&self) -> usize {
        self.requests_by_id.load(Ordering::Relaxed)
    }
}

const EXPORT: [&str; 6] = [
    "export",
    "--detail",
    "--client-env",
    "live",
    "-o",
    "out.jsonl",
];
const AUDIO: [&str; 5] = ["audio", "--client-env", "live", "-o", "calls"];

/// The exported records; the output is removed.
fn exported(folder: &Folder) -> Vec<Value> {
    let path = folder.path("out.jsonl");
    let lines = support::lines_of(&path);
    std::fs::remove_file(path).unwrap();
    let records = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    records.collect()
}

fn recordings(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .filter(|entry| entry.path().extension().is_some_and(|it| it == "wav"))
        .count()
}

#[test]
fn a_conversation_whose_requests_fail_does_not_stop_the_others() {
    let statuses = [400, 403, 409, 410, 422, 500].map(|status| (status, b"{}".to_vec()));
    let bodies = ["<html></html>", "", "[]", "null", "{}"].map(|body| (200, body.into()));
    for bad in statuses.into_iter().chain(bodies) {
        let (folder, server) = (Folder::new(), Server::with_one(bad.clone()));
        let run = server.run(&folder, &EXPORT);
        assert_eq!(run.code(), Some(6), "{bad:?} {}", run.stderr);
        for expected in [
            "cannot read the details of 1 conversation (CA7): ",
            "1 without details",
        ] {
            assert!(run.stderr.contains(expected), "{bad:?} {}", run.stderr);
        }
        for misleading in ["run the same command", "filter"] {
            assert!(!run.stderr.contains(misleading), "{bad:?} {}", run.stderr);
        }
        let records = exported(&folder);
        assert_eq!(records.len(), CONVERSATIONS);
        for record in records {
            assert_eq!(record["tags"].is_array(), record["id"] != BAD, "{record}");
        }

        let run = server.run(&folder, &AUDIO);
        assert_eq!(run.code(), Some(6), "{bad:?} {}", run.stderr);
        let expected = "cannot download the recordings of 1 conversation (CA7): ";
        assert!(run.stderr.contains(expected), "{bad:?} {}", run.stderr);
        assert!(!run.stderr.contains("filter"), "{bad:?} {}", run.stderr);
        assert_eq!(recordings(&folder.path("calls")), CONVERSATIONS - 1);
    }
}

#[test]
fn a_malformed_detail_has_the_exit_code_of_malformed_records() {
    let (folder, server) = (
        Folder::new(),
        Server::with_one(ok(&json!({"conversationId": 7}))),
    );
    server.run(&folder, &EXPORT).fails(3, "(CA7)");
    assert_eq!(exported(&folder).len(), CONVERSATIONS);
}

#[test]
fn a_run_of_which_the_first_requests_are_all_refused_ends_with_nothing_written() {
    let (folder, server) = (Folder::new(), Server::start(|_, _| (403, Vec::new())));
    server.run(&folder, &EXPORT).fails(4, "HTTP 403");
    assert_eq!(folder.files(), [""; 0]);
    assert!(server.requests_by_id() < CONVERSATIONS);
    server.run(&folder, &AUDIO).fails(4, "HTTP 403");
}

#[test]
fn the_detail_of_another_conversation_is_neither_written_nor_shown() {
    let (folder, server) = (Folder::new(), Server::with_one(ok(&detail("CA2"))));
    let run = server.run(&folder, &EXPORT);
    assert!(
        run.stderr.contains("is not the id that was requested"),
        "{}",
        run.stderr
    );
    run.exits(6);
    let records = exported(&folder);
    assert!(records[7].get("short_summary").is_none(), "{}", records[7]);
    let shown = server.run(&folder, &["show", BAD]);
    assert!(!format!("{}{}", shown.stdout, shown.stderr).contains("CA2"));
    shown.fails(6, "is not the id that was requested");
}

#[test]
fn an_error_under_a_status_of_success_is_reported_with_the_words_of_the_server() {
    let refused = json!({"success": false, "error_message": "quota exhausted"});
    let (folder, server) = (Folder::new(), Server::with_one(ok(&refused)));
    server.run(&folder, &EXPORT).fails(6, "quota exhausted");
    server
        .run(&folder, &["show", BAD])
        .fails(6, "quota exhausted");
}

#[test]
fn a_detail_with_a_field_of_an_unexpected_type_keeps_its_other_fields() {
    for (name, value) in [
        ("tags", json!("x,y")),
        ("tags", json!([{"name": "a"}])),
        ("tags", json!([1, 2])),
        ("metrics", json!([])),
        ("turns", json!({})),
    ] {
        let mut odd = detail(BAD);
        odd[name] = value.clone();
        let (folder, server) = (Folder::new(), Server::with_one(ok(&odd)));
        let run = server.run(&folder, &EXPORT).succeeds();
        assert!(!run.stderr.contains("without details"), "{}", run.stderr);
        let records = exported(&folder);
        assert_eq!(records[7]["short_summary"], "of CA7", "{name}");
        if name == "tags" {
            assert_eq!(records[7]["tags"], value);
        }
        let table = [&EXPORT[..5], &["out.parquet"]].concat();
        server.run(&folder, &table).succeeds();
        let rows = folder.run(&["show", "--from", "out.parquet", "--format", "json"]);
        let rows = rows.succeeds().stdout;
        let row: Value = serde_json::from_str(rows.lines().nth(7).unwrap()).unwrap();
        assert_eq!(
            (&row["id"], &row["short_summary"]),
            (&json!(BAD), &json!("of CA7"))
        );
        if name == "tags" {
            assert!(row["tags"].is_array(), "{row}");
        }
    }
}

#[test]
fn what_is_no_complete_recording_is_no_file_and_is_requested_again() {
    let error = br#"{"success":false,"error_message":"x"}"#.to_vec();
    for bad in [(200, Vec::new()), (200, error), wav(1000, 50_000)] {
        let (folder, server) = (Folder::new(), Server::with_one(bad));
        for _ in 0..2 {
            let before = server.requests_by_id();
            let run = server.run(&folder, &["audio", BAD, "CA1", "-o", "calls"]);
            assert!(
                run.stderr
                    .contains("(CA7): the response is not a valid recording"),
                "{}",
                run.stderr
            );
            run.exits(6);
            assert!(server.requests_by_id() > before);
            assert!(
                !folder.path("calls/CA7.wav").exists() && folder.path("calls/CA1.wav").exists()
            );
        }
        server
            .run(&folder, &["audio", BAD, "-o", "one.wav"])
            .exits(6);
        assert!(!folder.path("one.wav").exists());
    }
    // A streaming encoder does not know the length.
    for announced in [0, u32::MAX] {
        let (folder, server) = (Folder::new(), Server::with_one(wav(1000, announced)));
        server
            .run(&folder, &["audio", BAD, "-o", "one.wav"])
            .succeeds();
    }
}

#[test]
fn lines_that_can_be_no_id_are_refused_before_the_first_request() {
    let (folder, server) = (Folder::new(), Server::with_one((500, Vec::new())));
    folder.write("ids.txt", "CA1\n..\n# a comment\nsecret\\words\n");
    let run = server.run(&folder, &["audio", "--ids", "ids.txt", "-o", "calls"]);
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    run.fails(2, "ids.txt: these lines are not ids of conversations: 2, 4");
    server
        .run(&folder, &["audio", "CA1", "..", "-o", "calls"])
        .exits(2);
    assert_eq!(server.requests_by_id(), 0);
    assert_eq!(folder.files(), ["ids.txt"]);
}
