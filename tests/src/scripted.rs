//! A loopback server that sends each connection the next response of a script, byte for byte, so that
//! tests can send what no HTTP library would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::recorder::read_head;

/// Sends the given raw responses in turn; the last one repeats. Every connection is closed after its
/// response.
#[derive(Debug)]
pub struct ScriptedServer {
    address: String,
    answered: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    /// Starts with raw HTTP/1.1 responses, including status line and headers.
    ///
    /// # Panics
    /// If `responses` is empty or no port can be bound.
    pub async fn start(responses: Vec<Vec<u8>>) -> Self {
        assert!(!responses.is_empty(), "a script needs a response");
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback can be bound");
        let address = listener.local_addr().expect("it is bound").to_string();
        let answered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answered);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if read_head(&mut stream).await.is_none() {
                    continue;
                }
                let next = count
                    .fetch_add(1, Ordering::SeqCst)
                    .min(responses.len() - 1);
                // The client may have disconnected; the next connection still has to be served.
                let _ = stream.write_all(&responses[next]).await;
                let _ = stream.shutdown().await;
            }
        });
        Self {
            address,
            answered,
            task,
        }
    }

    /// Starts with one response with this status, additional header lines and body.
    ///
    /// # Panics
    /// If no port can be bound.
    pub async fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Self::start(vec![response(status, headers, body)]).await
    }

    /// `http://` and the address.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests served so far.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}
