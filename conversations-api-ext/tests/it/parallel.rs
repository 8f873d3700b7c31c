//! Windows of time fetched at once make the same whole as one page after another.

use conversations_api_ext::{
    BoundedRange, Environment, ErrorKind, Parallel, Query, Retrieval, SearchText, V1, V2, V3,
};
use conversations_emulator::{Dataset, Order, ServerBehavior};
use serde_json::{Value, json};

use crate::{
    scripted::{Scripted, answer, page},
    support::{april, client, emulator, ids, readings, serve, sorted, stored},
};

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

/// Many at one microsecond, many on the edges of days, and some without a time that can be read.
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
async fn in_order_means_in_the_order_of_their_start() {
    for reading in readings() {
        let emulator = serve(odd_times(), reading).await;
        let query = Query::v3().page_size(9).unwrap();
        let mut records = client::<V3>(&emulator)
            .parallel(query, april())
            .chronological();
        let mut order = Vec::new();
        while let Some(record) = records.next_record().await.unwrap() {
            order.push((record.started_at(), record.id().to_owned()));
        }
        let mut expected = order.clone();
        expected.sort();
        assert_eq!(order, expected);
        assert_eq!(
            order.len(),
            ids(&stored(emulator.data(), Environment::Live)).len()
        );
    }
}

#[tokio::test]
async fn a_window_that_fails_does_not_stop_the_others_and_is_named() {
    let mut replies = vec![
        page(r#"{"conversations":[{"id":"a"}],"cursor":null}"#),
        answer("500 Internal Server Error", "", ""),
    ];
    replies.extend((0..200).map(|_| page(r#"{"conversations":[],"cursor":null}"#)));
    let server = Scripted::start(replies).await;
    let mut records = server
        .client()
        .parallel(Query::v3().page_size(1).unwrap(), april())
        .at_once(1)
        .unwrap();
    let mut given = 0;
    let error = loop {
        match records.next_record().await {
            Ok(Some(_)) => given += 1,
            Ok(None) => panic!("the failure was not told"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(
        error.to_string().contains("for the window 2026-04-"),
        "{error}"
    );
    assert_eq!(given, 1);
    assert!(server.requests().len() > 3, "it stopped at the failure");
    let missing = records.missing();
    assert_eq!(missing.len(), 1);
    assert!(records.next_record().await.unwrap().is_none());
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
            .parallel(Query::v3().retrieval(retrieval), range);
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
        format!("{records:?}").contains("at_once: 1,"),
        "{records:?}"
    );
}

#[tokio::test]
async fn in_order_a_fetch_that_begins_where_another_one_was_gives_the_rest() {
    let server = emulator(600, ServerBehavior::default()).await;
    let client = client::<V3>(&server);
    let query = || Query::v3().page_size(20).unwrap();
    let mut all = client.parallel(query(), april()).chronological();
    let mut ids: Vec<String> = Vec::new();
    let mut places = vec![(all.complete_before(), 0)];
    while let Some(record) = all.next_record().await.unwrap() {
        if all.complete_before() != places.last().unwrap().0 {
            places.push((all.complete_before(), ids.len()));
        }
        ids.push(record.id().to_owned());
    }
    assert_eq!(all.complete_before(), april().end());
    assert!(places.len() > 5);
    for (place, given) in places.into_iter().step_by(3) {
        let range = BoundedRange::new(place, april().end()).unwrap();
        let mut rest = client.parallel(query(), range).chronological();
        let records = rest.collect_up_to(usize::MAX).await.unwrap();
        let rest: Vec<_> = records
            .iter()
            .map(conversations_api_ext::Record::id)
            .collect();
        assert_eq!(rest, ids[given..]);
    }
}

/// Large records within ten minutes of a quiet month: 25 MB of them.
fn a_rush() -> Dataset {
    let lines: Vec<_> = (0..2600)
        .map(|number: i64| {
            let started = if number < 2500 {
                format!(
                    "2026-04-11T12:{:02}:{:02}.{:03}Z",
                    number % 10,
                    number % 60,
                    number % 1000
                )
            } else {
                format!("2026-04-{:02}T08:00:00Z", 1 + number % 30)
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
async fn in_order_a_window_that_is_too_large_for_memory_is_cut_and_loses_nothing() {
    for order in [Order::Ascending, Order::Descending] {
        let data = a_rush();
        let expected = ids(&stored(&data, Environment::Live));
        let emulator = serve(data, ServerBehavior::default().with_order(order)).await;
        let records = client::<V3>(&emulator)
            .parallel(Query::v3(), april())
            .chronological();
        let mut records = records;
        let (mut given, mut last) = (Vec::new(), None);
        while let Some(record) = records.next_record().await.unwrap() {
            assert!(record.started_at() >= last, "{order:?}");
            last = record.started_at();
            given.push(record.id().to_owned());
        }
        assert_eq!(sorted(given), expected, "{order:?}");
        assert!(records.missing().is_empty());
        // More than the windows that came whole: of those that were given up, a page or two had come.
        assert!(
            records.bytes_read() > 30_000_000,
            "no window was cut: {records:?}"
        );
        assert!(
            records.bytes_read() < 80_000_000,
            "cutting asked for too much again: {records:?}"
        );
    }
}
