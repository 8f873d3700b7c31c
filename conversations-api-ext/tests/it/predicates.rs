//! The predicates of an error, on errors as they occur in practice.

use conversations_api_ext::{Error, Query};

use crate::scripted::{Reply, Scripted, answer, head, page};

async fn error_of(reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    server
        .client()
        .records(Query::v3())
        .next_record()
        .await
        .unwrap_err()
}

/// Returns the names of the predicates that are true.
fn answers(error: &Error) -> Vec<&'static str> {
    let all = [
        ("unauthorized", error.is_unauthorized()),
        ("forbidden", error.is_forbidden()),
        (
            "wrong region or project",
            error.is_wrong_region_or_project(),
        ),
        ("rate limited", error.is_rate_limited()),
        ("timeout", error.is_timeout()),
        ("malformed record", error.is_malformed_record()),
        ("transient", error.is_transient()),
    ];
    all.into_iter()
        .filter(|(_, yes)| *yes)
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test]
async fn each_failure_answers_the_questions_that_are_about_it() {
    let cut = Reply::Send(head("200 OK", "", 100, b"{\"conversations\":["));
    for (reply, expected) in [
        (answer("401 Unauthorized", "", ""), &["unauthorized"][..]),
        (answer("403 Forbidden", "", ""), &["forbidden"]),
        (
            answer("404 Not Found", "", ""),
            &["wrong region or project"],
        ),
        (
            answer("429 Too Many Requests", "", ""),
            &["rate limited", "transient"],
        ),
        (
            answer("408 Request Timeout", "", ""),
            &["timeout", "transient"],
        ),
        (answer("503 Service Unavailable", "", ""), &["transient"]),
        (answer("501 Not Implemented", "", ""), &[]),
        (answer("400 Bad Request", "", ""), &[]),
        (page(r#"{"conversations":[{}]}"#), &["malformed record"]),
        (page("{}"), &[]),
        (cut, &["transient"]),
        (Reply::Send(Vec::new()), &["transient"]),
    ] {
        let error = error_of(reply).await;
        assert_eq!(answers(&error), expected, "{error}");
    }
}
