//! The streams keep the promises of their types.

use std::{future::Future, pin::pin, task::Context};

use conversations_api_ext::{
    Client, Conversations, Error, Page, Pages, Query, Record, Records, V3,
};
use conversations_emulator::Readings;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{FusedStream, Stream},
};

use crate::{
    scripted::{Reply, Scripted, page},
    support::{client, emulator},
};

fn is_a_stream<S: Stream + FusedStream + Send + Unpin + 'static>() {}
fn is_shareable<T: Clone + Send + Sync + 'static>() {}
fn is_movable<T: Send + Sync + 'static>() {}

#[test]
fn streams_can_be_fused_sent_and_moved() {
    is_a_stream::<Pages>();
    is_a_stream::<Records>();
    is_a_stream::<Conversations>();
    is_shareable::<Client>();
    is_shareable::<Record>();
    is_shareable::<Query<V3>>();
    is_movable::<Page>();
    is_movable::<Error>();
}

#[tokio::test]
async fn combinators_work_and_give_what_the_methods_give() {
    let emulator = emulator(60, Readings::default()).await;
    let client = client::<V3>(&emulator);
    let query = Query::v3().page_size(7).unwrap();
    let mut by_method = Vec::new();
    let mut records = client.records(query.clone());
    while let Some(record) = records.next_record().await.unwrap() {
        by_method.push(record.id().to_owned());
    }
    let by_stream: Vec<_> = client
        .records(query.clone())
        .map_ok(|record| record.id().to_owned())
        .try_collect()
        .await
        .unwrap();
    let typed: Vec<_> = client
        .conversations(query)
        .map_ok(|conversation| conversation.id)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(by_stream, by_method);
    assert_eq!(typed, by_method);
}

#[tokio::test]
async fn nothing_is_asked_before_the_first_poll_nor_ahead_of_need() {
    let emulator = emulator(60, Readings::default()).await;
    let mut records = client::<V3>(&emulator).records(Query::v3().page_size(5).unwrap());
    assert!(emulator.journal().is_empty());
    for expected in [1, 1, 1, 1, 1, 2] {
        records.next_record().await.unwrap().unwrap();
        assert_eq!(emulator.journal().len(), expected);
    }
}

#[tokio::test]
async fn a_stream_that_has_ended_stays_ended_and_says_so() {
    let emulator = emulator(10, Readings::default()).await;
    let mut records = client::<V3>(&emulator).records(Query::v3());
    assert!(!records.is_terminated());
    while records.next().await.is_some() {}
    assert!(records.is_terminated());
    assert!(records.next().await.is_none());
    let asked = emulator.journal().len();
    assert!(records.next_record().await.unwrap().is_none());
    assert_eq!(emulator.journal().len(), asked);
}

#[tokio::test]
async fn a_dropped_future_loses_nothing() {
    let body = r#"{"conversations":[{"id":"a"},{"id":"b"}]}"#;
    let server = Scripted::start([page(body), Reply::Send(Vec::new())]).await;
    let mut records = server.client().records(Query::v3());
    // Polled once, which sends the request, and dropped before the answer is there.
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert!(
        pin!(records.next_record())
            .as_mut()
            .poll(&mut context)
            .is_pending()
    );
    let mut ids = Vec::new();
    while let Some(record) = records.next_record().await.unwrap() {
        ids.push(record.id().to_owned());
    }
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(server.requests().len(), 1);
}
