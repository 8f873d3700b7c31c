//! Lists that are sent in another way than documented are complete in the output, or the exit code says that they are
//! not.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Folder, Run, export_from, listen, read_head};

const RECORDS: usize = 200;
const PAGE: usize = 50;

/// How a server with 200 conversations sends them.
#[derive(Clone, Copy)]
enum Server {
    /// By cursor after the first page, then by offset, with a null cursor.
    Mixed,
    /// In ascending order on every second page, in descending order on the others.
    Alternating,
    /// In ascending order; the second page has three conversations of the first one.
    Grown,
    /// Rejects every cursor.
    NoCursors,
    /// A page that reports an error.
    Failing,
    Honest,
}

impl Server {
    fn answer(self, number: usize, head: &str) -> (u16, Value) {
        if head.contains("/audio") {
            return (404, json!({"error_message": "no recording"}));
        }
        let value = |name: &str| {
            let mut values = head.split(['?', '&', ' ']);
            values.find_map(|pair| pair.strip_prefix(name))
        };
        let time = |name: &str| value(name).map(|time| time.replace("%3A", ":"));
        let (start, end) = (time("start_time="), time("end_time="));
        let list: Vec<_> = (0..RECORDS)
            .map(|id| {
                (
                    id,
                    format!("2026-04-01T{:02}:{:02}:00Z", id / 10, id % 10 * 6),
                )
            })
            .filter(|(_, at)| start.as_ref().is_none_or(|start| start <= at))
            .filter(|(_, at)| end.as_ref().is_none_or(|end| at < end))
            .map(
                |(id, at)| json!({"id": format!("CA{id}"), "started_at": at, "in_progress": false}),
            )
            .collect();
        let records = |range: std::ops::Range<usize>| -> Vec<_> {
            let is_backward = matches!(self, Self::Alternating) && number % 2 == 1;
            let at = |at: usize| if is_backward { list.len() - 1 - at } else { at };
            range.map(|index| list[at(index)].clone()).collect()
        };
        let cursor = value("cursor=c").map(|at| at.parse::<usize>().unwrap());
        let offset = value("offset=").map(|at| at.parse::<usize>().unwrap());
        let at = cursor.or(offset).unwrap_or(0);
        let size = match self {
            // So that more than a page is sent in another order.
            Self::Alternating => PAGE / 5,
            _ => PAGE,
        };
        let end = (at + size).min(list.len());
        let more = (end < list.len()).then_some(end);
        let named = more.map(|end| format!("c{end}"));
        let body = match self {
            Self::Failing => {
                json!({"success": false, "error_message": "quota exhausted", "conversations": []})
            }
            Self::NoCursors if cursor.is_some() => {
                return (400, json!({"error_message": "bad cursor"}));
            }
            Self::Mixed => {
                let cursor = named.filter(|_| cursor.is_none());
                json!({"conversations": records(at..end), "cursor": cursor, "next_offset": more})
            }
            Self::Grown if at > 0 => {
                json!({"conversations": records(at - 3..end), "cursor": named})
            }
            _ => json!({"conversations": records(at..end), "cursor": named}),
        };
        (200, body)
    }

    /// Starts it; the returned value changes how it sends.
    fn start(self) -> (Arc<Mutex<Self>>, String) {
        let (listener, url) = listen();
        let shared = Arc::new(Mutex::new(self));
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let head = read_head(&mut stream);
                let (status, body) = server.lock().unwrap().answer(number, &head);
                let body = body.to_string();
                let length = body.len();
                // The client may have closed the connection.
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        (shared, url)
    }
}

fn run(folder: &Folder, url: &str, arguments: &[&str]) -> Run {
    let connection = export_from(url);
    let all = [arguments, &connection[1..3], &connection[5..]].concat();
    folder.run_with(&all, &[("POLYAI_API_KEY", "k")])
}

fn lines(folder: &Folder, name: &str) -> usize {
    let text = folder.read(name);
    let ids: std::collections::HashSet<_> = text.lines().collect();
    assert_eq!(ids.len(), text.lines().count(), "repeated records");
    ids.len()
}

/// Reads every day again in each run.
const SYNC: [&str; 6] = [
    "sync",
    "data",
    "--start",
    "2026-04-01",
    "--look-back",
    "5000d",
];
const DAY: [&str; 4] = ["--start", "2026-04-01", "--end", "2026-04-02"];

#[test]
fn an_offset_next_to_a_null_cursor_is_followed_and_no_good_row_is_deleted() {
    let (server, url) = Server::Mixed.start();
    let folder = Folder::new();
    for more in [&[][..], &DAY, &[&DAY[..], &["--parallel", "8"]].concat()] {
        let export = [&["export", "-o", "out.jsonl"][..], more].concat();
        run(&folder, &url, &export).succeeds();
        assert_eq!(lines(&folder, "out.jsonl"), RECORDS, "{more:?}");
    }
    *server.lock().unwrap() = Server::Honest;
    let sync = [&SYNC[..], &["--summary", "report.json"]].concat();
    run(&folder, &url, &sync).succeeds();
    *server.lock().unwrap() = Server::Mixed;
    run(&folder, &url, &sync).succeeds();
    let report: Value = serde_json::from_str(&folder.read("report.json")).unwrap();
    assert_eq!(report["records"], RECORDS, "{report:#}");
}

#[test]
fn a_list_that_changes_its_order_is_incomplete_until_it_no_longer_does() {
    let (server, url) = Server::Alternating.start();
    let folder = Folder::new();
    let export = ["export", "-o", "out.jsonl"];
    for command in [&export[..], &["list"], &["stats"]] {
        let failed = run(&folder, &url, command);
        failed.fails(6, "the list changes its order");
    }
    assert_eq!(folder.files(), ["out.jsonl.part", "out.jsonl.part.json"]);
    *server.lock().unwrap() = Server::Honest;
    run(&folder, &url, &export).succeeds();
    assert_eq!(lines(&folder, "out.jsonl"), RECORDS);

    run(&folder, &url, &SYNC).succeeds();
    *server.lock().unwrap() = Server::Alternating;
    for _ in 0..2 {
        run(&folder, &url, &SYNC).exits(6);
    }
    let count = ["stats", "--from", "data", "--format", "json"];
    let stats = folder.run(&count).succeeds().stdout;
    assert!(stats.contains(&format!("{RECORDS}")), "{stats}");
}

#[test]
fn conversations_received_more_than_once_are_reported() {
    let (_, url) = Server::Grown.start();
    let folder = Folder::new();
    for command in [&["export", "-o", "out.jsonl"][..], &["list"], &["stats"]] {
        let done = run(&folder, &url, command).succeeds();
        assert!(
            done.stderr.contains(" received more than once: "),
            "{}",
            done.stderr
        );
        let quiet = run(&folder, &url, &[command, &["-q"]].concat()).succeeds();
        assert_eq!(quiet.stderr, "", "{command:?}");
    }
    assert_eq!(lines(&folder, "out.jsonl"), RECORDS);
}

#[test]
fn a_rejected_cursor_is_a_failure_of_the_server() {
    let (server, url) = Server::NoCursors.start();
    let folder = Folder::new();
    let audio = ["audio", "-o", "calls", "--agents-base-url", &url];
    for command in [&["export", "-o", "-"][..], &["list"], &["stats"], &audio] {
        let failed = run(&folder, &url, command);
        assert_eq!(failed.code(), Some(6), "{}", failed.stderr);
        assert!(
            failed.stderr.contains("rejected the cursor"),
            "{}",
            failed.stderr
        );
        assert!(!failed.stderr.contains("a filter"), "{}", failed.stderr);
    }
    let export = ["export", "-o", "out.jsonl"];
    run(&folder, &url, &export).fails(6, "to resume, run the same command again");
    // The resume point is the rejected cursor.
    let failed = run(&folder, &url, &export);
    assert_eq!(failed.code(), Some(6), "{}", failed.stderr);
    assert!(failed.stderr.contains("starting over"), "{}", failed.stderr);
    *server.lock().unwrap() = Server::Honest;
    run(&folder, &url, &export).succeeds();
    assert_eq!(lines(&folder, "out.jsonl"), RECORDS);
}

#[test]
fn a_page_that_reports_an_error_is_one() {
    let (_, url) = Server::Failing.start();
    let folder = Folder::new();
    for command in [&["export", "-o", "out.jsonl"][..], &["list"]] {
        run(&folder, &url, command).fails(6, "\"quota exhausted\"");
    }
}

#[test]
fn a_conversation_that_is_too_large_has_a_hint_that_a_user_can_follow() {
    let (listener, url) = listen();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_head(&mut stream);
            let chunk = vec![b' '; 1 << 20];
            let mut sent = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-length: 70000000\r\nconnection: close\r\n\r\n{",
            );
            while sent.is_ok() {
                sent = stream.write_all(&chunk);
            }
        }
    });
    let show = ["show", "CA1", "--agents-base-url", &url];
    let failed = run(&Folder::new(), &url, &show);
    failed.fails(6, "is larger than 67108864 bytes");
    assert!(
        !failed.stderr.contains("ClientBuilder"),
        "{}",
        failed.stderr
    );
}
