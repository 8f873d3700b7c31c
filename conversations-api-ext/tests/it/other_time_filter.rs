//! A parallel fetch keeps every record of its range, whatever the server compares with the start and the end of a window.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use conversations_api_ext::{BoundedRange, IntoTime as _, Parallel, Query};

use crate::{
    listing::{Asked, Listing, Row},
    support::sorted,
};

/// Returns `count` rows, one every `seconds` from April 1.
fn every(seconds: i64, count: i64) -> Vec<Row> {
    let first: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    let row = |number: i64| Row {
        id: format!("CA{number}"),
        start: first + TimeDelta::seconds(seconds * number),
    };
    (0..count).map(row).collect()
}

fn compared(asked: &Asked, time: DateTime<Utc>) -> bool {
    asked.time("start_time").unwrap() <= time && time < asked.time("end_time").unwrap()
}

fn ids(rows: &[Row]) -> Vec<String> {
    sorted(rows.iter().map(|row| row.id.clone()))
}

async fn collect(records: &mut Parallel) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    sorted(ids)
}

/// Fetches everything in windows, as they arrive and in order. `lost` is the number of records that the server sends
/// for no query of the range.
async fn check(
    rows: Vec<Row>,
    lost: usize,
    selects: impl Fn(&Asked, &Row) -> bool + Copy + Send + Sync + 'static,
) {
    let last = rows.iter().map(|row| row.start).max().unwrap();
    let range = BoundedRange::new(rows[0].start, last + TimeDelta::seconds(1)).unwrap();
    let server = Listing::start(rows.clone(), selects).await;
    for in_order in [false, true] {
        let query = Query::v3().page_size(100).unwrap();
        let mut records = server.client().parallel(query, range).at_once(4).unwrap();
        if in_order {
            records = records.in_order();
        }
        let found = collect(&mut records).await;
        assert!(records.windows_read() > 1, "one window proves nothing");
        assert_eq!(found.len(), rows.len() - lost, "in order: {in_order}");
        if lost == 0 {
            assert_eq!(found, ids(&rows));
        }
        assert_eq!((records.duplicates(), records.outside_range()), (0, 0));
    }
}

#[tokio::test]
async fn records_filtered_by_a_later_time_than_their_start_are_kept() {
    for (minutes, lost) in [(5, 1), (60, 12)] {
        check(every(300, 1500), lost, move |asked, row| {
            compared(asked, row.start + TimeDelta::minutes(minutes))
        })
        .await;
    }
}

#[tokio::test]
async fn records_filtered_by_whole_minutes_are_kept() {
    check(every(30, 1500), 0, |asked, row| {
        let whole = |time: DateTime<Utc>| time.duration_trunc(TimeDelta::minutes(1)).unwrap();
        let (start, end) = (asked.time("start_time"), asked.time("end_time"));
        let time = whole(row.start);
        whole(start.unwrap()) <= time && time <= whole(end.unwrap())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ignores_the_range_sends_each_record_once_to_the_reader() {
    check(every(300, 800), 0, |_, _| true).await;
}

#[tokio::test]
async fn an_exclusive_start_loses_nothing_between_two_windows() {
    check(every(1, 3600), 0, |asked, row| {
        asked.time("start_time").unwrap() < row.start && row.start < asked.time("end_time").unwrap()
    })
    .await;
}

#[tokio::test]
async fn an_id_with_two_starts_is_returned_once_and_counted() {
    let mut rows = every(300, 3000);
    let (first, last) = (rows[10].id.clone(), rows.len() - 10);
    rows[last].id = first;
    let server = Listing::start(rows.clone(), |asked, row| compared(asked, row.start)).await;
    let range = BoundedRange::new("2026-04-01", "2026-05-01").unwrap();
    let query = Query::v3().page_size(100).unwrap();
    let mut records = server.client().parallel(query, range).at_once(4).unwrap();
    assert_eq!(collect(&mut records).await.len(), rows.len() - 1);
    assert!(records.windows_read() > 1);
    assert_eq!(records.duplicates(), 1);
}

#[tokio::test]
async fn a_record_outside_the_range_counts_once_whichever_windows_return_it() {
    let rows = every(300, 3000);
    let (start, end) = (rows[1].start, rows[2990].start);
    // The server adds the first record and the last ones to every page of every window.
    let server = Listing::start(rows.clone(), move |asked, row| {
        row.start < start || row.start > end || compared(asked, row.start)
    })
    .await;
    let range = BoundedRange::new(start, end).unwrap();
    let query = Query::v3().page_size(100).unwrap();
    let mut records = server.client().parallel(query, range).at_once(4).unwrap();
    assert_eq!(collect(&mut records).await.len(), 2989);
    assert!(records.windows_read() > 1);
    assert_eq!(records.outside_range(), 10);
}
