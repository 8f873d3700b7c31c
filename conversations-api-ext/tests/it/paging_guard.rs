//! Paging that makes no progress ends in an error, after everything that was received.

use std::time::Duration;

use conversations_api_ext::{ErrorKind, Query, Record, Records, RetryPolicy};
use futures_util::TryStreamExt as _;

use crate::{
    scripted::{Reply, Scripted, answer, head, page},
    waits::Waits,
};

/// Returns the received ids and the kind of the final error.
async fn until_error(mut records: Records) -> (Vec<String>, ErrorKind) {
    let mut ids = Vec::new();
    loop {
        match records.next_record().await {
            Ok(Some(record)) => ids.push(record.id().to_owned()),
            Ok(None) => panic!("ended without an error after {ids:?}"),
            Err(error) => {
                assert!(
                    records.next_record().await.unwrap().is_none(),
                    "went on after an error"
                );
                return (ids, error.kind());
            }
        }
    }
}

#[tokio::test]
async fn a_repeated_cursor_is_an_error_within_two_requests() {
    let same = r#"{"conversations":[{"id":"a"}],"cursor":"x"}"#;
    let server = Scripted::start([page(same), page(same), page(same)]).await;
    let (ids, kind) = until_error(server.client().records(Query::v3())).await;
    assert_eq!((ids, kind), (vec!["a".into()], ErrorKind::Paging));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn cursors_that_go_round_in_a_circle_are_an_error() {
    let give = |cursor: &str| page(&format!(r#"{{"conversations":[],"cursor":"{cursor}"}}"#));
    let server = Scripted::start([give("x"), give("y"), give("z"), give("x"), give("y")]).await;
    let (_, kind) = until_error(server.client().records(Query::v2())).await;
    assert_eq!(kind, ErrorKind::Paging);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn an_offset_that_does_not_grow_is_an_error_within_two_requests() {
    let same = r#"{"conversations":[{"id":"a"}],"next_offset":1}"#;
    let server = Scripted::start([page(same), page(same), page(same)]).await;
    let (ids, kind) = until_error(server.client().records(Query::v1())).await;
    assert_eq!((ids, kind), (vec!["a".into()], ErrorKind::Paging));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn records_that_arrived_are_given_before_the_error_of_a_later_page() {
    let server = Scripted::start([
        page(r#"{"conversations":[{"id":"a"},{"id":"b"}],"cursor":"x"}"#),
        answer("503 Service Unavailable", "", ""),
    ])
    .await;
    let (ids, kind) = until_error(server.client().records(Query::v3())).await;
    assert_eq!(
        (ids, kind),
        (vec!["a".into(), "b".into()], ErrorKind::Server)
    );
}

#[tokio::test]
async fn a_null_cursor_next_to_an_offset_is_not_the_end() {
    let records = |from: u32, to: u32| {
        let records: Vec<_> = (from..to).map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
        format!(r#""conversations":[{}],"cursor":null"#, records.join(","))
    };
    let server = Scripted::start([
        page(&format!(r#"{{{},"next_offset":2}}"#, records(0, 2))),
        page(&format!(r#"{{{},"next_offset":7}}"#, records(2, 7))),
        page(&format!(r#"{{{}}}"#, records(6, 10))),
    ])
    .await;
    let mut stream = server.client().records(Query::v3());
    let mut ids = Vec::new();
    while let Some(record) = stream.next_record().await.unwrap() {
        ids.push(record.id().parse::<u32>().unwrap());
    }
    assert_eq!(ids, (0..10).collect::<Vec<_>>());
    let requests = server.requests();
    assert!(requests[1].contains("offset=2") && requests[2].contains("offset=6"));
}

#[tokio::test]
async fn empty_pages_in_the_middle_are_passed_over() {
    let server = Scripted::start([
        page(r#"{"conversations":[],"cursor":"x"}"#),
        page(r#"{"conversations":[],"cursor":"y"}"#),
        page(r#"{"conversations":[{"id":"a"}],"cursor":null}"#),
    ])
    .await;
    let mut records = server.client().records(Query::v3());
    assert_eq!(records.next_record().await.unwrap().unwrap().id(), "a");
    assert!(records.next_record().await.unwrap().is_none());
    assert_eq!(records.pages_read(), 3);
    let requests = server.requests();
    assert!(requests[1].contains("cursor=x") && requests[2].contains("cursor=y"));
}

#[tokio::test]
async fn a_paging_error_names_the_answer_it_came_from() {
    let same = r#"{"conversations":[],"next_offset":0}"#;
    let headers = "X-PolyAI-Correlation-Id: c0ffee00-0000-4000-8000-000000000007\r\n";
    let server = Scripted::start([answer("200 OK", headers, same)]).await;
    let mut pages = server.client().pages(Query::v1());
    assert!(pages.next_page().await.unwrap().unwrap().is_empty());
    let error = pages.next_page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_eq!(
        error.correlation_id(),
        Some("c0ffee00-0000-4000-8000-000000000007")
    );
    assert!(error.to_string().contains("at 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn known_records_under_ever_new_cursors_are_soon_an_error() {
    let pages = (0..2000).map(|n| {
        page(&format!(
            r#"{{"conversations":[{{"id":"a"}}],"cursor":"{n}"}}"#
        ))
    });
    let server = Scripted::start(pages).await;
    let (ids, kind) = until_error(server.client().records(Query::v3())).await;
    assert_eq!((ids, kind), (vec!["a".into()], ErrorKind::Paging));
    assert_eq!(server.requests().len(), 21);
}

#[tokio::test]
async fn pages_of_malformed_records_alone_are_not_taken_for_known_ones() {
    let mut pages: Vec<_> = (0..30)
        .map(|n| {
            page(&format!(
                r#"{{"conversations":[{{"n":{n}}}],"cursor":"{n}"}}"#
            ))
        })
        .collect();
    pages.push(page(r#"{"conversations":[{"id":"a"}],"cursor":null}"#));
    let server = Scripted::start(pages).await;
    let mut records = server.client().records(Query::v3()).skip_malformed();
    let mut ids = Vec::new();
    while let Some(record) = records.try_next().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert_eq!(ids, ["a"]);
}

#[tokio::test]
async fn a_newer_version_in_the_retry_of_a_page_is_returned_if_duplicates_are_kept() {
    let first = r#"{"conversations":[{"id":"a","n":1},{"id":"b"}"#;
    let whole = r#"{"conversations":[{"id":"a","n":2},{"id":"b"}],"cursor":null}"#;
    let server = Scripted::start([
        Reply::Send(head("200 OK", "", 1000, first.as_bytes())),
        page(whole),
    ])
    .await;
    let client = server.builder().clock(Waits::new());
    let client = client.retry(RetryPolicy::default()).build().unwrap();
    let records = client.records(Query::v3()).keep_duplicates();
    let all: Vec<_> = records.try_collect().await.unwrap();
    let all: Vec<_> = all.iter().map(Record::raw).collect();
    assert_eq!(
        all,
        [
            r#"{"id":"a","n":1}"#,
            r#"{"id":"b"}"#,
            r#"{"id":"a","n":2}"#
        ]
    );
}

#[tokio::test]
async fn a_record_on_two_pages_is_given_once_and_counted() {
    let server = Scripted::start([
        page(r#"{"conversations":[{"id":"a"},{"id":"b"},{"id":"b"}],"cursor":"x"}"#),
        page(r#"{"conversations":[{"id":"b"},{"id":"c"}],"cursor":null}"#),
    ])
    .await;
    let mut records = server.client().records(Query::v3());
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(records.duplicates(), 2);
}

fn two_versions() -> [Reply; 2] {
    [
        page(
            r#"{"conversations":[{"id":"a","n":1},{"id":"a","n":2},{"id":"b","n":1}],"cursor":"x"}"#,
        ),
        page(r#"{"conversations":[{"id":"b","n":2},{"id":"a","n":1},{"id":"c"}],"cursor":null}"#),
    ]
}

#[tokio::test]
async fn duplicates_with_other_content_are_counted_as_conflicts() {
    let server = Scripted::start(two_versions()).await;
    let mut records = server.client().records(Query::v3());
    let mut raw = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        raw.push(record.raw().to_owned());
    }
    assert_eq!(
        raw,
        [
            r#"{"id":"a","n":1}"#,
            r#"{"id":"b","n":1}"#,
            r#"{"id":"c"}"#
        ]
    );
    assert_eq!((records.duplicates(), records.conflicts()), (3, 2));
}

#[tokio::test]
async fn every_version_is_returned_if_duplicates_are_kept() {
    let server = Scripted::start(two_versions()).await;
    let mut records = server.client().records(Query::v3()).keep_duplicates();
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert_eq!(ids, ["a", "a", "b", "b", "a", "c"]);
    assert_eq!(records.duplicates(), 3);
}

/// Returns a page of `limit` records of `all` from `offset`, like an offset server.
fn slice(all: &[u32], offset: usize, limit: usize) -> Reply {
    let to = (offset + limit).min(all.len());
    let records: Vec<_> = all[offset.min(to)..to]
        .iter()
        .map(|id| format!(r#"{{"id":"{id}"}}"#))
        .collect();
    let next = if to < all.len() {
        format!(r#","next_offset":{to}"#)
    } else {
        String::new()
    };
    page(&format!(
        r#"{{"conversations":[{}]{next}}}"#,
        records.join(",")
    ))
}

#[tokio::test]
async fn by_offset_nothing_is_passed_over_when_records_are_taken_out_in_between() {
    let all: Vec<u32> = (0..30).collect();
    // After the first page, records 2 and 3 are deleted, so those that follow shift by two.
    let fewer: Vec<u32> = all
        .iter()
        .copied()
        .filter(|id| !(2..4).contains(id))
        .collect();
    let server = Scripted::start([slice(&all, 0, 20), slice(&fewer, 16, 20)]).await;
    let mut records = server.client().records(Query::v1().page_size(20).unwrap());
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().parse::<u32>().unwrap());
    }
    assert_eq!(ids, all);
    assert_eq!(records.duplicates(), 0, "the overlap is no finding");
    assert!(server.requests()[1].contains("offset=16"));
}

#[tokio::test]
async fn by_offset_an_overlap_of_malformed_records_is_known() {
    // The last record of the first page, which is all of the overlap, and all of the second page.
    let record = |id: usize| match id {
        4 | 9..14 => format!(r#"{{"broken":{id}}}"#),
        _ => format!(r#"{{"id":"{id}"}}"#),
    };
    let all: Vec<_> = (0..20).map(record).collect();
    let answer = |offset: usize, next: Option<usize>| {
        let records = all[offset..next.unwrap_or(all.len())].join(",");
        let next = next.map_or("null".to_owned(), |next| next.to_string());
        page(&format!(
            r#"{{"conversations":[{records}],"next_offset":{next}}}"#
        ))
    };
    let pages = [
        answer(0, Some(5)),
        answer(4, Some(9)),
        answer(8, Some(13)),
        answer(12, Some(17)),
        answer(16, None),
    ];
    let server = Scripted::start(pages).await;
    let query = Query::v1().page_size(5).unwrap();
    let mut records = server.client().records(query).skip_malformed();
    let mut ids = 0;
    while records.try_next().await.unwrap().is_some() {
        ids += 1;
    }
    assert_eq!((ids, records.skipped()), (14, 6));
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn by_offset_the_walk_steps_back_when_more_is_gone_than_the_overlap() {
    let all: Vec<u32> = (0..30).collect();
    let fewer: Vec<u32> = all
        .iter()
        .copied()
        .filter(|id| !(2..12).contains(id))
        .collect();
    let server = Scripted::start([
        slice(&all, 0, 20),
        // 26 and following: none of the overlap is known, so some records may have been skipped.
        slice(&fewer, 16, 20),
        slice(&fewer, 0, 20),
    ])
    .await;
    let mut records = server.client().records(Query::v1().page_size(20).unwrap());
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().parse::<u32>().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, all);
    assert!(server.requests()[2].contains("offset=0") || !server.requests()[2].contains("offset"));
}

#[tokio::test]
async fn ever_new_cursors_of_empty_pages_are_an_error_in_the_end() {
    let pages = (0..2000).map(|n| page(&format!(r#"{{"conversations":[],"cursor":"{n}"}}"#)));
    let server = Scripted::start(pages).await;
    let (_, kind) = until_error(server.client().records(Query::v3())).await;
    assert_eq!(kind, ErrorKind::Paging);
    assert_eq!(server.requests().len(), 1000);
}

#[tokio::test]
async fn a_page_with_neither_conversations_nor_a_cursor_does_not_end_a_fetch_by_cursor() {
    for odd in [r#"{"conversations":null}"#, r#"{"conversations":[]}"#] {
        let first = r#"{"conversations":[{"id":"a"}],"cursor":"x"}"#;
        let server = Scripted::start([page(first), page(odd)]).await;
        let (ids, kind) = until_error(server.client().records(Query::v3())).await;
        assert_eq!((ids, kind), (vec!["a".into()], ErrorKind::Body), "{odd}");

        let last = r#"{"conversations":[{"id":"b"}],"cursor":null}"#;
        let server = Scripted::start([page(first), page(odd), page(last)]).await;
        let retry = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
        let client = server.builder().retry(retry).build().unwrap();
        let mut records = client.records(Query::v3());
        assert_eq!(records.collect_up_to(9).await.unwrap().len(), 2, "{odd}");
        assert_eq!(server.requests().len(), 3);
    }
}
