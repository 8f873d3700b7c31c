//! Helpers that start emulators and send requests.

use std::sync::OnceLock;

use conversations_emulator::{Dataset, Emulator, ServerBehavior};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::Value;

pub(crate) const VERSIONS: [&str; 3] = ["v1", "v2", "v3"];

/// Generated conversations, few enough to page through one by one.
pub(crate) fn sample() -> Dataset {
    static SAMPLE: OnceLock<Dataset> = OnceLock::new();
    SAMPLE.get_or_init(|| Dataset::generate(11, 120)).clone()
}

/// Conversations from lines of JSON; adds an owner to each, and a start time if it has none.
pub(crate) fn lines(lines: &[&str]) -> Dataset {
    let mut text = String::new();
    for line in lines {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["account_id"] = "acme".into();
        record["project_id"] = "desk".into();
        if record.get("started_at").is_none() {
            record["started_at"] = "2026-04-01T09:00:00Z".into();
        }
        text += &format!("{record}\n");
    }
    Dataset::from_jsonl(text.as_bytes()).unwrap()
}

pub(crate) async fn start(data: Dataset, behavior: ServerBehavior) -> Emulator {
    Emulator::builder()
        .data(data)
        .server_behavior(behavior)
        .start()
        .await
        .unwrap()
}

pub(crate) fn url(emulator: &Emulator, version: &str, query: &str) -> String {
    let data = emulator.data();
    let path = format!(
        "{version}/{}/{}/conversations",
        data.account_id(),
        data.project_id()
    );
    format!("{}/{path}?{query}", emulator.base_url())
}

pub(crate) fn key<'a>(emulator: &'a Emulator, version: &str) -> &'a str {
    if version == "v3" {
        emulator.api_key()
    } else {
        emulator.legacy_api_key()
    }
}

pub(crate) async fn send(
    emulator: &Emulator,
    method: Method,
    version: &str,
    query: &str,
) -> Response {
    let request = reqwest::Client::builder()
        .no_gzip()
        .build()
        .unwrap()
        .request(method, url(emulator, version, query));
    request
        .header("x-api-key", key(emulator, version))
        .send()
        .await
        .unwrap()
}

pub(crate) async fn get(emulator: &Emulator, version: &str, query: &str) -> Response {
    send(emulator, Method::GET, version, query).await
}

/// Requests a page, which must succeed.
pub(crate) async fn page(emulator: &Emulator, version: &str, query: &str) -> Value {
    let response = get(emulator, version, query).await;
    assert_eq!(response.status(), 200, "{version} {query}");
    response.json().await.unwrap()
}

pub(crate) fn ids(page: &Value) -> Vec<String> {
    let conversations = page["conversations"].as_array().unwrap();
    conversations
        .iter()
        .map(|record| record["id"].as_str().unwrap().into())
        .collect()
}

pub(crate) async fn page_ids(emulator: &Emulator, version: &str, query: &str) -> Vec<String> {
    ids(&page(emulator, version, query).await)
}

/// The ids of the records that `keep` accepts, by start time, then id.
pub(crate) fn expected(data: &Dataset, keep: impl Fn(&Value) -> bool) -> Vec<String> {
    let records = data
        .records()
        .map(|record| serde_json::from_slice::<Value>(record).unwrap());
    let mut kept: Vec<(String, String)> = records
        .filter(keep)
        .map(|record| (instant(&record), record["id"].as_str().unwrap().into()))
        .collect();
    kept.sort();
    kept.into_iter().map(|(_, id)| id).collect()
}

/// The start time without its zone, which is UTC in all test data, so that strings sort as times.
pub(crate) fn instant(record: &Value) -> String {
    record["started_at"]
        .as_str()
        .unwrap()
        .trim_end_matches(['Z', '+', '0', ':'])
        .into()
}

pub(crate) fn is_live(record: &Value) -> bool {
    record["environment"] == "live"
}

/// The maximum `limit` of each version.
pub(crate) fn all(version: &str) -> &'static str {
    if version == "v1" {
        "limit=5000"
    } else {
        "limit=1000"
    }
}

/// The path of a conversation on the agents host, without its base URL.
pub(crate) fn agents_path(emulator: &Emulator, id: &str, rest: &str) -> String {
    format!(
        "v1/agents/{}/conversations/{id}{rest}",
        emulator.data().project_id()
    )
}

/// Requests a path of the agents host.
pub(crate) async fn agents(emulator: &Emulator, path: &str) -> Response {
    agents_with(emulator, path, emulator.agents_api_key(), HeaderMap::new()).await
}

pub(crate) async fn agents_with(
    emulator: &Emulator,
    path: &str,
    key: &str,
    headers: HeaderMap,
) -> Response {
    let client = reqwest::Client::builder().no_gzip().build().unwrap();
    let request = client.get(format!("{}/{path}", emulator.agents_base_url()));
    let request = request.headers(headers).header("x-api-key", key);
    request.send().await.unwrap()
}
