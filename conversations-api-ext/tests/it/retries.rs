//! Failed requests are retried, and no record is lost or duplicated as a result.

use std::{sync::Arc, time::Duration};

use conversations_api_ext::{Client, Clock, Error, ErrorKind, Query, RetryPolicy};

use crate::{
    scripted::{Reply, Scripted, answer, head, page},
    waits::{Stopped, Waits},
};

fn client(server: &Scripted, clock: &Arc<Waits>, policy: RetryPolicy) -> Client {
    server
        .builder()
        .retry(policy)
        .clock(Arc::clone(clock) as Arc<dyn Clock>)
        .seed(7)
        .first_byte_timeout(Duration::from_millis(300))
        .stall_timeout(Duration::from_millis(300))
        .build()
        .unwrap()
}

/// Returns a client with the default policy, whose clock stands still.
fn stopped_client(server: &Scripted) -> (Client, Arc<Stopped>) {
    let clock = Stopped::new();
    let client = server
        .builder()
        .retry(RetryPolicy::default())
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .build();
    (client.unwrap(), clock)
}

/// Returns the ids received with `policy`, the final error if any, the waits, and the number of requests.
async fn read(
    replies: Vec<Reply>,
    policy: RetryPolicy,
) -> (Vec<String>, Option<Error>, Arc<Waits>, usize) {
    let server = Scripted::start(replies).await;
    let clock = Waits::new();
    let mut records = client(&server, &clock, policy).records(Query::v3());
    let mut ids = Vec::new();
    let error = loop {
        match records.next_record().await {
            Ok(Some(record)) => ids.push(record.id().to_owned()),
            Ok(None) => break None,
            Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                ids.push("malformed".into());
            }
            Err(error) => break Some(error),
        }
    };
    (ids, error, clock, server.requests().len())
}

const FIRST: &str = r#"{"conversations":[{"id":"a"},{"id":"b"}],"cursor":"x"}"#;
const SECOND: &str = r#"{"conversations":[{"id":"c"},{"no":"id"},{"id":"d"}],"cursor":"y"}"#;
const THIRD: &str = r#"{"conversations":[{"id":"e"}],"cursor":null}"#;

const ALL: [&str; 6] = ["a", "b", "c", "malformed", "d", "e"];

/// Returns all transient faults, as a response in place of `body`.
fn faults(body: &str) -> Vec<(&'static str, Reply)> {
    let status = |status: &str| answer(status, "", "<html>gateway</html>");
    let cut = |at: usize| Reply::Send(head("200 OK", "", body.len(), &body.as_bytes()[..at]));
    let chunk = format!("{:x}\r\n{}\r\n", body.len() - 9, &body[..body.len() - 9]);
    let unended = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
    let stalled = head("200 OK", "", body.len(), &body.as_bytes()[..body.len() / 2]);
    vec![
        ("408", status("408 Request Timeout")),
        ("429", status("429 Too Many Requests")),
        ("500", status("500 Internal Server Error")),
        ("502", status("502 Bad Gateway")),
        (
            "503",
            answer("503 Service Unavailable", "Retry-After: 3\r\n", ""),
        ),
        ("504", status("504 Gateway Timeout")),
        ("421", status("421 Misdirected Request")),
        ("425", status("425 Too Early")),
        ("520", status("520 Unknown Error")),
        ("524", status("524 A Timeout Occurred")),
        ("530", status("530 Origin Error")),
        ("598", status("598 Network Read Timeout")),
        ("599", status("599 Network Connect Timeout")),
        ("closed without an answer", Reply::Send(Vec::new())),
        ("cut off at once", cut(0)),
        ("cut off in a record", cut(30)),
        ("cut off before the end", cut(body.len() - 1)),
        (
            "truncated JSON with the right length",
            page(&body[..body.len() - 5]),
        ),
        ("an empty body", page("")),
        ("chunks without an end", Reply::Send(unended.into_bytes())),
        ("silent before the head", Reply::Stall(Vec::new())),
        ("silent in the body", Reply::Stall(stalled)),
    ]
}

#[tokio::test]
async fn whatever_passes_on_whichever_page_every_record_comes_once() {
    let pages = [FIRST, SECOND, THIRD];
    for (place, body) in pages.iter().enumerate() {
        for (fault, reply) in faults(body) {
            let mut replies: Vec<_> = pages.iter().map(|body| page(body)).collect();
            replies.insert(place, reply.clone());
            replies.insert(place, reply);
            let (ids, error, clock, requests) = read(replies, RetryPolicy::default()).await;
            let here = format!("{fault} on page {}", place + 1);
            assert!(error.is_none(), "{here}: {error:?}");
            assert_eq!(ids, ALL, "{here}");
            assert_eq!((requests, clock.all().len()), (5, 2), "{here}");
        }
    }
}

#[tokio::test]
async fn by_offset_the_same_holds() {
    let records = |from: u32, to: u32| {
        let records: Vec<_> = (from..to).map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
        records.join(",")
    };
    // Pages of ten, each with an overlap of two.
    let pages = [
        format!(
            r#"{{"conversations":[{}],"next_offset":10}}"#,
            records(0, 10)
        ),
        format!(
            r#"{{"conversations":[{}],"next_offset":18}}"#,
            records(8, 18)
        ),
        format!(r#"{{"conversations":[{}]}}"#, records(17, 20)),
    ];
    for (place, body) in pages.iter().enumerate() {
        for (fault, reply) in faults(body) {
            let mut replies: Vec<_> = pages.iter().map(|body| page(body)).collect();
            replies.insert(place, reply);
            let server = Scripted::start(replies).await;
            let clock = Waits::new();
            let query = Query::v1().page_size(10).unwrap();
            let mut stream = client(&server, &clock, RetryPolicy::default()).records(query);
            let mut ids = Vec::new();
            while let Some(record) = stream.next_record().await.unwrap() {
                ids.push(record.id().parse::<u32>().unwrap());
            }
            assert_eq!(
                ids,
                (0..20).collect::<Vec<_>>(),
                "{fault} on page {}",
                place + 1
            );
            assert_eq!((stream.duplicates(), stream.retries()), (0, 1));
        }
    }
}

#[tokio::test]
async fn what_would_fail_again_is_not_asked_for_again() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::BadRequest),
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("404 Not Found", ErrorKind::NotFound),
        ("410 Gone", ErrorKind::BadRequest),
        ("302 Found", ErrorKind::Redirect),
        ("501 Not Implemented", ErrorKind::Server),
        ("505 HTTP Version Not Supported", ErrorKind::Server),
    ] {
        let replies = vec![
            page(FIRST),
            answer(status, "Retry-After: 1\r\n", ""),
            page(THIRD),
        ];
        let (ids, error, clock, requests) = read(replies, RetryPolicy::default()).await;
        let error = error.expect(status);
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{status}");
        assert_eq!(
            (ids.len(), requests, clock.all().len()),
            (2, 2, 0),
            "{status}"
        );
        assert!(!error.to_string().contains("tried"), "{error}");
    }
    for body in ["<html></html>", "{}", r#"{"conversations":7}"#] {
        let (_, error, _, requests) = read(vec![page(body); 2], RetryPolicy::default()).await;
        assert_eq!(
            (error.unwrap().kind(), requests),
            (ErrorKind::Body, 1),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_wait_is_what_the_server_asks_for_up_to_a_cap() {
    let busy = |header: &str| answer("429 Too Many Requests", header, "");
    let date =
        "Date: Wed, 01 Apr 2026 09:00:00 GMT\r\nRetry-After: Wed, 01 Apr 2026 09:00:40 GMT\r\n";
    let replies = vec![
        busy("Retry-After: 7\r\n"),
        busy(date),
        busy("Retry-After: 86400\r\n"),
        busy(""),
        page(THIRD),
    ];
    let (ids, error, clock, _) = read(replies, RetryPolicy::default()).await;
    assert!(error.is_none() && ids == ["e"]);
    let waits = clock.seconds();
    assert_eq!(waits[..3], [7, 40, 300]);
    assert!(
        (60..=66).contains(&waits[3]),
        "the window is a minute: {waits:?}"
    );
}

#[tokio::test]
async fn a_retry_after_of_nothing_or_of_the_past_does_not_take_the_waits_away() {
    let past =
        "Date: Wed, 01 Apr 2026 09:00:00 GMT\r\nRetry-After: Wed, 01 Apr 2026 08:00:00 GMT\r\n";
    let waits = |header: &'static str| async move {
        let mut replies = vec![answer("503 Service Unavailable", header, ""); 6];
        replies.push(page(THIRD));
        let (ids, error, clock, _) = read(replies, RetryPolicy::default()).await;
        assert!(error.is_none() && ids == ["e"]);
        clock.all()
    };
    let own = waits("").await;
    assert!(
        own.iter().sum::<Duration>() > Duration::from_secs(2),
        "{own:?}"
    );
    assert_eq!(waits("Retry-After: 0\r\n").await, own);
    assert_eq!(waits(past).await, own);
}

#[tokio::test]
async fn without_a_wish_waits_grow_and_are_the_same_for_the_same_seed() {
    let failing = || vec![answer("503 Service Unavailable", "", ""); 8];
    let (_, error, clock, requests) = read(failing(), RetryPolicy::default()).await;
    let (_, _, again, _) = read(failing(), RetryPolicy::default()).await;
    assert_eq!(clock.all(), again.all());
    assert_eq!((requests, clock.all().len()), (8, 7));
    for (number, wait) in clock.all().iter().enumerate() {
        let most = Duration::from_millis(500 << number).min(Duration::from_secs(30));
        assert!(*wait <= most, "wait {number} of {wait:?}");
    }
    let error = error.unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 8));
    assert_eq!(error.elapsed(), Some(clock.all().iter().sum()));
    let message = error.to_string();
    assert!(
        message.contains("tried 8 times in") && message.contains("(the limit of attempts)"),
        "{message}"
    );
}

#[tokio::test]
async fn no_wait_goes_past_the_time_limit_and_the_error_says_so() {
    let policy = RetryPolicy::default().time_limit(Duration::from_secs(100));
    let busy = answer("429 Too Many Requests", "Retry-After: 45\r\n", "");
    let (_, error, clock, requests) = read(vec![busy; 8], policy).await;
    assert_eq!((clock.seconds(), requests), (vec![45, 45], 3));
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let message = error.to_string();
    assert!(
        message.contains("tried 3 times in 90.0 s (retry time limit reached)"),
        "{message}"
    );
}

#[tokio::test]
async fn after_a_429_without_a_wish_the_time_there_is_gets_used() {
    let busy = answer("429 Too Many Requests", "", "");
    for seconds in [3, 10, 60] {
        let limit = Duration::from_secs(seconds);
        let policy = || RetryPolicy::default().time_limit(limit);
        let mut replies = vec![busy.clone(); 3];
        replies.push(page(THIRD));
        let (ids, error, clock, _) = read(replies, policy()).await;
        assert!(error.is_none() && ids == ["e"], "{seconds} s: {error:?}");
        assert!(clock.all().iter().sum::<Duration>() <= limit);

        let (_, error, clock, requests) = read(vec![busy.clone(); 20], policy().attempts(20)).await;
        assert_eq!(error.unwrap().kind(), ErrorKind::RateLimited);
        // The last attempt starts when the time is over.
        assert_eq!(clock.all().iter().sum::<Duration>(), limit, "{requests}");
    }
    let policy = RetryPolicy::default().time_limit(Duration::from_secs(90));
    let (_, _, clock, _) = read(vec![busy; 20], policy.attempts(20)).await;
    assert!(clock.all()[0] >= Duration::from_secs(60));
}

#[tokio::test]
async fn another_version_in_a_retried_page_is_counted_as_a_conflict() {
    let old = r#"{"conversations":[{"id":"a","in_progress":true},{"id":"b"},"#;
    let new =
        r#"{"conversations":[{"id":"a","in_progress":false},{"id":"b"},{"id":"c"}],"cursor":null}"#;
    let cut = || Reply::Send(head("200 OK", "", new.len(), old.as_bytes()));
    for keep in [false, true] {
        let server = Scripted::start([cut(), cut(), page(new)]).await;
        let client = client(&server, &Waits::new(), RetryPolicy::default());
        let mut records = client.records(Query::v3());
        if keep {
            records = records.keep_duplicates();
        }
        let mut found = Vec::new();
        while let Some(record) = records.next_record().await.unwrap() {
            found.push((record.id().to_owned(), record.in_progress()));
        }
        let mut expected = vec![("a", true), ("b", false), ("c", false)];
        if keep {
            expected.insert(2, ("a", false));
        }
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(id, open)| (id.to_owned(), open))
            .collect();
        assert_eq!(found, expected);
        assert_eq!((records.duplicates(), records.conflicts()), (1, 1));
    }
}

#[tokio::test]
async fn clones_of_a_client_share_a_budget_of_retries() {
    let server = Scripted::start(vec![answer("503 Service Unavailable", "", ""); 400]).await;
    let clock = Waits::new();
    // Without waits, no time passes in which the budget could fill again.
    let policy = (RetryPolicy::default().attempts(60)).backoff(Duration::ZERO, Duration::ZERO);
    let client = client(&server, &clock, policy);
    let mut attempts = Vec::new();
    for _ in 0..3 {
        let error = client
            .clone()
            .pages(Query::v3())
            .next_page()
            .await
            .unwrap_err();
        attempts.push((error.attempts(), error.to_string().contains("retry budget")));
    }
    assert_eq!(attempts, [(60, false), (42, true), (1, true)]);
}

#[tokio::test]
async fn streams_of_a_client_share_the_time_limit_of_an_outage() {
    let server = Scripted::start(vec![answer("503 Service Unavailable", "", ""); 400]).await;
    let clock = Waits::new();
    let limit = Duration::from_secs(100);
    let policy = RetryPolicy::default().attempts(50).time_limit(limit);
    let client = client(&server, &clock, policy);
    let mut attempts = Vec::new();
    for _ in 0..5 {
        let error = client.pages(Query::v3()).next_page().await.unwrap_err();
        assert!(error.to_string().contains("time limit"), "{error}");
        attempts.push(error.attempts());
    }
    assert!(attempts[0] > 3, "{attempts:?}");
    let waited: Duration = clock.all().iter().sum();
    assert!(waited <= limit, "{waited:?} for {attempts:?}");
}

#[tokio::test]
async fn after_a_429_no_stream_of_the_client_sends_before_the_time_that_the_server_asks_for() {
    let busy = answer("429 Too Many Requests", "Retry-After: 30\r\n", "");
    let server = Scripted::start([busy, page(THIRD), page(THIRD)]).await;
    let (client, clock) = stopped_client(&server);
    let mut first = client.pages(Query::v3());
    let first = tokio::spawn(async move { first.next_page().await.unwrap() });
    clock.sleepers(1).await;
    let mut second = client.clone().pages(Query::v3());
    let second = tokio::spawn(async move { second.next_page().await.unwrap() });
    clock.sleepers(2).await;
    clock.advance(Duration::from_secs(29));
    assert_eq!(server.requests().len(), 1);
    assert!(!first.is_finished() && !second.is_finished());
    clock.advance(Duration::from_secs(1));
    assert!(first.await.unwrap().is_some() && second.await.unwrap().is_some());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_own_backoff_of_a_stream_holds_up_no_other() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let busy = answer(status, "Retry-After: 0\r\n", "");
        let server = Scripted::start([busy, page(THIRD)]).await;
        let (client, clock) = stopped_client(&server);
        let mut first = client.pages(Query::v3());
        let first = tokio::spawn(async move { first.next_page().await });
        clock.sleepers(1).await;
        let mut second = client.pages(Query::v3());
        let second = tokio::time::timeout(Duration::from_secs(20), second.next_page()).await;
        let second = second.expect("it is sent before the clock moves").unwrap();
        assert!(second.is_some(), "{status}");
        assert!(!first.is_finished());
        first.abort();
    }
}

#[tokio::test]
async fn no_more_requests_are_sent_in_a_minute_than_the_budget_allows() {
    let page_with = |cursor: u32| page(&format!(r#"{{"conversations":[],"cursor":"{cursor}"}}"#));
    let pages = (0..9).map(page_with).chain([page(THIRD)]);
    let server = Scripted::start(pages).await;
    let clock = Waits::new();
    let client = server
        .builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .max_requests_per_minute(3)
        .build()
        .unwrap();
    let mut records = client.records(Query::v3());
    assert!(records.next_record().await.unwrap().is_some());
    assert!(records.next_record().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 10);
    assert_eq!(clock.seconds(), [60, 60, 60]);
}

#[tokio::test]
async fn no_retries_means_one_request() {
    let failing = vec![answer("503 Service Unavailable", "", ""); 2];
    let (_, error, clock, requests) = read(failing, RetryPolicy::none()).await;
    assert_eq!(
        (requests, clock.all().len(), error.unwrap().attempts()),
        (1, 0, 1)
    );
}

#[tokio::test]
async fn a_page_says_how_often_it_was_asked_for() {
    let server = Scripted::start([answer("502 Bad Gateway", "", ""), page(THIRD)]).await;
    let client = client(&server, &Waits::new(), RetryPolicy::default());
    let page = client
        .pages(Query::v3())
        .next_page()
        .await
        .unwrap()
        .unwrap();
    assert_eq!((page.attempts(), page.len()), (2, 1));
    assert!(page.headers().contains_key("content-type"));
}

#[tokio::test]
async fn the_wait_of_the_rate_limiter_counts_against_the_time_limit() {
    let server = Scripted::start((0..9).map(|_| answer("503 Service Unavailable", "", ""))).await;
    let clock = Waits::new();
    let client = server
        .builder()
        .retry(RetryPolicy::default().time_limit(Duration::from_secs(5)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .max_requests_per_minute(1)
        .build()
        .unwrap();
    let error = client.records(Query::v3()).next_record().await.unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_response_with_an_invalid_header_is_not_retried() {
    let odd = Reply::Send(b"HTTP/1.1 200 OK\r\nbad header: x\r\n\r\n".to_vec());
    let (ids, error, _, requests) = read(vec![odd.clone(), odd], RetryPolicy::default()).await;
    assert_eq!((ids.len(), requests), (0, 1));
    assert!(!error.unwrap().is_transient());
}
