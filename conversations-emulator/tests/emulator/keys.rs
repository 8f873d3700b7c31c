//! Keys restricted to versions, regions, projects and permissions.

use conversations_emulator::{Dataset, Emulator, EmulatorBuilder, Key};
use reqwest::Client;
use serde_json::Value;

const TWO_PROJECTS: &[u8] =
    br#"{"id":"CA1","account_id":"acme","project_id":"desk","started_at":"2026-04-01"}
{"id":"CA2","account_id":"acme","project_id":"shop","started_at":"2026-04-01"}"#;

async fn with(keys: impl IntoIterator<Item = Key>) -> Emulator {
    let builder = Emulator::builder()
        .data(Dataset::from_jsonl(TWO_PROJECTS).unwrap())
        .region("uk-1")
        .api_key("main")
        .legacy_api_key("older");
    let builder = keys.into_iter().fold(builder, EmulatorBuilder::key);
    builder.start().await.unwrap()
}

async fn response(emulator: &Emulator, path: &str, key: &str) -> (u16, String) {
    let url = format!("{}/{path}/conversations", emulator.base_url());
    let request = Client::new().get(url).header("x-api-key", key);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["error_code"].as_str().unwrap_or_default().into(),
    )
}

const INVALID: &str = "AUTH_USER_INVALID_TOKEN";
const FORBIDDEN: &str = "USER_ACCESS_FORBIDDEN";

#[tokio::test]
async fn v3_keys_and_legacy_keys_do_not_work_on_each_others_versions() {
    let emulator = with([Key::v3("three"), Key::legacy("two")]).await;
    for (version, key, status) in [
        ("v1", "three", 401),
        ("v2", "three", 401),
        ("v3", "three", 200),
        ("v1", "two", 200),
        ("v2", "two", 200),
        ("v3", "two", 401),
    ] {
        let (found, _) = response(&emulator, &format!("{version}/acme/desk"), key).await;
        assert_eq!(found, status, "{version} {key}");
    }
}

#[tokio::test]
async fn a_key_of_one_project_is_forbidden_in_another() {
    let emulator = with([
        Key::v3("desk-key").project("acme", "desk"),
        Key::legacy("old-desk-key").project("acme", "desk"),
        Key::v3("shop-key").project("acme", "shop"),
    ])
    .await;
    for (path, key, expected) in [
        ("v3/acme/desk", "desk-key", (200, "")),
        ("v3/acme/shop", "desk-key", (403, FORBIDDEN)),
        ("v3/acme/shop", "shop-key", (200, "")),
        ("v3/acme/desk", "shop-key", (403, FORBIDDEN)),
        ("v1/acme/desk", "old-desk-key", (200, "")),
        ("v2/acme/shop", "old-desk-key", (403, FORBIDDEN)),
        ("v3/acme/nothing", "desk-key", (404, "PROJECT_NOT_FOUND")),
    ] {
        let found = response(&emulator, path, key).await;
        assert_eq!((found.0, found.1.as_str()), expected, "{path} {key}");
    }
}

#[tokio::test]
async fn a_key_of_another_region_is_not_valid() {
    let emulator = with([
        Key::v3("here").region("uk-1"),
        Key::v3("elsewhere").region("us-1"),
    ])
    .await;
    assert_eq!(response(&emulator, "v3/acme/desk", "here").await.0, 200);
    let elsewhere = response(&emulator, "v3/acme/desk", "elsewhere").await;
    assert_eq!(elsewhere, (401, INVALID.into()));
}

#[tokio::test]
async fn a_revoked_key_and_one_without_the_permission_are_forbidden() {
    let emulator = with([
        Key::v3("revoked").revoked(),
        Key::legacy("revoked-too").revoked(),
        Key::v3("blind").without_conversations(),
    ])
    .await;
    for (path, key) in [
        ("v3/acme/desk", "revoked"),
        ("v1/acme/desk", "revoked-too"),
        ("v3/acme/desk", "blind"),
        ("v3/nobody/nothing", "blind"),
    ] {
        let found = response(&emulator, path, key).await;
        assert_eq!(found, (403, FORBIDDEN.into()), "{path} {key}");
    }
}

#[tokio::test]
async fn additional_keys_do_not_replace_the_first_ones() {
    let emulator = with([Key::v3("one-more")]).await;
    for (version, key) in [
        ("v3", "main"),
        ("v3", "one-more"),
        ("v1", "older"),
        ("v2", "older"),
    ] {
        let (status, _) = response(&emulator, &format!("{version}/acme/desk"), key).await;
        assert_eq!(status, 200, "{version} {key}");
    }
}

#[test]
fn debug_does_not_show_a_key() {
    let key = Key::v3("MARKER").project("acme", "desk");
    let shown = format!(
        "{key:?} {:?}",
        Emulator::builder().api_key("MARKER").key(key.clone())
    );
    assert!(!shown.contains("MARKER"), "{shown}");
    assert!(shown.contains("desk"));
}

async fn detail_status(emulator: &Emulator, agent: &str, id: &str, key: &str) -> u16 {
    let base = emulator.agents_base_url();
    let url = format!("{base}/v1/agents/{agent}/conversations/{id}");
    let request = Client::new().get(url).header("x-api-key", key);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn v3_keys_open_the_agents_host_unless_it_has_a_key_of_its_own() {
    let shared = with([Key::v3("three"), Key::agents("agents"), Key::legacy("two")]).await;
    for (key, status) in [
        ("main", 200),
        ("three", 200),
        ("agents", 200),
        ("two", 401),
        ("older", 401),
    ] {
        assert_eq!(
            detail_status(&shared, "desk", "CA1", key).await,
            status,
            "{key}"
        );
    }
    assert_eq!(response(&shared, "v3/acme/desk", "agents").await.0, 401);
    let builder = Emulator::builder().data(Dataset::from_jsonl(TWO_PROJECTS).unwrap());
    let separate = builder
        .api_key("main")
        .agents_api_key("agents")
        .key(Key::v3("three"));
    let separate = separate.start().await.unwrap();
    assert_eq!(separate.agents_api_key(), "agents");
    for (key, status) in [("main", 401), ("three", 401), ("agents", 200)] {
        assert_eq!(
            detail_status(&separate, "desk", "CA1", key).await,
            status,
            "{key}"
        );
    }
    assert_eq!(response(&separate, "v3/acme/desk", "main").await.0, 200);
}

#[tokio::test]
async fn a_restricted_key_is_restricted_on_the_agents_host_too() {
    let emulator = with([
        Key::v3("desk-key").project("acme", "desk"),
        Key::v3("us-key").region("us-1"),
        Key::v3("revoked-key").revoked(),
        Key::v3("no-permission").without_conversations(),
    ])
    .await;
    for (agent, id, key, status) in [
        ("desk", "CA1", "desk-key", 200),
        ("desk", "CA2", "desk-key", 404),
        ("shop", "CA2", "desk-key", 403),
        ("desk", "CA1", "us-key", 401),
        ("desk", "CA1", "revoked-key", 403),
        ("desk", "CA1", "no-permission", 403),
    ] {
        let found = detail_status(&emulator, agent, id, key).await;
        assert_eq!(found, status, "{agent} {id} {key}");
    }
}
