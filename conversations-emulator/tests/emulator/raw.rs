//! A client that records the raw bytes and how the connection ended.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use conversations_emulator::Emulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a connection must be silent to count as stalled.
const SILENCE: Duration = Duration::from_millis(400);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    /// Nothing more arrived, and the connection stayed open.
    Silent,
}

/// Everything that arrived before the end.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Exchange {
    pub(crate) fn status(&self) -> u16 {
        let code = self.head.split(' ').nth(1).unwrap_or("0");
        code.parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Requests a v3 page under a plan and reads until the connection ends.
pub(crate) async fn exchange(emulator: &Emulator, plan: &str, query: &str) -> Exchange {
    let data = emulator.data();
    let path = format!("/v3/{}/{}", data.account_id(), data.project_id());
    let request = format!(
        "GET {path}/conversations?{query} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\n\
         x-emulator-plan: {plan}\r\nconnection: close\r\n\r\n",
        emulator.api_key()
    );
    exchange_with(emulator.address(), &request).await
}

pub(crate) async fn exchange_with(address: SocketAddr, request: &str) -> Exchange {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let end = loop {
        match tokio::time::timeout(SILENCE, stream.read_buf(&mut all)).await {
            Err(_) => break End::Silent,
            Ok(Ok(0)) => break End::Closed,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
                break End::Reset;
            }
        }
    };
    let split = all.windows(4).position(|window| window == b"\r\n\r\n");
    let body = split.map_or(Vec::new(), |at| all.split_off(at + 4));
    Exchange {
        head: String::from_utf8(all).unwrap(),
        body,
        end,
    }
}

/// The data of a chunked body that arrived, and whether the final chunk did.
pub(crate) fn dechunked(mut body: &[u8]) -> (Vec<u8>, bool) {
    let mut data = Vec::new();
    while let Some(at) = body.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&body[..at]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (data, true);
        }
        let rest = &body[at + 2..];
        data.extend_from_slice(&rest[..size.min(rest.len())]);
        if rest.len() < size + 2 {
            break;
        }
        body = &rest[size + 2..];
    }
    (data, false)
}
