//! Sends a server every kind of request that the client supports, once directly and once through a proxy
//! that validates requests and responses against a version's document, and compares the results.
//!
//! `everything_it_asks VERSION DIRECT_URL PROXY_URL ACCOUNT PROJECT KEY`: the last line of output is a
//! summary; any rejection or difference is an error.

use std::{error::Error, time::Duration};

use conversations_api_ext::{
    ApiKey, BaseUrl, BoundedRange, Client, Environment, ErrorKind, Project, Query, RetryDecision,
    Searchable, TimeRange, TurnType, V1, V2, V3, Variant, Version,
};
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The time range of the generated conversations.
const MONTH: [&str; 2] = ["2026-04-01", "2026-05-01"];
const DAY: [&str; 2] = ["2026-04-07", "2026-04-08"];

/// A query and its name.
type Named<V> = (&'static str, Query<V>);

fn of_every_version<V: Version>() -> Outcome<Vec<Named<V>>> {
    let query = Query::<V>::default;
    Ok(vec![
        ("everything live", query()),
        ("sandbox", query().environment(Environment::Sandbox)),
        ("pre-release", query().environment(Environment::PreRelease)),
        ("a start", query().time_range(TimeRange::since(DAY[0])?)),
        ("an end", query().time_range(TimeRange::until(DAY[1])?)),
        (
            "a day",
            query().time_range(BoundedRange::new(DAY[0], DAY[1])?),
        ),
        (
            "an empty day",
            query().time_range(BoundedRange::new("2020-01-01", "2020-01-02")?),
        ),
        ("finished", query().in_progress(false)),
        ("in progress", query().in_progress(true)),
        (
            "a variant's id",
            query().variant(Variant::Id("VARIANT-c3f7a2d9".into()))?,
        ),
        (
            "a variant's name with spaces",
            query().variant(Variant::Name("Harbour Hotel – Reservations & Café".into()))?,
        ),
        (
            "a variant that is not there",
            query().variant(Variant::Id("a+b/c?d=e&f#g%".into()))?,
        ),
        (
            "small pages",
            query()
                .page_size(37)?
                .time_range(BoundedRange::new(DAY[0], DAY[1])?),
        ),
        (
            "pages of one",
            query()
                .page_size(1)?
                .in_progress(true)
                .environment(Environment::Sandbox),
        ),
    ])
}

fn of_later_versions<V: Searchable>() -> Outcome<Vec<Named<V>>> {
    let query = Query::<V>::default;
    let month = || BoundedRange::new(MONTH[0], MONTH[1]);
    let mut queries = of_every_version()?;
    queries.extend([
        ("one channel", query().channels(["VOICE-SIP"])?),
        ("two channels", query().channels(["WEBCHAT", "chat"])?),
        (
            "a channel with odd letters",
            query().channels(["a&b=c ä+%2B"])?,
        ),
        ("latency", query().include_latency(true)),
        ("metadata of turns", query().include_turn_metadata(true)),
        (
            "both, in small pages",
            query()
                .include_latency(true)
                .include_turn_metadata(true)
                .page_size(100)?,
        ),
        (
            "words of anyone",
            query().transcript_search("invoice", None, month()?)?,
        ),
        (
            "words of the user",
            query().transcript_search("money back", Some(TurnType::User), month()?)?,
        ),
        (
            "words of the agent, in small pages",
            query()
                .transcript_search("harbour hotel", Some(TurnType::Agent), month()?)?
                .page_size(50)?,
        ),
        (
            "words that need escaping",
            query().transcript_search("50% & \"more\" + Köln?", None, month()?)?,
        ),
        (
            "a meaning",
            query()
                .semantic_search("customer frustrated about billing", month()?)?
                .page_size(100)?,
        ),
        ("a sample", query().random_sample(month()?)?.page_size(200)?),
    ]);
    Ok(queries)
}

#[derive(Default)]
struct Sum {
    queries: usize,
    pages: u64,
    records: usize,
}

async fn compare<V: Version>(
    direct: &Client,
    checked: &Client,
    queries: Vec<Named<V>>,
) -> Outcome<Sum> {
    let mut sum = Sum::default();
    for (name, query) in queries {
        let (expected, _) = fetch(direct, query.clone())
            .await
            .map_err(|e| format!("{name}, directly: {e}"))?;
        let (found, pages) = fetch(checked, query)
            .await
            .map_err(|e| format!("{name}: {e}"))?;
        if found != expected {
            return Err(format!(
                "{name}: {} records through the proxy, {} directly, or other bytes",
                found.len(),
                expected.len()
            )
            .into());
        }
        sum.queries += 1;
        sum.pages += pages;
        sum.records += found.len();
    }
    Ok(sum)
}

/// The values of all records: a proxy may serialize the same JSON differently, for example 2.000 as 2.
async fn fetch<V: Version>(client: &Client, query: Query<V>) -> Outcome<(Vec<Value>, u64)> {
    let mut records = client.records(query);
    let mut values = Vec::new();
    while let Some(record) = records.next_record().await? {
        record.decode()?;
        let mut value = serde_json::from_str(record.raw())?;
        as_javascript_counts(&mut value);
        values.push(value);
    }
    Ok((values, records.pages_read()))
}

/// Converts every number to a double, the only number type of JavaScript.
fn as_javascript_counts(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.as_f64().into(),
        Value::Array(elements) => elements.iter_mut().for_each(as_javascript_counts),
        Value::Object(members) => members.values_mut().for_each(as_javascript_counts),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A response of the proxy is its verdict, and its request is never retried. A connection that Node closes because it was
/// idle, at the moment in which the next request is sent on it, is none.
fn retry_broken_connections(
    error: &conversations_api_ext::Error,
    attempt: u32,
    _: Duration,
) -> RetryDecision {
    if error.kind() == ErrorKind::Connection && attempt < 4 {
        RetryDecision::RetryAfter(Duration::from_millis(100))
    } else {
        RetryDecision::Stop
    }
}

fn client(url: &str, account: &str, project: &str, key: &str) -> Outcome<Client> {
    let url: BaseUrl = url.parse()?;
    Ok(
        Client::builder(url, Project::new(account, project)?, ApiKey::new(key)?)
            .retry_strategy(retry_broken_connections)
            .build()?,
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [version, direct, proxy, account, project, key] = arguments.as_slice() else {
        return Err(
            "usage: everything_it_asks VERSION DIRECT_URL PROXY_URL ACCOUNT PROJECT KEY".into(),
        );
    };
    let direct = client(direct, account, project, key)?;
    let checked = client(proxy, account, project, key)?;
    let sum = match version.as_str() {
        "v1" => {
            compare::<V1>(&direct, &checked, {
                let mut queries = of_every_version()?;
                queries.push((
                    "the state of the dialogue",
                    Query::v1().include_context_state(true),
                ));
                queries.push(("pages of 5000", Query::v1().page_size(5000)?));
                queries
            })
            .await?
        }
        "v2" => compare::<V2>(&direct, &checked, of_later_versions()?).await?,
        "v3" => compare::<V3>(&direct, &checked, of_later_versions()?).await?,
        other => return Err(format!("{other} is none of v1, v2 and v3").into()),
    };
    println!(
        "{version}: {} queries, {} pages, {} records, all the same through the proxy",
        sum.queries, sum.pages, sum.records
    );
    Ok(())
}
