//! Error answers: their status, headers and cause must survive whatever their body is.

use conversations_api::Error;
use conversations_api_ext::{ErrorKind, Query};
use conversations_tests::{Recorder, ScriptedServer};

use crate::support::{ext, raw};

/// Answers that no document describes: a gateway's HTML, nothing, another object.
const ODD: [(u16, &str); 4] = [
    (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    (401, ""),
    (403, r#"{"message":"Forbidden"}"#),
    (429, ""),
];

/// An undeclared error body used to become `InvalidResponsePayload`: no status, no headers.
#[tokio::test]
async fn p01_an_error_with_any_body_keeps_its_status_and_headers() {
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

/// A body that ends early used to be `ResponseBodyError`: no status, nothing to retry by.
#[tokio::test]
async fn p07_a_truncated_body_is_told_from_other_failures_and_keeps_its_status() {
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

/// `is_retryable()` said no to a plain 500 and yes to a base URL that is no URL.
#[tokio::test]
async fn p08_a_server_failure_and_a_bad_url_are_told_apart() {
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

/// A 429 without a body beside JSON errors used to panic the generator; and it has no declared body.
#[tokio::test]
async fn p13_a_bodiless_429_beside_json_errors_is_an_error_like_the_others() {
    let server = ScriptedServer::with(429, &[], "").await;
    let error = ext(&server.base_url())
        .records(Query::v3())
        .next_record()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

/// Undeclared statuses arrived as `UnexpectedResponse`, a second path for the same thing.
#[tokio::test]
async fn p14_statuses_that_no_document_lists_take_the_same_path_as_those_it_does() {
    for status in [400, 408, 418, 429, 500, 502, 503, 504, 599] {
        let server = ScriptedServer::with(status, &[], "").await;
        let client = raw(&server.base_url());
        let call = client
            .list_conversations_stream()
            .account_id("A")
            .project_id("P");
        let answer = call.send().await;
        assert!(matches!(answer, Err(Error::ErrorResponse(_))), "{status}");
    }
}

/// The generated error was 240 bytes wide and tripped `clippy::result_large_err` at every caller.
#[test]
fn p20_the_error_is_small() {
    assert!(size_of::<conversations_api_ext::Error>() <= 128);
    assert!(size_of::<Result<(), conversations_api_ext::Error>>() <= 128);
}

/// A redirect is an error that names the host it leads to; the key stays here.
#[tokio::test]
async fn p04_a_redirect_is_not_followed_and_the_key_is_not_sent_on() {
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
