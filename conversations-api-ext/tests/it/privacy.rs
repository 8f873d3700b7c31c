//! Marker strings planted in the key, the query and every response never appear in any output.

use std::{
    error::Error as StdError,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use conversations_api_ext::{Attempt, Diagnosis, ErrorKind, Projects, Query, Variant};

use crate::{
    observed::Log,
    scripted::{KEY, Reply, Scripted, answer, head, page},
    support::april,
};

/// Returns all printed forms of a value.
fn printed(value: &dyn Debug) -> String {
    format!("{value:?}\n{value:#?}\n")
}

/// Returns all printed forms of an error and its causes.
fn printed_error(error: &(dyn StdError + 'static)) -> String {
    let mut all = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        all += &format!("{error}\n{error:#}\n{}", printed(&error));
        next = error.source();
    }
    all
}

#[track_caller]
fn assert_clean(text: &str) {
    assert!(!text.contains("MARKER"), "{text}");
}

/// Returns a query with a marker as its search text.
fn query() -> Query {
    Query::v3()
        .transcript_search("MARKER-QUERY", None, april())
        .unwrap()
}

const HEADERS: &str = "Location: https://MARKER-USER:MARKER@example.com/MARKER?query=MARKER-QUERY\r\n\
                       X-Other: MARKER-HEADER\r\n\
                       X-PolyAI-Correlation-Id: MARKER sentence, not an id\r\n\
                       Retry-After: MARKER\r\n";

const BODY: &str = r#"{"success":false,"error":"MARKER-QUERY","error_id":"MARKER +44 7700 900123",
    "error_code":"MARKER sentence","error_message":"no match for MARKER-QUERY","data":{"q":"MARKER"}}"#;

#[tokio::test]
async fn no_error_prints_what_was_sent_or_received() {
    let html = "<html><title>MARKER</title>MARKER</html>";
    let replies = [
        answer("302 Found", HEADERS, BODY),
        answer("400 Bad Request", HEADERS, BODY),
        answer("401 Unauthorized", HEADERS, BODY),
        answer("403 Forbidden", HEADERS, BODY),
        answer("404 Not Found", HEADERS, BODY),
        answer("429 Too Many Requests", HEADERS, BODY),
        answer("500 MARKER-REASON", HEADERS, "MARKER in plain text"),
        answer("502 Bad Gateway", HEADERS, html),
        answer("599 MARKER-REASON", HEADERS, BODY),
        answer("200 OK", HEADERS, BODY),
        answer("200 OK", HEADERS, "MARKER"),
        answer("200 OK", HEADERS, html),
        page(r#"{"conversations":"MARKER"}"#),
        page(r#"{"conversations":[],"next_offset":"MARKER"}"#),
        page(r#"{"conversations":[],"cursor":{"MARKER":"MARKER"}}"#),
        page(r#"{"conversations":[{"id":"a","user_input":"MARKER"},"#),
        Reply::Send(head(
            "200 OK",
            HEADERS,
            999,
            b"{\"conversations\":[{\"user_input\":\"MARKER",
        )),
        Reply::Stall(head(
            "200 OK",
            HEADERS,
            999,
            b"{\"conversations\":[{\"user_input\":\"MARKER",
        )),
        Reply::Stall(b"HTTP/1.1 200 MARKER".to_vec()),
        Reply::Send(b"MARKER MARKER MARKER\r\n\r\n".to_vec()),
        Reply::Send(Vec::new()),
    ];
    let echoes = [
        // A key, a name and a number, each formatted like an id or a code.
        ("MARKER-1234", "MARKER_NAME"),
        ("MARKER.12025550137", "MARKER12025550137"),
    ]
    .map(|(id, code)| {
        let headers = format!("X-PolyAI-Correlation-Id: {id}\r\n");
        let body = format!(r#"{{"error_id":"{id}","error_code":"{code}"}}"#);
        answer("400 Bad Request", &headers, &body)
    });
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (index, reply) in replies.into_iter().chain(echoes).enumerate() {
        let observed = Arc::new(Mutex::new(String::new()));
        let write = Arc::clone(&observed);
        let server = Scripted::start([reply]).await;
        let client = server
            .builder()
            .first_byte_timeout(Duration::from_millis(200))
            .stall_timeout(Duration::from_millis(200))
            .observer(move |attempt: &Attempt<'_>| {
                write.lock().unwrap().push_str(&printed(attempt));
            })
            .build()
            .unwrap();
        let mut pages = client.pages(query());
        let error = pages.next_page().await.expect_err("an error");
        let diagnosis = Diagnosis::of_error(error);
        let error = diagnosis.error().expect("the error itself");
        let text = printed_error(error)
            + &printed(&diagnosis)
            + &diagnosis.to_string()
            + &observed.lock().unwrap()
            + &log.text();
        assert!(
            observed.lock().unwrap().contains("Attempt"),
            "nobody was told"
        );
        assert!(
            log.text().lines().count() >= 2 * index + 2,
            "tracing was not told"
        );
        assert!(!text.contains("MARKER"), "reply {index}: {text}");
        assert!(
            server.requests()[0].contains("MARKER-QUERY"),
            "the marker was not sent at all"
        );
        assert!(server.requests()[0].contains(KEY));
    }
}

#[tokio::test]
async fn no_error_of_a_malformed_record_prints_its_content() {
    let body = r#"{"conversations":[
        {"user_input":"MARKER"}, "MARKER", {"id":["MARKER"]}, {"id":"\ud800MARKER"},
        {"id":"a","turns":"MARKER"}, {"id":"b","turns":[{"is_ood":"MARKER"}]},
        {"id":"c","turns":[{"user_input":{"MARKER":1}}]}, {"id":"d","num_turns":"MARKER"},
        {"id":"e","handoff":"MARKER"}, {"id":"f","state":"MARKER"}, {"id":"g","turns":["MARKER"]}]}"#;
    let server = Scripted::start([page(body)]).await;
    let mut conversations = server.client().conversations(query());
    let mut errors = 0;
    loop {
        match conversations.next_conversation().await {
            Ok(Some(conversation)) => assert_clean(&printed(&conversation)),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::MalformedRecord);
                assert_clean(&printed_error(&error));
                let raw = error
                    .record_bytes()
                    .expect("the record is kept for who asks");
                assert!(raw.windows(6).any(|window| window == b"MARKER"));
                errors += 1;
            }
        }
    }
    // A field of one value accepts any value, so only that value is missing.
    assert_eq!(errors, 7);
}

#[tokio::test]
async fn debug_of_everything_public_is_clean() {
    let body = r#"{"conversations":[{"id":"a","from_number":"MARKER","turns":[{"user_input":"MARKER"}],
        "state":{"k":"MARKER"},"new":"MARKER"}, {"user_input":"MARKER"}],"cursor":"MARKER"}"#;
    let server = Scripted::start([page(body)]).await;
    let client = server.client();
    assert_clean(&printed(&client));
    assert_clean(&printed(&server.builder()));
    assert_clean(&printed(&query()));
    assert_clean(&printed(&client.conversations(query())));
    assert_clean(&printed(&client.records(query())));
    assert_clean(&printed(&client.records(query()).skip_malformed()));
    assert_clean(&printed(&client.parallel(Query::v3(), april())));
    let projects = Projects::new([client.clone()]);
    assert_clean(&printed(&projects));
    assert_clean(&printed(&projects.records(query())));

    let mut pages = client.pages(query());
    assert_clean(&printed(&pages));
    let page = pages.next_page().await.unwrap().unwrap();
    assert_clean(&printed(&page));
    assert_clean(&printed(&pages));
    let record = page.records().next().unwrap();
    assert_clean(&printed(record));
    assert_clean(&printed(&record.decode().unwrap()));
    assert!(
        record.raw().contains("MARKER"),
        "the content itself must be there for who asks"
    );
}

#[tokio::test]
async fn what_the_server_says_is_there_for_who_asks() {
    let server = Scripted::start([answer("400 Bad Request", "", BODY)]).await;
    let query = query().variant(Variant::Name("Downtown".into())).unwrap();
    let error = server.client().pages(query).next_page().await.unwrap_err();
    assert_eq!(error.server_message(), Some("no match for MARKER-QUERY"));
}
