//! An API key that is given as another value by mistake is in no output.

use crate::support::{Folder, Run, listen, read_head};
use std::io::Write as _;
use std::thread;

const KEY: &str = "c0ffee00-1111-4222-8333-444455556666";

/// Sends this response to every request until the tests end.
fn serve(response: String) -> String {
    let (listener, url) = listen();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            read_head(&mut stream);
            // The client may have closed the connection.
            let _ = stream.write_all(response.as_bytes());
        }
    });
    url
}

fn run(folder: &Folder, url: &str, key: &str, arguments: &[&str]) -> Run {
    let settings = [
        ("POLYAI_API_KEY", key),
        ("POLYAI_BASE_URL", url),
        ("POLYAI_AGENTS_BASE_URL", url),
        ("POLYAI_ACCOUNT_ID", "A"),
        ("POLYAI_PROJECT_ID", "P"),
    ];
    folder.run_with(arguments, &settings)
}

#[test]
fn no_line_of_a_log_has_the_key() {
    let page = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: http://{KEY}.example/\r\ncontent-length: 0\r\n\r\n"
    );
    let malformed = format!(
        r#"{{"conversations":[{{"id":"{KEY}","started_at":"x","total_duration":{{}}}},{{"no":"{KEY}"}}],"cursor":null}}"#
    );
    let empty = page(r#"{"conversations":[],"cursor":null}"#);
    let mut filtered = 0;
    for (response, arguments) in [
        (&redirect, &["list"][..]),
        (&redirect, &["doctor"]),
        (&page(&malformed), &["doctor"]),
        (&page(r#"{"a":1}"#), &["show", KEY]),
        (&empty, &["list", "--account", KEY]),
        (&empty, &["list", "--project", KEY]),
    ] {
        let folder = Folder::new();
        let url = serve(response.clone());
        let logged = ["-v", "--log-file", "log.txt"];
        let done = run(&folder, &url, KEY, &[arguments, &logged].concat());
        let log = folder.read("log.txt");
        assert!(
            log.contains("http.response.status_code"),
            "{arguments:?}: {log}"
        );
        for text in [&log, &done.stderr, &done.stdout] {
            assert!(!text.contains(KEY), "{arguments:?}: {text}");
        }
        filtered += usize::from(log.contains("<API key>"));
    }
    assert!(filtered >= 3, "{filtered}");
}

#[test]
fn no_message_about_the_command_line_repeats_the_key() {
    let folder = Folder::new();
    let project = format!(
        "[[project]]\naccount=\"a\"\nproject=\"p\"\nregion=\"us-1\"\nkey_variable=\"{KEY}\"\n"
    );
    folder.write("projects.toml", &project);
    folder.write("key", KEY);
    let path = format!("https://127.0.0.1:1/{KEY}");
    let flag = format!("--{KEY}");
    for arguments in [
        &["list", "--region", KEY][..],
        &["list", "--client-env", KEY],
        &["list", "--limit", KEY],
        &["list", "--format", KEY],
        &["list", "--api-version", KEY],
        &["list", "--retry-timeout", KEY],
        &["list", "--page-size", KEY],
        &["list", "--projects", KEY],
        &["list", "--parallel", KEY],
        &["list", "--max-requests-per-minute", KEY],
        &["list", "--in-progress", KEY],
        &["list", "--start", KEY],
        &["list", KEY],
        &["list", &flag],
        &["list", "--base-url", &path],
        &["list", "--projects", "projects.toml"],
        &["stats", "--from", KEY],
        &[KEY],
    ] {
        let in_file = [arguments, &["--api-key-file", "key"]].concat();
        let joined = [arguments, &["--api-key-file=key"]].concat();
        let runs = [
            run(&folder, "http://127.0.0.1:1", KEY, arguments),
            folder.run(&in_file),
            folder.run(&joined),
        ];
        for run in runs {
            run.exits(2);
            assert!(!run.stderr.contains(KEY), "{arguments:?}: {}", run.stderr);
        }
    }
    folder.write(".env", &format!("POLYAI_API_KEY={KEY}\n"));
    let run = folder.run(&["list", "--region", KEY]);
    run.fails(2, "invalid value '<API key>' for '--region <REGION>'");
    // A log file with the name of the key cannot be told from any other, but a message does not repeat it.
    let run = folder.run(&["list", "--log-file", &format!("none/{KEY}")]);
    run.fails(7, "cannot write none/<API key>");
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_is_reported_once() {
    let folder = Folder::new();
    let body = r#"{"conversations":[],"cursor":null}"#;
    let url = serve(format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let environments = ["list", "--client-env", "all", "--log-file", "/dev/full"];
    let done = run(&folder, &url, "k", &environments).succeeds();
    let warning = "warning: the log is incomplete: cannot write /dev/full: No space left";
    assert_eq!(done.stderr.matches(warning).count(), 1, "{}", done.stderr);
}
