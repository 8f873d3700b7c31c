//! A loopback server that responds with an empty page and records every request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Records requests exactly as received.
#[derive(Debug)]
pub struct Recorder {
    address: String,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
    task: JoinHandle<()>,
}

/// A request as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Method, target and protocol version.
    pub line: String,
    /// Header lines in the order they were sent, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body as text, as long as `content-length` says.
    pub body: String,
}

impl RecordedRequest {
    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The request line, the sorted headers without values that vary or are secret, and the body if
    /// there is one.
    #[must_use]
    pub fn normalized(&self) -> String {
        let mut lines: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| match name.as_str() {
                "host" => "host: <loopback>".to_owned(),
                "x-api-key" => "x-api-key: <hidden>".to_owned(),
                _ => format!("{name}: {value}"),
            })
            .collect();
        lines.sort();
        if !self.body.is_empty() {
            lines.extend([String::new(), self.body.clone()]);
        }
        format!("{}\n{}", self.line, lines.join("\n"))
    }

    fn parse(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        Self {
            line: lines.next().unwrap_or_default().to_owned(),
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect(),
            body: String::new(),
        }
    }

    fn body_length(&self) -> usize {
        let length = self.header("content-length");
        length.map_or(0, |length| length.parse().unwrap_or_default())
    }
}

impl Recorder {
    /// Listens on a free loopback port.
    ///
    /// # Panics
    /// If no port can be bound.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback can be bound");
        let address = listener.local_addr().expect("it is bound").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(respond(stream, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// `http://` and the address.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns and removes the requests received so far.
    ///
    /// # Panics
    /// If a handler panicked while recording a request.
    #[must_use]
    pub fn take(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.requests.lock().expect("no handler panics"))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads the head of a request, without the empty line; `None` at the end of the connection.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    loop {
        let byte = stream.read_u8().await.ok()?;
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            head.truncate(head.len() - 4);
            return String::from_utf8(head).ok();
        }
    }
}

async fn respond(mut stream: TcpStream, seen: Arc<Mutex<Vec<RecordedRequest>>>) {
    const PAGE: &str = r#"{"conversations":[]}"#;
    while let Some(head) = read_head(&mut stream).await {
        let mut request = RecordedRequest::parse(&head);
        let mut body = vec![0; request.body_length()];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        request.body = String::from_utf8_lossy(&body).into_owned();
        seen.lock().expect("no handler panics").push(request);
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{PAGE}",
            PAGE.len()
        );
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}
