//! A failing server or proxy is reported at once and by name, even if stderr is not a terminal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use conversations_emulator::Dataset;
use conversations_emulator::fault::{Fault, Refusal, RetryAfter, Rule};

use crate::support::{Folder, Run, Served, export_from};
#[cfg(unix)]
use crate::support::{lines_of, signal};

const KEY: (&str, &str) = ("POLYAI_API_KEY", "MARKER-KEY");

fn served() -> Served {
    Served::new(Dataset::generate(3, 60))
}

const EXPORT: [&str; 5] = ["export", "-o", "out.jsonl", "--page-size", "10"];

/// Returns the address of a port that nothing listens on.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn busy(status: u16) -> Rule {
    let refusal = Refusal::new(status).with_retry_after(RetryAfter::Seconds(0));
    Rule::new(refusal)
}

#[test]
fn each_kind_of_failure_is_reported_once_with_what_is_retried_and_until_when() {
    let (served, folder) = (served(), Folder::new());
    served.goes_wrong(busy(503).from_request(2).times(3));
    let done = served.run(&folder, &EXPORT).succeeds();
    let warnings: Vec<_> = done
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning"))
        .collect();
    let [warning] = warnings[..] else {
        panic!("{}", done.stderr)
    };
    for part in [
        "the server failed",
        "(HTTP 503) at 127.0.0.1:",
        "project ",
        "retrying in ",
        "until 20",
        " UTC",
    ] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    served.goes_wrong(busy(503).from_request(2).times(2));
    let quiet = [&EXPORT[..], &["--quiet"]].concat();
    served.run(&folder, &quiet).succeeds().says_nothing();
}

#[test]
fn a_failure_is_reported_while_it_is_retried_and_not_after() {
    let (served, folder) = (served(), Folder::new());
    served.goes_wrong(busy(503));
    let mut command = served.command(&folder, &[&EXPORT[..], &["--retry-timeout", "1h"]].concat());
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it still retries");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.starts_with("warning: the server failed"), "{first}");
}

#[test]
fn a_host_that_nobody_listens_at_is_not_waited_for() {
    let (folder, url) = (Folder::new(), format!("http://{}", free_port()));
    let patient = export_from(&url).map(|argument| if argument == "0s" { "15m" } else { argument });
    let began = Instant::now();
    folder
        .run_with(&patient, &[KEY])
        .fails(6, "the connection was refused");
    assert!(began.elapsed() < Duration::from_secs(30));
}

/// Serves these bytes for each request.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    address
}

/// Exports through a proxy from a host that does not exist, so every reported error is from the proxy.
fn through(proxy: &str, more: &[(&str, &str)]) -> Run {
    let folder = Folder::new();
    let arguments = export_from("https://api.example")
        .map(|argument| if argument == "0s" { "15m" } else { argument });
    let variables = [&[KEY, ("HTTPS_PROXY", proxy)], more].concat();
    folder.run_with(&arguments, &variables)
}

#[test]
fn a_proxy_that_fails_is_named_and_its_password_is_not() {
    let gone = free_port();
    let refusing = answering(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    let asking = answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    for (proxy, says) in [
        (
            &gone,
            "the connection to the proxy http://PROXY was refused",
        ),
        (
            &refusing,
            "the proxy http://PROXY did not connect to api.example",
        ),
        (
            &asking,
            "the proxy http://PROXY requires a login, or another one (HTTP 407)",
        ),
    ] {
        let failed = through(&format!("http://somebody:MARKER-PASSWORD@{proxy}"), &[]);
        failed.fails(6, &says.replace("PROXY", proxy));
        assert!(!failed.stderr.contains("MARKER"), "{}", failed.stderr);
    }
    let folder = Folder::new();
    let arguments = export_from("https://api.example");
    let of_all = [KEY, ("ALL_PROXY", &gone)];
    let failed = folder.run_with(&arguments, &of_all);
    failed.fails(
        6,
        &format!("the connection to the proxy http://{gone} was refused"),
    );
}

#[test]
fn a_variable_that_names_no_proxy_is_refused_without_showing_it() {
    for value in ["ftp://MARKER:MARKER@proxy", "http://"] {
        let failed = through(value, &[]);
        failed.fails(2, "HTTPS_PROXY does not hold the URL of a proxy");
        assert!(!failed.stderr.contains("MARKER"), "{}", failed.stderr);
    }
}

#[test]
#[cfg(not(target_os = "macos"))]
fn a_file_of_certificates_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    folder.write("empty.pem", "");
    for (file, says) in [
        ("missing.pem", "missing.pem, which cannot be read"),
        ("empty.pem", "empty.pem, which has no certificate in it"),
    ] {
        let variables = [KEY, ("SSL_CERT_FILE", file)];
        let run = folder.run_with(&export_from("https://api.example"), &variables);
        run.fails(2, &format!("SSL_CERT_FILE names {says}"));
    }
}

#[test]
fn a_log_has_each_request_but_neither_the_key_nor_the_search_text_nor_transcripts() {
    let (served, folder) = (served(), Folder::new());
    served.goes_wrong(busy(503).on_request(1));
    let search = [
        "search",
        "MARKER-TEXT",
        "--start",
        "2026-04-01",
        "--end",
        "2026-05-01",
    ];
    let logged = [&search[..], &["--log-file", "log.txt", "-v"]].concat();
    let done = served.run(&folder, &logged).succeeds();
    let log = folder.read("log.txt");
    for part in [
        "retrying",
        "http.response.status_code=503",
        "http.response.status_code=200",
        "server.address=\"127.0.0.1\" server.port=",
        "conversations.attempt=2",
    ] {
        assert!(log.contains(part), "{part}: {log}");
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    for text in [&log, &done.stderr] {
        assert!(
            !text.contains("MARKER") && !text.contains(served.emulator.api_key()),
            "{text}"
        );
    }
    let before = log.lines().count();
    served.recovers();
    served
        .run(&folder, &["list", "--log-file", "log.txt"])
        .succeeds();
    assert!(
        folder.read("log.txt").lines().count() > before,
        "it is appended to"
    );
    served
        .run(&folder, &["list", "--log-file", "no/such/folder/log.txt"])
        .fails(7, "cannot write no/such/folder/log.txt");
}

#[test]
fn the_words_of_the_server_are_shown_for_a_request_that_it_rejects() {
    let body = b"HTTP/1.1 402 Payment Required\r\ncontent-length: 48\r\n\r\n{\"error_message\":\"Quota of workspace exhausted\"}";
    let url = format!("http://{}", answering(body));
    let failed = Folder::new().run_with(&export_from(&url), &[KEY]);
    failed.fails(2, "\"Quota of workspace exhausted\" (HTTP 402)");
    let search = [
        "search",
        "MARKER",
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
        "--base-url",
        &url,
        "--account",
        "A",
        "--project",
        "P",
    ];
    let failed = Folder::new().run_with(&search, &[KEY]);
    failed.fails(2, "may repeat the search text");
}

#[test]
fn one_of_anything_is_one() {
    let folder = Folder::new();
    folder.write(
        "one.jsonl",
        "{\"id\":\"a\",\"started_at\":\"2026-04-01T09:00:00Z\"}\n",
    );
    let stats = folder.run(&["stats", "--from", "one.jsonl"]).succeeds();
    assert!(
        stats.stdout.starts_with("1 conversation; "),
        "{}",
        stats.stdout
    );
}

#[test]
fn an_expired_cursor_rejected_with_404_restarts_the_export() {
    let (served, whole, folder) = (served(), Folder::new(), Folder::new());
    served.run(&whole, &EXPORT).succeeds();
    served.goes_wrong(Rule::new(Fault::status(401)).from_request(4));
    served.run(&folder, &EXPORT).fails(4, "to resume");
    let kept = folder.files();
    // The project does not exist: keep what has been fetched.
    served.goes_wrong(Rule::new(Fault::status(404)));
    served.run(&folder, &EXPORT).fails(5, "HTTP 404");
    assert_eq!(folder.files(), kept);
    // The cursor has expired.
    served.goes_wrong(Rule::new(Fault::status(404)).once());
    let done = served.run(&folder, &EXPORT).succeeds();
    let words = "warning: cannot resume the previous run (";
    assert!(done.stderr.contains(words), "{}", done.stderr);
    assert!(folder.read("out.jsonl") == whole.read("out.jsonl"));
    assert_eq!(folder.files(), ["out.jsonl"]);
}

#[cfg(unix)]
#[test]
fn time_in_which_the_program_is_stopped_is_no_time_of_an_outage() {
    let (served, folder) = (served(), Folder::new());
    let refusal = Refusal::new(429).with_retry_after(RetryAfter::Seconds(1));
    served.goes_wrong(Rule::new(refusal).times(2));
    let arguments = [&EXPORT[..], &["--retry-timeout", "4s"]].concat();
    let mut child = served.spawn(&folder, &arguments);
    while served.emulator.journal().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "STOP");
    // Longer than the time limit, which the second response would be after.
    thread::sleep(Duration::from_secs(6));
    signal(&child, "CONT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(lines_of(&folder.path("out.jsonl")).len(), 48);
}
