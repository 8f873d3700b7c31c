//! The server's own message is shown if it cannot contain a caller's data.

use conversations_api_ext::{Error, ErrorKind, Query, Version};

use crate::{
    scripted::{KEY, Reply, Scripted, answer, page},
    support::april,
};

async fn fail<V: Version>(query: Query<V>, reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    let mut pages = server.client().pages(query);
    pages.next_page().await.expect_err("an error")
}

#[tokio::test]
async fn a_rejected_request_says_what_the_server_says() {
    for status in [
        "400 Bad Request",
        "402 Payment Required",
        "403 Forbidden",
        "404 Not Found",
        "429 Too Many Requests",
    ] {
        for (body, says) in [
            (
                r#"{"error_message":"Quota of workspace exhausted"}"#,
                ": \"Quota of workspace exhausted\" (HTTP 4",
            ),
            (
                r#"{"message":"line\none\u001b[31m"}"#,
                ": \"line one [31m\" (HTTP 4",
            ),
            ("plain text", ": \"plain text\" (HTTP 4"),
        ] {
            let error = fail(Query::v3(), answer(status, "", body)).await;
            assert!(error.to_string().contains(says), "{error}");
            assert!(error.problem().contains(&says[..says.len() - 8]), "{error}");
        }
    }
}

#[tokio::test]
async fn neither_the_key_nor_megabytes_nor_an_answer_to_a_search_is_shown() {
    let echo = format!(
        r#"{{"error_message":"unknown key {KEY}, {}"}}"#,
        "x".repeat(1_000_000)
    );
    let error = fail(Query::v3(), answer("401 Unauthorized", "", echo)).await;
    let message = format!("{error} {error:?}");
    assert!(!message.contains(KEY), "{message}");
    assert!(message.len() < 4000, "{message}");

    let echo = format!(
        r#"{{"error_message":"unknown key {KEY}, {}"}}"#,
        "x".repeat(1000)
    );
    let error = fail(Query::v3(), answer("401 Unauthorized", "", echo)).await;
    let message = format!("{error} {error:?}");
    assert!(
        !message.contains(KEY) && message.contains("unknown key <API key>, xxx"),
        "{message}"
    );
    assert!(message.len() < 3000, "{message}");

    let search = Query::v3()
        .transcript_search("refund", None, april())
        .unwrap();
    let error = fail(
        search,
        answer("400 Bad Request", "", r#"{"message":"no refund"}"#),
    )
    .await;
    assert!(!error.to_string().contains("no refund"), "{error}");
    assert!(
        error.to_string().contains("may repeat the search text"),
        "{error}"
    );
    assert_eq!(error.server_message(), Some("no refund"));
}

#[tokio::test]
async fn a_success_that_is_something_else_says_what_it_is() {
    let html = "<!doctype html><html><head><title>Sign in - Example</title></head></html>";
    let error = fail(Query::v3(), page(html)).await;
    assert_eq!(error.kind(), ErrorKind::Body);
    assert!(
        error
            .to_string()
            .contains("an HTML page with the title \"Sign in - Example\""),
        "{error}"
    );

    let body = r#"{"success":false,"error_code":"USER_ACCESS_FORBIDDEN","error_message":"Workspace suspended"}"#;
    let error = fail(Query::v3(), page(body)).await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Body, Some("USER_ACCESS_FORBIDDEN"))
    );
    assert!(
        error
            .to_string()
            .contains("reports an error under a status of success: \"Workspace suspended\""),
        "{error}"
    );

    // After records, the page may lack others.
    for field in [
        r#""error_message":"backend failed halfway""#,
        r#""error":"timeout""#,
        r#""error_code":"INTERNAL","error_message":null"#,
    ] {
        let reply = page(&format!(r#"{{"conversations":[{{"id":"a"}}],{field}}}"#));
        let error = fail(Query::v3(), reply).await;
        assert_eq!(error.kind(), ErrorKind::Body, "{field}");
    }
    let long = "x".repeat(1 << 20);
    let reply = page(&format!(r#"{{"conversations":[],"error":"{long}"}}"#));
    assert_eq!(fail(Query::v3(), reply).await.kind(), ErrorKind::Body);

    // A body that may be part of a conversation is not shown.
    for body in [
        "somebody's words",
        "[\"somebody's words\"]",
        r#"{"turns":"somebody's words"}"#,
    ] {
        let error = fail(Query::v3(), page(body)).await;
        assert!(!format!("{error} {error:?}").contains("words"), "{error}");
    }
}
