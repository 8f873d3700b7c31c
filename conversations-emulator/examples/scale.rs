//! Measures an emulator with many conversations: `cargo run --release -p conversations-emulator --example
//! scale -- 1000000` prints the results. Each conversation takes about 6.5 KB of memory.

use std::error::Error;
use std::time::{Duration, Instant};

use conversations_emulator::{Dataset, Emulator};
use reqwest::Client;

type Outcome<T> = Result<T, Box<dyn Error>>;

const RANGE: &str = "start_time=2026-04-01&end_time=2026-05-01";

/// An emulator and a plain HTTP client.
struct Asked {
    emulator: Emulator,
    client: Client,
}

impl Asked {
    /// The size of a response, its last bytes, and the time to the first and the last byte.
    async fn get(&self, query: &str) -> Outcome<(usize, Vec<u8>, Duration, Duration)> {
        let data = self.emulator.data();
        let url = format!(
            "{}/v3/{}/{}/conversations?{query}",
            self.emulator.base_url(),
            data.account_id(),
            data.project_id(),
        );
        let request = self
            .client
            .get(url)
            .header("x-api-key", self.emulator.api_key());
        let started = Instant::now();
        let mut response = request.send().await?.error_for_status()?;
        let first = started.elapsed();
        let (mut size, mut tail) = (0, Vec::new());
        while let Some(chunk) = response.chunk().await? {
            size += chunk.len();
            tail.extend_from_slice(&chunk[chunk.len().saturating_sub(400)..]);
            tail.drain(..tail.len().saturating_sub(400));
        }
        Ok((size, tail, first, started.elapsed()))
    }

    /// The cursor at the end of a response, whose last member it is.
    async fn cursor(&self, query: &str) -> Outcome<String> {
        let (_, tail, ..) = self.get(query).await?;
        let tail = String::from_utf8(tail)?;
        let cursor = tail.rsplit("\"cursor\":\"").next().unwrap_or_default();
        Ok(cursor.trim_end_matches(['"', '}']).to_owned())
    }

    /// Prints the median and the best of several responses.
    async fn report(&self, what: &str, query: &str, times: usize) -> Outcome<()> {
        let mut taken = Vec::new();
        let mut size = 0;
        for _ in 0..times {
            let response = self.get(query).await?;
            size = response.0;
            taken.push((response.3, response.2));
        }
        taken.sort_unstable();
        let (median, best) = (taken[times / 2], taken[0]);
        let rate = size as f64 / median.0.as_secs_f64() / 1e6;
        println!(
            "{what:<44} {:>9.2} ms median, {:>9.2} ms best, {:>9} bytes, {rate:>5.0} MB/s",
            millis(median.0),
            millis(best.0),
            size,
        );
        Ok(())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The current or maximum memory of this process, in bytes.
fn resident(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let kilobytes = lines.find_map(|known| known.strip_prefix(line)?.split_whitespace().next());
    kilobytes
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0)
        * 1_024
}

/// The CPU time of this process, in hundredths of a second as Linux counts it.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_the_name = stat.rsplit(") ").next().unwrap_or_default();
    let spent = after_the_name.split(' ').skip(11).take(2);
    let hundredths: u64 = spent.filter_map(|text| text.parse::<u64>().ok()).sum();
    Duration::from_millis(hundredths * 10)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let records = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let started = Instant::now();
    let data = tokio::task::spawn_blocking(move || Dataset::generate(7, records)).await?;
    let (made, spent) = (started.elapsed(), processor());
    let emulator = Emulator::builder().data(data).start().await?;
    let ready = started.elapsed();
    let bytes: usize = emulator.data().records().map(<[u8]>::len).sum();
    println!(
        "{records} conversations, {:.2} GB of JSON, {:.1} KB each",
        bytes as f64 / 1e9,
        bytes as f64 / records as f64 / 1e3
    );
    println!(
        "made in {:.1} s ({:.1} s of processor), ready after {:.1} s, {:.2} GB resident, {:.2} GB at most",
        made.as_secs_f64(),
        spent.as_secs_f64(),
        ready.as_secs_f64(),
        resident("VmRSS:") as f64 / 1e9,
        resident("VmHWM:") as f64 / 1e9,
    );

    let client = Client::builder().no_gzip().build()?;
    let asked = Asked { emulator, client };
    let (_, _, first, whole) = asked.get("limit=5").await?;
    println!(
        "the very first page: first byte after {:.2} ms, all after {:.2} ms",
        millis(first),
        millis(whole)
    );
    asked
        .report("the first page, 5 conversations", "limit=5", 41)
        .await?;
    asked
        .report("the first page, 100 conversations", "limit=100", 41)
        .await?;
    asked
        .report("the first page, 1000 conversations", "limit=1000", 41)
        .await?;
    let everything = "limit=1000&include_latency=true&include_turn_metadata=true";
    asked
        .report("1000 conversations, as they are held", everything, 41)
        .await?;

    for percent in [10, 50, 80] {
        let passed = records * percent / 100;
        let from = format!("offset={passed}");
        let cursor = asked.cursor(&format!("limit=1&{from}")).await?;
        let by_cursor = format!("limit=100&cursor={cursor}");
        asked
            .report(&format!("100 by cursor, {percent} % in"), &by_cursor, 41)
            .await?;
        asked
            .report(
                &format!("100 by offset, {percent} % in"),
                &format!("limit=100&{from}"),
                11,
            )
            .await?;
    }
    for (what, query) in [
        ("one day", "start_time=2026-04-15&end_time=2026-04-16"),
        ("one channel", "channel=SMS"),
        (
            "one variant's name",
            "variant_name=K%C3%B6ln%20G%C3%A4steservice",
        ),
        (
            "in progress, pre-release",
            "in_progress=true&client_env=pre-release",
        ),
        ("no such variant (all are looked at)", "variant_id=none"),
        ("a sample", &format!("sample=random&{RANGE}")),
        (
            "a phrase that is common",
            &format!("query_type=transcript&query=invoice&{RANGE}"),
        ),
        (
            "a phrase that nobody says",
            &format!("query_type=transcript&query=zebra%20crossing&{RANGE}"),
        ),
        (
            "a meaning",
            &format!("query_type=semantic&query=frustrated%20billing&{RANGE}"),
        ),
    ] {
        asked.report(what, &format!("limit=100&{query}"), 3).await?;
    }
    Ok(())
}
