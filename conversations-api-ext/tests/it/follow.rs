//! Follows the new and changed conversations of an emulator whose data change.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use conversations_api_ext::{
    BoundedRange, Change, Client, Clock, Error, ErrorKind, FollowState, Query, TimeRange, V3,
    chrono::{DateTime, Utc},
};
use conversations_emulator::{Dataset, Emulator, ServerBehavior};
use serde_json::json;

use crate::scripted::{Scripted, answer, page};
use crate::support::{client_builder, serve};

/// A clock with a date, which moves by waits alone.
#[derive(Debug)]
struct Calendar {
    start: (Instant, DateTime<Utc>),
    passed: Mutex<Duration>,
}

impl Calendar {
    fn at(time: &str) -> Arc<Self> {
        Arc::new(Self {
            start: (Instant::now(), time.parse().unwrap()),
            passed: Mutex::default(),
        })
    }
}

impl Clock for Calendar {
    fn now(&self) -> Instant {
        self.start.0 + *self.passed.lock().unwrap()
    }

    fn utc_now(&self) -> DateTime<Utc> {
        self.start.1 + *self.passed.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        *self.passed.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
}

const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

fn record(id: &str, started_at: &str, in_progress: bool) -> String {
    json!({
        "id": id, "account_id": "acme", "project_id": "desk", "environment": "live",
        "started_at": started_at, "in_progress": in_progress,
    })
    .to_string()
}

async fn emulator(records: &[String]) -> Emulator {
    let data = Dataset::from_jsonl(records.join("\n").as_bytes()).unwrap();
    serve(data, ServerBehavior::default()).await
}

fn client(emulator: &Emulator, time: &str) -> Client {
    let builder = client_builder::<V3>(emulator);
    builder.clock(Calendar::at(time)).build().unwrap()
}

fn text(change: &Change) -> String {
    match change {
        Change::New(record) => format!("new {}", record.id()),
        Change::Updated(record) => format!("updated {}", record.id()),
        other => panic!("{other:?}"),
    }
}

/// Reads up to `most` changes in another process, so to speak, and returns them with the state to save.
async fn run(
    client: &Client,
    saved: Option<&str>,
    most: usize,
) -> Result<(Vec<String>, String), Error> {
    run_query(client, Query::v3(), saved, most).await
}

async fn run_query(
    client: &Client,
    query: Query<V3>,
    saved: Option<&str>,
    most: usize,
) -> Result<(Vec<String>, String), Error> {
    let mut follow = client.follow(query, TWO_DAYS)?.once();
    if let Some(saved) = saved {
        follow = follow.resume(serde_json::from_str::<FollowState>(saved).unwrap())?;
    }
    let mut changes = Vec::new();
    while changes.len() < most
        && let Some(change) = follow.next_change().await?
    {
        changes.push(text(&change));
    }
    Ok((changes, serde_json::to_string(follow.state()).unwrap()))
}

#[tokio::test]
async fn new_and_changed_conversations_are_returned_once_over_restarts() {
    let emulator = emulator(&[
        record("CA0", "2026-03-30T09:00:00Z", true),
        record("CA1", "2026-04-01T09:00:00Z", false),
        record("CA2", "2026-04-03T09:00:00Z", true),
        record("CA3", "2026-04-03T10:00:00Z", false),
    ])
    .await;
    let noon = client(&emulator, "2026-04-03T12:00:00Z");
    let (first, state) = run(&noon, None, 9).await.unwrap();
    assert_eq!(
        first,
        ["new CA1", "new CA2", "new CA3"],
        "two days are looked back"
    );
    let (again, state) = run(&noon, Some(&state), 9).await.unwrap();
    assert_eq!(again, [""; 0]);

    emulator
        .edit(|edit| {
            edit.finish("CA2")?;
            edit.add(record("CA4", "2026-04-03T13:00:00Z", false))?;
            edit.add(record("CA5", "2026-04-02T08:00:00Z", false))
        })
        .unwrap();
    let later = client(&emulator, "2026-04-03T14:00:00Z");
    // The process ends after a change that it has stored.
    let (one, state) = run(&later, Some(&state), 1).await.unwrap();
    let (rest, state) = run(&later, Some(&state), 9).await.unwrap();
    let mut all = [one, rest].concat();
    all.sort_unstable();
    assert_eq!(all, ["new CA4", "new CA5", "updated CA2"]);

    // A week off.
    emulator
        .edit(|edit| edit.add(record("CA6", "2026-04-05T13:00:00Z", false)))
        .unwrap();
    let next_week = client(&emulator, "2026-04-10T12:00:00Z");
    assert_eq!(
        run(&next_week, Some(&state), 9).await.unwrap().0,
        ["new CA6"]
    );
}

#[tokio::test]
async fn a_run_once_a_day_completes_the_look_back() {
    let emulator = emulator(&[record("CA1", "2026-04-03T09:00:00Z", false)]).await;
    let mut saved = None;
    // The day ends at midnight: these runs are 10, 34, 58 and 82 hours after it.
    for (day, late, expected) in [
        ("04", None, &["new CA1"][..]),
        ("05", None, &[]),
        ("06", Some("CA2"), &["new CA2"]),
        ("07", Some("CA3"), &[]),
    ] {
        if let Some(id) = late {
            emulator
                .edit(|edit| edit.add(record(id, "2026-04-03T20:00:00Z", false)))
                .unwrap();
        }
        let client = client(&emulator, &format!("2026-04-{day}T10:00:00Z"));
        let (changes, state) = run(&client, saved.as_deref(), 9).await.unwrap();
        assert_eq!(changes, expected, "on day {day}");
        saved = Some(state);
    }
}

#[tokio::test]
async fn days_that_were_not_final_are_read_once_more_after_weeks_off() {
    let emulator = emulator(&[
        record("CA1", "2026-04-02T09:00:00Z", true),
        record("CA2", "2026-04-03T09:00:00Z", false),
    ])
    .await;
    let before = client(&emulator, "2026-04-04T10:00:00Z");
    let (_, state) = run(&before, None, 9).await.unwrap();
    emulator
        .edit(|edit| {
            edit.finish("CA1")?;
            edit.add(record("CA3", "2026-04-03T20:00:00Z", false))
        })
        .unwrap();
    let after = client(&emulator, "2026-04-25T10:00:00Z");
    let (mut changes, state) = run(&after, Some(&state), 9).await.unwrap();
    changes.sort_unstable();
    assert_eq!(changes, ["new CA3", "updated CA1"]);
    let asked = emulator.journal().len();
    let (changes, _) = run(&after, Some(&state), 9).await.unwrap();
    assert_eq!(changes, [""; 0]);
    let again = emulator.journal().len() - asked;
    assert_eq!(again, 1, "the last days are one request");
}

#[tokio::test]
async fn a_first_pass_that_is_stopped_is_resumed_after_the_days_that_it_has_read() {
    let emulator = emulator(&[
        record("CA1", "2026-03-01T09:00:00Z", false),
        record("CA2", "2026-03-02T09:00:00Z", false),
        record("CA3", "2026-03-02T10:00:00Z", false),
    ])
    .await;
    let client = client(&emulator, "2026-03-10T12:00:00Z");
    let march = || Query::v3().time_range(TimeRange::since("2026-03-01").unwrap());
    let (first, state) = run_query(&client, march(), None, 2).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(emulator.journal().len(), 2);
    let (second, _) = run_query(&client, march(), Some(&state), 9).await.unwrap();
    assert_eq!([first, second].concat().len(), 3);
    assert_eq!(emulator.journal().len(), 2 + 9, "days 2 to 10");
}

#[tokio::test]
async fn a_start_that_moves_counts_for_the_first_process_alone() {
    let emulator = emulator(&[
        record("CA0", "2026-04-01T09:00:00Z", false),
        record("CA1", "2026-04-01T15:00:00Z", false),
    ])
    .await;
    let since = |start| Query::v3().time_range(TimeRange::since(start).unwrap());
    let now = client(&emulator, "2026-04-03T12:00:00Z");
    let (changes, state) = run_query(&now, since("2026-04-01T12:00:00Z"), None, 9)
        .await
        .unwrap();
    assert_eq!(changes, ["new CA1"]);
    let (changes, state) = run_query(&now, since("2026-04-02"), Some(&state), 9)
        .await
        .unwrap();
    assert_eq!(
        changes, [""; 0],
        "its day is due, and it is before the start"
    );
    emulator
        .edit(|edit| edit.add(record("CA2", "2026-04-05T13:00:00Z", false)))
        .unwrap();
    let next_week = client(&emulator, "2026-04-12T12:00:00Z");
    let (changes, _) = run_query(&next_week, since("2026-04-09T12:00:00Z"), Some(&state), 9)
        .await
        .unwrap();
    assert_eq!(changes, ["new CA2"]);
}

#[tokio::test]
async fn a_malformed_record_can_be_skipped_and_is_returned_once_the_server_has_mended_it() {
    let list = |records: &str| page(&format!(r#"{{"conversations":[{records}],"cursor":null}}"#));
    let mended = r#"{"id":"CA1","started_at":"2026-04-02T09:00:00Z","in_progress":false}"#;
    // April 2 and 3, twice; then April 3 alone.
    let pages = [r#"{"id":7}"#, "", mended, "", ""].map(list);
    let server = Scripted::start(pages).await;
    let client = server.builder().clock(Calendar::at("2026-04-03T12:00:00Z"));
    let client = client.build().unwrap();
    let mut saved: Option<FollowState> = None;
    for (skipped, expected) in [(1, &[][..]), (0, &["new CA1"]), (0, &[])] {
        let query = Query::v3().time_range(TimeRange::since("2026-04-02").unwrap());
        let mut follow = client.follow(query, Duration::ZERO).unwrap().once();
        if let Some(saved) = saved {
            follow = follow.resume(saved).unwrap();
        }
        let mut follow = follow.skip_malformed();
        let mut changes = Vec::new();
        while let Some(change) = follow.next().await.unwrap() {
            changes.push(text(&change));
        }
        assert_eq!(follow.skipped(), skipped);
        assert_eq!(changes, expected);
        saved = Some(follow.get_ref().state().clone());
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_stream_that_goes_on_waits_between_passes() {
    let emulator = emulator(&[record("CA1", "2026-04-03T09:00:00Z", true)]).await;
    let calendar = Calendar::at("2026-04-03T12:00:00Z");
    let client = client_builder::<V3>(&emulator);
    let client = client
        .clock(Arc::clone(&calendar) as Arc<dyn Clock>)
        .build()
        .unwrap();
    let mut follow = client.follow(Query::v3(), TWO_DAYS).unwrap();
    follow = follow.every(Duration::from_secs(600));
    let first = follow.next_change().await.unwrap().unwrap();
    assert_eq!(text(&first), "new CA1");
    emulator.edit(|edit| edit.finish("CA1")).unwrap();
    let second = follow.next_change().await.unwrap().unwrap();
    assert_eq!(text(&second), "updated CA1");
    assert!(!second.into_record().in_progress());
    let waited = calendar.utc_now() - calendar.start.1;
    assert!(
        waited.num_seconds() >= 600 && waited.num_seconds() % 600 == 0,
        "{waited}"
    );
}

#[tokio::test]
async fn a_failed_pass_is_tried_again_and_a_malformed_record_costs_no_other() {
    let records = r#"{"conversations":[{"id":7},
        {"id":"CA1","started_at":"2026-04-01T09:00:00Z","in_progress":false}],"cursor":null}"#;
    let server = Scripted::start([answer("500 Oops", "", ""), page(records)]).await;
    let client = server.builder().clock(Calendar::at("2026-04-03T12:00:00Z"));
    let client = client.build().unwrap();
    let mut follow = client.follow(Query::v3(), TWO_DAYS).unwrap();
    let error = follow.next_change().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let error = follow.next_change().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedRecord);
    assert_eq!(
        text(&follow.next_change().await.unwrap().unwrap()),
        "new CA1"
    );
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused_at_once() {
    let emulator = emulator(&[record("CA1", "2026-04-03T09:00:00Z", true)]).await;
    let client = client(&emulator, "2026-04-03T12:00:00Z");
    let april = BoundedRange::new("2026-04-01", "2026-05-01").unwrap();
    let refusal = |query: Query| client.follow(query, TWO_DAYS).unwrap_err().to_string();
    assert!(refusal(Query::v3().random_sample(april).unwrap()).contains("cannot be followed"));
    assert!(refusal(Query::v3().time_range(april)).contains("ends at a time"));
    // Longer than dates go.
    assert!(client.follow(Query::v3(), Duration::MAX).is_ok());

    let state = client
        .follow(Query::v3(), TWO_DAYS)
        .unwrap()
        .state()
        .clone();
    let since = TimeRange::since("2026-04-01").unwrap();
    let same = client
        .follow(Query::v3().time_range(since), TWO_DAYS)
        .unwrap();
    assert!(same.resume(state.clone()).is_ok());
    let other = Query::v3().channels(["CHAT"]).unwrap();
    let other = client.follow(other, TWO_DAYS).unwrap().resume(state);
    assert!(other.unwrap_err().to_string().contains("another query"));
}
