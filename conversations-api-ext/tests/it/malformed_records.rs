//! A malformed record does not affect the other records.

use conversations_api_ext::{ErrorKind, Query, Record};

use crate::scripted::{Scripted, page};

const FIRST: &str =
    r#"{"conversations":[{"id":"a"},{"turns":[]},"b",{"id":"c","turns":7}],"cursor":"x"}"#;
const SECOND: &str = r#"{"conversations":[{"id":"d"}],"cursor":null}"#;

#[tokio::test]
async fn records_go_on_after_a_record_without_an_id() {
    let server = Scripted::start([page(FIRST), page(SECOND)]).await;
    let mut records = server.client().records(Query::v3());
    let mut seen = Vec::new();
    loop {
        match records.next_record().await {
            Ok(Some(record)) => seen.push(record.id().to_owned()),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::MalformedRecord);
                seen.push(format!("error at {}", error.record_position().unwrap()));
            }
        }
    }
    assert_eq!(seen, ["a", "error at 1", "error at 2", "c", "d"]);
}

#[tokio::test]
async fn conversations_go_on_after_a_record_that_does_not_fit() {
    let server = Scripted::start([page(FIRST), page(SECOND)]).await;
    let mut conversations = server.client().conversations(Query::v3());
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    loop {
        match conversations.next_conversation().await {
            Ok(Some(conversation)) => good.push(conversation.id),
            Ok(None) => break,
            Err(error) => bad.push(error),
        }
    }
    assert_eq!(good, ["a", "d"]);
    let undecodable = &bad[2];
    assert_eq!(undecodable.kind(), ErrorKind::MalformedRecord);
    assert_eq!(
        (undecodable.record_position(), undecodable.record_id()),
        (Some(3), Some("c"))
    );
    assert_eq!(
        undecodable.record_bytes().unwrap(),
        r#"{"id":"c","turns":7}"#
    );
    assert!(
        undecodable.to_string().contains("at turns"),
        "{undecodable}"
    );
}

#[tokio::test]
async fn a_page_lists_good_and_bad_records_apart() {
    let server = Scripted::start([page(FIRST)]).await;
    let page = server
        .client()
        .pages(Query::v3())
        .next_page()
        .await
        .unwrap()
        .unwrap();
    let good: Vec<_> = page.records().map(Record::id).collect();
    assert_eq!(good, ["a", "c"]);
    assert_eq!(page.malformed().count(), 2);
    assert_eq!((page.len(), page.number(), page.status()), (4, 1, 200));
    assert_eq!(page.body_len(), FIRST.len());
    assert_eq!(page.cursor(), Some("x"));
    assert_eq!(page.into_iter().filter(Result::is_err).count(), 2);
}

#[tokio::test]
async fn a_record_whose_start_cannot_be_read_is_within_every_range() {
    let body = r#"{"conversations":[
        {"id":"absent"},
        {"id":"odd","started_at":"soon"},
        {"id":"naive","started_at":"2026-04-01T10:00:00"},
        {"id":"early","started_at":"2026-03-31T23:59:59.997Z"},
        {"id":"late","started_at":"2026-05-01T00:00:01Z"}]}"#;
    let server = Scripted::start([page(body)]).await;
    let query = Query::v3().time_range(crate::support::april());
    let page = server
        .client()
        .pages(query)
        .next_page()
        .await
        .unwrap()
        .unwrap();
    let kept: Vec<_> = page.records().map(Record::id).collect();
    assert_eq!(kept, ["absent", "odd", "naive"]);
    assert_eq!(page.outside_range(), 2);
}

#[tokio::test]
async fn a_page_that_is_nearly_all_malformed_is_given_up_and_not_retried() {
    for (element, good_in_100, is_given_up) in [
        ("1", 0, true),
        ("{}", 0, true),
        ("null", 1, false),
        ("1", 50, false),
    ] {
        let elements = (0..40_000).map(|place| match place % 100 < good_in_100 {
            true => format!(r#"{{"id":"{place}"}}"#),
            false => element.to_owned(),
        });
        let body = format!(
            r#"{{"conversations":[{}]}}"#,
            elements.collect::<Vec<_>>().join(",")
        );
        let server = Scripted::start([page(&body)]).await;
        let mut records = server.client().records(Query::v3());
        let mut malformed = 0;
        let end = loop {
            match records.next_record().await {
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(error) if error.is_malformed_record() => malformed += 1,
                Err(error) => break Some(error),
            }
        };
        assert_eq!(end.is_some(), is_given_up, "{element} {good_in_100}");
        if let Some(error) = end {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Body, Some(200)));
            assert!(error.to_string().contains("are malformed"), "{error}");
            assert!(malformed < 20_000, "{malformed} before it was given up");
            assert_eq!(server.requests().len(), 1);
        }
    }
}
