//! Downloads a recording of 500 MB from this machine, and prints the peak memory of the process.
//!
//! `cargo run --example recording_memory [BYTES]`. On Linux only, which counts the peak in `/proc/self/status`.

use std::time::Instant;

use conversations_api_ext::{AgentsBaseUrl, ApiKey, BaseUrl, Client, Project};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

static BUFFER: [u8; 64 * 1024] = [7; 64 * 1024];

/// Sends one recording of `length` bytes, from a buffer of 64 KiB.
async fn serve(listener: TcpListener, length: usize) -> std::io::Result<()> {
    let (mut connection, _) = listener.accept().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {length}\r\n\r\n");
    connection.write_all(head.as_bytes()).await?;
    let mut left = length;
    while left > 0 {
        let now = left.min(BUFFER.len());
        connection.write_all(&BUFFER[..now]).await?;
        left -= now;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let length = std::env::args().nth(1);
    let length = length.map_or(Ok(500_000_000), |length| length.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(serve(listener, length));
    let client = Client::builder(
        url.parse::<BaseUrl>()?,
        Project::new("ws-demo", "PROJECT-DEMO")?,
        ApiKey::new("demo-key")?,
    )
    .agents_base_url(url.parse::<AgentsBaseUrl>()?)
    .build()?;
    let started = Instant::now();
    let mut recording = client.recording("CA1").send().await?;
    while recording.next_chunk().await?.is_some() {}
    server.await??;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!(
        "{} bytes in {:.1} s, {}",
        recording.received(),
        started.elapsed().as_secs_f64(),
        peak.unwrap_or("peak memory unknown")
    );
    Ok(())
}
