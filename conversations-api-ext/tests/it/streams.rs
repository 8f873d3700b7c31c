//! Streams keep the guarantees of their types.

use std::{future::Future, pin::pin, task::Context, time::Duration};

use conversations_api_ext::{
    Client, Conversations, Error, Follow, Page, PageByPage, Pages, Parallel, ProjectRecords, Query,
    Record, Recording, RecordingRequest, Records, SkipMalformed, V3,
};
use conversations_emulator::ServerBehavior;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{FusedStream, Stream},
};

use crate::{
    scripted::{Reply, Scripted, head, page},
    support::{client, client_builder, emulator},
};

fn is_a_stream<S: Stream + Send + Sync + Unpin + 'static>() {}
fn is_fused<S: FusedStream>() {}
fn is_shareable<T: Clone + Send + Sync + 'static>() {}
fn is_movable<T: Send + Sync + 'static>() {}

#[test]
fn streams_can_be_fused_sent_shared_and_moved() {
    is_a_stream::<Pages>();
    is_a_stream::<Records>();
    is_a_stream::<Conversations>();
    is_a_stream::<Parallel>();
    is_a_stream::<ProjectRecords>();
    is_a_stream::<Follow>();
    is_a_stream::<Recording>();
    is_a_stream::<SkipMalformed<Follow>>();
    is_fused::<Pages>();
    is_fused::<Records>();
    is_fused::<Conversations>();
    is_fused::<Parallel>();
    is_fused::<ProjectRecords>();
    is_fused::<SkipMalformed<Records>>();
    is_movable::<PageByPage>();
    is_movable::<RecordingRequest>();
    is_shareable::<Client>();
    is_shareable::<Record>();
    is_shareable::<Query<V3>>();
    is_movable::<Page>();
    is_movable::<Error>();
}

#[tokio::test]
async fn combinators_work_and_give_what_the_methods_give() {
    let emulator = emulator(60, ServerBehavior::default()).await;
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
async fn pages_are_asked_for_one_by_one_and_none_before_the_first_poll() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let mut pages = client::<V3>(&emulator).pages(Query::v3().page_size(5).unwrap());
    assert!(emulator.journal().is_empty());
    for expected in 1..4 {
        pages.next_page().await.unwrap().unwrap();
        assert_eq!(emulator.journal().len(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_read_ahead_as_far_as_allowed_and_no_further() {
    const AHEAD: usize = 128;
    let emulator = emulator(3000, ServerBehavior::default()).await;
    let client = client_builder::<V3>(&emulator)
        .read_ahead(AHEAD)
        .build()
        .unwrap();
    let mut records = client.records(Query::v3().page_size(20).unwrap());
    assert!(emulator.journal().is_empty());
    records.next_record().await.unwrap().unwrap();
    let mut given = 1;
    let asked_again = async {
        while emulator.journal().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), asked_again).await;
    waited.expect("the next page was not asked for while a record of the first is at hand");
    while records.next_record().await.unwrap().is_some() {
        given += 1;
        let asked = emulator.journal().len() * 20;
        // The page being returned and the page waiting for room are requested too.
        assert!(
            asked <= given + AHEAD + 40,
            "{asked} asked for after {given}"
        );
    }
}

#[tokio::test]
async fn a_few_records_can_be_collected_at_a_time() {
    let emulator = emulator(60, ServerBehavior::default()).await;
    let client = client::<V3>(&emulator);
    let all = client
        .records(Query::v3())
        .collect_up_to(1000)
        .await
        .unwrap();
    let mut records = client.records(Query::v3().page_size(7).unwrap());
    let mut ids = Vec::new();
    loop {
        let few = records.collect_up_to(10).await.unwrap();
        ids.extend(few.iter().map(|record| record.id().to_owned()));
        if few.len() < 10 {
            break;
        }
    }
    let expected: Vec<_> = all.iter().map(|record| record.id().to_owned()).collect();
    assert_eq!(ids, expected);
}

#[test]
fn without_a_runtime_a_stream_fails_with_the_reason() {
    let project = conversations_api_ext::Project::new("a", "p").unwrap();
    let key = conversations_api_ext::ApiKey::new("key").unwrap();
    let client = Client::builder(conversations_api_ext::Region::Us1, project, key)
        .build()
        .unwrap();
    let mut records = client.records(Query::v3());
    let mut context = Context::from_waker(std::task::Waker::noop());
    let polled = pin!(records.next_record()).as_mut().poll(&mut context);
    let std::task::Poll::Ready(Err(error)) = polled else {
        panic!("it needs no network to fail");
    };
    assert!(error.to_string().contains("no Tokio runtime"), "{error}");
}

#[tokio::test]
async fn a_stream_that_has_ended_stays_ended_and_says_so() {
    let emulator = emulator(10, ServerBehavior::default()).await;
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
    // Polled once, which sends the request, and dropped before the response arrives.
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

#[tokio::test]
async fn page_by_page_no_page_is_requested_early_and_none_ends_the_results_early() {
    let server = emulator(120, ServerBehavior::default()).await;
    let client = client::<V3>(&server);
    let query = || Query::v3().page_size(20).unwrap();
    let mut pages = client.pages(query());
    let mut saved = client.records(query()).page_by_page();
    let mut requested = 0;
    let mut last = None;
    while let Some(page) = pages.next_page().await.unwrap() {
        requested += 1;
        let expected: Vec<_> = page.records().map(Record::id).collect();
        let received = saved.next_page().await.unwrap().unwrap();
        let ids: Vec<_> = received.records().iter().map(Record::id).collect();
        assert_eq!(ids, expected);
        let requests = server.journal().len();
        assert_eq!(requests, 2 * requested, "a page was requested early");
        assert_eq!(saved.is_done(), page.cursor().is_none());
        assert_eq!(*received.checkpoint(), pages.checkpoint());
        if page.cursor().is_some() {
            last = Some(received.checkpoint().clone());
        }
    }
    assert!(requested > 3);
    assert!(saved.next_page().await.unwrap().is_none());
    let resumed = client.records(query()).page_by_page();
    let mut resumed = resumed.resume(&last.unwrap()).unwrap();
    assert!(resumed.next_page().await.unwrap().is_some() && resumed.is_done());
}

#[tokio::test]
async fn a_dropped_next_page_loses_no_record_of_the_page() {
    let first = r#"{"conversations":[{"id":"a"},{"id":"b"}"#;
    let replies = [Reply::Drip(
        head("200 OK", "", 100_000, first.as_bytes()),
        b" ",
        Duration::from_millis(1),
    )];
    let server = Scripted::start(replies).await;
    let mut pages = server.client().records(Query::v3()).page_by_page();
    let limit = Duration::from_millis(300);
    let dropped = tokio::time::timeout(limit, pages.next_page()).await;
    assert!(dropped.is_err());
    for id in ["a", "b"] {
        let record = pages.next_record().await.unwrap().unwrap();
        assert_eq!(record.id(), id);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn every_combinator_of_a_record_stream_sees_every_record() {
    let server = emulator(120, ServerBehavior::default()).await;
    let client = client::<V3>(&server);
    let query = || Query::v3().page_size(20).unwrap();
    let all = client
        .records(query())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let count = client
        .records(query())
        .try_fold(0, |count, _| async move { Ok(count + 1) });
    assert_eq!(count.await.unwrap(), all.len());
    let some = client.records(query()).collect_up_to(50).await.unwrap();
    assert_eq!(some.len(), 50);
}

#[test]
fn outside_of_a_tokio_runtime_every_request_is_an_error_that_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Scripted::start([]));
    let client = server.client();
    let range = conversations_api_ext::BoundedRange::new("2026-04-01", "2026-05-01").unwrap();
    let errors = futures_executor(async {
        [
            client
                .pages(Query::v3())
                .next_page()
                .await
                .map(drop)
                .unwrap_err(),
            client
                .records(Query::v3())
                .next_record()
                .await
                .map(drop)
                .unwrap_err(),
            client
                .parallel(Query::v3(), range)
                .next_record()
                .await
                .map(drop)
                .unwrap_err(),
            client.conversation("CA1").await.map(drop).unwrap_err(),
            client.recording("CA1").send().await.map(drop).unwrap_err(),
        ]
    });
    for error in errors {
        let message = error.to_string();
        assert!(
            message.contains("there is no Tokio runtime here"),
            "{message}"
        );
    }
    let diagnosis = futures_executor(client.diagnose(Query::v3()));
    assert!(
        diagnosis
            .error()
            .unwrap()
            .to_string()
            .contains("no Tokio runtime")
    );
    assert_eq!(server.requests(), Vec::<String>::new());
}

/// Runs a future that never waits, without a runtime.
fn futures_executor<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(std::task::Waker::noop());
    match pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}
