//! Keys, paths and methods, and the order of checks.

use conversations_emulator::{Emulator, ServerBehavior};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::support::{VERSIONS, get, sample, send, start, url};

async fn two_keys() -> Emulator {
    let builder = Emulator::builder()
        .data(sample())
        .api_key("new-key")
        .legacy_api_key("old-key");
    builder.start().await.unwrap()
}

async fn status_and_code(
    path_and_query: &str,
    key: Option<&str>,
    emulator: &Emulator,
) -> (u16, String) {
    let mut request = Client::new().get(format!("{}{path_and_query}", emulator.base_url()));
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["error_code"].as_str().unwrap_or_default().into(),
    )
}

#[tokio::test]
async fn each_version_accepts_its_own_key_alone() {
    let emulator = two_keys().await;
    for (version, right, wrong) in [
        ("v1", "old-key", "new-key"),
        ("v2", "old-key", "new-key"),
        ("v3", "new-key", "old-key"),
    ] {
        let path = format!("/{version}/ws-demo/PROJECT-DEMO/conversations");
        assert_eq!(
            status_and_code(&path, Some(right), &emulator).await.0,
            200,
            "{version}"
        );
        for key in [Some(wrong), Some(""), Some("new-key old-key"), None] {
            let outcome = status_and_code(&path, key, &emulator).await;
            assert_eq!(
                outcome,
                (401, "AUTH_USER_INVALID_TOKEN".into()),
                "{version} {key:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_with_white_space_is_rejected_even_if_configured() {
    let emulator = Emulator::builder()
        .data(sample())
        .api_key("two words")
        .start()
        .await
        .unwrap();
    let response = get(&emulator, "v3", "").await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert!(
        body["error_message"]
            .as_str()
            .unwrap()
            .contains("white space"),
        "{body}"
    );
}

#[tokio::test]
async fn a_key_sent_twice_is_rejected() {
    let emulator = two_keys().await;
    let request = Client::new().get(url(&emulator, "v3", ""));
    let response = request
        .header("x-api-key", "new-key")
        .header("x-api-key", "new-key")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn without_a_legacy_key_all_versions_share_one() {
    let emulator = Emulator::builder().data(sample()).start().await.unwrap();
    assert_eq!(emulator.api_key(), emulator.legacy_api_key());
    for version in VERSIONS {
        assert_eq!(get(&emulator, version, "").await.status(), 200);
    }
}

#[tokio::test]
async fn checks_run_in_the_documented_order() {
    let emulator = two_keys().await;
    let key = Some("new-key");
    for (path, key, expected) in [
        (
            "/v4/nobody/nothing/conversations?limit=x",
            None,
            (404, "ROUTE_NOT_FOUND"),
        ),
        (
            "/v3/nobody/nothing/conversations?limit=x",
            None,
            (401, "AUTH_USER_INVALID_TOKEN"),
        ),
        (
            "/v3/nobody/nothing/conversations?limit=x",
            key,
            (404, "ACCOUNT_NOT_FOUND"),
        ),
        (
            "/v3/ws-demo/nothing/conversations?limit=x",
            key,
            (404, "PROJECT_NOT_FOUND"),
        ),
        (
            "/v3/ws-demo/PROJECT-DEMO/conversations?limit=x",
            key,
            (400, "GET_CONVERSATIONS_FILTER_PARSE_ERROR"),
        ),
    ] {
        let (status, code) = status_and_code(path, key, &emulator).await;
        assert_eq!((status, code.as_str()), expected, "{path}");
    }
}

#[tokio::test]
async fn paths_the_api_does_not_have_are_not_found() {
    let emulator = two_keys().await;
    for path in [
        "/",
        "/v3",
        "/v3/ws-demo/PROJECT-DEMO",
        "/v3/ws-demo/PROJECT-DEMO/conversations/",
        "//v3/ws-demo/PROJECT-DEMO/conversations",
    ] {
        assert_eq!(
            status_and_code(path, Some("new-key"), &emulator).await,
            (404, "ROUTE_NOT_FOUND".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn ids_in_the_path_are_percent_decoded() {
    let emulator = two_keys().await;
    let path = "/v3/ws%2Ddemo/PROJECT%2DDEMO/conversations";
    assert_eq!(
        status_and_code(path, Some("new-key"), &emulator).await.0,
        200
    );
}

#[tokio::test]
async fn other_methods_get_the_allowed_ones() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let response = send(&emulator, method.clone(), "v3", "").await;
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
        assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    }
}

#[tokio::test]
async fn options_names_the_methods_without_a_key() {
    let emulator = two_keys().await;
    let ask = |path: &'static str| {
        let url = format!("{}{path}", emulator.base_url());
        Client::new().request(Method::OPTIONS, url).send()
    };
    let response = ask("/v3/ws-demo/PROJECT-DEMO/conversations").await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    assert!(response.bytes().await.unwrap().is_empty());
    assert_eq!(ask("/v4/a/b/conversations").await.unwrap().status(), 404);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    for (query, status) in [("limit=3", 200), ("limit=0", 400)] {
        let got = get(&emulator, "v3", query).await;
        let head = send(&emulator, Method::HEAD, "v3", query).await;
        assert_eq!(
            (got.status().as_u16(), head.status().as_u16()),
            (status, status)
        );
        for name in ["content-type", "content-length"] {
            assert_eq!(got.headers()[name], head.headers()[name], "{name}");
        }
        assert!(head.bytes().await.unwrap().is_empty());
    }
}
