//! A hundred pages over a line of 50 ms, one after another and in windows of time: one run each, in seconds.

use std::time::{Duration, Instant};

use conversations_api_ext::{ApiKey, BaseUrl, BoundedRange, Client, Project, Query};
use conversations_emulator::{Dataset, Emulator};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const LATENCY: Duration = Duration::from_millis(50);
const PAGE: u32 = 100;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let emulator = Emulator::builder()
        .data(Dataset::generate(7, 12_150))
        .start()
        .await?;
    let base_url = line(emulator.address().to_string()).await?;
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let key = ApiKey::new(emulator.api_key())?;
    let client = Client::builder(base_url.parse::<BaseUrl>()?, project, key).build()?;
    let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
    let query = || Query::v3().page_size(PAGE);

    let began = Instant::now();
    let mut records = client.records(query()?.time_range(april));
    let mut one_by_one = 0;
    while records.next_record().await?.is_some() {
        one_by_one += 1;
    }
    let alone = began.elapsed().as_secs_f64();
    println!(
        "one after another: {one_by_one} records, {} pages, {alone:.2} s",
        records.pages_read()
    );

    for at_once in [4, 8, 16, 32] {
        let began = Instant::now();
        let mut records = client.parallel(query()?, april).at_once(at_once)?;
        let mut count = 0;
        while records.next_record().await?.is_some() {
            count += 1;
        }
        assert_eq!(count, one_by_one, "a record was lost or doubled");
        let together = began.elapsed().as_secs_f64();
        println!(
            "{at_once:2} windows at once: {} windows, {} pages, {together:.2} s, {:.1} times as fast",
            records.windows_read(),
            records.pages_read(),
            alone / together
        );
    }
    Ok(())
}

/// Forwards connections to `server`; what a client sends arrives late.
async fn line(server: String) -> Result<String, std::io::Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            if let Ok(upstream) = TcpStream::connect(&server).await {
                tokio::spawn(forward(client, upstream));
            }
        }
    });
    Ok(url)
}

async fn forward(client: TcpStream, upstream: TcpStream) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = upstream.into_split();
    let answers =
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut request = vec![0; 16 * 1024];
    loop {
        let read = from_client.read(&mut request).await?;
        if read == 0 {
            break;
        }
        tokio::time::sleep(LATENCY).await;
        to_server.write_all(&request[..read]).await?;
    }
    answers.abort();
    Ok(())
}
