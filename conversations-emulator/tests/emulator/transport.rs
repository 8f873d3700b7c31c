//! Compression, the journal, startup and shutdown.

use std::time::Duration;

use conversations_emulator::{Emulator, ServerBehavior};
use reqwest::{Client, Method};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{get, key, sample, send, start, url};

#[tokio::test]
async fn a_response_is_compressed_for_clients_that_accept_gzip() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let plain = get(&emulator, "v3", "limit=50").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.bytes().await.unwrap();

    let request = Client::builder()
        .no_gzip()
        .build()
        .unwrap()
        .get(url(&emulator, "v3", "limit=50"));
    let request = request
        .header("x-api-key", emulator.api_key())
        .header("accept-encoding", "gzip");
    let packed = request.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(
        packed.len() < plain.len() / 2,
        "{} of {}",
        packed.len(),
        plain.len()
    );

    let request = Client::new().get(url(&emulator, "v3", "limit=50"));
    let unpacked = request
        .header("x-api-key", emulator.api_key())
        .send()
        .await
        .unwrap();
    assert_eq!(unpacked.bytes().await.unwrap(), plain);
}

#[tokio::test]
async fn compression_can_be_switched_off() {
    let emulator = start(sample(), ServerBehavior::default().with_gzip(false)).await;
    let request = Client::builder()
        .no_gzip()
        .build()
        .unwrap()
        .get(url(&emulator, "v3", ""));
    let request = request
        .header("x-api-key", emulator.api_key())
        .header("accept-encoding", "gzip");
    assert!(
        !request
            .send()
            .await
            .unwrap()
            .headers()
            .contains_key("content-encoding")
    );
}

#[tokio::test]
async fn the_journal_records_each_request_as_sent() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let query = "variant_name=K%C3%B6ln%20G+&limit=2";
    let request = Client::new()
        .get(url(&emulator, "v3", query))
        .header("x-api-key", emulator.api_key());
    request
        .header("User-Agent", "journal-test")
        .send()
        .await
        .unwrap();
    send(&emulator, Method::DELETE, "v1", "").await;
    Client::new()
        .get(format!("{}/nowhere", emulator.base_url()))
        .send()
        .await
        .unwrap();

    let journal = emulator.journal();
    let answered: Vec<_> = journal
        .iter()
        .map(|entry| (entry.method(), entry.status()))
        .collect();
    assert_eq!(answered, [("GET", 200), ("DELETE", 405), ("GET", 404)]);
    let first = &journal[0];
    assert_eq!(
        first.path_and_query(),
        format!("/v3/ws-demo/PROJECT-DEMO/conversations?{query}")
    );
    assert_eq!(first.header("user-agent"), Some("journal-test"));
    assert_eq!(first.header("x-api-key"), None);
    assert!(
        first
            .headers()
            .iter()
            .all(|(name, value)| name != "x-api-key" && value != emulator.api_key())
    );
}

#[tokio::test]
async fn shutdown_frees_the_port_and_closes_idle_connections() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let (address, client) = (emulator.address(), Client::new());
    let request = client
        .get(url(&emulator, "v3", "limit=1"))
        .header("x-api-key", key(&emulator, "v3"));
    request.send().await.unwrap().bytes().await.unwrap();
    emulator.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    let again = Emulator::builder()
        .data(sample())
        .address(address)
        .start()
        .await
        .unwrap();
    assert_eq!(again.address(), address);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_client_that_never_finishes_its_request() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let mut stuck = TcpStream::connect(emulator.address()).await.unwrap();
    stuck
        .write_all(b"GET /v3/ws-demo/PROJECT-DEMO/conversations HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(10), emulator.shutdown()).await;
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_dropped_emulator_stops_listening() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let address = emulator.address();
    drop(emulator);
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused)
        .await
        .expect("the port is closed after a drop");
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let second = Emulator::builder()
        .data(sample())
        .address(emulator.address())
        .start()
        .await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}
