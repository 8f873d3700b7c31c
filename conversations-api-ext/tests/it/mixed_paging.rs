//! Lists whose pages change between cursors, offsets and orders are complete, or an error.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    fmt::Write as _,
    hash::{Hash as _, Hasher as _},
};

use conversations_api_ext::{Checkpoint, ErrorKind, Pages, Query, Record, Records, V2, V3};
use futures_util::TryStreamExt as _;

use crate::listing::{Listing, Row, every_ten_minutes};
use crate::scripted::{Reply, Scripted, answer, page};

/// Returns a page of these records with `next` after its list.
fn records(ids: impl IntoIterator<Item = u32>, next: &str) -> Reply {
    let ids: Vec<_> = ids
        .into_iter()
        .map(|id| format!(r#"{{"id":"{id}"}}"#))
        .collect();
    page(&format!(r#"{{"conversations":[{}]{next}}}"#, ids.join(",")))
}

/// A list of 40 records: cursor, offset, cursor.
fn mixed(no_cursor: &str) -> [Reply; 4] {
    [
        records(0..10, r#","cursor":"c10","next_offset":10"#),
        records(10..20, &format!(r#"{no_cursor},"next_offset":20"#)),
        records(18..30, r#","cursor":"c30","next_offset":30"#),
        records(30..40, r#","cursor":null"#),
    ]
}

async fn of_records(records: Records) -> Vec<u32> {
    let all: Vec<Record> = records.try_collect().await.unwrap();
    all.iter().map(|it| it.id().parse().unwrap()).collect()
}

async fn of_pages(mut pages: Pages) -> Vec<u32> {
    let mut all = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        all.extend(page.records().map(|it| it.id().parse::<u32>().unwrap()));
    }
    all
}

#[tokio::test]
async fn an_offset_without_a_cursor_is_followed_on_every_page() {
    let whole: Vec<u32> = (0..40).collect();
    for no_cursor in [r#","cursor":null"#, r#","cursor":"""#, ""] {
        let server = Scripted::start(mixed(no_cursor)).await;
        let client = server.client();
        assert_eq!(
            of_records(client.records(Query::<V3>::default())).await,
            whole
        );
        let requests = server.requests();
        for (request, part) in requests[1..]
            .iter()
            .zip(["cursor=c10", "offset=18", "cursor=c30"])
        {
            assert!(request.contains(part), "{request}");
        }
        let server = Scripted::start(mixed(no_cursor)).await;
        assert_eq!(
            of_records(server.client().records(Query::<V2>::default())).await,
            whole
        );
        let server = Scripted::start(mixed(no_cursor)).await;
        assert_eq!(of_pages(server.client().pages(Query::v3())).await, whole);
    }
}

#[tokio::test]
async fn a_fetch_resumes_between_a_cursor_and_an_offset() {
    let replies = mixed(r#","cursor":null"#);
    let server = Scripted::start(replies.clone()).await;
    let client = server.client();
    let mut pages = client.pages(Query::v3());
    for _ in 0..2 {
        pages.next_page().await.unwrap().unwrap();
    }
    let saved = pages.checkpoint().to_string();
    let checkpoint: Checkpoint = saved.parse().unwrap();
    let rest = client.pages(Query::v3()).resume(&checkpoint);
    assert_eq!(of_pages(rest.unwrap()).await, (18..40).collect::<Vec<_>>());

    // Before it: the page of the cursor is re-read, and names the offset again.
    let server = Scripted::start([&replies[..1], &replies[..]].concat()).await;
    let client = server.client();
    let mut pages = client.pages(Query::v3());
    pages.next_page().await.unwrap().unwrap();
    let checkpoint = pages.checkpoint();
    let rest = client.pages(Query::v3()).resume(&checkpoint);
    assert_eq!(of_pages(rest.unwrap()).await, (10..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn deletions_between_an_offset_and_a_cursor_make_the_fetch_step_back() {
    // Eight records are deleted before the offset is requested.
    let server = Scripted::start([
        records(0..20, r#","cursor":null,"next_offset":20"#),
        records(24..32, r#","cursor":"c24","next_offset":24"#),
        records((0..4).chain(12..32), r#","cursor":"c24","next_offset":24"#),
        records(32..40, r#","cursor":null"#),
    ])
    .await;
    let mut all = of_records(server.client().records(Query::v3())).await;
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_offset_that_does_not_grow_after_a_cursor_is_an_error() {
    let server = Scripted::start([
        records(0..10, r#","cursor":"a""#),
        records(10..20, r#","cursor":null,"next_offset":20"#),
        records(18..20, r#","cursor":"b","next_offset":20"#),
        records(18..20, r#","cursor":null,"next_offset":20"#),
    ])
    .await;
    let mut records = server.client().records(Query::v3());
    let mut ids = 0;
    let error = loop {
        match records.next_record().await {
            Ok(Some(_)) => ids += 1,
            Ok(None) => panic!("ended after {ids}"),
            Err(error) => break error,
        }
    };
    assert_eq!((ids, error.kind()), (20, ErrorKind::Paging), "{error}");
}

#[tokio::test]
async fn a_next_offset_in_quotes_is_a_number() {
    let server = Scripted::start([
        records(0..4, r#","next_offset":"4""#),
        records(4..8, r#","next_offset":null"#),
    ])
    .await;
    let all = of_records(server.client().records(Query::v1())).await;
    assert_eq!(all, (0..8).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_that_changes_its_order_between_pages_is_incomplete() {
    let pages = (0..20).map(|n| {
        let next = if n < 19 {
            format!(r#","cursor":"{n}""#)
        } else {
            r#","cursor":null"#.into()
        };
        let range = n * 10..n * 10 + 10;
        match n % 2 {
            0 => records(range, &next),
            _ => records(range.map(|id| 199 - id), &next),
        }
    });
    let server = Scripted::start(pages).await;
    let client = server.client();
    let mut records = client.records(Query::v3());
    let start = records.checkpoint().to_string();
    let error = loop {
        match records.next_record().await {
            Ok(record) => assert!(record.is_some(), "ended without an error"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert!(
        error.to_string().contains(" conversations were sent again"),
        "{error}"
    );
    assert_eq!(records.duplicates(), 100);
    // Resuming at the last page would complete without the missing ones.
    assert_eq!(records.checkpoint().to_string(), start);
}

#[tokio::test]
async fn a_list_that_changes_its_order_is_incomplete_by_offset_as_well() {
    /// Orders rows that are next to each other anew, over up to `distance` places.
    fn reorder(rows: &mut [Row], page: u64, distance: u64) {
        let place = |row: &Row| {
            let mut hasher = DefaultHasher::new();
            (&row.id, page).hash(&mut hasher);
            row.id[2..].parse::<u64>().unwrap() + hasher.finish() % distance
        };
        rows.sort_by_key(place);
    }
    for (count, size, distance) in [(1000, 100, 1000), (3000, 1000, 3000), (2000, 100, 200)] {
        let server = Listing::start(every_ten_minutes(count), |_, _| true).await;
        let client = server.client();
        let (v1, v2) = (Query::v1().page_size(size), Query::v2().page_size(size));
        for mut pages in [client.pages(v1.unwrap()), client.pages(v2.unwrap())] {
            let mut ids = HashSet::new();
            let mut number = 0;
            let error = loop {
                number += 1;
                server.change(|rows| reorder(rows, number, distance));
                match pages.next_page().await {
                    Ok(page) => {
                        let page = page.expect("ended without an error");
                        ids.extend(page.records().map(|record| record.id().to_owned()));
                    }
                    Err(error) => break error,
                }
            };
            assert!(ids.len() < usize::try_from(count).unwrap());
            assert_eq!(error.kind(), ErrorKind::Paging);
            assert!(error.to_string().contains("records"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_growing_list_is_complete() {
    // Three records are added before each request, so that each page begins with the end of the one before.
    let pages = (0..20_u32).map(|n| {
        let next = if n < 19 {
            format!(r#","cursor":"{n}""#)
        } else {
            r#","cursor":null"#.into()
        };
        let start = n * 7;
        records(start..start + 10, &next)
    });
    let server = Scripted::start(pages).await;
    let all = of_records(server.client().records(Query::v3())).await;
    assert_eq!(all, (0..143).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_that_reports_a_failure_is_an_error_with_the_words_of_the_server() {
    let mut long = String::new();
    for n in 0..200 {
        write!(long, r#"{{"id":"{n}","text":"{}"}},"#, "x".repeat(100)).unwrap();
    }
    let long = long.trim_end_matches(',');
    for (body, words) in [
        (
            r#"{"success":false,"error_message":"quota exhausted","conversations":[]}"#.to_owned(),
            "reports an error under a status of success: \"quota exhausted\"",
        ),
        (
            r#"{"error_message":"quota exhausted","conversations":[],"cursor":null}"#.to_owned(),
            "reports an error under a status of success: \"quota exhausted\"",
        ),
        (
            r#"{"conversations":[],"cursor":null,"success":false}"#.to_owned(),
            "reports an error under a status of success",
        ),
        (
            format!(r#"{{"conversations":[{long}],"cursor":null,"success":false}}"#),
            "reports an error under a status of success",
        ),
    ] {
        let server = Scripted::start([page(&body)]).await;
        let mut pages = server.client().pages(Query::v3());
        let error = pages.next_page().await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(error.to_string().contains(words), "{error}");
    }
    let fine = r#"{"success":true,"error_message":"","conversations":[],"cursor":null}"#;
    let server = Scripted::start([page(fine)]).await;
    let mut pages = server.client().pages(Query::v3());
    assert!(pages.next_page().await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn a_rejected_cursor_is_no_fault_of_a_filter() {
    let server = Scripted::start([
        records(0..5, r#","cursor":"x""#),
        answer("400 Bad Request", "", r#"{"error_message":"bad cursor"}"#),
    ])
    .await;
    let mut pages = server.client().pages(Query::v3());
    pages.next_page().await.unwrap();
    let error = pages.next_page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    let text = error.to_string();
    assert!(
        text.contains("rejected the cursor") && text.contains("\"bad cursor\""),
        "{text}"
    );
    assert!(
        !text.contains("filter") && text.contains("start over"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_names_an_offset_on_the_last_page_as_well_ends_its_list_there() {
    let server = Scripted::start([
        records(0..20, r#","cursor":"a","next_offset":20"#),
        records(20..40, r#","cursor":null,"next_offset":40"#),
        records(38..40, r#","cursor":null,"next_offset":40"#),
        records(0..0, r#","cursor":null,"next_offset":40"#),
    ])
    .await;
    let all = of_records(server.client().records(Query::v3())).await;
    assert_eq!(all, (0..40).collect::<Vec<_>>());
    let server = Scripted::start([records(0..5, r#","cursor":null,"next_offset":0"#)]).await;
    let all = of_records(server.client().records(Query::v3())).await;
    assert_eq!(all, (0..5).collect::<Vec<_>>());
}

/// After the step back, pages repeat what was read long before, by cursor.
#[tokio::test]
async fn a_step_back_that_leads_to_cursors_is_no_change_of_order() {
    let server = Scripted::start([
        records(0..100, r#","cursor":null,"next_offset":100"#),
        records(130..200, r#","cursor":null,"next_offset":170"#),
        records(30..80, r#","cursor":"c80""#),
        records(80..130, r#","cursor":"c130""#),
        records(130..200, r#","cursor":null"#),
    ])
    .await;
    let mut all = of_records(server.client().records(Query::v3())).await;
    all.sort_unstable();
    assert_eq!(all, (0..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_record_that_changed_in_the_overlap_of_two_pages_is_a_conflict() {
    let records = |range: std::ops::Range<u32>, open: u32| {
        let record = |id| format!(r#"{{"id":"{id}","in_progress":{}}}"#, id == open);
        range.map(record).collect::<Vec<_>>().join(",")
    };
    for keep in [false, true] {
        let first = format!(
            r#"{{"conversations":[{}],"next_offset":10}}"#,
            records(0..10, 8)
        );
        let second = format!(r#"{{"conversations":[{}]}}"#, records(8..12, u32::MAX));
        let server = Scripted::start([page(&first), page(&second)]).await;
        let query = Query::v1().page_size(10).unwrap();
        let mut stream = server.client().records(query);
        if keep {
            stream = stream.keep_duplicates();
        }
        let mut versions = Vec::new();
        while let Some(record) = stream.next_record().await.unwrap() {
            if record.id() == "8" {
                versions.push(record.in_progress());
            }
        }
        let expected: &[bool] = if keep { &[true, false] } else { &[true] };
        assert_eq!(versions, expected);
        assert_eq!((stream.duplicates(), stream.conflicts()), (1, 1));
    }
}
