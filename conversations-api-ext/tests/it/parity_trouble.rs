//! `migrate::compare` when a side fails, is empty, repeats records or changes while it is read.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use conversations_api_ext::{
    BoundedRange, Client, ErrorKind, Query, V3,
    migrate::{self, Compare, Report, Side, Verdict},
};
use conversations_emulator::{Dataset, Emulator, Order, ServerBehavior};
use serde_json::{Value, json};

use crate::{
    scripted::{Reply, Scripted, answer, page},
    support::{april, client, client_with, emulator, serve},
};

fn record(id: &str, start: &str, seconds: u32) -> Value {
    json!({
        "id": id, "account_id": "ws-1", "project_id": "PROJECT-1", "environment": "live",
        "started_at": start, "in_progress": false, "total_duration": seconds,
    })
}

fn page_of(records: &[Value]) -> Reply {
    page(&json!({"conversations": records, "cursor": null}).to_string())
}

async fn served(records: &[Value]) -> Emulator {
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    let data = Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap();
    serve(data, ServerBehavior::default()).await
}

fn morning() -> BoundedRange {
    BoundedRange::new("2026-04-01T09:00:00Z", "2026-04-01T11:00:00Z").unwrap()
}

fn v3(client: &Client) -> Side {
    Side::new(client, Query::v3())
}

fn between(before: &Emulator, after: &Scripted) -> Compare {
    migrate::compare(v3(&client::<V3>(before)), v3(&after.client()), morning())
}

const FIRST: &str = "2026-04-01T09:01:00Z";

#[tokio::test]
async fn what_is_equal_when_it_is_read_again_is_not_different() {
    let before = served(&[record("A", FIRST, 60), record("B", FIRST, 60)]).await;
    let after = Scripted::start([
        page_of(&[record("A", FIRST, 10)]),
        // The records that seemed to differ, re-read.
        page_of(&[record("A", FIRST, 60), record("B", FIRST, 60)]),
        page_of(&[]),
        page_of(&[]),
    ])
    .await;
    let report = between(&before, &after).run().await;
    assert_eq!((report.equal, report.settled), (2, 2), "{report}");
    assert_eq!(report.verdict(), Verdict::Ready, "{report}");
}

#[tokio::test]
async fn a_conversation_that_arrives_while_it_is_read_is_found_on_both_sides() {
    let (old, new) = (record("A", FIRST, 60), record("B", FIRST, 60));
    let both = || page_of(&[old.clone(), new.clone()]);
    // The older version lags behind: it has the new record when re-read.
    let before = Scripted::start([
        page_of(std::slice::from_ref(&old)),
        both(),
        page_of(&[]),
        page_of(&[]),
    ]);
    let after = Scripted::start([both(), both(), page_of(&[]), page_of(&[])]);
    let (before, after) = (before.await, after.await);
    let report = migrate::compare(v3(&before.client()), v3(&after.client()), morning())
        .run()
        .await;
    assert_eq!((report.equal, report.settled), (2, 1), "{report}");
    assert_eq!(report.verdict(), Verdict::Ready, "{report}");
}

#[tokio::test]
async fn a_side_that_fails_half_way_is_named_and_the_rest_can_follow() {
    let records = [
        record("A", FIRST, 60),
        record("B", "2026-04-01T09:20:00Z", 60),
        record("C", "2026-04-01T10:20:00Z", 60),
    ];
    let before = served(&records).await;
    let after = Scripted::start([
        page_of(&records[..1]),
        page_of(&[record("B", "2026-04-01T09:20:00Z", 61)]),
        page_of(&[record("B", "2026-04-01T09:20:00Z", 61)]),
        answer("500 Internal Server Error", "", "MARKER"),
        // Windows start small again: to 10:00, to 10:40, to the end.
        page_of(&[]),
        page_of(&records[2..]),
        page_of(&[]),
    ])
    .await;
    let seen: Arc<Mutex<Vec<Report>>> = Arc::default();
    let watched = Arc::clone(&seen);
    let report = between(&before, &after)
        .watch(move |report| watched.lock().unwrap().push(report.clone()))
        .run()
        .await;
    let failure = report.failure.as_ref().expect("the server failed");
    assert_eq!(failure.version, "v3");
    assert_eq!(failure.error.as_ref().unwrap().kind(), ErrorKind::Server);
    assert!(!report.is_complete());
    assert_eq!(report.covered_to.to_rfc3339(), "2026-04-01T09:50:00+00:00");
    assert_eq!((report.equal, report.different.count), (1, 1), "{report}");
    assert_eq!(seen.lock().unwrap().len(), 2);
    let text = format!("{report}{}", report.markdown());
    assert!(text.contains("as far as 2026-04-01T09:50:00Z"), "{text}");
    assert!(!text.contains("MARKER"), "{text}");

    let stored = serde_json::to_string(&report).unwrap();
    let stored: Report = serde_json::from_str(&stored).unwrap();
    let whole = between(&before, &after).resume(stored).unwrap().run().await;
    assert!(whole.is_complete(), "{whole}");
    assert_eq!((whole.equal, whole.different.count), (2, 1), "{whole}");
    assert_eq!((whole.before.records, whole.after.records), (3, 3));
}

#[tokio::test]
async fn a_report_of_another_comparison_is_refused() {
    let emulator = served(&[record("A", FIRST, 60)]).await;
    let client = client::<V3>(&emulator);
    let fresh = || migrate::compare(v3(&client), v3(&client), morning());
    let report = fresh().run().await;
    assert!(fresh().resume(report.clone()).is_ok());
    let field = "state".parse().unwrap();
    let sampled = || fresh().sample(3, TimeDelta::minutes(1), 7).unwrap();
    for other in [
        migrate::compare(v3(&client), v3(&client), april()),
        migrate::compare(v3(&client), Side::new(&client, Query::v2()), morning()),
        fresh().require(field),
        sampled(),
    ] {
        let error = other.resume(report.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(sampled().resume(sampled().run().await).is_ok());
}

#[tokio::test]
async fn a_key_for_one_version_only_is_told_with_the_version() {
    let emulator = emulator(20, ServerBehavior::default()).await;
    let wrong = client_with(&emulator, "not-the-key");
    let report = migrate::compare(
        Side::new(&wrong, Query::v1()),
        v3(&client::<V3>(&emulator)),
        april(),
    )
    .run()
    .await;
    let failure = report.failure.as_ref().unwrap();
    assert_eq!(failure.version, "v1");
    assert!(failure.error.as_ref().unwrap().is_unauthorized());
    assert_eq!(report.covered_to, report.start);
    assert_eq!(report.verdict(), Verdict::NotReady);
}

#[tokio::test]
async fn an_empty_side_is_no_parity_and_nor_is_an_empty_range() {
    let full = served(&[record("A", FIRST, 60)]).await;
    let empty = Scripted::start(vec![page_of(&[]); 9]).await;
    let report = between(&full, &empty).run().await;
    assert_eq!(report.only_before.examples, ["A"], "{report}");
    assert_eq!(report.verdict(), Verdict::NotReady);
    assert!(
        report.to_string().contains("v3 has no conversation"),
        "{report}"
    );

    let client = client::<V3>(&full);
    let night = BoundedRange::new("2026-04-03", "2026-04-04").unwrap();
    let report = migrate::compare(v3(&client), v3(&client), night)
        .run()
        .await;
    assert!(report.is_complete());
    assert_eq!(report.verdict(), Verdict::NotReady, "{report}");
}

#[tokio::test]
async fn repeated_ids_and_malformed_records_are_counted_and_cost_no_other() {
    let full = served(&[record("A", FIRST, 60), record("B", FIRST, 60)]).await;
    let odd = Scripted::start([
        page_of(&[
            record("A", FIRST, 60),
            record("A", FIRST, 60),
            json!({"started_at": FIRST}),
            record("B", FIRST, 60),
        ]),
        page_of(&[]),
        page_of(&[]),
    ])
    .await;
    let report = between(&full, &odd).run().await;
    assert_eq!(report.equal, 2, "{report}");
    assert_eq!((report.after.duplicates, report.after.malformed), (1, 1));
    assert_eq!(report.verdict(), Verdict::NotReady);
}

#[tokio::test]
async fn a_window_that_would_hold_too_much_is_halved() {
    // 36 MB within six minutes, which the two sides return from opposite ends.
    let filler = "x".repeat(1 << 20);
    let records: Vec<_> = (0..36)
        .map(|n| {
            let start = format!("2026-04-01T09:{:02}:{:02}Z", n / 6, n % 6 * 10);
            let mut record = record(&format!("CA{n}"), &start, 60);
            record["state"] = json!({"filler": filler});
            record.to_string()
        })
        .collect();
    let data = Dataset::from_jsonl(records.join("\n").as_bytes()).unwrap();
    let up = serve(data.clone(), ServerBehavior::default().with_gzip(false)).await;
    let down = ServerBehavior::default()
        .with_order(Order::Descending)
        .with_gzip(false);
    let down = serve(data, down).await;
    let windows: Arc<Mutex<u32>> = Arc::default();
    let watched = Arc::clone(&windows);
    let range = BoundedRange::new("2026-04-01T09:00:00Z", "2026-04-01T09:06:00Z").unwrap();
    let report = migrate::compare(v3(&client::<V3>(&up)), v3(&client::<V3>(&down)), range)
        .watch(move |_| *watched.lock().unwrap() += 1)
        .run()
        .await;
    assert_eq!(report.equal, 36, "{report}");
    assert_eq!((report.before.records, report.after.records), (36, 36));
    assert!(*windows.lock().unwrap() > 1);
}

#[tokio::test]
async fn a_sample_of_every_slice_finds_what_the_whole_does() {
    let emulator = emulator(300, ServerBehavior::default()).await;
    let (old, new) = (
        client::<conversations_api_ext::V1>(&emulator),
        client::<V3>(&emulator),
    );
    let fresh = || migrate::compare(Side::new(&old, Query::v1()), v3(&new), april());
    let whole = fresh().run().await;
    let all = fresh().sample(100, TimeDelta::hours(24), 7).unwrap();
    let all = all.run().await;
    assert_eq!((all.equal, all.normalised), (whole.equal, whole.normalised));
    assert_eq!(all.sample.as_ref().unwrap().slices, 30);
    assert_eq!(all.verdict(), Verdict::ReadyWithNotes);

    let part = fresh().sample(10, TimeDelta::hours(24), 7).unwrap();
    let part = part.run().await;
    let sample = part.sample.as_ref().unwrap();
    assert_eq!((sample.slices, sample.of, sample.deviating), (10, 30, 0));
    assert!(part.before.records < whole.before.records && part.is_complete());
    assert!((0.1..0.5).contains(&sample.upper_bound()), "{part}");
}
