//! Requests: path, query and headers as sent.

use std::num::NonZeroU64;

use conversations_api_ext::{BaseUrl, ErrorKind, Project, Query, TimeRange, Variant};
use conversations_emulator::{Dataset, Emulator};
use conversations_tests::Recorder;

use crate::support::{KEY, ext, raw};

/// A project id of `..` removed the account from the path; a trailing slash was doubled.
#[tokio::test]
async fn ids_that_would_change_the_path_are_rejected_and_the_base_url_is_normalized() {
    for (account, project) in [
        ("ws", ".."),
        ("..", "p"),
        (".", "p"),
        ("", "p"),
        ("ws", " "),
    ] {
        let error = Project::new(account, project).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidInput,
            "{account:?} {project:?}"
        );
    }
    let recorder = Recorder::start().await;
    let base_url: BaseUrl = format!("{}/", recorder.base_url()).parse().unwrap();
    let client = ext(base_url.as_str());
    assert!(
        client
            .records(Query::v3())
            .next_record()
            .await
            .unwrap()
            .is_none()
    );
    let line = recorder.take().remove(0).line;
    assert!(
        line.starts_with("GET /v3/ws-demo/PROJECT-DEMO/conversations?"),
        "{line}"
    );
}

/// Spaces were sent as `+`, which the documentation does not allow.
#[tokio::test]
async fn spaces_are_encoded_as_percent_20_and_a_plus_is_preserved() {
    let recorder = Recorder::start().await;
    let query = Query::v3()
        .variant(Variant::Name("Front Desk + Spa".to_owned()))
        .unwrap();
    ext(&recorder.base_url())
        .records(query)
        .next_record()
        .await
        .unwrap();
    let line = recorder.take().remove(0).line;
    assert!(
        line.contains("variant_name=Front%20Desk%20%2B%20Spa"),
        "{line}"
    );
}

/// The generator ignores `maximum` and does not send `default`.
#[tokio::test]
async fn the_page_size_is_validated_before_sending_and_always_sent() {
    assert_eq!(
        Query::v3().page_size(1001).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(
        Query::v2().page_size(1001).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(
        Query::v1().page_size(5001).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(
        Query::v1().page_size(0).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert!(Query::v1().page_size(5000).is_ok());

    let recorder = Recorder::start().await;
    let client = ext(&recorder.base_url());
    client.records(Query::v1()).next_record().await.unwrap();
    client.records(Query::v2()).next_record().await.unwrap();
    client.records(Query::v3()).next_record().await.unwrap();
    for request in recorder.take() {
        assert!(request.line.contains("limit="), "{}", request.line);
    }
}

/// The generated httpmock matchers format times in a way that never matches; the emulator reads what is
/// really sent.
#[tokio::test]
async fn a_time_range_is_sent_in_a_format_that_servers_parse() {
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 300))
        .start()
        .await
        .unwrap();
    let key = conversations_api::ApiKey::new(emulator.api_key()).unwrap();
    let project = Project::new("ws-demo", "PROJECT-DEMO").unwrap();
    let base_url: BaseUrl = emulator.base_url().parse().unwrap();
    let client = conversations_api_ext::Client::builder(base_url, project, key)
        .retry(conversations_api_ext::RetryPolicy::none())
        .build()
        .unwrap();
    let mut pages = client.pages(Query::v3().time_range(
        TimeRange::new(Some("2026-04-10"), Some("2026-04-12T12:30:00.000001Z")).unwrap(),
    ));
    let page = pages.next_page().await.unwrap().unwrap();
    assert!(!page.is_empty());
    assert_eq!(
        page.outside_range(),
        0,
        "the server applied the range, not the client"
    );
}

/// A header `api-version: 3.0.0` was sent with every request.
#[tokio::test]
async fn no_api_version_header_is_sent() {
    let recorder = Recorder::start().await;
    let client = raw(&recorder.base_url());
    let call = client.list_conversations().account_id("A").project_id("P");
    call.limit(NonZeroU64::MIN).send().await.unwrap();
    let request = recorder.take().remove(0);
    assert_eq!(request.header("api-version"), None);
    assert_eq!(request.header("x-api-key"), Some(KEY));
}
