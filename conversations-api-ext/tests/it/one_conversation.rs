//! Requests for one conversation and its recording, against a scripted agents host.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conversations_api_ext::{
    AgentsBaseUrl, ApiKey, Attempt, Client, ClientBuilder, Clock, Direction, Error, ErrorKind,
    Query, RetryPolicy,
};
use futures_util::StreamExt as _;

use crate::{
    scripted::{KEY, Reply, Scripted, answer, head, page},
    waits::Stopped,
};

const ID: &str = "CAabcd1234567abcdef1250065d4fc7389";

fn builder(server: &Scripted) -> ClientBuilder {
    let agents: AgentsBaseUrl = format!("{}/agents", server.base_url()).parse().unwrap();
    server.builder().agents_base_url(agents)
}

/// A client that retries without waiting.
fn retrying(server: &Scripted) -> Client {
    let policy = RetryPolicy::default()
        .attempts(4)
        .backoff(Duration::ZERO, Duration::ZERO);
    builder(server).retry(policy).build().unwrap()
}

async fn download(client: &Client) -> Result<Vec<u8>, Error> {
    let mut recording = client.recording(ID).send().await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = recording.next_chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    assert_eq!(recording.received(), bytes.len() as u64);
    Ok(bytes)
}

/// A recording in which every byte differs from its neighbors.
fn wav(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

/// The headers of a recording that can be resumed.
const TAG: &str = "Content-Type: audio/wav\r\nETag: \"one\"\r\nAccept-Ranges: bytes\r\n";
const NO_RANGES: &str = "Content-Type: audio/wav\r\nAccept-Ranges: none\r\n";

/// A response that breaks off after `sent` bytes.
fn broken(headers: &str, all: &[u8], sent: usize) -> Reply {
    Reply::Send(head("200 OK", headers, all.len(), &all[..sent]))
}

fn part(all: &[u8], from: usize, tag: &str) -> Reply {
    let headers = format!(
        "Content-Type: audio/wav\r\nETag: \"{tag}\"\r\nContent-Range: bytes {from}-{}/{}\r\n",
        all.len() - 1,
        all.len()
    );
    answer("206 Partial Content", &headers, &all[from..])
}

#[tokio::test]
async fn a_conversation_is_requested_by_its_id_from_the_agents_host() {
    let body =
        format!(r#"{{"conversationId":"{ID}","shortSummary":{{"content":"Booked."}},"new":1}}"#);
    let server = Scripted::start([page(&body)]).await;
    let key = ApiKey::new("key-of-the-agents-host").unwrap();
    let client = builder(&server).agents_api_key(key).build().unwrap();
    let detail = client.conversation(ID).await.unwrap();
    assert_eq!(
        detail.short_summary.as_ref().unwrap().content(),
        Some("Booked.")
    );
    assert_eq!(detail.extra["new"], 1);
    let [request] = &server.requests()[..] else {
        panic!("not one request");
    };
    assert!(
        request.starts_with(&format!(
            "GET /agents/v1/agents/PROJECT-1/conversations/{ID} "
        )),
        "{request}"
    );
    assert!(
        request.contains("x-api-key: key-of-the-agents-host"),
        "{request}"
    );
    assert!(!request.contains(KEY), "{request}");
}

#[tokio::test]
async fn a_response_for_another_id_is_an_error_without_its_content() {
    let other = r#"{"conversationId":"CA-OTHER","note":"MARKER"}"#;
    let server = Scripted::start([page(other)]).await;
    let error = builder(&server).build().unwrap();
    let error = error.conversation(ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body);
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("`conversationId` is not the id that was requested"),
        "{shown}"
    );
    assert!(
        !shown.contains("MARKER") && !shown.contains("CA-OTHER"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_response_without_an_id_is_an_error_with_the_words_of_the_server() {
    let refused = r#"{"success":false,"error_message":"quota exhausted"}"#;
    let server = Scripted::start([page(refused), page("{}")]).await;
    let client = builder(&server).build().unwrap();
    for expected in ["quota exhausted", "it has no `conversationId`"] {
        let error = client.conversation(ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_field_of_an_unexpected_type_leaves_the_json_as_received() {
    let depth = 200;
    let nested = "[".repeat(depth) + &"]".repeat(depth);
    for value in [r#"[{"name": "a"}]"#, &nested] {
        let body = format!(r#"{{"tags": {value}, "conversationId": "{ID}","polyScore":4.50}}"#);
        let server = Scripted::start([page(&body), page(&body)]).await;
        let client = builder(&server).build().unwrap();
        assert_eq!(client.conversation_json(ID).await.unwrap(), body);
        let error = client.conversation(ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedRecord);
        assert!(error.record_path().unwrap().starts_with("tags"));
        assert!(error.to_string().len() < 500, "{error}");
    }
}

#[tokio::test]
async fn a_rejection_by_id_does_not_blame_a_filter() {
    let server = Scripted::start([answer("410 Gone", "", "")]).await;
    let client = builder(&server).build().unwrap();
    let error = client.conversation(ID).await.unwrap_err().to_string();
    assert!(
        error.contains("check the id") && !error.contains("filter"),
        "{error}"
    );
}

#[tokio::test]
async fn a_recording_has_length_type_and_direction_and_is_redacted_unless_set_otherwise() {
    let all = wav(1000);
    let replies = [answer("200 OK", TAG, &all), answer("200 OK", TAG, &all)];
    let server = Scripted::start(replies).await;
    let client = builder(&server).build().unwrap();

    let recording = client.recording(ID).send().await.unwrap();
    assert_eq!(recording.content_length(), Some(1000));
    assert_eq!(recording.content_type(), Some("audio/wav"));
    assert_eq!(recording.is_redacted(), Some(true));
    let chunks: Vec<_> = recording.map(Result::unwrap).collect().await;
    assert_eq!(chunks.concat(), all);

    let raw = client
        .recording(ID)
        .direction(Direction::User)
        .redacted(false)
        .send()
        .await
        .unwrap();
    assert_eq!(raw.is_redacted(), None);

    let requests = server.requests();
    assert!(
        requests[0].contains("/audio?direction=combined&redacted=true "),
        "{}",
        requests[0]
    );
    assert!(
        requests[0].contains("accept-encoding: identity"),
        "{}",
        requests[0]
    );
    assert!(
        requests[1].contains("/audio?direction=user&redacted=false "),
        "{}",
        requests[1]
    );
}

#[tokio::test]
async fn a_broken_download_resumes_where_it_stopped() {
    let all = wav(300_000);
    let server = Scripted::start([broken(TAG, &all, 100_000), part(&all, 100_000, "one")]).await;
    assert_eq!(download(&retrying(&server)).await.unwrap(), all);
    let requests = server.requests();
    assert!(!requests[0].contains("range"), "{}", requests[0]);
    assert!(
        requests[1].contains("range: bytes=100000-"),
        "{}",
        requests[1]
    );
    assert!(requests[1].contains("if-range: \"one\""), "{}", requests[1]);
}

#[tokio::test]
async fn a_broken_download_starts_over_where_the_server_has_no_ranges() {
    let all = wav(300_000);
    for second in [
        answer("200 OK", NO_RANGES, &all),
        answer("200 OK", "Content-Type: audio/wav\r\n", &all),
    ] {
        let server = Scripted::start([broken(NO_RANGES, &all, 100_000), second]).await;
        assert_eq!(download(&retrying(&server)).await.unwrap(), all);
        assert!(!server.requests()[1].contains("range"));
    }
    // It supports ranges and sends the whole recording all the same.
    let server = Scripted::start([broken(TAG, &all, 100_000), answer("200 OK", TAG, &all)]).await;
    assert_eq!(download(&retrying(&server)).await.unwrap(), all);
}

#[tokio::test]
async fn a_part_that_does_not_continue_the_download_is_not_taken() {
    let all = wav(300_000);
    let elsewhere = part(&all, 50_000, "one");
    let without = answer(
        "206 Partial Content",
        "Content-Type: audio/wav\r\n",
        &all[100_000..],
    );
    let unsatisfiable = answer("416 Range Not Satisfiable", "", "");
    for odd in [elsewhere, without, unsatisfiable] {
        let replies = [broken(TAG, &all, 100_000), odd, answer("200 OK", TAG, &all)];
        let server = Scripted::start(replies).await;
        assert_eq!(download(&retrying(&server)).await.unwrap(), all);
        assert!(!server.requests()[2].contains("range"));
    }
}

#[tokio::test]
async fn a_recording_that_changes_meanwhile_is_an_error() {
    let all = wav(300_000);
    let mut other = all.clone();
    other[5] ^= 1;
    let longer = wav(300_001);
    let other_tag = TAG.replace("one", "two");
    for (first, second) in [
        (broken(TAG, &all, 100_000), part(&all, 100_000, "two")),
        (
            broken(TAG, &all, 100_000),
            answer("200 OK", &other_tag, &other),
        ),
        (
            broken(NO_RANGES, &all, 100_000),
            answer("200 OK", NO_RANGES, &other),
        ),
        (
            broken(NO_RANGES, &all, 100_000),
            answer("200 OK", NO_RANGES, &longer),
        ),
    ] {
        let server = Scripted::start([first, second]).await;
        let error = download(&retrying(&server)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(
            error
                .to_string()
                .contains("changed while it was downloaded"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_download_that_cannot_be_completed_is_an_error() {
    let all = wav(1000);
    let replies = std::iter::repeat_with(|| broken(NO_RANGES, &all, 500)).take(9);
    let server = Scripted::start(replies).await;
    let error = download(&retrying(&server)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the recording broke off after 500 bytes"),
        "{error}"
    );
    assert_eq!(error.attempts(), 4);
    assert_eq!(server.requests().len(), 4);

    // Neither a length nor chunks: the WAV header tells that the end is missing.
    let mut wav = b"RIFF\xe0\x03\0\0WAVE".to_vec();
    wav.resize(1000, 7);
    let unframed = |body: &[u8]| {
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: audio/wav\r\n\r\n";
        Reply::Send([head, body].concat())
    };
    let server = Scripted::start([unframed(&wav[..600]), unframed(&wav)]).await;
    assert_eq!(download(&retrying(&server)).await.unwrap(), wav);
}

#[tokio::test]
async fn a_pause_of_the_reader_does_not_use_up_the_retry_limits() {
    let all = wav(300_000);
    for sent in [5000, 100_000] {
        let server = Scripted::start([broken(TAG, &all, sent), part(&all, sent, "one")]).await;
        let clock = Stopped::new();
        let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
        let client = builder(&server)
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .retry(policy);
        let client = client.build().unwrap();
        let mut recording = client.recording(ID).send().await.unwrap();
        let mut bytes = recording.next_chunk().await.unwrap().unwrap().to_vec();
        clock.advance(Duration::from_secs(16 * 60));
        while let Some(chunk) = recording.next_chunk().await.unwrap() {
            bytes.extend_from_slice(&chunk);
        }
        assert_eq!(bytes, all);
    }
}

#[tokio::test]
async fn more_bytes_than_the_recording_has_are_an_error() {
    let all = wav(300_000);
    let headers =
        "Content-Type: audio/wav\r\nETag: \"one\"\r\nContent-Range: bytes 100000-299999/300000\r\n";
    let more = answer("206 Partial Content", headers, &wav(400_000)[100_000..]);
    let server = Scripted::start([broken(TAG, &all, 100_000), more]).await;
    assert!(download(&retrying(&server)).await.is_err());
}

#[tokio::test]
async fn a_long_download_may_break_more_often_than_a_short_request() {
    let all = wav(1_000_000);
    let step = 100_000;
    let replies = (0..10).map(|n| {
        let from = n * step;
        if n == 0 {
            return broken(TAG, &all, step);
        }
        let headers = format!("{TAG}Content-Range: bytes {from}-999999/1000000\r\n");
        let sent = &all[from..(from + step)];
        Reply::Send(head(
            "206 Partial Content",
            &headers,
            all.len() - from,
            sent,
        ))
    });
    let server = Scripted::start(replies).await;
    assert_eq!(download(&retrying(&server)).await.unwrap(), all);
}

#[tokio::test]
async fn what_is_no_recording_is_an_error_before_a_byte_is_written() {
    for (headers, body) in [
        ("Content-Type: text/html\r\n", "<title>Sign in</title>"),
        ("Content-Type: application/json\r\n", "{}"),
    ] {
        let server = Scripted::start([answer("200 OK", headers, body)]).await;
        let client = builder(&server).build().unwrap();
        let error = client.recording(ID).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Body, "{error}");
    }
}

#[tokio::test]
async fn a_conversation_or_a_recording_that_does_not_exist_is_not_found() {
    let body = r#"{"success":false,"error":"x","error_code":"CONVERSATIONS_NOT_FOUND","error_message":"x","data":null}"#;
    let json = "Content-Type: application/json\r\n";
    let replies = [
        answer("404 Not Found", json, body),
        answer("404 Not Found", json, body),
    ];
    let server = Scripted::start(replies).await;
    let client = builder(&server).build().unwrap();
    for error in [
        client.conversation(ID).await.unwrap_err(),
        client.recording(ID).send().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.code(), Some("CONVERSATIONS_NOT_FOUND"));
        assert!(!error.is_wrong_region_or_project());
        assert!(error.to_string().contains("does not exist"), "{error}");
    }
}

#[tokio::test]
async fn failed_requests_are_retried_and_observed() {
    type Attempts = Vec<(&'static str, u32, Option<u16>)>;
    let seen: Arc<Mutex<Attempts>> = Arc::default();
    let noted = Arc::clone(&seen);
    let server = Scripted::start([
        answer("503 Service Unavailable", "", ""),
        page(&format!(r#"{{"conversationId":"{ID}"}}"#)),
    ])
    .await;
    let client = builder(&server)
        .retry(RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO))
        .observer(move |attempt: &Attempt<'_>| {
            let entry = (attempt.version(), attempt.number(), attempt.status());
            noted.lock().unwrap().push(entry);
        })
        .build()
        .unwrap();
    client.conversation(ID).await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [("agents", 1, Some(503)), ("agents", 2, Some(200))]
    );
}

#[tokio::test]
async fn nothing_is_sent_without_an_agents_host_or_for_an_id_that_is_a_path() {
    let server = Scripted::start([]).await;
    let unknown = server.builder().build().unwrap();
    let known = builder(&server).build().unwrap();
    for error in [
        unknown.conversation(ID).await.unwrap_err(),
        unknown.recording(ID).send().await.unwrap_err(),
        known.conversation("..").await.unwrap_err(),
        known.recording("").send().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn errors_contain_neither_the_key_nor_the_body() {
    let body = r#"{"conversationId":7,"note":"MARKER"}"#;
    let quoting = format!(r#"{{"message":"bad key {KEY}"}}"#);
    let server = Scripted::start([page(body), answer("400 Bad Request", "", &quoting)]).await;
    let client = builder(&server).build().unwrap();
    let error = client.conversation(ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedRecord);
    let other = client.conversation(ID).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::BadRequest);
    let shown = format!("{error} {error:?} {client:?} {other} {other:?}");
    assert!(!shown.contains("MARKER"), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn a_list_goes_to_the_list_host_and_a_conversation_to_the_agents_host() {
    let list = Scripted::start([page(r#"{"conversations":[],"cursor":null}"#)]).await;
    let agents = Scripted::start([page(&format!(r#"{{"conversationId":"{ID}"}}"#))]).await;
    let base_url: AgentsBaseUrl = agents.base_url().parse().unwrap();
    let client = list.builder().agents_base_url(base_url).build().unwrap();
    assert!(
        client
            .records(Query::v3())
            .next_record()
            .await
            .unwrap()
            .is_none()
    );
    client.conversation(ID).await.unwrap();
    assert_eq!((list.requests().len(), agents.requests().len()), (1, 1));
    assert!(list.requests()[0].starts_with("GET /v3/"));
    assert!(agents.requests()[0].starts_with("GET /v1/agents/"));
}
