//! A server that keeps sending a little at a time is not read indefinitely.

use std::time::{Duration, Instant};

use conversations_api_ext::{ErrorKind, Query};

use crate::scripted::{Reply, Scripted, head};

const PAUSE: Duration = Duration::from_millis(100);
const LIMIT: Duration = Duration::from_millis(500);
/// Much longer than the timeouts, but finite.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Returns the kind and the text of the error that such a server causes.
async fn error_of(reply: Reply) -> (ErrorKind, String) {
    let server = Scripted::start([reply]).await;
    let client = server
        .builder()
        .first_byte_timeout(LIMIT)
        .stall_timeout(LIMIT)
        .build()
        .unwrap();
    let mut pages = client.pages(Query::v3());
    let began = Instant::now();
    let page = tokio::time::timeout(TIME_LIMIT, pages.next_page()).await;
    let error = page.expect("the client gives up by itself").unwrap_err();
    assert!(began.elapsed() >= LIMIT, "gave up too early: {error}");
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn a_body_that_arrives_a_byte_at_a_time_has_stalled() {
    let start = head("200 OK", "", 1_000_000, b"{\"conversations\":[");
    let (kind, message) = error_of(Reply::Drip(start, b" ", PAUSE)).await;
    assert_eq!(kind, ErrorKind::Timeout);
    assert!(
        message.contains("all but stopped after") && message.contains("of 1000000 bytes"),
        "{message}"
    );
}

#[tokio::test]
async fn headers_that_never_end_are_no_response() {
    let start = b"HTTP/1.1 200 OK\r\n".to_vec();
    let (kind, message) = error_of(Reply::Drip(start, b"X-More: 1\r\n", PAUSE)).await;
    assert_eq!(kind, ErrorKind::Timeout);
    assert!(message.contains("no response within 0.5 s"), "{message}");
}

#[tokio::test]
async fn an_error_body_that_never_ends_does_not_keep_its_error_back() {
    let start = head("503 Service Unavailable", "", 1_000_000, b"busy");
    let (kind, message) = error_of(Reply::Drip(start, b" ", PAUSE)).await;
    assert_eq!(kind, ErrorKind::Server);
    assert!(message.contains("HTTP 503"), "{message}");
}
