//! What a program can change without another crate: parameters, headers, gateways, retries, deadlines.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use conversations_api_ext::{
    ApiKey, BaseUrl, BoundedRange, Client, Clock, Error, ErrorKind, Project, ProjectOutcome,
    Projects, Query, RetryDecision, RetryPolicy, RetryStrategy,
    reqwest::header::{HeaderMap, HeaderName, HeaderValue},
};
use futures_util::FutureExt;

use crate::scripted::{KEY, Reply, Scripted, answer, head, page};
use crate::waits::Stopped;

const LAST: &str = r#"{"conversations":[{"id":"CA2"}],"cursor":null}"#;
const FIRST: &str = r#"{"conversations":[{"id":"CA1"}],"cursor":"next"}"#;

#[tokio::test]
async fn an_extra_parameter_is_sent_with_every_page_and_distinguishes_checkpoints() {
    let server = Scripted::start([page(FIRST), page(LAST)]).await;
    let client = server.client();
    let query = Query::v3().extra_param("from_number", "+1 555").unwrap();
    let mut records = client.records(query.clone());
    assert_eq!(records.collect_up_to(9).await.unwrap().len(), 2);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert!(request.contains("from_number=%2B1%20555"), "{request}");
    }
    assert!(requests[1].contains("cursor=next"));

    let shown = format!("{query:?}");
    assert!(
        shown.contains("from_number") && !shown.contains("555"),
        "{shown}"
    );
    let plain = client.records(Query::v3());
    assert!(plain.resume(&records.checkpoint()).is_err());
    let same = client.records(query.page_size(5).unwrap());
    assert!(same.resume(&records.checkpoint()).is_ok());
}

#[test]
fn a_parameter_that_the_client_sets_itself_is_refused() {
    for name in ["cursor", "limit", "client_env", "query", "sample", "", " "] {
        let error = Query::v3().extra_param(name, "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[tokio::test]
async fn the_text_of_an_extra_parameter_is_not_repeated_from_an_error_of_the_server() {
    let body = r#"{"success":false,"error_message":"no value +1555 for from_number"}"#;
    let server = Scripted::start([answer("400 Bad Request", "", body)]).await;
    let query = Query::v3().extra_param("from_number", "+1555").unwrap();
    let error = server
        .client()
        .records(query)
        .next_record()
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("1555"), "{error}");
}

#[tokio::test]
async fn requests_go_through_the_path_of_a_gateway_with_its_headers() {
    let server = Scripted::start([page(LAST)]).await;
    let base_url = BaseUrl::gateway(&format!("{}/polyai/", server.base_url())).unwrap();
    let project = Project::new("ws-1", "PROJECT-1").unwrap();
    let headers = HeaderMap::from_iter([
        (
            HeaderName::from_static("x-gateway"),
            HeaderValue::from_static("yes"),
        ),
        (
            HeaderName::from_static("x-api-key"),
            HeaderValue::from_static("other"),
        ),
    ]);
    let client = Client::builder(base_url, project, ApiKey::new(KEY).unwrap());
    let client = client.default_headers(headers).build().unwrap();
    let records = client.records(Query::v3()).collect_up_to(9).await.unwrap();
    assert_eq!(records.len(), 1);
    let request = &server.requests()[0];
    assert!(
        request.starts_with("GET /polyai/v3/ws-1/PROJECT-1/conversations?"),
        "{request}"
    );
    assert!(request.contains("x-gateway: yes"), "{request}");
    assert!(
        request.contains(KEY) && !request.contains("x-api-key: other"),
        "{request}"
    );
}

async fn first(
    replies: impl IntoIterator<Item = Reply>,
    strategy: impl RetryStrategy + 'static,
) -> (Result<String, Error>, usize) {
    let server = Scripted::start(replies).await;
    let builder = server.builder().retry(RetryPolicy::default());
    let client = builder.retry_strategy(strategy).build().unwrap();
    let first = client.records(Query::v3()).next_record().await;
    let id = first.map(|record| record.unwrap().id().to_owned());
    (id, server.requests().len())
}

#[tokio::test]
async fn a_retry_strategy_decides_before_the_policy() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let lenient = move |error: &Error, attempt: u32, _: Duration| {
        seen.lock().unwrap().push((error.status(), attempt));
        match error.status() {
            Some(404) => RetryDecision::RetryAfter(Duration::ZERO),
            _ => RetryDecision::Policy,
        }
    };
    let missing = || answer("404 Not Found", "", "");
    let (id, requests) = first([missing(), missing(), page(LAST)], lenient).await;
    assert_eq!((id.unwrap().as_str(), requests), ("CA2", 3));
    assert_eq!(*calls.lock().unwrap(), [(Some(404), 1), (Some(404), 2)]);

    let strict = |_: &Error, _: u32, _: Duration| RetryDecision::Stop;
    let (id, requests) = first([answer("503 Busy", "", ""), page(LAST)], strict).await;
    assert_eq!((id.unwrap_err().status(), requests), (Some(503), 1));

    let neutral = |_: &Error, _: u32, _: Duration| RetryDecision::Policy;
    let (id, requests) = first([missing(), page(LAST)], neutral).await;
    assert_eq!((id.unwrap_err().status(), requests), (Some(404), 1));
}

/// A strategy of one's own is tested without a server.
#[test]
fn errors_for_tests_look_like_those_of_a_server() {
    let decide = |error: &Error| error.is_transient().then_some(error.retry_after());
    for (kind, status, transient) in [
        (ErrorKind::Unauthorized, Some(401), false),
        (ErrorKind::RateLimited, Some(429), true),
        (ErrorKind::Server, Some(503), true),
        (ErrorKind::Connection, None, true),
        (ErrorKind::InvalidInput, None, false),
    ] {
        let error = Error::builder(kind).build();
        assert_eq!((error.kind(), error.status()), (kind, status));
        assert_eq!(decide(&error).is_some(), transient, "{error}");
    }
    let wait = Duration::from_secs(9);
    let error = Error::builder(ErrorKind::Server)
        .status(502)
        .code("PROJECT_NOT_FOUND")
        .retry_after(wait)
        .attempts(3, wait)
        .build();
    assert_eq!(decide(&error), Some(Some(wait)));
    assert_eq!(
        (error.attempts(), error.code()),
        (3, Some("PROJECT_NOT_FOUND"))
    );
    let leak = Error::builder(ErrorKind::Server)
        .code("said by a caller")
        .build();
    assert_eq!(leak.code(), None);
}

const MINUTE: Duration = Duration::from_secs(60);

/// Lets the minute pass once a stream waits for its deadline.
async fn pass(clock: &Stopped) {
    clock.sleepers(1).await;
    clock.advance(MINUTE);
}

#[tokio::test]
async fn a_deadline_ends_the_whole_stream_and_the_checkpoint_resumes_it() {
    let stalled = Reply::Stall(head("200 OK", "", 900, b"{\"conversations\":["));
    let server = Scripted::start([page(FIRST), stalled.clone(), page(LAST)]).await;
    let clock = Stopped::new();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let mut records = client.records(Query::v3()).deadline(clock.now() + MINUTE);
    assert_eq!(records.next_record().await.unwrap().unwrap().id(), "CA1");
    let (second, ()) = tokio::join!(records.next_record(), pass(&clock));
    let error = second.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("deadline"), "{error}");
    assert!(records.next_record().await.unwrap().is_none());
    let mut rest = client
        .records(Query::v3())
        .resume(&records.checkpoint())
        .unwrap();
    assert_eq!(rest.next_record().await.unwrap().unwrap().id(), "CA2");

    let server = Scripted::start([stalled]).await;
    let clock = Stopped::new();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let april = BoundedRange::new("2026-04-01", "2026-05-01").unwrap();
    let parallel = client.parallel(Query::v3(), april).at_once(1).unwrap();
    let mut parallel = parallel.deadline(clock.now() + MINUTE);
    let (first, ()) = tokio::join!(parallel.next_record(), pass(&clock));
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(parallel.missing(), [april.into()]);
    let resumed = client
        .parallel(Query::v3(), april)
        .resume(&parallel.checkpoint());
    assert!(resumed.is_ok());
}

#[tokio::test]
async fn a_deadline_ends_pages_and_each_project_that_is_not_complete() {
    let stalled = Reply::Stall(head("200 OK", "", 900, b"{\"conversations\":["));
    let server = Scripted::start([page(FIRST), stalled.clone(), page(LAST)]).await;
    let clock = Stopped::new();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let mut pages = client.pages(Query::v3()).deadline(clock.now() + MINUTE);
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 1);
    let (second, ()) = tokio::join!(pages.next_page(), pass(&clock));
    let error = second.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.project(), Some(client.project()));
    assert!(pages.next_page().await.unwrap().is_none());
    let mut rest = client
        .pages(Query::v3())
        .resume(&pages.checkpoint())
        .unwrap();
    assert_eq!(rest.next_page().await.unwrap().unwrap().len(), 1);

    let (quick, slow) = (
        Scripted::start([page(LAST)]).await,
        Scripted::start([stalled]).await,
    );
    let clock = Stopped::new();
    let client = |server: &Scripted| server.builder().clock(clock.clone()).build().unwrap();
    let projects = Projects::new([client(&quick), client(&slow)]);
    let records = projects.records(Query::v3());
    let mut records = records.deadline(clock.now() + MINUTE);
    assert_eq!(records.next_record().await.unwrap().unwrap().id(), "CA2");
    let passes = async {
        clock.sleepers(2).await;
        clock.advance(MINUTE);
    };
    let (next, ()) = tokio::join!(records.next_record(), passes);
    assert_eq!(next.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(records.next_record().await.unwrap().is_none());
    let outcomes: Vec<_> = records.outcomes().map(|(_, outcome)| outcome).collect();
    assert!(
        matches!(
            outcomes[..],
            [
                ProjectOutcome::Complete(1),
                ProjectOutcome::Failed { records: 0, .. }
            ]
        ),
        "{outcomes:?}"
    );
}

#[test]
fn a_deadline_outside_a_runtime_is_no_panic() {
    let client = Client::builder(
        BaseUrl::gateway("http://127.0.0.1:9/a").unwrap(),
        Project::new("ws-1", "PROJECT-1").unwrap(),
        ApiKey::new(KEY).unwrap(),
    );
    let client = client.build().unwrap();
    let mut records = client.records(Query::v3()).deadline(Instant::now());
    let first = records.next_record().now_or_never().unwrap();
    assert!(first.unwrap_err().to_string().contains("Tokio runtime"));
}
