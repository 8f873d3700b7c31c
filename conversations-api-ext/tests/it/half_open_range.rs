//! A time range includes its start and excludes its end, even if the server includes both.

use chrono::{DateTime, TimeDelta, Utc};
use conversations_api_ext::{BoundedRange, Environment, IntoTime, Query, TimeRange, V1, V2, V3};
use conversations_emulator::{Dataset, EndOfRange, ServerBehavior};

use crate::listing::{Listing, Row};
use crate::support::{Keyed, april, client, collect_ids, emulator, ids, readings, stored};

/// Returns the sorted start times of the live conversations.
fn starts(data: &Dataset) -> Vec<DateTime<Utc>> {
    let mut starts: Vec<_> = stored(data, Environment::Live)
        .iter()
        .map(|record| record["started_at"].as_str().unwrap().into_time().unwrap())
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

#[tokio::test]
async fn adjoining_ranges_cut_at_a_record_give_every_record_once() {
    async fn check<V: Keyed>(readings: ServerBehavior) {
        let emulator = emulator(60, readings.clone()).await;
        let client = client::<V>(&emulator);
        let starts = starts(emulator.data());
        let cut = starts[starts.len() / 2];
        let before = Query::<V>::default().time_range(TimeRange::until(cut).unwrap());
        let after = Query::<V>::default().time_range(TimeRange::since(cut).unwrap());
        let mut found = collect_ids(client.records(before)).await.unwrap();
        found.extend(collect_ids(client.records(after)).await.unwrap());
        found.sort_unstable();
        assert_eq!(
            found,
            ids(&stored(emulator.data(), Environment::Live)),
            "{readings:?}"
        );
    }
    for readings in readings() {
        check::<V1>(readings.clone()).await;
        check::<V2>(readings.clone()).await;
        check::<V3>(readings).await;
    }
}

#[tokio::test]
async fn a_cut_finer_than_what_is_sent_still_falls_where_it_was_asked() {
    for end in [EndOfRange::Exclusive, EndOfRange::Inclusive] {
        let emulator = emulator(60, ServerBehavior::default().with_end_of_range(end)).await;
        let client = client::<V3>(&emulator);
        let starts = starts(emulator.data());
        let nanosecond = TimeDelta::nanoseconds(1);
        for start in &starts[5..10] {
            for (cut, within) in [(*start, false), (*start + nanosecond, true)] {
                let range = TimeRange::new(Some(starts[0]), Some(cut)).unwrap();
                let mut records = client.records(Query::v3().time_range(range));
                let mut found = false;
                while let Some(record) = records.next_record().await.unwrap() {
                    assert!(range.contains(record.started_at().unwrap()));
                    found |= record.started_at() == Some(*start);
                }
                // A server may include the end: such a record is no sign of a server that ignores the range.
                assert_eq!(records.outside_range(), 0);
                assert_eq!(found, within, "{cut:?} for a record at {start:?}");
            }
        }
    }
}

#[tokio::test]
async fn records_that_the_server_sends_beyond_the_range_are_counted() {
    let cut: DateTime<Utc> = "2026-04-01T10:00:00Z".into_time().unwrap();
    let rows = (-1..=1).map(|hours| Row {
        id: format!("CA{hours}"),
        start: cut + TimeDelta::hours(hours),
    });
    // The clock of the server is behind: it also sends the record at the end of the range and the one an hour later.
    let server = Listing::start(rows.collect(), |asked, row| {
        row.start - TimeDelta::minutes(61) < asked.time("end_time").unwrap()
    })
    .await;
    let client = server.client();
    let query = Query::v3().time_range(TimeRange::until(cut).unwrap());
    let page = client.pages(query.clone()).next_page().await;
    let page = page.unwrap().unwrap();
    assert_eq!((page.records().count(), page.outside_range()), (1, 1));

    let mut records = client.records(query);
    while let Some(record) = records.next_record().await.unwrap() {
        assert!(record.started_at().unwrap() < cut);
    }
    assert_eq!(records.outside_range(), 1);
}

#[tokio::test]
async fn a_range_that_covers_everything_leaves_nothing_out() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let query = Query::v3().time_range(april());
    let found = collect_ids(client::<V3>(&emulator).records(query))
        .await
        .unwrap();
    assert_eq!(found, ids(&stored(emulator.data(), Environment::Live)));
}

#[tokio::test]
async fn from_a_server_that_excludes_the_start_no_day_loses_the_record_at_midnight() {
    let midnight: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    for milliseconds in [0, 1, 1000] {
        // A record at each midnight, and one shortly before it.
        let rows = (0..4).flat_map(|day| {
            [-1, 0].map(|part| Row {
                id: format!("CA{day}/{part}"),
                start: midnight + TimeDelta::days(day) + TimeDelta::microseconds(500 * part),
            })
        });
        let rows: Vec<_> = rows.collect();
        // The server compares whole units of time.
        let whole = move |time: DateTime<Utc>| time.timestamp_millis() / milliseconds.max(1);
        let server = Listing::start(rows.clone(), move |asked, row| {
            let (start, end) = (asked.time("start_time"), asked.time("end_time"));
            if milliseconds == 0 {
                return start.unwrap() < row.start && row.start < end.unwrap();
            }
            whole(start.unwrap()) < whole(row.start) && row.start < end.unwrap()
        })
        .await;
        let mut found = Vec::new();
        for day in -1..4 {
            let date = (midnight + TimeDelta::days(day)).date_naive();
            let query = Query::v3().time_range(BoundedRange::day(date).unwrap());
            let mut records = server.client().records(query);
            while let Some(record) = records.next_record().await.unwrap() {
                assert_eq!(record.started_at().unwrap().date_naive(), date);
                found.push(record.id().to_owned());
            }
            // What the earlier start adds to the response is no sign of a server that ignores the range.
            assert_eq!(records.outside_range(), 0);
        }
        let expected: Vec<_> = rows.into_iter().map(|row| row.id).collect();
        assert_eq!(found, expected, "{milliseconds} ms");
    }
}
