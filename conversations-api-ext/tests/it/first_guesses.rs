//! What a new user types first: every line compiles, and those that need no server are run.

use std::{collections::BTreeMap, str::FromStr, sync::Arc, time::Duration};

use conversations_api_ext::{
    AccountId, ApiKey, Attempt, BaseUrl, BoundedRange, Checkpoint, Client, ClientBuilder,
    Conversation, ConversationTurn, Drift, Environment, Error, ErrorKind, Observer, Project,
    ProjectId, Projects, Query, Record, Redaction, Region, Result, Retrieval, RetryPolicy,
    SearchText, TimeRange, TurnType, V3, Variant,
    chrono::{DateTime, NaiveDate, TimeZone, Utc},
    reqwest,
};
use futures_util::{StreamExt, TryStreamExt};

fn builder() -> Result<ClientBuilder> {
    let project: Project = "ws-1/PROJECT-1".parse()?;
    let key: ApiKey = "key".parse()?;
    Ok(Client::builder(Region::Us1, project, key))
}

#[test]
fn a_client_is_built_as_guessed() -> Result<()> {
    let timeout = Duration::from_secs(30);
    let proxy = reqwest::Proxy::all("http://127.0.0.1:1").unwrap();
    let client = builder()?
        .application("app/1.0")
        .connect_timeout(timeout)
        .first_byte_timeout(timeout)
        .stall_timeout(None)
        .retry(RetryPolicy::default().attempts(3).time_limit(timeout))
        .max_requests_per_minute(60)
        .read_ahead(100)
        .observer(|attempt: &Attempt<'_>| assert!(attempt.number() > 0))
        .default_headers(reqwest::header::HeaderMap::new())
        .configure_http(move |http| http.proxy(proxy.clone()))
        .build()?;
    assert_eq!(client.project().account().as_str(), "ws-1");
    assert_eq!(client.base_url().region(), Some(Region::Us1));
    let _ = client.clone();
    let _ = format!("{client:?}");
    let _ = Arc::new(client);
    let _ = Client::builder(
        "http://localhost:1".parse::<BaseUrl>()?,
        Project::new("a", "b")?,
        ApiKey::new("k")?,
    );
    let _ = Client::from_lookup(|name| std::env::var(name).ok()).is_err();
    let _ = Project::from((AccountId::new("a")?, ProjectId::new("b")?));
    let _ = RetryPolicy::none()
        .backoff(timeout, timeout)
        .retry_after_cap(timeout);
    let _ = Region::from_str("uk")?.base_url();
    Ok(())
}

#[test]
fn a_query_is_built_as_guessed() -> Result<()> {
    let date = NaiveDate::from_ymd_opt(2026, 4, 1).unwrap();
    let time = Utc.with_ymd_and_hms(2026, 4, 1, 9, 0, 0).unwrap();
    let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
    let _ = Query::v3();
    let _ = Query::<V3>::default();
    let _ = Query::v3().page_size(100)?;
    let _ = Query::v3().environment(Environment::Sandbox);
    let _ = Query::v3().environment("live".parse()?);
    let _ = Query::v3().in_progress(false);
    let _ = Query::v3().variant(Variant::Id("v".into()));
    let _ = Query::v3().channels(["VOICE-SIP"]);
    let _ = Query::v3().channels(vec!["VOICE-SIP".to_owned()]);
    let _ = Query::v3().include_latency(true);
    let _ = Query::v3().include_turn_metadata(true);
    let _ = Query::v3().time_range(april);
    let _ = Query::v3().time_range(..);
    let _ = Query::v3().time_range(TimeRange::since("2026-04-01")?);
    let _ = Query::v3().time_range(TimeRange::until(time)?);
    let _ = Query::v3().time_range(TimeRange::try_from("2026-04-01"..)?);
    let _ = Query::v3().time_range(TimeRange::try_from(date..)?);
    let _ = Query::v3().time_range(TimeRange::try_from(..time)?);
    let _ = Query::v3().time_range(TimeRange::unbounded());
    let _ = Query::v3().time_range(BoundedRange::day(date)?);
    let _ = Query::v3().time_range(BoundedRange::try_from(time..time + Duration::from_secs(1))?);
    let _ = TimeRange::new(Some("2026-04-01"), Some("2026-05-01"))?;
    let _ = TimeRange::since(date.and_hms_opt(9, 0, 0).unwrap())?;
    let _ = TimeRange::since(String::from("2026-04-01 09:00"))?;
    let _ = TimeRange::from(april).contains(time);
    let _ = Query::v3().transcript_search("refund", None, april)?;
    let _ = Query::v3().transcript_search("refund", Some(TurnType::User), april)?;
    let _ = Query::v3().semantic_search("refund", april)?;
    let _ = Query::v3().random_sample(april).page_size(20)?;
    let _ = Query::v3().retrieval(Retrieval::RandomSample { range: april });
    let _ = SearchText::new("refund")?;
    Query::v3().check()?;
    assert!(Query::v3().page_size(0).is_err());
    Ok(())
}

#[test]
fn a_conversation_is_read_as_guessed() -> Result<()> {
    let json = r#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z","total_duration":80,"handoff":true,
        "handoff_reason":"billing","metrics":{"INTENT":"pay"},"new":1,
        "turns":[{"user_input":"hi","agent_response":"hello","latency":0.5}]}"#;
    let record = Record::from_json(json)?;
    let _: &str = record.id();
    let _: Option<DateTime<Utc>> = record.started_at();
    let _: bool = record.in_progress();
    let _: &str = record.raw();
    let _ = record.detached();
    let conversation: Conversation = record.decode()?;
    let _: Option<DateTime<Utc>> = conversation.started_at();
    assert_eq!(conversation.duration(), Some(Duration::from_secs(80)));
    assert!(conversation.is_handoff());
    assert_eq!(conversation.handoff_reason(), Some("billing"));
    assert_eq!(conversation.turns().len(), 1);
    for turn in conversation.turns() {
        let _: Option<&str> = turn.user_input();
        let _: Option<&str> = turn.agent_response();
        let _: Option<f64> = turn.latency_seconds();
    }
    let _: Option<&ConversationTurn> = conversation.turns().first();
    let _ = conversation
        .metric("INTENT")
        .map(|metric| metric.texts().count());
    let _ = conversation.get("new").and_then(serde_json::Value::as_i64);
    let _ = conversation
        .num_turns
        .map_or(0, |turns| turns.as_i64().unwrap_or(0));
    let _ = conversation.handoff.unwrap_or_default();
    let _ = conversation.channel.as_deref().unwrap_or_default();
    assert!(conversation.handoff == Some(true));
    let _ = serde_json::to_string(&conversation).unwrap();
    let _: BTreeMap<&str, serde_json::Value> = record.decode_as()?;
    let mut drift = Drift::default();
    drift.observe(&record);
    let _ = Redaction::default().record(&record);
    let built: Conversation = Conversation::builder()
        .id("CA1")
        .started_at("2026-04-01T09:00:00Z")
        .total_duration(80)
        .handoff(true)
        .handoff_reason("billing")
        .turns(vec![
            ConversationTurn::builder()
                .user_input("hi")
                .latency(0.5)
                .try_into()
                .unwrap(),
        ])
        .try_into()
        .unwrap();
    assert_eq!(built.turns()[0].latency_seconds(), Some(0.5));
    Ok(())
}

#[test]
fn an_error_is_handled_as_guessed() {
    let error = Query::v3().page_size(0).unwrap_err();
    let _ = (error.kind() == ErrorKind::InvalidInput, error.to_string());
    let _ = (
        error.is_unauthorized(),
        error.is_forbidden(),
        error.is_rate_limited(),
    );
    let _ = (
        error.is_timeout(),
        error.is_transient(),
        error.is_malformed_record(),
    );
    let _ = (
        error.status(),
        error.code(),
        error.retry_after(),
        error.attempts(),
    );
    let _ = (
        error.correlation_id(),
        error.server_message(),
        error.elapsed(),
    );
    let _ = (error.project(), error.region(), error.base_url());
    let _ = error.clone();
    let _: Box<dyn std::error::Error + Send + Sync> = error.into();
}

/// Lines that need a server: they only have to compile.
#[expect(dead_code, reason = "compiled, not run")]
async fn streams_are_read_as_guessed(client: Client) -> Result<()> {
    let query = Query::v3;
    let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
    let _ = client.records(query()).next_record().await?;
    let _ = client.conversations(query()).next_conversation().await?;
    let _ = client.pages(query()).next_page().await?;
    let _ = client.records(query()).next().await;
    let _ = client.records(query()).try_next().await?;
    let _: Vec<Record> = client.records(query()).try_collect().await?;
    let _: Vec<Conversation> = client.conversations(query()).try_collect().await?;
    let _ = client.records(query()).collect_up_to(10).await?;
    let _ = client.records(query()).take(10).count().await;
    let _ = client
        .records(query())
        .try_fold(0, |n, _| async move { Ok(n + 1) })
        .await?;
    let _ = client
        .records(query())
        .map_ok(|record| record.id().to_owned())
        .boxed();
    client
        .records(query())
        .try_for_each(|_| async { Ok(()) })
        .await?;
    client
        .records(query())
        .try_for_each_concurrent(4, |_| async { Ok(()) })
        .await?;
    let _ = client.records(query()).skip_malformed().next().await?;
    let _ = client
        .parallel(query(), april)
        .at_once(8)?
        .in_order()
        .next_record()
        .await?;
    let records = client.records(query());
    let _ = (
        records.pages_read(),
        records.bytes_read(),
        records.retries(),
    );
    let checkpoint: Checkpoint = records.checkpoint();
    let _ = client.records(query()).resume(&checkpoint)?;
    let _ = checkpoint.to_string().parse::<Checkpoint>()?;
    let mut pages = client.records(query()).page_by_page();
    while let Some(page) = pages.next_page().await? {
        let _ = (
            page.records().len(),
            page.malformed().len(),
            page.checkpoint(),
        );
    }
    let mut all = Projects::new([client.clone()]).records(query());
    while let Some(record) = all.next_record().await? {
        let _ = (record.client().project(), record.id());
    }
    for (client, outcome) in all.outcomes() {
        let _ = (client, outcome.records(), outcome.error());
    }
    let handle = tokio::spawn({
        let client = client.clone();
        async move { client.records(Query::v3()).next_record().await }
    });
    let _ = handle.await.map_err(|_| ());
    let _ = client.diagnose(query()).await.is_healthy();
    Ok::<(), Error>(())
}

/// An observer may be a type of its own.
struct Counter;

impl Observer for Counter {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let _ = (
            attempt.status(),
            attempt.elapsed(),
            attempt.error(),
            attempt.retry_in(),
        );
    }
}

#[test]
fn settings_are_serialized_as_guessed() -> Result<()> {
    let _ = builder()?.observer(Counter);
    let project: Project = serde_json::from_str("\"ws-1/PROJECT-1\"").unwrap();
    assert_eq!(
        serde_json::to_string(&project).unwrap(),
        "\"ws-1/PROJECT-1\""
    );
    let region: Region = serde_json::from_str("\"us\"").unwrap();
    assert_eq!(serde_json::to_string(&region).unwrap(), "\"us-1\"");
    let environment: Environment = serde_json::from_str("\"pre-release\"").unwrap();
    assert_eq!(environment, Environment::PreRelease);
    Ok(())
}
