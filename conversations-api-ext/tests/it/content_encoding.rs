//! Response bodies are decompressed, whatever the server names the encoding and however it splits them.

use std::{io::Write as _, time::Duration};

use conversations_api_ext::{Error, ErrorKind, Query, RetryPolicy};
use flate2::{Compression, write::GzEncoder};

use crate::{
    scripted::{Reply, Scripted, answer, head},
    waits::Waits,
};

const PAGE: &str = r#"{"conversations":[{"id":"a"},{"id":"b"},{"id":"c"}],"cursor":null}"#;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text).unwrap();
    gzip.finish().unwrap()
}

/// Returns the ids received from a server with these replies, the error, and the number of requests.
async fn read(
    replies: impl IntoIterator<Item = Reply>,
    policy: RetryPolicy,
) -> (Vec<String>, Option<Error>, usize) {
    let server = Scripted::start(replies).await;
    let client = server.builder().retry(policy).clock(Waits::new());
    let mut records = client.build().unwrap().records(Query::v3());
    let mut ids = Vec::new();
    let error = loop {
        match records.next_record().await {
            Ok(Some(record)) => ids.push(record.id().to_owned()),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    (ids, error, server.requests().len())
}

fn encoded(name: &str, body: impl AsRef<[u8]>) -> Reply {
    answer("200 OK", &format!("Content-Encoding: {name}\r\n"), body)
}

#[tokio::test]
async fn a_page_of_several_gzip_members_is_read_to_its_end() {
    for at in [1, 20, PAGE.len() - 1] {
        let (first, rest) = PAGE.as_bytes().split_at(at);
        let body = [gzip(first), gzip(b""), gzip(rest)].concat();
        let (ids, error, _) = read([encoded("gzip", body)], RetryPolicy::none()).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(ids, ["a", "b", "c"]);
    }
}

#[tokio::test]
async fn gzip_is_known_by_all_of_its_names() {
    for name in ["gzip", "GZIP", "x-gzip", "X-GZip", "identity, gzip"] {
        let body = gzip(PAGE.as_bytes());
        let (ids, error, _) = read([encoded(name, body)], RetryPolicy::none()).await;
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(ids.len(), 3, "{name}");
    }
}

#[tokio::test]
async fn damaged_gzip_is_named_and_the_page_is_retried() {
    let good = gzip(PAGE.as_bytes());
    let mut checksum = good.clone();
    let at = checksum.len() - 8;
    checksum[at] ^= 1;
    for (body, says) in [
        (checksum, "gzip data of the page is corrupt"),
        (
            b"no gzip at all".to_vec(),
            "gzip data of the page is corrupt",
        ),
        (good[..good.len() - 3].to_vec(), "within its gzip data"),
    ] {
        let reply = encoded("gzip", &body);
        let (_, error, _) = read([reply.clone()], RetryPolicy::none()).await;
        let error = error.expect("an error");
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(
            error.is_transient() && error.to_string().contains(says),
            "{error}"
        );
        let replies = [reply, encoded("gzip", &good)];
        let (ids, error, requests) = read(replies, RetryPolicy::default()).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!((ids.len(), requests), (3, 2));
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_named() {
    let (_, error, requests) = read(
        [encoded("br", PAGE), encoded("br", PAGE)],
        RetryPolicy::default(),
    )
    .await;
    let error = error.expect("an error");
    assert_eq!((error.kind(), requests), (ErrorKind::Body, 1));
    assert!(
        error.to_string().contains("content encoding `br`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_compressed_error_is_read_like_any_other_and_to_a_limit() {
    let error = |body: &[u8]| {
        let headers = "Content-Encoding: gzip\r\n";
        [answer("400 Bad Request", headers, gzip(body))]
    };
    let body = br#"{"error_code":"GET_CONVERSATIONS_FILTER_PARSE_ERROR","error_message":"no such channel"}"#;
    let (_, refused, _) = read(error(body), RetryPolicy::none()).await;
    let refused = refused.expect("an error");
    assert_eq!(refused.code(), Some("GET_CONVERSATIONS_FILTER_PARSE_ERROR"));
    assert_eq!(refused.server_message(), Some("no such channel"));

    let bomb = vec![b' '; 20 * 1024 * 1024];
    let (_, refused, _) = read(error(&bomb), RetryPolicy::none()).await;
    assert_eq!(refused.expect("an error").server_message(), None);
}

#[tokio::test]
async fn a_record_is_given_before_the_rest_of_its_compressed_page_arrives() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(br#"{"conversations":[{"id":"a"},"#).unwrap();
    gzip.flush().unwrap();
    let start = head("200 OK", "Content-Encoding: gzip\r\n", 1000, gzip.get_ref());
    let server = Scripted::start([Reply::Stall(start)]).await;
    let client = server.builder().stall_timeout(None).build().unwrap();
    let mut records = client.records(Query::v3());
    let first = tokio::time::timeout(Duration::from_secs(20), records.next_record());
    let first = first.await.expect("the record comes first");
    assert_eq!(first.unwrap().unwrap().id(), "a");
}
