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
