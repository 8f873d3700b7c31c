//! P4: a redirect is an error, and the key is not sent to another host.

use conversations_api_ext::{ErrorKind, Query};

use crate::scripted::{KEY, Scripted, answer, page};

#[tokio::test]
async fn the_target_of_a_redirect_never_sees_the_key() {
    let other = Scripted::start([page(r#"{"conversations":[]}"#)]).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("Location: {}/v3/x?query=MARKER-QUERY\r\n", other.base_url());
        let server = Scripted::start([answer(status, &location, "")]).await;
        let error = server
            .client()
            .pages(Query::v3())
            .next_page()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect);
        assert_eq!(error.status().unwrap().to_string(), status[..3]);
        let host = other.base_url().strip_prefix("http://").unwrap();
        let message = error.to_string();
        assert!(
            message.contains(&format!("redirects to {host} ")),
            "{message}"
        );
        assert!(!message.contains("MARKER"), "{message}");
        // The intended server did receive the key.
        assert!(server.requests()[0].contains(KEY));
    }
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_redirect_without_a_usable_target_is_an_error_all_the_same() {
    for location in [
        "",
        "Location: \r\n",
        "Location: http://[\r\n",
        "Location: /elsewhere\r\n",
    ] {
        let server = Scripted::start([answer("302 Found", location, "")]).await;
        let error = server
            .client()
            .pages(Query::v1())
            .next_page()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect, "{location}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_configured_client_still_follows_no_redirect_and_sends_the_headers() {
    let other = Scripted::start([page(r#"{"conversations":[{"id":"foreign"}]}"#)]).await;
    let location = format!("Location: {}/v3/x\r\n", other.base_url());
    let server = Scripted::start([answer("302 Found", &location, "")]).await;
    let headers = [("x-gateway", "open sesame")].map(|(name, value)| {
        let name = reqwest::header::HeaderName::from_static(name);
        (name, reqwest::header::HeaderValue::from_static(value))
    });
    let client = server
        .builder()
        .default_headers(headers.into_iter().collect())
        .configure_http(|http| http.redirect(reqwest::redirect::Policy::limited(9)))
        .configure_http(|http| http.pool_max_idle_per_host(1))
        .build()
        .unwrap();
    let error = client.pages(Query::v3()).next_page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(other.requests(), Vec::<String>::new());
    let request = server.requests()[0].to_ascii_lowercase();
    assert!(request.contains("x-gateway: open sesame"), "{request}");
    assert!(request.contains("accept-encoding: gzip"), "{request}");
}

#[tokio::test]
async fn the_records_of_the_target_of_a_redirect_are_not_taken_for_those_of_the_project() {
    let foreign = || page(r#"{"conversations":[{"id":"foreign"}]}"#);
    let other = Scripted::start([foreign(), foreign()]).await;
    let location = format!("Location: {}/v3/x\r\n", other.base_url());
    let redirect = || answer("307 Temporary Redirect", &location, "");
    let server = Scripted::start([redirect(), redirect()]).await;
    let follows = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = server.builder().http_client(follows).build().unwrap();
    let page = client.pages(Query::v3()).next_page().await.unwrap_err();
    let records = client.records(Query::v3()).next_record().await.unwrap_err();
    for error in [page, records] {
        assert_eq!(error.kind(), ErrorKind::Redirect);
        let message = error.to_string();
        assert!(message.contains(other.base_url()), "{message}");
        assert!(message.contains("replace the key"), "{message}");
    }
}
