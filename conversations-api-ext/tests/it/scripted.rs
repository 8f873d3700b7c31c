//! [`Scripted`]: a server with scripted responses, byte for byte, that records its requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use conversations_api_ext::{ApiKey, BaseUrl, Client, ClientBuilder, Project, RetryPolicy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The key that every client of a scripted server sends.
pub(crate) const KEY: &str = "MARKER-KEY";

/// How the server handles one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends the bytes and closes the connection.
    Send(Vec<u8>),
    /// Sends the bytes, then nothing more, and keeps the connection open.
    Stall(Vec<u8>),
    /// Sends the bytes, then repeats the others with this pause before each.
    Drip(Vec<u8>, &'static [u8], Duration),
}

/// Returns a response with the correct length in its header.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    Reply::Send(head(status, headers, body.len(), body))
}

/// Returns a response that announces `length` bytes and sends `body`.
pub(crate) fn head(status: &str, headers: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Returns a page of JSON with status 200.
pub(crate) fn page(json: &str) -> Reply {
    answer("200 OK", "Content-Type: application/json\r\n", json)
}

/// A server that sends each reply to one request, then closes every connection without a response.
pub(crate) struct Scripted {
    base_url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Scripted {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let replies: VecDeque<_> = replies.into_iter().collect();
        let requests = Arc::default();
        let task = tokio::spawn(serve(listener, replies, Arc::clone(&requests)));
        Self {
            base_url,
            requests,
            task,
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        let project = Project::new("ws-1", "PROJECT-1").unwrap();
        let base_url: BaseUrl = self.base_url.parse().unwrap();
        // Without retries, so that tests see the result of a single response; retry tests set their own policy.
        Client::builder(base_url, project, ApiKey::new(KEY).unwrap()).retry(RetryPolicy::none())
    }

    pub(crate) fn client(&self) -> Client {
        self.builder()
            .stall_timeout(Duration::from_secs(20))
            .build()
            .unwrap()
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    mut replies: VecDeque<Reply>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    let mut held = Vec::new();
    loop {
        let (mut connection, _) = listener.accept().await.unwrap();
        let request = read_head(&mut connection).await;
        requests.lock().unwrap().push(request);
        match replies.pop_front() {
            Some(Reply::Send(bytes)) => {
                // A client that has read enough may close the connection before everything is sent.
                let _ = connection.write_all(&bytes).await;
                let _ = connection.shutdown().await;
            }
            Some(Reply::Stall(bytes)) => {
                connection.write_all(&bytes).await.unwrap();
                held.push(connection);
            }
            Some(Reply::Drip(bytes, more, pause)) => {
                tokio::spawn(async move {
                    let mut sent = connection.write_all(&bytes).await;
                    while sent.is_ok() {
                        tokio::time::sleep(pause).await;
                        sent = connection.write_all(more).await;
                    }
                });
            }
            None => {}
        }
    }
}

pub(crate) async fn read_head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
