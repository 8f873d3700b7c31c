//! Hosts: each client sends its key only to the hosts that serve its operations.

use std::net::SocketAddr;
use std::time::Duration;

use conversations_api::{ApiKey, Error, agents, v1, v2, v3};
use reqwest::Url;
use tokio::net::TcpListener;

fn host(url: &str) -> String {
    Url::parse(url).unwrap().host_str().unwrap().to_owned()
}

/// An HTTP client for which every host of the API is this machine.
fn http(address: SocketAddr) -> reqwest::Client {
    let urls = [
        v1::BASE_URLS,
        v2::BASE_URLS,
        v3::BASE_URLS,
        agents::BASE_URLS,
    ];
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(10));
    let builder = urls
        .concat()
        .into_iter()
        .fold(builder, |builder, url| builder.resolve(&host(url), address));
    builder.build().unwrap()
}

/// The operations of the list and of the agents host, each with one base URL.
async fn send(
    operation: &str,
    base_url: &str,
    http: reqwest::Client,
) -> Result<(), Error<conversations_api::ByteStream>> {
    let key = ApiKey::new("key-of-one-host").unwrap();
    match operation {
        "list" => {
            let client = v3::Client::new_with_client(base_url, http, key);
            let list = client
                .list_conversations_stream()
                .account_id("A")
                .project_id("P");
            list.send().await.map(drop)
        }
        "detail" => {
            let client = agents::Client::new_with_client(base_url, http, key);
            let detail = client
                .get_conversation_stream()
                .agent_id("P")
                .conversation_id("CA1");
            detail.send().await.map(drop)
        }
        _ => {
            let client = agents::Client::new_with_client(base_url, http, key);
            let recording = client
                .get_recording_stream()
                .agent_id("P")
                .conversation_id("CA1");
            recording.send().await.map(drop)
        }
    }
}

/// A key must not be sent to a host that it was not meant for, whatever base URL a client was given.
#[tokio::test]
async fn no_request_reaches_a_host_of_another_client() {
    let connections = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    connections.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(connections.try_clone().unwrap()).unwrap();
    let http = http(listener.local_addr().unwrap());
    for (operation, own, others) in [
        ("list", v3::BASE_URLS, agents::BASE_URLS),
        ("detail", agents::BASE_URLS, v3::BASE_URLS),
        ("audio", agents::BASE_URLS, v3::BASE_URLS),
    ] {
        for url in others {
            let error = send(operation, url, http.clone()).await.unwrap_err();
            let Error::InvalidRequest(message) = error else {
                panic!("{operation} at {url}: {error:?}");
            };
            assert!(message.contains(&host(url)), "{message}");
            assert!(message.contains(own[0]), "{message}");
            assert!(
                connections.accept().is_err(),
                "{operation} connected to {url}"
            );
        }
        // The same request to a host of its own does connect.
        let (sent, connected) = tokio::join!(send(operation, own[0], http.clone()), async {
            // Closed at once: this listener speaks no TLS.
            listener.accept().await.map(drop)
        });
        assert!(
            matches!(sent, Err(Error::CommunicationError(_))),
            "{operation}"
        );
        connected.unwrap();
    }
}
