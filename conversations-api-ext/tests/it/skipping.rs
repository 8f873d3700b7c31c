//! Malformed records are handled as the caller chooses: stop, skip and collect, or a callback.

use std::sync::{Arc, Mutex};

use conversations_api_ext::{ErrorKind, Query};

use crate::scripted::{Scripted, page};

const FIRST: &str = r#"{"conversations":[{"id":"a"},{"no":"id"},"text",{"id":"b","turns":[{"intents":"yes"}]}],
    "cursor":"x"}"#;
const SECOND: &str = r#"{"conversations":[{"id":["MARKER"]},{"id":"c"}],"cursor":null}"#;

async fn server() -> Scripted {
    Scripted::start([page(FIRST), page(SECOND)]).await
}

#[tokio::test]
async fn with_the_stream_as_it_is_a_question_mark_stops() {
    let server = server().await;
    let mut records = server.client().records(Query::v3());
    assert_eq!(records.next_record().await.unwrap().unwrap().id(), "a");
    let error = records.next_record().await.unwrap_err();
    assert_eq!(error.record_path(), Some("id"));
    assert_eq!(error.record_expected(), Some("a text"));
    assert_eq!(error.record_bytes().unwrap().as_ref(), br#"{"no":"id"}"#);
}

#[tokio::test]
async fn skipped_records_are_counted_and_their_errors_kept_without_their_bytes() {
    let server = server().await;
    let mut records = server.client().records(Query::v3()).skip_malformed();
    let mut ids = Vec::new();
    while let Some(record) = records.next().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(records.skipped(), 3);
    assert_eq!(records.errors().len(), 3);
    assert!(
        records
            .errors()
            .iter()
            .all(|error| error.record_bytes().unwrap().is_empty())
    );
    assert_eq!(records.get_ref().pages_read(), 2);
}

#[tokio::test]
async fn a_callback_is_given_each_error_with_the_bytes() {
    let server = server().await;
    let given = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&given);
    let mut conversations = server
        .client()
        .conversations(Query::v3())
        .skip_malformed_with(move |error| keep.lock().unwrap().push(error));
    let mut ids = Vec::new();
    while let Some(conversation) = conversations.next().await.unwrap() {
        ids.push(conversation.id);
    }
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(conversations.skipped(), 4);
    assert!(conversations.errors().is_empty());
    let given = given.lock().unwrap();
    let undecodable = &given[2];
    assert_eq!(undecodable.record_id(), Some("b"));
    assert_eq!(undecodable.record_path(), Some("turns[0].intents"));
    assert_eq!(undecodable.record_expected(), Some("a sequence"));
    assert!(
        given
            .iter()
            .all(|error| !error.record_bytes().unwrap().is_empty())
    );
}

#[tokio::test]
async fn any_other_error_still_comes() {
    let server = Scripted::start([page(FIRST)]).await;
    let mut records = server.client().records(Query::v3()).skip_malformed();
    let mut count = 0;
    let error = loop {
        match records.next().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => panic!("the second page never came"),
            Err(error) => break error,
        }
    };
    assert_eq!((count, error.kind()), (2, ErrorKind::Connection));
    assert!(records.next().await.unwrap().is_none());
}
