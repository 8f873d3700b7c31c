//! Every request is reported to an observer and to `tracing`.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use conversations_api_ext::{Attempt, Query, RetryPolicy};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    scripted::{Scripted, answer, page},
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
async fn tracing_is_told_the_same_with_stable_names() {
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
    let lines: Vec<&str> = log.lines().collect();
    let host = server.base_url().strip_prefix("http://").unwrap();
    let span = format!(
        "span conversations.page server.address={host:?} conversations.api_version=\"v3\" \
         conversations.account=\"ws-1\" conversations.project=\"PROJECT-1\" conversations.page=1"
    );
    assert_eq!((lines[0], lines[3]), (&*span, &*span));
    for (line, start, parts) in [
        (
            lines[1],
            "WARN message=retrying",
            [
                "http.response.status_code=503",
                "conversations.attempt=1",
                "error.kind=server error",
            ],
        ),
        (
            lines[2],
            "DEBUG message=page",
            [
                "http.response.status_code=200",
                "conversations.attempt=2",
                "conversations.records=1",
            ],
        ),
        (
            lines[4],
            "ERROR message=giving up",
            [
                "http.response.status_code=403",
                "conversations.attempt=1",
                "error.kind=forbidden",
            ],
        ),
    ] {
        assert!(line.starts_with(start), "{line}");
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    assert!(lines[1].contains("conversations.retry_in_ms="));
    assert!(
        lines[1].contains("c0ffee00"),
        "the correlation id is in {}",
        lines[1]
    );
}
