//! `emulator`: its output, its responses and the arguments it rejects.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{self, Folder};

/// Runs `conversations emulator` with `arguments` while `job` uses it, then interrupts it.
fn with_emulator<T>(folder: &Folder, arguments: &[&str], job: impl FnOnce(&Value) -> T) -> T {
    let mut child = folder
        .command(&[&["emulator"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let done = job(&serde_json::from_str(&line).unwrap());
    support::end(&mut child);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "standard output has only this line");
    done
}

fn exported(folder: &Folder, ready: &Value) -> Vec<Value> {
    let variables = ["base_url", "api_key", "account_id", "project_id"].map(|name| {
        (
            format!("POLYAI_{}", name.to_uppercase()),
            ready[name].as_str().unwrap(),
        )
    });
    let variables = variables
        .each_ref()
        .map(|(name, value)| (name.as_str(), *value));
    let export = ["export", "-o", "-", "--client-env", "all"];
    let done = folder.run_with(&export, &variables).succeeds();
    let lines = done.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_emulator_prints_one_line_of_json_and_serves_until_it_is_interrupted() {
    let folder = Folder::new();
    let record = r#"{"id":"CA1","account_id":"A","project_id":"P","environment":"live","started_at":"2026-04-01T00:00:00Z","channel":"SMS","in_progress":false}"#;
    folder.write("data.jsonl", record);
    let arguments = ["--data", "data.jsonl", "--key", "k"];
    with_emulator(&folder, &arguments, |ready| {
        assert_eq!(ready["records"], 1);
        assert_eq!(ready["api_key"], "k");
        let source: Value = serde_json::from_str(record).unwrap();
        assert_eq!(exported(&folder, ready), [source]);
    });
}

#[test]
fn the_flags_of_the_emulator_change_what_it_serves() {
    let folder = Folder::new();
    let served = |more: &[&str]| {
        let arguments = [&["--seed", "11", "--records", "40"], more].concat();
        with_emulator(&folder, &arguments, |ready| exported(&folder, ready))
    };
    let plain = served(&[]);
    assert_eq!(plain.len(), 40);
    assert_ne!(
        plain,
        with_emulator(&folder, &["--records", "40"], |r| exported(&folder, r))
    );
    assert!(plain.iter().any(|c| c["turns"] != Value::Array(vec![])));
    let hidden = served(&["--no-transcripts"]);
    assert!(hidden.iter().all(|c| c["turns"] == Value::Array(vec![])));
    let published = served(&["--as-published"]);
    let utc = |c: &Value| c["started_at"].as_str().unwrap().ends_with('Z');
    assert!(!plain.iter().all(utc) && published.iter().all(utc));
    let first = |records: &[Value]| records[0]["started_at"].as_str().unwrap().to_owned();
    assert!(first(&served(&["--descending"])) > first(&plain));
}

/// Sends one request without an HTTP library, for tests that inspect single responses.
fn ask(base_url: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let address = base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const PLAN: &str = r#"{"rules":[{"id":"busy","fault":{"status":{"code":503}},"times":1}]}"#;

#[test]
fn fault_plans_keys_and_the_clock_come_from_the_command_line() {
    let folder = Folder::new();
    folder.write("plan.json", PLAN);
    let arguments = [
        "--records",
        "3",
        "--key",
        "new",
        "--legacy-key",
        "old",
        "--fault",
        "plan.json",
        "--fault",
        "other=plan.json",
        "--clock",
        "2026-04-01T09:00:00Z",
        "--transitions",
        "1",
    ];
    with_emulator(&folder, &arguments, |ready| {
        assert_eq!(
            (&ready["api_key"], &ready["legacy_api_key"]),
            (&"new".into(), &"old".into())
        );
        let base_url = ready["base_url"].as_str().unwrap();
        let get = |path: &str, headers: &str| ask(base_url, "GET", path, headers, "");
        let page = "/v1/ws-demo/PROJECT-DEMO/conversations";
        assert!(get(page, "x-api-key: old\r\n").starts_with("HTTP/1.1 503"));
        assert!(get(page, "x-api-key: old\r\n").starts_with("HTTP/1.1 200"));
        assert!(get(page, "x-emulator-plan: other\r\n").starts_with("HTTP/1.1 503"));
        let health = get("/_emulator/health", "");
        assert!(health.contains("2026-04-01T09:00:00Z"), "{health}");
        assert_eq!(ready["admin_url"], format!("{base_url}/_emulator"));
    });
    with_emulator(&folder, &["--records", "1", "--no-admin"], |ready| {
        assert_eq!(ready.get("admin_url"), None);
        let base_url = ready["base_url"].as_str().unwrap();
        assert!(ask(base_url, "GET", "/_emulator/health", "", "").starts_with("HTTP/1.1 404"));
    });
}

#[test]
fn a_plan_or_a_clock_that_makes_no_sense_is_refused_with_the_place() {
    let folder = Folder::new();
    folder.write(
        "plan.json",
        r#"{"rules":[{"fault":{"status":{"code":50}}}]}"#,
    );
    folder
        .run(&["emulator", "--fault", "plan.json"])
        .fails(2, "rules[0].fault.status.code is 50");
    folder
        .run(&["emulator", "--fault", "none.json"])
        .fails(2, "cannot read the fault plan none.json");
    folder
        .run(&["emulator", "--clock", "noon"])
        .fails(2, "2026-04-01T09:00:00Z");
}

#[test]
fn the_proxy_forwards_and_meets_its_plan() {
    let folder = Folder::new();
    folder.write("plan.json", PLAN);
    with_emulator(&folder, &["--records", "3"], |ready| {
        let upstream = ready["base_url"].as_str().unwrap();
        let proxy = ["proxy", "--upstream", upstream, "--fault", "plan.json"];
        with_emulator(&folder, &proxy, |ready| {
            assert_eq!(ready["upstream"], upstream);
            let base_url = ready["base_url"].as_str().unwrap();
            let page = "/v3/ws-demo/PROJECT-DEMO/conversations";
            let get = || ask(base_url, "GET", page, "x-api-key: emulator-key\r\n", "");
            assert!(get().starts_with("HTTP/1.1 503"));
            assert!(get().contains("\"conversations\":["));
            let faults = ask(base_url, "GET", "/_emulator/faults", "", "");
            assert!(faults.contains("\"untriggered\":[]"), "{faults}");
        });
    });
    folder
        .run(&["emulator", "proxy", "--upstream", "https://example.com"])
        .fails(2, "https is not forwarded");
}

#[test]
fn the_schema_of_fault_plans_is_printed() {
    let folder = Folder::new();
    let schema = folder.run(&["emulator", "schema"]).succeeds().stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["title"], "FaultPlan");
}

#[test]
fn the_example_in_python_tests_an_integration() {
    let guide = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../conversations-emulator/docs/test-your-integration.md"
    );
    let guide = std::fs::read_to_string(guide).unwrap();
    let example = guide.split("```python\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    assert!(
        example.lines().count() < 30,
        "the page promises a short one"
    );
    let folder = Folder::new();
    folder.write("example.py", example);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_conversations"));
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::iter::once(program.parent().unwrap().to_owned());
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
    let done = std::process::Command::new("python3")
        .arg(folder.path("example.py"))
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

#[test]
fn a_key_that_no_client_can_send_is_refused() {
    let folder = Folder::new();
    let refused = folder.run(&["emulator", "--key", "a b"]);
    refused.fails(2, "--key: the API key cannot be used");
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

/// Returns the first line of standard error and the only line of standard output of a proxy.
fn proxy_to(folder: &Folder, upstream: &str) -> (String, String) {
    let mut child = folder
        .command(&["emulator", "proxy", "--upstream", upstream])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut ready, mut first) = (String::new(), String::new());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut ready).unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut first).unwrap();
    support::end(&mut child);
    (first, ready)
}

#[test]
fn a_proxy_warns_of_plain_http_to_another_machine() {
    let folder = Folder::new();
    let (far, _) = proxy_to(&folder, "http://192.0.2.1:80");
    assert!(
        far.starts_with("warning: ") && far.contains("unencrypted"),
        "{far}"
    );
    let (near, ready) = proxy_to(&folder, "http://127.0.0.1:9");
    assert!(near.starts_with("Forwarding "), "{near}");
    assert!(ready.contains("http://127.0.0.1:9"), "{ready}");
}

#[test]
fn a_password_in_the_upstream_of_a_proxy_is_rejected_and_not_printed() {
    let folder = Folder::new();
    let upstream = "http://bob:hunter2@127.0.0.1:9";
    let failed = folder.run(&["emulator", "proxy", "--upstream", upstream]);
    failed.fails(2, "a user name or a password");
    assert!(!failed.stderr.contains("hunter2"), "{}", failed.stderr);
}

#[test]
fn admin_paths_are_not_for_web_pages_by_names_of_their_own() {
    let folder = Folder::new();
    with_emulator(&folder, &["--records", "1"], |ready| {
        let address = ready["base_url"].as_str().unwrap();
        let address = address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head =
            "GET /_emulator/health HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    });
}
