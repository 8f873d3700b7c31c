//! Error responses: status, headers and cause must survive, whatever the body is.

use conversations_api::Error;
use conversations_api_ext::{ErrorKind, Query};
use conversations_tests::{Recorder, ScriptedServer};

use crate::support::{ext, raw};

/// Undocumented responses: a gateway's HTML, nothing, another object.
const ODD: [(u16, &str); 4] = [
    (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    (401, ""),
    (403, r#"{"message":"Forbidden"}"#),
    (429, ""),
];

/// An undeclared error body became `InvalidResponsePayload`, without status and headers.
#[tokio::test]
async fn an_error_with_an_undeclared_body_keeps_its_status_and_headers() {
    for (status, body) in ODD {
        let server = ScriptedServer::with(status, &[("retry-after", "7")], body).await;
        let error = raw(&server.base_url())
            .list_conversations()
            .account_id("A")
            .project_id("P")
            .send()
            .await
            .unwrap_err();
        let Error::ErrorResponse(response) = error else {
            panic!("{status} became another variant");
        };
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["retry-after"], "7");

        let error = ext(&server.base_url())
            .records(Query::v3())
            .next_record()
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
    }
}

/// A body that ended early became `ResponseBodyError`, without status and headers.
#[tokio::test]
async fn a_truncated_body_is_distinguished_from_other_failures_and_keeps_its_status() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"conversations\":[";
    let server = ScriptedServer::start(vec![page.as_bytes().to_vec()]).await;
    let error = ext(&server.base_url())
        .records(Query::v3())
        .next_record()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body);
    assert_eq!(error.status(), Some(200));
}

/// `is_retryable()` was false for a plain 500 and true for an invalid base URL.
#[tokio::test]
async fn a_server_failure_is_retryable_and_an_invalid_url_is_not() {
    for (status, body) in [(500, "{}"), (503, "<html></html>"), (504, "")] {
        let server = ScriptedServer::with(status, &[], body).await;
        let error = ext(&server.base_url())
            .records(Query::v3())
            .next_record()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{status}");
    }
    let error = "not a url"
        .parse::<conversations_api_ext::BaseUrl>()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

/// A 429 without a body next to JSON errors made the generator panic, and it has no declared body.
#[tokio::test]
async fn a_429_without_a_body_is_an_error_like_the_others() {
    let server = ScriptedServer::with(429, &[], "").await;
    let error = ext(&server.base_url())
        .records(Query::v3())
        .next_record()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

/// Undeclared statuses became `UnexpectedResponse`, a second code path for the same thing.
#[tokio::test]
async fn undocumented_statuses_are_handled_like_documented_ones() {
    for status in [400, 408, 418, 429, 500, 502, 503, 504, 599] {
        let server = ScriptedServer::with(status, &[], "").await;
        let client = raw(&server.base_url());
        let call = client
            .list_conversations_stream()
            .account_id("A")
            .project_id("P");
        let response = call.send().await;
        assert!(matches!(response, Err(Error::ErrorResponse(_))), "{status}");
    }
}

/// The generated error was 240 bytes large and triggered `clippy::result_large_err` in every caller.
#[test]
fn the_error_type_is_small_enough_for_clippy_result_large_err() {
    assert!(size_of::<conversations_api_ext::Error>() <= 128);
    assert!(size_of::<Result<(), conversations_api_ext::Error>>() <= 128);
}

/// A redirect is an error that names the target host; the key is not sent there.
#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_is_not_forwarded() {
    let elsewhere = Recorder::start().await;
    let location = format!(
        "{}/v3/ws-demo/PROJECT-DEMO/conversations",
        elsewhere.base_url()
    );
    let server = ScriptedServer::with(302, &[("location", &location)], "").await;

    let error = ext(&server.base_url())
        .records(Query::v3())
        .next_record()
        .await
        .unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Redirect);
    let host = elsewhere.base_url().replace("http://", "");
    assert!(error.to_string().contains(&host), "{error}");
    assert_eq!(server.answered(), 1);
    assert_eq!(elsewhere.take(), []);
}
