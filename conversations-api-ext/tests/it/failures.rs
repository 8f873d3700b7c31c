//! Every kind of failed request ends in one error with advice.

use std::time::Duration;

use conversations_api_ext::{
    ApiKey, BaseUrl, Client, Error, ErrorKind, Project, Query, RetryPolicy, V1, V3, Version,
};
use conversations_emulator::{ErrorShape, ServerBehavior};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    scripted::{Reply, Scripted, answer, head, page},
    support::{client_with, emulator},
};

async fn fail<V: Version>(client: &Client, query: Query<V>) -> Error {
    let mut pages = client.pages(query);
    let error = pages.next_page().await.expect_err("an error");
    assert!(
        pages.next_page().await.expect("the end").is_none(),
        "went on after an error"
    );
    error
}

async fn fail_with(reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    fail(&server.client(), Query::v3()).await
}

#[track_caller]
fn assert_says(error: &Error, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_in_both_shapes_of_error_bodies() {
    for shape in [ErrorShape::Published, ErrorShape::Current] {
        let emulator = emulator(5, ServerBehavior::default().with_error_shape(shape)).await;
        let error = fail(&client_with(&emulator, "wrong"), Query::v3()).await;
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Unauthorized, Some(401))
        );
        assert!(error.server_message().is_some());
        assert_says(
            &error,
            &[
                "key was not accepted",
                "HTTP 401",
                "at 127.0.0.1",
                "ws-demo",
            ],
        );
        if shape == ErrorShape::Current {
            assert_eq!(error.code(), Some("AUTH_USER_INVALID_TOKEN"));
            assert_says(
                &error,
                &["AUTH_USER_INVALID_TOKEN", error.correlation_id().unwrap()],
            );
        }
    }
}

#[tokio::test]
async fn the_keys_of_one_version_do_not_work_on_another_and_the_error_says_so() {
    let emulator = emulator(5, ServerBehavior::default()).await;
    let error = fail(
        &client_with(&emulator, emulator.legacy_api_key()),
        Query::v3(),
    )
    .await;
    assert_says(&error, &["older keys of v1 and v2 do not work on v3"]);
    let error = fail(&client_with(&emulator, emulator.api_key()), Query::v1()).await;
    assert_says(&error, &["v1 and v2 take the older keys"]);
}

#[tokio::test]
async fn an_unknown_account_or_project_is_not_found() {
    let emulator = emulator(5, ServerBehavior::default()).await;
    let (account, project) = (emulator.data().account_id(), emulator.data().project_id());
    for (account, project, code, says) in [
        ("nobody", project, "ACCOUNT_NOT_FOUND", "no such account"),
        (account, "nothing", "PROJECT_NOT_FOUND", "no such project"),
        (
            account,
            "a/b c?d#e%2e",
            "PROJECT_NOT_FOUND",
            "no such project",
        ),
    ] {
        let base_url: BaseUrl = emulator.base_url().parse().unwrap();
        let key = ApiKey::new(emulator.api_key()).unwrap();
        let project = Project::new(account, project).unwrap();
        let client = Client::builder(base_url, project, key)
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let error = fail(&client, Query::v3()).await;
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::NotFound, Some(404))
        );
        assert_eq!(error.code(), Some(code));
        assert_says(&error, &[says, "check both ids"]);
    }
}

#[tokio::test]
async fn statuses_have_their_kinds_declared_or_not() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::BadRequest),
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("404 Not Found", ErrorKind::NotFound),
        ("405 Method Not Allowed", ErrorKind::BadRequest),
        ("408 Request Timeout", ErrorKind::Timeout),
        ("422 Unprocessable Entity", ErrorKind::BadRequest),
        ("429 Too Many Requests", ErrorKind::RateLimited),
        ("500 Internal Server Error", ErrorKind::Server),
        ("502 Bad Gateway", ErrorKind::Server),
        ("503 Service Unavailable", ErrorKind::Server),
        ("504 Gateway Timeout", ErrorKind::Server),
        ("204 No Content", ErrorKind::Body),
        ("206 Partial Content", ErrorKind::Body),
    ] {
        let error = fail_with(answer(
            status,
            "X-PolyAI-Correlation-Id: c0ffee00-0000-4000-8000-000000000042\r\n",
            "",
        ))
        .await;
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(error.status().unwrap().to_string(), status[..3]);
        assert_eq!(
            error.correlation_id(),
            Some("c0ffee00-0000-4000-8000-000000000042")
        );
        assert_says(
            &error,
            &[
                "HTTP",
                &status[..3],
                "correlation id c0ffee00-0000-4000-8000-000000000042",
                "account ws-1, project PROJECT-1",
            ],
        );
    }
}

#[tokio::test]
async fn p1_a_gateways_html_keeps_status_headers_and_title() {
    let html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    let error = fail_with(answer(
        "502 Bad Gateway",
        "Content-Type: text/html\r\nRetry-After: 7\r\nX-PolyAI-Correlation-Id: c0ffee00-0000-4000-8000-000000000001\r\n",
        html,
    ))
    .await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Server, Some(502))
    );
    assert_eq!(error.server_message(), Some("502 Bad Gateway"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_says(
        &error,
        &[
            "HTML page",
            "gateway",
            "c0ffee00-0000-4000-8000-000000000001",
        ],
    );
}

#[tokio::test]
async fn p1_an_empty_401_and_a_gateways_own_json_are_understood() {
    let error = fail_with(answer("401 Unauthorized", "", "")).await;
    assert_eq!(
        (error.kind(), error.server_message()),
        (ErrorKind::Unauthorized, None)
    );
    let error = fail_with(answer("403 Forbidden", "", r#"{"message":"Forbidden"}"#)).await;
    assert_eq!(
        (error.kind(), error.server_message()),
        (ErrorKind::Forbidden, Some("Forbidden"))
    );
    assert_says(&error, &["may not read this project", "Conversations data"]);
}

#[tokio::test]
async fn p14_a_429_keeps_its_retry_after_and_without_one_names_the_window() {
    let error = fail_with(answer("429 Too Many Requests", "Retry-After: 65\r\n", "")).await;
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(Duration::from_secs(65)))
    );
    assert_says(&error, &["wait 65 s"]);

    let date =
        "Date: Wed, 01 Apr 2026 09:00:00 GMT\r\nRetry-After: Wed, 01 Apr 2026 09:00:30 GMT\r\n";
    let error = fail_with(answer("429 Too Many Requests", date, "")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));

    let error = fail_with(answer("429 Too Many Requests", "", "")).await;
    assert_eq!(error.retry_after(), None);
    assert_says(&error, &["about one minute"]);
}

#[tokio::test]
async fn a_huge_error_body_is_read_to_a_limit() {
    let body = vec![b'x'; 10 * 1024 * 1024];
    let error = fail_with(answer("500 Internal Server Error", "", body)).await;
    assert_eq!(error.server_message().unwrap().len(), 64 * 1024);
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_connection_error_with_its_cause() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let base_url: BaseUrl = format!("http://{address}").parse().unwrap();
    let project = Project::new("ws-1", "PROJECT-1").unwrap();
    let client = Client::builder(base_url, project, ApiKey::new("key").unwrap())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let error = fail(&client, Query::v3()).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Connection, None)
    );
    assert_says(&error, &["was refused", &address.to_string(), "reachable"]);
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_a_connection_error() {
    let server = Scripted::start([]).await;
    let error = fail(&server.client(), Query::v3()).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Connection, None)
    );
}

#[tokio::test]
async fn a_host_that_does_not_speak_tls_is_a_connection_error_that_says_so() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base_url: BaseUrl = format!("https://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        connection.shutdown().await.unwrap();
        let mut sent = Vec::new();
        connection.read_to_end(&mut sent).await.unwrap();
        sent
    });
    let project = Project::new("ws-1", "PROJECT-1").unwrap();
    let key = ApiKey::new("MARKER-KEY").unwrap();
    let client = Client::builder(base_url, project, key)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let error = fail(&client, Query::v3()).await;
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Connection, None)
    );
    assert_says(&error, &["no secure connection (", "root certificate"]);
    let sent = server.await.unwrap();
    assert!(
        !String::from_utf8_lossy(&sent).contains("MARKER"),
        "the key went out in the clear"
    );
}

#[tokio::test]
async fn p7_a_page_that_breaks_off_says_how_far_it_got() {
    let body = br#"{"conversations":[{"id":"a"},"#;
    let whole = Reply::Send(head(
        "200 OK",
        "X-PolyAI-Correlation-Id: c0ffee00-0000-4000-8000-000000000009\r\n",
        1000,
        body,
    ));
    let error = fail_with(whole).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Body, Some(200)));
    assert_eq!(
        error.correlation_id(),
        Some("c0ffee00-0000-4000-8000-000000000009")
    );
    assert_says(
        &error,
        &[&format!("after {} bytes", body.len()), "smaller page"],
    );
}

#[tokio::test]
async fn a_server_that_falls_silent_is_a_timeout_before_and_within_the_page() {
    let within = head("200 OK", "", 1000, b"{\"conversations\":[");
    for (reply, says) in [
        (Reply::Stall(Vec::new()), "no response within 0.2 s at 127"),
        (
            Reply::Stall(within),
            "stopped after 18 bytes, with nothing more within 0.2 s",
        ),
    ] {
        let server = Scripted::start([reply]).await;
        let client = server
            .builder()
            .first_byte_timeout(Duration::from_millis(200))
            .stall_timeout(Duration::from_millis(200))
            .build()
            .unwrap();
        let error = fail(&client, Query::v3()).await;
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_says(&error, &[says]);
    }
}

#[tokio::test]
async fn a_success_that_is_no_page_is_a_body_error() {
    for (body, says) in [
        ("", "body is empty"),
        ("<html></html>", "an HTML page instead of JSON"),
        ("[]", "not a JSON object"),
        (r#"{"conversations":7}"#, "not the JSON of a page"),
        ("{}", "no list \"conversations\""),
        (r#"{"conversations":[{"id":"a"}"#, "ends too early"),
    ] {
        let error = fail_with(page(body)).await;
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Body, Some(200)),
            "{body}"
        );
        assert_says(&error, &[says]);
    }
    let body = r#"{"success":false,"error_id":"c0ffee00-0000-4000-8000-000000000001","error_code":"PROJECT_NOT_FOUND","data":null}"#;
    let error = fail_with(page(body)).await;
    assert_eq!(
        (error.code(), error.correlation_id()),
        (
            Some("PROJECT_NOT_FOUND"),
            Some("c0ffee00-0000-4000-8000-000000000001")
        )
    );
}

#[tokio::test]
async fn p21_requests_say_who_is_asking_and_v1_and_v3_send_the_same_headers() {
    async fn head_of<V: Version>() -> String {
        let server = Scripted::start([page(r#"{"conversations":[]}"#)]).await;
        let client = server.builder().application("nightly/2.1").build().unwrap();
        client
            .pages(Query::<V>::default())
            .next_page()
            .await
            .unwrap();
        server.requests().remove(0)
    }
    for head in [head_of::<V1>().await, head_of::<V3>().await] {
        let agent = concat!(
            "user-agent: conversations-api-ext/",
            env!("CARGO_PKG_VERSION"),
            " nightly/2.1\r\n"
        );
        assert!(head.contains(agent), "{head}");
        assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
        assert!(head.contains("x-api-key: MARKER-KEY\r\n"), "{head}");
        assert!(!head.contains("api-version"), "{head}");
    }
}
