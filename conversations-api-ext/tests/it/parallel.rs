//! Time windows fetched concurrently return the same records as page after page.

use std::{collections::HashSet, time::Duration};

use conversations_api_ext::{
    BoundedRange, Checkpoint, Environment, Error, ErrorKind, Parallel, Query, Record, Retrieval,
    SearchText, V1, V2, V3,
};
use conversations_emulator::{
    Dataset, Emulator, Order, ServerBehavior,
    fault::{DEFAULT_PLAN, Fault, FaultPlan, Rule},
};
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::{
    scripted::{Scripted, answer},
    support::{april, client, emulator, ids, readings, serve, sorted, stored},
};

/// Returns the ids in the order received.
async fn given(records: impl Stream<Item = Result<Record, Error>>) -> Vec<String> {
    let ids = records.map(|record| record.unwrap().id().to_owned());
    ids.collect().await
}

async fn collect(mut records: Parallel) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert!(records.missing().is_empty());
    ids
}

#[tokio::test]
async fn every_record_comes_once_whatever_the_server_does() {
    for reading in readings() {
        let emulator = emulator(150, reading.clone()).await;
        let expected = ids(&stored(emulator.data(), Environment::Live));
        for at_once in [1, 7] {
            let v3 = Query::v3().page_size(13).unwrap();
            let records = client::<V3>(&emulator)
                .parallel(v3, april())
                .at_once(at_once)
                .unwrap();
            assert_eq!(
                sorted(collect(records).await),
                expected,
                "{reading:?}, v3, {at_once}"
            );
            let v2 = Query::v2().page_size(13).unwrap();
            let records = client::<V2>(&emulator)
                .parallel(v2, april())
                .at_once(at_once)
                .unwrap();
            assert_eq!(
                sorted(collect(records).await),
                expected,
                "{reading:?}, v2, {at_once}"
            );
            let v1 = Query::v1().page_size(13).unwrap();
            let records = client::<V1>(&emulator)
                .parallel(v1, april())
                .at_once(at_once)
                .unwrap();
            assert_eq!(
                sorted(collect(records).await),
                expected,
                "{reading:?}, v1, {at_once}"
            );
        }
    }
}

/// Returns records with many starts in one microsecond, many at the edges of days, and some without a readable
/// time.
fn odd_times() -> Dataset {
    let records: Vec<Value> = Dataset::generate(5, 300)
        .records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .enumerate()
        .map(|(number, mut record): (usize, Value)| {
            record["environment"] = json!("live");
            record["started_at"] = match number % 5 {
                0 => json!("2026-04-07T09:00:00.000001Z"),
                1 => json!(format!("2026-04-{:02}T00:00:00Z", 1 + number % 30)),
                2 => json!(format!("2026-04-09T10:00:{:02}.999999Z", number % 60)),
                _ => record["started_at"].clone(),
            };
            record
        })
        .collect();
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

#[tokio::test]
async fn bursts_ties_and_edges_lose_nothing() {
    for reading in readings() {
        let emulator = serve(odd_times(), reading.clone()).await;
        let expected = ids(&stored(emulator.data(), Environment::Live));
        let query = Query::v3().page_size(7).unwrap();
        let records = client::<V3>(&emulator)
            .parallel(query, april())
            .at_once(7)
            .unwrap();
        assert_eq!(sorted(collect(records).await), expected, "{reading:?}");
    }
}

#[tokio::test]
async fn in_order_means_the_order_of_a_fetch_page_by_page() {
    for reading in readings() {
        for data in [odd_times(), Dataset::generate(7, 200)] {
            let emulator = serve(data, reading.clone()).await;
            let client = client::<V3>(&emulator);
            let query = Query::v3().page_size(9).unwrap();
            let pages = client.records(query.clone().time_range(april()));
            let expected = given(pages).await;
            let windows = client.parallel(query, april()).in_order();
            assert_eq!(given(windows).await, expected, "{reading:?}");
        }
    }
}

/// Fails requests with a fault, from number `from` on, up to `times` of them.
pub(crate) fn fails(emulator: &Emulator, fault: impl Into<Fault>, from: u64, times: Option<u64>) {
    let rule = Rule::new(fault).from_request(from);
    let rule = match times {
        Some(times) => rule.times(times),
        None => rule,
    };
    let plan = FaultPlan::new().with_rule(rule);
    emulator.faults().set(DEFAULT_PLAN, plan).unwrap();
}

/// Reads to the end and returns the ids and the errors.
async fn outcome(records: &mut Parallel) -> (Vec<String>, Vec<Error>) {
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    loop {
        match records.next_record().await {
            Ok(Some(record)) => ids.push(record.id().to_owned()),
            Ok(None) => return (ids, errors),
            Err(error) => errors.push(error),
        }
    }
}

const AT_ONCE: usize = 8;

fn windows(emulator: &Emulator, page_size: u32) -> Parallel {
    client::<V3>(emulator)
        .parallel(Query::v3().page_size(page_size).unwrap(), april())
        .at_once(8)
        .unwrap()
}

#[tokio::test]
async fn a_window_that_fails_does_not_stop_the_others_and_is_named() {
    let emulator = emulator(900, ServerBehavior::default()).await;
    fails(&emulator, Fault::status(500), 12, Some(1));
    let mut records = windows(&emulator, 20);
    let (ids, errors) = outcome(&mut records).await;
    let [error] = &errors[..] else {
        panic!("{errors:?}")
    };
    assert_eq!(error.kind(), ErrorKind::Server);
    let text = error.to_string();
    assert!(text.contains("for the window 2026-04-"), "{text}");
    let missing = records.missing();
    let [missing] = &missing[..] else {
        panic!("{missing:?}")
    };
    let all = stored(emulator.data(), Environment::Live);
    let elsewhere = all.iter().filter(|record| {
        let start = record["started_at"].as_str().unwrap();
        !missing.contains(start.parse().unwrap())
    });
    let ids: HashSet<_> = ids.into_iter().collect();
    assert!(ids.len() < all.len());
    for record in elsewhere {
        assert!(ids.contains(record["id"].as_str().unwrap()), "{record}");
    }
}

#[tokio::test]
async fn in_order_no_record_after_a_gap_is_given() {
    let emulator = emulator(900, ServerBehavior::default()).await;
    let expected = given(windows(&emulator, 20).in_order()).await;
    emulator.clear_journal();
    fails(&emulator, Fault::status(500), 12, Some(1));
    let mut records = windows(&emulator, 20).in_order();
    let (ids, errors) = outcome(&mut records).await;
    assert_eq!(errors.len(), 1);
    assert!(ids.len() < expected.len() && expected.starts_with(&ids));
    let rest = records.checkpoint();
    emulator.faults().reset();
    assert!(emulator.faults().remove(DEFAULT_PLAN));
    let rest = given(windows(&emulator, 20).in_order().resume(&rest).unwrap()).await;
    let repeated = ids.len() + rest.len() - expected.len();
    assert!(repeated <= 20 && expected.ends_with(&rest), "{repeated}");
}

#[tokio::test]
async fn an_error_that_concerns_all_requests_ends_the_stream_at_once() {
    for (fault, kind) in [
        (Fault::status(400), ErrorKind::BadRequest),
        (Fault::status(401), ErrorKind::Unauthorized),
        (Fault::status(403), ErrorKind::Forbidden),
        (Fault::status(404), ErrorKind::NotFound),
        (Fault::status(429), ErrorKind::RateLimited),
        (Fault::redirect("https://example.com"), ErrorKind::Redirect),
        (Fault::reset(), ErrorKind::Connection),
    ] {
        for from in [1, 15] {
            for in_order in [false, true] {
                let emulator = emulator(900, ServerBehavior::default()).await;
                fails(&emulator, fault.clone(), from, None);
                let mut records = windows(&emulator, 20);
                if in_order {
                    records = records.in_order();
                }
                let (_, errors) = outcome(&mut records).await;
                let [error] = &errors[..] else {
                    panic!("{errors:?}")
                };
                // On a later page, a 400 is about the cursor of one window.
                if from > 1 && kind == ErrorKind::BadRequest {
                    continue;
                }
                assert_eq!(error.kind(), kind);
                assert!(!error.to_string().contains("for the window"), "{error}");
                let most = from as usize + AT_ONCE - 1;
                let sent = emulator.journal().len();
                assert!(sent <= most, "{kind} from {from}: {sent} requests");
                if from == 1 {
                    assert_eq!(sent, 1);
                }
                assert!(!records.missing().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_fails_all_windows_is_left_alone() {
    let emulator = emulator(900, ServerBehavior::default()).await;
    fails(&emulator, Fault::status(500), 15, None);
    let mut records = windows(&emulator, 20);
    let (_, errors) = outcome(&mut records).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    let sent = emulator.journal().len();
    assert!(sent <= 14 + AT_ONCE + 2, "{sent} requests");
}

#[tokio::test]
async fn requests_are_bounded_whatever_the_range_holds() {
    let year = || BoundedRange::new("2025-06-01", "2026-06-01").unwrap();
    let empty = BoundedRange::new("2025-04-01", "2025-05-01").unwrap();
    for order in [Order::Ascending, Order::Descending] {
        let server = emulator(600, ServerBehavior::default().with_order(order)).await;
        let all = stored(server.data(), Environment::Live).len();
        let client = client::<V3>(&server);
        for (range, records) in [(empty, 0), (april(), all), (year(), all)] {
            for (page_size, at_once) in [(10, 8), (1000, 8), (50, 1)] {
                for in_order in [false, true] {
                    server.clear_journal();
                    let query = Query::v3().page_size(page_size).unwrap();
                    let mut stream = client.parallel(query, range).at_once(at_once).unwrap();
                    if in_order {
                        stream = stream.in_order();
                    }
                    assert_eq!(given(stream).await.len(), records);
                    let pages = records.div_ceil(page_size as usize);
                    let most = pages * 13 / 10 + usize::from(at_once);
                    let sent = server.journal().len();
                    assert!(
                        sent <= most,
                        "{sent} requests for {pages} pages, {at_once} at once"
                    );
                    if records <= page_size as usize {
                        assert_eq!(sent, 1);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_cut_into_windows_is_refused_before_a_request() {
    let server = Scripted::start([]).await;
    let range = BoundedRange::new("2026-04-01", "2026-04-02").unwrap();
    for retrieval in [
        Retrieval::RandomSample { range },
        Retrieval::SemanticSearch {
            text: "refund".parse::<SearchText>().unwrap(),
            range,
        },
    ] {
        let mut records = server
            .client()
            .parallel(Query::v3().retrieval(retrieval).unwrap(), range);
        let error = records.next_record().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(records.next_record().await.unwrap().is_none());
    }
    for windows in [0, 33] {
        assert!(
            server
                .client()
                .parallel(Query::v3(), range)
                .at_once(windows)
                .is_err()
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn after_a_retry_fewer_windows_are_fetched_at_once() {
    let emulator = emulator(400, ServerBehavior::default()).await;
    let mut records = client::<V3>(&emulator)
        .parallel(Query::v3().page_size(10).unwrap(), april())
        .at_once(8)
        .unwrap();
    records.next_record().await.unwrap();
    assert!(format!("{records:?}").contains("at_once: 8"), "{records:?}");
    let replies = (0..100).map(|_| answer("500 Internal Server Error", "", ""));
    let server = Scripted::start(replies).await;
    let mut records = server
        .client()
        .parallel(Query::v3(), april())
        .at_once(8)
        .unwrap();
    assert!(records.next_record().await.is_err());
    assert!(
        format!("{records:?}").contains("at_once: 4,"),
        "{records:?}"
    );
}

#[tokio::test]
async fn wherever_a_fetch_in_windows_stops_it_can_be_resumed() {
    for order in [Order::Ascending, Order::Descending] {
        let server = emulator(300, ServerBehavior::default().with_order(order)).await;
        let client = client::<V3>(&server);
        let stream = |windows| {
            let query = Query::v3().page_size(20).unwrap();
            let stream = client.parallel(query, april()).at_once(windows).unwrap();
            stream.in_order()
        };
        for windows in [1, 4] {
            let mut all = stream(windows);
            let mut ids: Vec<String> = Vec::new();
            let mut places = vec![(all.checkpoint(), 0)];
            let mut pages = all.pages_read();
            while let Some(record) = all.next_record().await.unwrap() {
                // Like the program: once the number of pages changes, earlier records are safe.
                if all.pages_read() != pages {
                    pages = all.pages_read();
                    places.push((all.checkpoint(), ids.len()));
                }
                ids.push(record.id().to_owned());
            }
            assert!(all.checkpoint().is_end());
            assert!(places.len() > 5);
            for (place, given_before) in places.into_iter().step_by(4) {
                let saved: Checkpoint = place.to_string().parse().unwrap();
                let rest = given(stream(windows).resume(&saved).unwrap()).await;
                assert_eq!(rest, ids[given_before..], "{order:?}, {windows}, {place}");
            }
            let end = stream(windows).resume(&all.checkpoint()).unwrap();
            assert!(given(end).await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_query_or_form_is_refused() {
    let server = emulator(100, ServerBehavior::default()).await;
    let client = client::<V3>(&server);
    let query = || Query::v3().page_size(20).unwrap();
    let mut windows = client.parallel(query(), april());
    windows.next_record().await.unwrap();
    let checkpoint = windows.checkpoint();
    let pages = client.records(query().time_range(april()));
    let day = BoundedRange::new("2026-04-01", "2026-04-02").unwrap();
    assert!(
        client
            .parallel(query().in_progress(true), april())
            .resume(&checkpoint)
            .is_err()
    );
    assert!(client.parallel(query(), day).resume(&checkpoint).is_err());
    assert!(
        client
            .parallel(query(), april())
            .resume(&pages.checkpoint())
            .is_err()
    );
    assert!(pages.resume(&checkpoint).is_err());
    assert!(windows.resume(&checkpoint).is_err(), "it was polled");
}

/// Returns 25 MB of large records: most within ten minutes of a quiet month, 600 of them in a single second.
fn a_rush() -> Dataset {
    let lines: Vec<_> = (0..2600)
        .map(|number: i64| {
            let started = match number {
                0..600 => format!("2026-04-11T12:05:07.{number:03}Z"),
                600..2500 => format!(
                    "2026-04-11T12:{:02}:{:02}.{:03}Z",
                    number % 10,
                    number % 60,
                    number % 1000
                ),
                _ => format!("2026-04-{:02}T08:00:00Z", 1 + number % 30),
            };
            let state = "x".repeat(10_000);
            json!({"id": format!("CA{number:04}"), "started_at": started, "environment": "live",
                   "state": {"note": state}})
            .to_string()
        })
        .collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

#[tokio::test]
async fn a_dense_rush_of_large_records_is_given_in_order_and_nothing_is_fetched_in_vain() {
    for order in [Order::Ascending, Order::Descending] {
        let emulator = serve(a_rush(), ServerBehavior::default().with_order(order)).await;
        let client = client::<V3>(&emulator);
        let query = Query::v3().page_size(50).unwrap();
        let expected = given(client.records(query.clone().time_range(april()))).await;
        let mut records = client.parallel(query, april()).in_order();
        let ids = outcome(&mut records).await.0;
        assert_eq!(ids, expected, "{order:?}");
        assert!(records.missing().is_empty());
        assert!(records.bytes_read() < 35_000_000, "{records:?}");
    }
}

/// Returns records of this size: two adjacent ones exceed the prefetch buffer.
fn large(records: usize, size: usize) -> Dataset {
    let state = "x".repeat(size);
    let lines: Vec<_> = (0..records)
        .map(|number| {
            json!({"id": format!("CA{number:04}"), "environment": "live", "state": {"note": state},
                   "started_at": format!("2026-04-{:02}T08:00:00Z", 1 + number % 30)})
            .to_string()
        })
        .collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

#[tokio::test]
async fn large_records_stall_neither_pages_nor_windows() {
    for (records, size) in [(40, 530_000), (6, 5_000_000), (3, 9_000_000)] {
        let emulator = serve(large(records, size), ServerBehavior::default()).await;
        let client = client::<V3>(&emulator);
        let query = || Query::v3().page_size(5).unwrap();
        let all = async {
            assert_eq!(given(client.records(query())).await.len(), records);
            assert_eq!(
                given(client.parallel(query(), april())).await.len(),
                records
            );
            let in_order = client.parallel(query(), april()).in_order();
            assert_eq!(given(in_order).await.len(), records);
        };
        let limit = Duration::from_secs(120);
        tokio::time::timeout(limit, all)
            .await
            .expect("the stream stalled");
    }
}
