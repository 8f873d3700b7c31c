//! Clients: request hooks, and the configuration of the HTTP client.

use std::time::Duration;

use conversations_api_ext::Query;
use conversations_codegen::{ClientModule, OpenapiDir, generate, surface};
use conversations_tests::{Recorder, ScriptedServer, http};

use crate::support::{KEY, ext, key, raw};

/// Hooks can only be implemented in the crate of the generated client (E0117 elsewhere). They must exist
/// there and add the key to requests of a plain reqwest client.
#[tokio::test]
async fn request_hooks_apply_to_every_client_and_any_http_client() {
    let recorder = Recorder::start().await;
    let url = recorder.base_url();
    let v1 = conversations_api::v1::Client::new_with_client(&url, http(), key());
    let v2 = conversations_api::v2::Client::new_with_client(&url, http(), key());
    v1.list_conversations()
        .account_id("A")
        .project_id("P")
        .send()
        .await
        .unwrap();
    v2.list_conversations()
        .account_id("A")
        .project_id("P")
        .send()
        .await
        .unwrap();
    raw(&url)
        .list_conversations()
        .account_id("A")
        .project_id("P")
        .send()
        .await
        .unwrap();
    let agents = conversations_api::agents::Client::new_with_client(&url, http(), key());
    agents
        .get_conversation_stream()
        .agent_id("P")
        .conversation_id("CA1")
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = recorder
        .take()
        .iter()
        .map(|request| request.header("x-api-key").map(str::to_owned))
        .collect();
    assert_eq!(keys, vec![Some(KEY.to_owned()); 4]);
}

/// The generated `Client::new` timed out after 15 s, followed redirects and sent no User-Agent.
#[tokio::test]
async fn no_generated_client_creates_an_http_client_and_ours_sends_a_user_agent() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    for module in ClientModule::ALL {
        let listing = surface(&generate(&dir.document(module).unwrap()).unwrap()).unwrap();
        let client = listing.split("struct Client").nth(1).unwrap();
        let client = client.split("mod builder").next().unwrap();
        assert!(client.contains("fn new_with_client("), "{client}");
        assert!(!client.contains("fn new("), "{client}");
    }
    let recorder = Recorder::start().await;
    ext(&recorder.base_url())
        .records(Query::v3())
        .next_record()
        .await
        .unwrap();
    let agent = recorder.take().remove(0);
    let agent = agent.header("user-agent").unwrap();
    assert!(agent.starts_with("conversations-api-ext/"), "{agent}");
}

/// Failed requests must not print the key, the search text or the server's echo of it.
#[tokio::test]
async fn errors_print_neither_key_nor_query_nor_body() {
    let text = "marker-of-the-query";
    let number = "+12025550199";
    let body =
        format!(r#"{{"error_code":"BAD","error_message":"cannot search {text} for {number}"}}"#);
    let server = ScriptedServer::with(400, &[("x-echo", text)], &body).await;
    let range = conversations_api_ext::BoundedRange::new("2026-04-01", "2026-04-02").unwrap();
    let query = Query::v3().transcript_search(text, None, range).unwrap();
    let client = ext(&server.base_url());
    let refused = client
        .records(query.clone())
        .next_record()
        .await
        .unwrap_err();
    drop(server);
    let gone = client
        .records(query.clone())
        .next_record()
        .await
        .unwrap_err();

    let raw = raw("http://127.0.0.1:9");
    let builder = raw
        .list_conversations()
        .account_id("A")
        .project_id("P")
        .query(text);
    let mut shown = vec![format!("{query:?} {client:?} {raw:?} {builder:?}")];
    for error in [&refused, &gone] {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            shown.push(format!("{error} {error:?} {error:#?}"));
            cause = error.source();
        }
    }
    for text in [text, number, KEY] {
        assert!(
            !shown.iter().any(|shown| shown.contains(text)),
            "{text} in {shown:#?}"
        );
    }
    assert!(
        refused.server_message().unwrap().contains(text),
        "it can still be asked for"
    );
}

/// A timeout for the whole response aborted pages that were still being received.
#[tokio::test]
async fn a_slow_but_steady_body_does_not_time_out() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stall = Duration::from_millis(400);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).await.unwrap();
        let body = br#"{"conversations":[{"id":"CA1"}],"cursor":null}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        for chunk in body.chunks(5) {
            tokio::time::sleep(stall / 4).await;
            stream.write_all(chunk).await.unwrap();
        }
    });
    let base_url: conversations_api_ext::BaseUrl = url.parse().unwrap();
    let project = conversations_api_ext::Project::new("A", "P").unwrap();
    let client = conversations_api_ext::Client::builder(base_url, project, key())
        .retry(conversations_api_ext::RetryPolicy::none())
        .stall_timeout(stall)
        .build()
        .unwrap();
    let started = std::time::Instant::now();
    let record = client
        .records(Query::v3())
        .next_record()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.id(), "CA1");
    assert!(
        started.elapsed() > stall,
        "the whole took longer than the limit on a pause"
    );
}

/// Adding this client to a program must not make the program's own `reqwest::Client` panic, as TLS
/// without a crypto provider does.
#[test]
fn a_program_that_builds_its_own_http_client_can_still_do_so() {
    assert!(reqwest::Client::builder().build().is_ok());
}
