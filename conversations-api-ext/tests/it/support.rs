//! Creates clients for an emulator, and the records they should return.

use conversations_api_ext::{
    ApiKey, BaseUrl, BoundedRange, Client, ClientBuilder, Environment, Error, Project, Query,
    Records, RetryPolicy, Searchable, V1, V2, V3, Version,
};
use conversations_emulator::{Dataset, Emulator, EndOfRange, Order, ServerBehavior};
use serde_json::Value;

/// Starts an emulator with `records` conversations, the same ones every time.
pub(crate) async fn emulator(records: usize, readings: ServerBehavior) -> Emulator {
    serve(Dataset::generate(7, records), readings).await
}

pub(crate) async fn serve(data: Dataset, readings: ServerBehavior) -> Emulator {
    Emulator::builder()
        .data(data)
        .server_behavior(readings)
        .legacy_api_key("an-older-key")
        .start()
        .await
        .expect("a free port on loopback")
}

/// Returns a client for it with the key of `V`.
pub(crate) fn client<V: Keyed>(emulator: &Emulator) -> Client {
    client_with(emulator, V::key(emulator))
}

pub(crate) fn client_with(emulator: &Emulator, key: &str) -> Client {
    builder_with(emulator, key).build().unwrap()
}

/// Returns a builder of such a client.
pub(crate) fn client_builder<V: Keyed>(emulator: &Emulator) -> ClientBuilder {
    builder_with(emulator, V::key(emulator))
}

fn builder_with(emulator: &Emulator, key: &str) -> ClientBuilder {
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id()).unwrap();
    let base_url: BaseUrl = emulator.base_url().parse().unwrap();
    Client::builder(base_url, project, ApiKey::new(key).unwrap()).retry(RetryPolicy::none())
}

/// A version and which of an emulator's keys it accepts.
pub(crate) trait Keyed: Version {
    fn key(emulator: &Emulator) -> &str;
}

impl Keyed for V1 {
    fn key(emulator: &Emulator) -> &str {
        emulator.legacy_api_key()
    }
}

impl Keyed for V2 {
    fn key(emulator: &Emulator) -> &str {
        emulator.legacy_api_key()
    }
}

impl Keyed for V3 {
    fn key(emulator: &Emulator) -> &str {
        emulator.api_key()
    }
}

/// Returns a query that omits nothing, so that records are returned as stored.
pub(crate) fn whole<V: Searchable>() -> Query<V> {
    Query::<V>::default()
        .include_latency(true)
        .include_turn_metadata(true)
}

/// Returns every server behavior that the documentation leaves open.
pub(crate) fn readings() -> Vec<ServerBehavior> {
    let mut all = Vec::new();
    for end in [EndOfRange::Exclusive, EndOfRange::Inclusive] {
        for order in [Order::Ascending, Order::Descending] {
            for v2_cursor in [true, false] {
                all.push(
                    ServerBehavior::default()
                        .with_end_of_range(end)
                        .with_order(order)
                        .with_v2_cursor(v2_cursor),
                );
            }
        }
    }
    all
}

/// Returns the conversations of an environment in the data, as JSON.
pub(crate) fn stored(data: &Dataset, environment: Environment) -> Vec<Value> {
    data.records()
        .map(|record| serde_json::from_slice::<Value>(record).unwrap())
        .filter(|record| record["environment"] == environment.name())
        .collect()
}

pub(crate) fn ids(records: &[Value]) -> Vec<String> {
    sorted(
        records
            .iter()
            .map(|record| record["id"].as_str().unwrap().to_owned()),
    )
}

pub(crate) fn sorted(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}

/// Returns the ids in a stream, sorted, including duplicates.
pub(crate) async fn collect_ids(mut records: Records) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await? {
        ids.push(record.id().to_owned());
    }
    Ok(sorted(ids))
}

/// April 2026, the range of all generated conversations.
pub(crate) fn april() -> BoundedRange {
    BoundedRange::new("2026-04-01", "2026-05-01").unwrap()
}
