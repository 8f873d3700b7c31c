//! Resuming from a checkpoint repeats at most a page and loses nothing.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{
    BoundedRange, Checkpoint, Environment, Error, ErrorKind, IntoTime as _, Query, Record, V1, V3,
};
use conversations_emulator::ServerBehavior;
use futures_util::{Stream, StreamExt as _};
use proptest::prelude::*;

use crate::{
    listing::{Cursors, Listing, Row, every_ten_minutes, in_range},
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
        Query::v3().channels(["CHAT"]).unwrap(),
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

/// How a list is read.
#[derive(Clone, Copy, Debug)]
enum Way {
    Cursors(Cursors),
    Offsets,
    Windows(Cursors),
}

/// A change of the list between two runs: rows to delete, by index and count, and rows to insert, by second.
type Change = (Vec<(usize, usize)>, Vec<i64>);

/// A list of this many rows, read in these pages in several runs: each stops after some records, then the list
/// changes.
#[derive(Clone, Debug)]
struct Story {
    rows: usize,
    page_size: u32,
    runs: Vec<(usize, Change)>,
}

fn story() -> impl Strategy<Value = Story> {
    let deletions = prop::collection::vec((0..200_usize, 1..60_usize), 0..4);
    let insertions = prop::collection::vec(0..2000_i64, 0..40);
    let runs = prop::collection::vec((0..90_usize, (deletions, insertions)), 1..4);
    (20..200_usize, 5..20_u32, runs).prop_map(|(rows, page_size, runs)| Story {
        rows,
        page_size,
        runs,
    })
}

/// Writes the records of a stream that are not in the file yet, up to `count`. Returns whether it has ended.
async fn write(
    records: &mut (impl Stream<Item = Result<Record, Error>> + Unpin),
    file: &mut Vec<String>,
    count: usize,
) -> bool {
    let mut given = HashSet::new();
    for _ in 0..count {
        let Some(record) = records.next().await else {
            return true;
        };
        let id = record.unwrap().id().to_owned();
        assert!(given.insert(id.clone()), "one run returned {id} twice");
        if !file.contains(&id) {
            file.push(id);
        }
    }
    false
}

/// Reads the list in several runs. Returns the ids that were in it all the while and are not in the file.
async fn lost(way: Way, story: &Story) -> Vec<String> {
    let first: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    let row = |id: String, seconds: i64, nth: i64| Row {
        id,
        start: first + TimeDelta::seconds(seconds) + TimeDelta::milliseconds(nth),
    };
    let rows = (0_i64..).take(story.rows);
    let rows: Vec<_> = rows.map(|n| row(format!("CA{n}"), n * 10, 0)).collect();
    let cursors = match way {
        Way::Cursors(cursors) | Way::Windows(cursors) => cursors,
        Way::Offsets => Cursors::Position,
    };
    let server = Listing::start_with(rows.clone(), cursors, |asked, row| {
        let is_after = |start| start <= row.start;
        let is_before = |end| row.start < end;
        asked.time("start_time").is_none_or(is_after)
            && asked.time("end_time").is_none_or(is_before)
    })
    .await;
    let range = BoundedRange::new("2026-04-01", "2026-04-02").unwrap();
    let client = server.client();
    let (mut file, mut saved) = (Vec::new(), None::<Checkpoint>);
    let mut all_the_while: HashSet<_> = rows.into_iter().map(|row| row.id).collect();
    let rest = (usize::MAX, Change::default());
    for (run, (count, (deletions, insertions))) in story.runs.iter().chain([&rest]).enumerate() {
        let ended;
        if let Way::Windows(_) = way {
            let query = Query::v3().page_size(story.page_size).unwrap();
            let mut records = client.parallel(query, range).in_order();
            if let Some(saved) = &saved {
                records = records.resume(saved).unwrap();
            }
            ended = write(&mut records, &mut file, *count).await;
            saved = Some(records.checkpoint());
        } else {
            let mut records = match way {
                Way::Offsets => client.records(Query::v1().page_size(story.page_size).unwrap()),
                _ => client.records(Query::v3().page_size(story.page_size).unwrap()),
            };
            if let Some(saved) = &saved {
                records = records.resume(saved).unwrap();
            }
            ended = write(&mut records, &mut file, *count).await;
            saved = Some(records.checkpoint());
        }
        if ended {
            break;
        }
        server.change(|rows| {
            for (from, count) in deletions {
                let from = from % rows.len().max(1);
                let to = (from + count).min(rows.len());
                rows.drain(from..to);
            }
            for (nth, second) in (1..).zip(insertions) {
                let id = format!("CA-new-{run}-{nth}");
                rows.push(row(id, *second, nth + 100 * i64::try_from(run).unwrap()));
            }
            rows.sort_by_key(|row| row.start);
            let left: HashSet<_> = rows.iter().map(|row| &row.id).collect();
            all_the_while.retain(|id| left.contains(id));
        });
    }
    all_the_while.retain(|id| !file.contains(id));
    sorted(all_the_while)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn however_the_list_changes_between_runs_no_record_that_stayed_is_missed(story in story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for way in [
            Way::Cursors(Cursors::Position),
            Way::Cursors(Cursors::Row),
            Way::Offsets,
            Way::Windows(Cursors::Position),
            Way::Windows(Cursors::Row),
        ] {
            let lost = runtime.block_on(lost(way, &story));
            prop_assert!(lost.is_empty(), "{way:?} lost {lost:?}");
        }
    }
}

#[tokio::test]
async fn a_resumed_stream_starts_over_only_if_no_record_of_the_last_page_is_left_on_it() {
    let first: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    let rows = (0..500).map(|number: i64| Row {
        id: format!("CA{number}"),
        start: first + TimeDelta::seconds(number),
    });
    let rows: Vec<_> = rows.collect();
    for (deleted, repeated, started_over) in [(0, 0, false), (99, 1, false), (100, 100, true)] {
        let server = Listing::start(rows.clone(), |_, _| true).await;
        let query = || Query::v3().page_size(100).unwrap();
        let mut records = server.client().records(query());
        let mut given = Vec::new();
        for _ in 0..201 {
            given.push(
                records
                    .next_record()
                    .await
                    .unwrap()
                    .unwrap()
                    .id()
                    .to_owned(),
            );
        }
        // The resume point is after two pages.
        given.truncate(200);
        let saved = records.checkpoint();
        server.change(|rows| drop(rows.drain(..deleted)));
        let mut records = server.client().records(query()).resume(&saved).unwrap();
        let more: Vec<_> = (&mut records)
            .map(|record| record.unwrap().id().to_owned())
            .collect()
            .await;
        let again = more.iter().filter(|id| given.contains(id)).count();
        assert_eq!(
            (again, records.started_over()),
            (repeated, started_over),
            "{deleted}"
        );
        assert_eq!(more.len() - again, 300);
    }
}

#[tokio::test]
async fn a_record_deleted_before_its_range_is_read_again_does_not_stop_the_checkpoints() {
    let server = Listing::start(every_ten_minutes(1000), in_range).await;
    let query = Query::v3().page_size(20).unwrap();
    let mut records = server.client().parallel(query, april()).in_order();
    // The first page is returned, and then its range is split.
    for _ in 0..20 {
        records.next_record().await.unwrap().unwrap();
    }
    server.change(|rows| drop(rows.remove(3)));
    let mut pages = HashSet::new();
    while records.next_record().await.unwrap().is_some() {
        pages.insert(records.pages_read());
    }
    assert!(pages.len() > 20, "{pages:?}");
}
