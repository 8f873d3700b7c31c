//! The admin endpoints.

use std::time::SystemTime;

use conversations_emulator::{ChaosProxy, Clock, Emulator};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{get, page_ids, sample};

async fn with_admin() -> Emulator {
    let builder = Emulator::builder()
        .data(sample())
        .clock(Clock::at(SystemTime::UNIX_EPOCH))
        .admin(true);
    builder.start().await.unwrap()
}

async fn send(
    base: &str,
    method: Method,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let request = Client::new().request(method, format!("{base}/_emulator/{path}"));
    let response = request.body(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn ask(emulator: &Emulator, method: Method, path: &str, body: &str) -> Value {
    let (status, response) = send(emulator.base_url(), method, path, body.to_owned()).await;
    assert_eq!(status, 200, "{path}: {response}");
    response
}

#[tokio::test]
async fn admin_endpoints_are_off_by_default_and_not_api_paths() {
    let emulator = Emulator::builder().data(sample()).start().await.unwrap();
    let (status, body) = send(emulator.base_url(), Method::GET, "health", "").await;
    assert_eq!(
        (status, &body["error_code"]),
        (404, &json!("ROUTE_NOT_FOUND"))
    );
    assert_eq!(emulator.journal().len(), 1);

    let emulator = with_admin().await;
    let health = ask(&emulator, Method::GET, "health", "").await;
    assert_eq!(
        health,
        json!({"status": "ready", "records": 120, "requests": 0, "now": "1970-01-01T00:00:00Z"})
    );
    assert!(emulator.journal().is_empty());
}

#[tokio::test]
async fn plans_are_added_chosen_reported_and_removed() {
    let emulator = with_admin().await;
    let plan = r#"{"seed": 0, "rules": [{"id": "busy", "fault": {"status": {"code": 503, "body": "empty"}}, "times": 1},
        {"id": "never", "when": {"request": {"nth": 9}}, "fault": {"reset": {}}}]}"#;
    let plans = ask(&emulator, Method::PUT, "plans/default", plan).await;
    assert_eq!(plans, json!({"plans": ["default"]}));
    assert_eq!(get(&emulator, "v3", "limit=1").await.status(), 503);
    let faults = ask(&emulator, Method::GET, "faults?plan=default", "").await;
    assert_eq!(faults["triggered"][0]["rule"], "busy");
    assert_eq!(faults["triggered"][0]["request"], 1);
    assert_eq!(
        faults["untriggered"],
        json!([
            "rule never was not triggered; the closest request was 1, but it was request 1, not number 9"
        ])
    );
    let read = ask(&emulator, Method::GET, "plans/default", "").await;
    assert_eq!(read, serde_json::from_str::<Value>(plan).unwrap());
    let cleared = ask(&emulator, Method::DELETE, "faults", "").await;
    assert_eq!(cleared["triggered"], json!([]));
    let plans = ask(&emulator, Method::DELETE, "plans/default", "").await;
    assert_eq!(plans, json!({"plans": []}));

    let (status, refused) =
        send(emulator.base_url(), Method::PUT, "plans/x", "{\"rule\":[]}").await;
    assert_eq!(status, 400);
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("unknown field `rule`")
    );
}

#[tokio::test]
async fn the_journal_can_be_read_by_plan_and_cleared() {
    let emulator = with_admin().await;
    get(&emulator, "v3", "limit=1&channel=a%20b").await;
    let journal = ask(&emulator, Method::GET, "journal", "").await;
    assert_eq!(
        journal["requests"],
        json!([{
            "at": "1970-01-01T00:00:00Z", "method": "GET", "status": 200,
            "path": "/v3/ws-demo/PROJECT-DEMO/conversations",
            "query": [["limit", "1"], ["channel", "a b"]], "plan": null, "faults": [],
        }])
    );
    let none = ask(&emulator, Method::GET, "journal?plan=mine", "").await;
    assert_eq!(none["requests"], json!([]));
    ask(&emulator, Method::DELETE, "journal", "").await;
    assert!(emulator.journal().is_empty());
}

#[tokio::test]
async fn records_are_put_read_changed_finished_redacted_and_removed() {
    let emulator = with_admin().await;
    let lines = concat!(
        r#"{"id":"CA-1","started_at":"2026-04-01T00:00:00Z","in_progress":true,"from_number":"+1"}"#,
        "\n\n",
        r#"{"id":"CA 2","started_at":"2026-04-01T00:00:01Z"}"#
    );
    assert_eq!(
        ask(&emulator, Method::PUT, "records", lines).await,
        json!({"put": 2})
    );
    assert_eq!(page_ids(&emulator, "v3", "limit=2").await, ["CA-1", "CA 2"]);
    let changed = ask(
        &emulator,
        Method::PATCH,
        "records/CA%202",
        r#"{"num_turns":3}"#,
    )
    .await;
    assert_eq!(changed["num_turns"], 3);
    assert_eq!(
        changed,
        ask(&emulator, Method::GET, "records/CA%202", "").await
    );
    let finished = ask(&emulator, Method::POST, "records/CA-1/finish", "").await;
    assert_eq!(finished["in_progress"], false);
    let redacted = ask(&emulator, Method::POST, "records/CA-1/redact", "").await;
    assert_eq!(redacted["from_number"], "[redacted]");
    ask(&emulator, Method::DELETE, "records/CA-1", "").await;
    assert_eq!(page_ids(&emulator, "v3", "limit=1").await, ["CA 2"]);
    let health = ask(&emulator, Method::POST, "reset", "").await;
    assert_eq!(health["records"], 120);
    let health = ask(
        &emulator,
        Method::POST,
        "reseed",
        r#"{"seed":1,"records":7}"#,
    )
    .await;
    assert_eq!(health["records"], 7);
    assert_eq!(emulator.current_data().len(), 7);
}

#[tokio::test]
async fn the_clock_is_moved() {
    let emulator = with_admin().await;
    let moved = ask(&emulator, Method::POST, "clock", r#"{"advance":"1h 30m"}"#).await;
    assert_eq!(
        moved,
        json!({"now": "1970-01-01T01:30:00Z", "virtual": true})
    );
    assert_eq!(moved, ask(&emulator, Method::GET, "clock", "").await);
}

/// A time that cannot be written, or not even added, failed every later request.
#[tokio::test]
async fn the_clock_is_not_moved_past_the_year_9999() {
    let emulator = with_admin().await;
    for years in ["8100y", "300000y", "500000000000y"] {
        let body = format!(r#"{{"advance":"{years}"}}"#);
        let (status, refused) = send(emulator.base_url(), Method::POST, "clock", body).await;
        assert_eq!(
            (status, &refused["error"]),
            (400, &json!("advance leads past the year 9999")),
            "{years}"
        );
    }
    emulator.clock().advance(std::time::Duration::MAX);
    let now = ask(&emulator, Method::GET, "clock", "").await;
    assert_eq!(now["now"], "9999-12-31T23:59:59Z");
}

#[tokio::test]
async fn failed_admin_requests_report_the_reason() {
    let emulator = with_admin().await;
    for (method, path, body, status, error) in [
        (Method::GET, "nothing", "", 404, "no such admin endpoint"),
        (
            Method::PUT,
            "health",
            "",
            405,
            "this admin endpoint does not support the method",
        ),
        (
            Method::PUT,
            "records/a/b",
            "",
            404,
            "no such admin endpoint",
        ),
        (Method::GET, "plans/x", "", 404, "no plan is named `x`"),
        (
            Method::GET,
            "records/x",
            "",
            404,
            "no conversation has the id \"x\"",
        ),
        (
            Method::DELETE,
            "records/x",
            "",
            404,
            "no conversation has the id \"x\"",
        ),
        (
            Method::POST,
            "clock",
            r#"{"advance":"soon"}"#,
            400,
            "advance is not a duration: ",
        ),
        (
            Method::POST,
            "reseed",
            r#"{"seed":1}"#,
            400,
            "the body: missing field `records`",
        ),
        (
            Method::PUT,
            "records",
            "[]",
            400,
            "the record is not a JSON object",
        ),
    ] {
        let (found, response) = send(emulator.base_url(), method, path, body).await;
        let text = response["error"].as_str().unwrap();
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.starts_with(error), "{path}: {text}");
    }
    let request = Client::new().get(format!("{}/_emulator/health", emulator.base_url()));
    let response = request
        .header("origin", "http://example.com")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_proxy_has_the_admin_endpoints_that_need_no_conversations() {
    let emulator = with_admin().await;
    let builder = ChaosProxy::builder()
        .upstream(emulator.base_url())
        .admin(true);
    let proxy = builder.start().await.unwrap();
    let (status, health) = send(proxy.base_url(), Method::GET, "health", "").await;
    assert_eq!((status, health.get("records")), (200, None));
    let (status, _) = send(proxy.base_url(), Method::POST, "reset", "").await;
    assert_eq!(status, 404);
    let (status, refused) = send(proxy.base_url(), Method::GET, "records/x", "").await;
    assert_eq!(
        (status, &refused["error"]),
        (404, &json!("a proxy has no conversations of its own"))
    );
}

#[tokio::test]
async fn a_web_page_that_rebinds_its_name_to_loopback_reaches_nothing() {
    let emulator = with_admin().await;
    for path in [
        "_emulator/health",
        "_emulator/journal",
        "v3/a/b/conversations",
    ] {
        for host in [
            "rebound.example",
            "localhost.rebound.example:80",
            "10.0.0.1",
        ] {
            let url = format!("{}/{path}", emulator.base_url());
            let request = Client::new().get(url).header("host", host);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 421, "{path} at {host}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error_code"], "HOST_NOT_LOOPBACK");
        }
        for host in ["localhost", "127.0.0.1:1", "[::1]:80"] {
            let url = format!("{}/{path}", emulator.base_url());
            let request = Client::new().get(url).header("host", host);
            assert_ne!(
                request.send().await.unwrap().status(),
                421,
                "{path} at {host}"
            );
        }
    }
    assert!(
        emulator
            .journal()
            .iter()
            .all(|entry| entry.header("host") != Some("rebound.example")),
        "a rejected request is not one to the API"
    );
}
