//! What a new user types first, coming from reqwest, azure_core, octocrab or the SDK of AWS: every line compiles, and
//! those that need no server are run.
//!
//! A guess that cannot compile has the name as `doc(alias)`, by which rustdoc's search finds the method, and the line
//! here is the one it leads to:
//!
//! - `Client::new(key)`, `.region(…)`, `.endpoint_url(…)`: a client needs server, project and key, so `Client::builder`
//!   takes all three, and a client without one of them cannot be built.
//! - `.user_agent(…)` is `application`, which adds to the crate's own name; `.timeout(…)` is one of three limits, because
//!   one for a whole response would end large pages; `.rate_limit(…)` has its unit in its name.
//! - `.start_time(…)` and `.end_time(…)` are one `time_range`; `.limit(…)` is `page_size` for a page and `take` for the
//!   whole; `.channel(…)`, `.variant_id(…)` and `.search(…)` are `channels`, `variant` and `transcript_search`.
//! - `.send()` on a list is the stream itself, which sends on its first poll.
//! - `is_not_found()` is `is_wrong_region_or_project`, which is what a 404 for a list means; `is_connect()` is `kind`.

use std::{
    collections::BTreeMap,
    future,
    pin::Pin,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use conversations_api_ext::{
    AccountId, ApiKey, Attempt, BaseUrl, BoundedRange, Change, Checkpoint, Client, ClientBuilder,
    Conversation, ConversationDetail, ConversationTurn, Direction, Drift, Environment, Error,
    ErrorKind, Observer, Project, ProjectId, Projects, Query, Record, Recording, Redaction, Region,
    Result, Retrieval, RetryPolicy, SearchText, TimeRange, TurnType, V3, Variant,
    chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc},
    reqwest,
};
use futures_util::{Stream, StreamExt, TryStreamExt};

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
    let _ = Query::v3().variant(Variant::Id("v".into()))?;
    let _ = Query::v3().channels(["VOICE-SIP"])?;
    let _ = Query::v3().channels(vec!["VOICE-SIP".to_owned()])?;
    let _ = Query::v3().extra_param("min_duration", "60")?;
    let _ = Query::v3().extra_param("min_duration", 60.to_string())?;
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
    let _ = Query::v3().random_sample(april)?.page_size(20)?;
    let _ = Query::v3().retrieval(Retrieval::RandomSample { range: april })?;
    let _ = Query::v3().time_range(TimeRange::since(Utc::now() - TimeDelta::days(1))?);
    let _ = Query::v3().time_range(TimeRange::since(Utc::now() - Duration::from_secs(60))?);
    let mut query = Query::v3();
    if april.start() < april.end() {
        query = query.channels(["CHAT"])?;
    }
    let _ = (query.clone() == query, format!("{query:?}"));
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
    let _: serde_json::Value = serde_json::from_str(record.raw()).unwrap();
    let _: serde_json::Value = record.decode_as()?;
    let _: &[u8] = record.raw_bytes();
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
    let detail: ConversationDetail =
        serde_json::from_str(r#"{"conversationId":"CA1","tags":["a"]}"#).unwrap();
    let _ = (detail.started_at(), detail.duration(), detail.is_handoff());
    let _: Option<&str> = detail.summary();
    let _: &[String] = detail.tags();
    let _: Option<f64> = detail.score();
    let _ = (detail.language(), detail.note(), detail.turns().len());
    let _ = detail.conversation_id.as_str();
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
    let _ = matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Server);
    let _ = std::io::Error::other(error.clone());
    let _: Option<&dyn std::error::Error> = std::error::Error::source(&error);
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
    let _ = client.to_builder().retry(RetryPolicy::none()).build()?;
    Ok::<(), Error>(())
}

/// Combinators of the `futures` crate, and limits.
#[expect(dead_code, reason = "compiled, not run")]
async fn streams_are_combined_as_guessed(client: Client) -> Result<()> {
    let records = || client.records(Query::v3());
    let soon = Instant::now() + Duration::from_secs(60);
    let _ = records().deadline(soon).next_record().await?;
    let _ = client.pages(Query::v3()).deadline(soon).next_page().await?;
    let _ = tokio::time::timeout(Duration::from_secs(1), records().next_record()).await;
    let _ = records().into_stream().next().await;
    let _ = records()
        .try_chunks(100)
        .try_next()
        .await
        .map_err(|e| e.1)?;
    let _ = records().enumerate().next().await;
    let _ = records().inspect_ok(|record| println!("{}", record.id()));
    let _ = records().try_filter(|record| future::ready(record.in_progress()));
    let _ = records().and_then(|record| future::ready(record.decode()));
    let _ = records()
        .map_ok(|_| async { Ok(()) })
        .try_buffer_unordered(4);
    let _ = records().err_into::<Box<dyn std::error::Error + Send + Sync>>();
    let _ = records().skip_malformed().try_collect::<Vec<_>>().await?;
    let _ = records().skip_malformed_with(|error| eprintln!("{error}"));
    let _: Pin<Box<dyn Stream<Item = Result<Record>> + Send>> = Box::pin(records());
    let mut stream = records();
    let first: Vec<Record> = stream.by_ref().take(3).try_collect().await?;
    while let Some(record) = stream.next().await {
        let record = record?;
        let _ = (record.id() == first[0].id(), record.clone());
    }
    if let Some(page) = client.pages(Query::v3()).try_next().await? {
        let _ = (page.len(), page.is_empty(), page.status(), page.cursor());
        let _ = page.records().next().map(Record::id);
        for record in page {
            let _ = record?.started_at();
        }
    }
    let saved = serde_json::to_string(&stream.checkpoint()).unwrap();
    let restored: Checkpoint = serde_json::from_str(&saved).unwrap();
    let _ = (restored.is_end(), restored == stream.checkpoint());
    let mut changes = client.follow(Query::v3(), Duration::from_secs(3 * 86_400))?;
    let _ = changes.next_change().await?.map(Change::into_record);
    let _ = serde_json::to_string(changes.state()).unwrap();
    let clients = vec![client.clone(), client.clone()];
    let all: Projects = clients.into_iter().collect();
    let _ = all.records(Query::v3()).at_once(2).deadline(soon);
    Ok(())
}

/// One conversation and its recording.
#[expect(dead_code, reason = "compiled, not run")]
async fn one_conversation_is_read_as_guessed(client: Client) -> Result<()> {
    let _: ConversationDetail = client.conversation("CA1").await?;
    let _ = client.conversation(String::from("CA1")).await?.summary();
    let mut recording: Recording = client.recording("CA1").await?;
    let _ = client.recording("CA1").direction(Direction::User);
    let _ = client.recording("CA1").redacted(false).send().await?;
    let _ = (recording.content_length(), recording.content_type());
    while let Some(chunk) = recording.next_chunk().await? {
        let _: &[u8] = &chunk;
    }
    let _ = recording.try_next().await?;
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
