//! Every request is reported to an observer and to `tracing`.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use conversations_api_ext::{Attempt, Query, RetryPolicy};
use tracing::{
    Event, Instrument as _, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    scripted::{KEY, Scripted, answer, page},
    waits::Waits,
};

const FIRST: &str = r#"{"conversations":[{"id":"a"},{"no":"id"}],"cursor":"x"}"#;
const SECOND: &str = r#"{"conversations":[{"id":"b"}],"cursor":null}"#;
const ID: &str = "X-PolyAI-Correlation-Id: c0ffee00-0000-4000-8000-000000000000\r\n";

/// Records every span and event with all of its fields.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("conversations_api_ext")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = self.0.lock().unwrap();
        write!(text, "span {}", attributes.metadata().name()).unwrap();
        attributes.record(&mut Line(&mut text));
        text.push('\n');
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        write!(text, "{}", event.metadata().level()).unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn an_observer_is_told_of_every_request_and_what_came_of_it() {
    let replies = [
        page(FIRST),
        answer("503 Service Unavailable", ID, "MARKER"),
        page(SECOND),
        answer("403 Forbidden", ID, "MARKER"),
    ];
    let server = Scripted::start(replies).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let client = server
        .builder()
        .retry(RetryPolicy::default())
        .clock(Waits::new())
        .observer(move |attempt: &Attempt<'_>| {
            let retried = attempt.retry_in().is_some();
            tell.lock().unwrap().push((
                (attempt.version(), attempt.page(), attempt.number()),
                (attempt.status(), attempt.records(), attempt.bytes()),
                attempt.error().map(|error| error.kind().to_string()),
                (retried, attempt.correlation_id().is_some()),
            ));
            assert_eq!(attempt.project().account().as_str(), "ws-1");
            assert!(attempt.base_url().host().starts_with("127.0.0.1:"));
            assert!(attempt.elapsed() < Duration::from_secs(60));
        })
        .build()
        .unwrap();
    let mut records = client.records(Query::v3()).skip_malformed();
    while records.next().await.unwrap().is_some() {}
    client.pages(Query::v3()).next_page().await.unwrap_err();
    let told = told.lock().unwrap();
    assert_eq!(
        *told,
        [
            (
                ("v3", 1, 1),
                (Some(200), 2, FIRST.len()),
                None,
                (false, false)
            ),
            (
                ("v3", 2, 1),
                (Some(503), 0, 0),
                Some("server error".to_owned()),
                (true, true)
            ),
            (
                ("v3", 2, 2),
                (Some(200), 1, SECOND.len()),
                None,
                (false, false)
            ),
            (
                ("v3", 1, 1),
                (Some(403), 0, 0),
                Some("forbidden".to_owned()),
                (false, true)
            ),
        ]
    );
}

#[tokio::test]
async fn tracing_gets_the_same_events_in_client_spans_with_the_names_of_opentelemetry() {
    let replies = [
        answer("503 Service Unavailable", ID, "MARKER"),
        page(SECOND),
        answer("403 Forbidden", ID, "MARKER"),
    ];
    let server = Scripted::start(replies).await;
    let log = Log::default();
    // The test's runtime has one thread, so its subscriber also applies to the task.
    let guard = tracing::subscriber::set_default(log.clone());
    let client = server
        .builder()
        .retry(RetryPolicy::default())
        .clock(Waits::new())
        .seed(7)
        .build()
        .unwrap();
    client.pages(Query::v3()).next_page().await.unwrap();
    client.pages(Query::v3()).next_page().await.unwrap_err();
    drop(guard);
    let log = log.text();
    let port = server.base_url().rsplit_once(':').unwrap().1;
    for part in [
        "span conversations.page server.address=\"127.0.0.1\" server.port=",
        " conversations.api_version=\"v3\" conversations.account=\"ws-1\" \
         conversations.project=\"PROJECT-1\" conversations.page=1",
        "span GET otel.name=\"GET /v3/{account_id}/{project_id}/conversations\" otel.kind=\"client\" \
         http.request.method=\"GET\" url.template=\"/v3/{account_id}/{project_id}/conversations\" \
         server.address=\"127.0.0.1\" server.port=",
        "http.response.status_code=503 otel.status_code=\"ERROR\" error.type=\"503\"",
        "http.request.resend_count=1",
        "http.response.status_code=403 otel.status_code=\"ERROR\" error.type=\"403\"",
        "WARN message=retrying http.response.status_code=503",
        "DEBUG message=page http.response.status_code=200",
        "ERROR message=giving up http.response.status_code=403",
        "conversations.attempt=2",
        "conversations.records=1",
        "error.kind=server error",
        "conversations.retry_in_ms=",
        "c0ffee00",
        &format!("server.port={port}"),
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
    assert!(!log.contains(KEY), "{log}");
}

/// Records the name of each span with the names of those around it, at INFO and above.
#[derive(Clone, Default)]
struct Tree(Arc<Mutex<Spans>>);

#[derive(Default)]
struct Spans {
    /// The path and the metadata of each span; its id is the index, counted from 1.
    all: Vec<(String, &'static Metadata<'static>)>,
    entered: Vec<u64>,
}

impl Spans {
    fn get(&self, id: u64) -> &(String, &'static Metadata<'static>) {
        &self.all[usize::try_from(id).unwrap() - 1]
    }
}

impl Subscriber for Tree {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
            && ["conversations_api_ext", "caller"].contains(&metadata.target())
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut spans = self.0.lock().unwrap();
        let parent = match attributes.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if attributes.is_contextual() => spans.entered.last().copied(),
            None => None,
        };
        let parent = parent.map_or("", |id| &spans.get(id).0);
        let path = format!("{parent}/{}", attributes.metadata().name());
        spans.all.push((path, attributes.metadata()));
        span::Id::from_u64(spans.all.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &span::Id) {
        self.0.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, id: &span::Id) {
        let mut spans = self.0.lock().unwrap();
        if let Some(at) = spans
            .entered
            .iter()
            .rposition(|entered| *entered == id.into_u64())
        {
            spans.entered.remove(at);
        }
    }

    fn current_span(&self) -> tracing_core::span::Current {
        let spans = self.0.lock().unwrap();
        match spans.entered.last() {
            Some(id) => tracing_core::span::Current::new(span::Id::from_u64(*id), spans.get(*id).1),
            None => tracing_core::span::Current::none(),
        }
    }
}

#[tokio::test]
async fn the_spans_of_every_stream_join_the_trace_of_the_caller() {
    let replies = [page(FIRST), page(SECOND), page(SECOND)];
    let server = Scripted::start(replies).await;
    let client = server.client();
    let tree = Tree::default();
    let guard = tracing::subscriber::set_default(tree.clone());
    let caller = tracing::info_span!(target: "caller", "job");
    async {
        let mut records = client.records(Query::v3()).skip_malformed();
        while records.next().await.unwrap().is_some() {}
        client.pages(Query::v3()).next_page().await.unwrap();
    }
    .instrument(caller)
    .await;
    drop(guard);
    let spans = tree.0.lock().unwrap();
    let paths: Vec<_> = spans.all.iter().map(|(path, _)| path.as_str()).collect();
    let page = ["/job/conversations.page", "/job/conversations.page/GET"];
    assert_eq!(paths, [&["/job"][..], &page, &page, &page].concat());
}

#[tokio::test]
async fn a_panic_of_an_observer_reaches_the_reader_as_that_panic() {
    let server = Scripted::start([page(FIRST), page(FIRST)]).await;
    let client = server
        .builder()
        .observer(|_: &Attempt<'_>| panic!("a defect of the observer"))
        .build()
        .unwrap();
    let reader = client.clone();
    let records = tokio::spawn(async move {
        let mut records = reader.records(Query::v3()).skip_malformed();
        while records.next().await.is_ok_and(|record| record.is_some()) {}
    });
    let pages = tokio::spawn(async move { client.pages(Query::v3()).next_page().await.map(drop) });
    for panic in [records.await.unwrap_err(), pages.await.unwrap_err()] {
        let panic = panic.into_panic();
        assert_eq!(panic.downcast_ref(), Some(&"a defect of the observer"));
    }
}
