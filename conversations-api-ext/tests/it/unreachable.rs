//! Permanent failures are reported at once with their cause; transient ones are retried.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use conversations_api_ext::{
    AgentsBaseUrl, ApiKey, BaseUrl, Client, ClientBuilder, Error, ErrorKind, Project, Query,
};
use reqwest::{
    Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::TcpStream,
};

use crate::{
    scripted::{Scripted, answer, page, read_head},
    waits::Waits,
};

const PAGE: &str = r#"{"conversations":[{"id":"a"}],"cursor":null}"#;

fn builder(base_url: &str) -> ClientBuilder {
    let base_url: BaseUrl = base_url.parse().unwrap();
    let project = Project::new("ws-1", "PROJECT-1").unwrap();
    Client::builder(base_url, project, ApiKey::new("key").unwrap())
}

/// Serves a page over TLS with this certificate.
fn serve(pem: &'static str) -> String {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, connection.unwrap());
            // A client that does not trust the certificate has closed the connection by now.
            if stream.read(&mut [0; 4096]).is_ok() {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{PAGE}",
                    PAGE.len()
                );
                let _ = stream.write_all(head.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    url
}

/// Returns an HTTP client that trusts only the test CA.
fn trusting() -> reqwest::Client {
    let authority = include_str!("../certificates/ca.pem");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .build()
        .unwrap()
}

/// Returns the result of one fetch with the default policy, and the number of waits.
async fn fetch(builder: ClientBuilder) -> (Result<usize, Error>, usize) {
    let clock = Waits::new();
    let client = builder.clock(clock.clone()).build().unwrap();
    let page = client.pages(Query::v3()).next_page().await;
    (page.map(|page| page.unwrap().len()), clock.all().len())
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_is_an_error_at_once_that_says_why() {
    let good = include_str!("../certificates/good.pem");
    let other_host = include_str!("../certificates/other-host.pem");
    let expired = include_str!("../certificates/expired.pem");
    let (pages, _) = fetch(builder(&serve(good)).http_client(trusting())).await;
    assert_eq!(pages.unwrap(), 1, "the good one is good");
    for (pem, builder, says) in [
        (
            good,
            |url: &str| builder(url),
            "no trusted authority has signed the server's certificate",
        ),
        (
            other_host,
            |url: &str| builder(url).http_client(trusting()),
            "issued for another host",
        ),
        (
            expired,
            |url: &str| builder(url).http_client(trusting()),
            "has expired",
        ),
    ] as [(_, fn(&str) -> ClientBuilder, _); 3]
    {
        let (page, waits) = fetch(builder(&serve(pem))).await;
        let error = page.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts(), waits),
            (ErrorKind::Connection, 1, 0),
            "{error}"
        );
        assert!(
            error.to_string().contains(says) && !error.is_transient(),
            "{error}"
        );
    }
}

/// Starts a proxy that opens tunnels to any host, and returns its URL and the requests for tunnels.
async fn tunnels() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let head = read_head(&mut client).await;
            let host = head.split(' ').nth(1).unwrap().to_owned();
            seen.lock().unwrap().push(head);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(host).await.unwrap();
                let opened = b"HTTP/1.1 200 Connection established\r\n\r\n";
                client.write_all(opened).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (url, requests)
}

#[tokio::test]
async fn a_proxy_and_a_certificate_authority_of_ones_own_are_used_and_see_no_key() {
    let url = serve(include_str!("../certificates/good.pem"));
    let (proxy, requests) = tunnels().await;
    let through_proxy = |builder: ClientBuilder| {
        let proxy = Proxy::https(&proxy).unwrap();
        builder.configure_http(move |http| http.proxy(proxy.clone()))
    };
    let authority = include_str!("../certificates/ca.pem");
    let trusting = || builder(&url).root_certificates(authority);
    let host = url.strip_prefix("https://").unwrap();

    let (page, _) = fetch(through_proxy(trusting())).await;
    assert_eq!(page.unwrap(), 1);
    let seen = requests.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].starts_with(&format!("CONNECT {host} ")),
        "{}",
        seen[0]
    );
    let seen = seen[0].to_ascii_lowercase();
    assert!(!seen.contains("x-api-key") && !seen.contains("conversations?"));

    let (page, waits) = fetch(through_proxy(builder(&url))).await;
    let error = page.unwrap_err().to_string();
    assert!(error.contains("no trusted authority has signed"), "{error}");
    assert_eq!(waits, 0);
    assert_eq!(requests.lock().unwrap().len(), 2);

    let (page, _) = fetch(trusting()).await;
    assert_eq!(page.unwrap(), 1);
    assert_eq!(requests.lock().unwrap().len(), 2, "no proxy was set");
}

#[tokio::test]
async fn a_host_of_single_conversations_that_was_never_there_is_not_waited_for_because_the_list_is()
{
    let server = Scripted::start([page(PAGE)]).await;
    let clock = Waits::new();
    let agents: AgentsBaseUrl = free_port().parse().unwrap();
    let client = builder(server.base_url())
        .agents_base_url(agents)
        .clock(clock.clone())
        .build()
        .unwrap();
    assert!(client.pages(Query::v3()).next_page().await.is_ok());
    let error = client.conversation("CA1").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), clock.all().len()),
        (ErrorKind::Connection, 1, 0),
        "{error}"
    );
}

/// Returns the address of a port that nothing listens on.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_host_that_refuses_the_very_first_request_is_not_waited_for() {
    let (page, waits) = fetch(builder(&free_port())).await;
    let error = page.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), waits),
        (ErrorKind::Connection, 1, 0)
    );
    assert!(
        error.to_string().contains("the connection was refused"),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_that_refuses_later_is_retried() {
    for first in [page(PAGE), answer("403 Forbidden", "", "")] {
        let server = Scripted::start([first]).await;
        let clock = Waits::new();
        let client = builder(server.base_url())
            .clock(clock.clone())
            .build()
            .unwrap();
        let _ = client.pages(Query::v3()).next_page().await;
        drop(server);
        // The listener is closed once the runtime has dropped its task.
        tokio::task::yield_now().await;
        let error = client.pages(Query::v3()).next_page().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Connection, 8),
            "{error}"
        );
    }
}

/// A DNS resolver that resolves no host.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async {
            let unknown: Result<Addrs, _> = Err(io::Error::other("no such host").into());
            unknown
        })
    }
}

#[tokio::test]
async fn an_unknown_host_is_given_a_short_grace() {
    let nowhere = reqwest::Client::builder()
        .dns_resolver(Arc::new(Nowhere))
        .no_proxy()
        .build()
        .unwrap();
    let clock = Waits::new();
    let patient = conversations_api_ext::RetryPolicy::default().attempts(u32::MAX);
    let client = builder("https://nowhere.example")
        .http_client(nowhere)
        .retry(patient)
        .clock(clock.clone())
        .seed(7)
        .build()
        .unwrap();
    let error = client.pages(Query::v3()).next_page().await.unwrap_err();
    let waited = clock.all().iter().sum::<std::time::Duration>();
    assert!(
        error.attempts() > 1 && waited.as_secs() <= 10,
        "{waited:?}: {error}"
    );
    assert!(
        error.to_string().contains("the host name is unknown"),
        "{error}"
    );
    assert!(
        error.to_string().contains("(retry time limit reached)"),
        "{error}"
    );
}
