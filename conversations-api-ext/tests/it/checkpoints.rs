//! Resuming from a checkpoint repeats at most a page and loses nothing.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{Checkpoint, Environment, ErrorKind, IntoTime as _, Query, V1, V3};
use conversations_emulator::ServerBehavior;

use crate::{
    listing::{Listing, Row},
    support::{april, client, emulator, ids, sorted, stored},
};

#[tokio::test]
async fn wherever_a_stream_stops_the_two_parts_make_the_whole() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let query = || Query::v3().time_range(april()).page_size(7).unwrap();
    let all = ids(&stored(emulator.data(), Environment::Live));
    for stop in 0..=all.len() {
        let mut first = client.records(query());
        let mut given = Vec::new();
        while given.len() < stop
            && let Some(record) = first.next_record().await.unwrap()
        {
            given.push(record.id().to_owned());
        }
        let saved = first.checkpoint().to_string();
        drop(first);
        let checkpoint: Checkpoint = saved.parse().unwrap();
        let mut rest = client.records(query()).resume(&checkpoint).unwrap();
        let mut more = Vec::new();
        while let Some(record) = rest.next_record().await.unwrap() {
            more.push(record.id().to_owned());
        }
        let repeated = given.iter().filter(|id| more.contains(id)).count();
        assert!(repeated <= 7, "stopped after {stop}: {repeated} repeated");
        more.retain(|id| !given.contains(id));
        assert_eq!(
            sorted(given.into_iter().chain(more)),
            all,
            "stopped after {stop}"
        );
        assert!(rest.checkpoint().is_end());
    }
}

#[tokio::test]
async fn pages_by_offset_go_on_as_well() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let client = client::<V1>(&emulator);
    let query = || Query::v1().page_size(10).unwrap();
    let all = ids(&stored(emulator.data(), Environment::Live));
    let mut given = Vec::new();
    let mut checkpoint = client.pages(query()).checkpoint();
    // A new stream for every page.
    while !checkpoint.is_end() {
        let mut pages = client.pages(query()).resume(&checkpoint).unwrap();
        let page = pages.next_page().await.unwrap().unwrap();
        given.extend(page.records().map(|record| record.id().to_owned()));
        checkpoint = pages.checkpoint();
    }
    let mut given = sorted(given);
    given.dedup();
    assert_eq!(given, all);
    let mut pages = client.pages(query()).resume(&checkpoint).unwrap();
    assert!(pages.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn a_checkpoint_of_another_query_or_project_is_refused() {
    let emulator = emulator(20, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let mut records = client.records(Query::v3().page_size(5).unwrap());
    records.next_record().await.unwrap();
    let checkpoint = records.checkpoint();
    for other in [
        Query::v3().environment(Environment::Sandbox),
        Query::v3().time_range(april()),
        Query::v3().channels(["CHAT"]),
        Query::v3().in_progress(true),
        Query::v3().include_latency(true),
    ] {
        let error = client.records(other).resume(&checkpoint).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(client.records(Query::v2()).resume(&checkpoint).is_err());
    assert!(
        client
            .records(Query::v3().page_size(9).unwrap())
            .resume(&checkpoint)
            .is_ok()
    );
    assert!(records.resume(&checkpoint).is_err(), "it has begun");
}

#[tokio::test]
async fn a_fetch_by_offset_resumed_after_deletions_loses_nothing() {
    let first: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    let rows = (0..2000).map(|number: i64| Row {
        id: format!("CA{number}"),
        start: first + TimeDelta::seconds(number),
    });
    let rows: Vec<_> = rows.collect();
    for deleted in ["none", "a third", "the first 900"] {
        let server = Listing::start(rows.clone(), |_, _| true).await;
        let query = || Query::v1().page_size(200).unwrap();
        let mut records = server.client().records(query());
        let mut given = HashSet::new();
        for _ in 0..1000 {
            let record = records.next_record().await.unwrap().unwrap();
            given.insert(record.id().to_owned());
        }
        let saved: Checkpoint = records.checkpoint().to_string().parse().unwrap();
        drop(records);
        server.change(|rows| match deleted {
            "none" => {}
            "a third" => {
                let mut number = 0;
                rows.retain(|_| {
                    number += 1;
                    number % 3 > 0
                });
            }
            _ => drop(rows.drain(..900)),
        });
        let (mut left, requests) = (Vec::new(), server.requests());
        server.change(|rows| left.clone_from(rows));
        let mut records = server.client().records(query()).resume(&saved).unwrap();
        let mut more = 0;
        while let Some(record) = records.next_record().await.unwrap() {
            given.insert(record.id().to_owned());
            more += 1;
        }
        let lost = left.iter().filter(|row| !given.contains(&row.id)).count();
        assert_eq!(lost, 0, "{deleted}");
        if deleted == "none" {
            // 2000 records, from 800 or 840 on.
            assert!(more <= 1240, "{more}");
            assert!(server.requests() - requests <= 9);
        }
    }
}
