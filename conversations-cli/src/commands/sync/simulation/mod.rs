//! Simulates a month of nights, most of them with a run, against a server that fails, recovers, moves,
//! deletes, duplicates and delays records, from a seed.
//!
//! `SYNC_SEEDS=100` runs that many seeds.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::Parser;
use conversations_api_ext::{ApiKey, Client, Project, RetryPolicy};
use serde_json::Value;
use tokio::sync::Notify;

use super::args::SyncArguments;
use super::report::Report;
use super::run::Sync;
use crate::failure::Exit;
use world::{Random, World};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    sync: SyncArguments,
}

fn serve(world: Arc<Mutex<World>>, kill: Arc<Notify>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &world, &kill);
        }
    });
    url
}

fn answer(mut stream: TcpStream, world: &Mutex<World>, kill: &Notify) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let start = head.split("start_time=").nth(1);
    let start = start.and_then(|text| text.split(['&', ' ']).next());
    let start = start.and_then(|text| text.replace("%3A", ":").parse::<DateTime<Utc>>().ok());
    let Some(start) = start else {
        return;
    };
    // The request starts a millisecond earlier, for servers that exclude the start.
    let date = (start + TimeDelta::milliseconds(1)).date_naive();
    let (status, body) = {
        let mut world = world.lock().unwrap();
        if let Some(left) = &mut world.kill_after {
            *left -= 1;
            if *left == 0 {
                world.kill_after = None;
                kill.notify_one();
            }
        }
        match world.page(date) {
            Some(page) => (200, page),
            None => (500, "{}".to_owned()),
        }
    };
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 {status} Simulated\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(reply.as_bytes());
}

/// Returns every row by its id, with its partition. No id may occur twice.
fn table(folder: &Path) -> BTreeMap<String, (String, Value)> {
    let mut rows = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let Some(partition) = name.strip_prefix("date=") else {
            continue;
        };
        let text = fs::read_to_string(entry.path().join("conversations.jsonl")).unwrap();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let id = row["id"].as_str().unwrap().to_owned();
            let earlier = rows.insert(id.clone(), (partition.to_owned(), row));
            assert!(earlier.is_none(), "{id} is in {partition} and {earlier:?}");
        }
    }
    rows
}

/// Returns the days that the report says are not covered.
fn uncovered(report: &Report, held: &BTreeSet<NaiveDate>) -> BTreeSet<NaiveDate> {
    let failed = report.failed_days.iter().map(|day| day.date);
    let incomplete = report.incomplete_days.iter().map(|day| day.date);
    let deferred = report.deferred_days.iter().copied();
    failed
        .chain(incomplete)
        .chain(deferred)
        .chain(held.iter().copied())
        .collect()
}

fn check_counts(
    before: &BTreeMap<String, (String, Value)>,
    after: &BTreeMap<String, (String, Value)>,
    report: &Report,
    at: &str,
) {
    let mut expected = [0; 4];
    for (id, (partition, row)) in after {
        match before.get(id) {
            None => expected[0] += 1,
            Some((old, _)) if old != partition => expected[3] += 1,
            Some((_, old)) => expected[1] += u64::from(old != row),
        }
    }
    expected[2] = before.keys().filter(|id| !after.contains_key(*id)).count() as u64;
    let counts = &report.counts;
    assert_eq!(
        [
            counts.inserted,
            counts.updated,
            counts.vanished,
            counts.moved
        ],
        expected,
        "inserted, updated, vanished and moved, {at}"
    );
}

async fn month(seed: u64) {
    let mut random = Random(seed);
    let mut off = Random(!seed);
    let world = Arc::<Mutex<World>>::default();
    let kill = Arc::new(Notify::new());
    let url = serve(Arc::clone(&world), Arc::clone(&kill));
    let folder = tempfile::tempdir().unwrap();
    let mut words = vec!["test", folder.path().to_str().unwrap(), "-q"];
    words.extend(["--start", "2026-02-25", "--format", "jsonl"]);
    if seed % 2 == 1 {
        words.push("--accept-vanished");
    }
    // Even then a day is fetched while another one is written.
    if seed.is_multiple_of(3) {
        words.extend(["--parallel", "1"]);
    }
    let arguments = Command::parse_from(words).sync;
    let project = Project::new("a", "p").unwrap();
    let client = Client::builder(
        url.parse::<conversations_api_ext::BaseUrl>().unwrap(),
        project,
        ApiKey::new("k").unwrap(),
    );
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let base: DateTime<Utc> = "2026-03-01T03:00:00Z".parse().unwrap();
    let mut held = BTreeSet::new();
    let mut before = BTreeMap::new();
    for night in 0..30 {
        let at = format!("seed {seed}, night {night}");
        let now = base + TimeDelta::days(night);
        world
            .lock()
            .unwrap()
            .live_on(&mut random, night.cast_unsigned(), now);
        // Some nights have no run; the next one catches up.
        if off.in_hundred(25) {
            continue;
        }
        let mut interrupts = None;
        let ended = if world.lock().unwrap().kill_after.is_some() {
            tokio::select! {
                ended = Sync::once(&arguments, &client, now, &mut interrupts) => Some(ended),
                () = kill.notified() => None,
            }
        } else {
            None
        };
        world.lock().unwrap().kill_after = None;
        let ended = match ended {
            Some(ended) => ended,
            None => Sync::once(&arguments, &client, now, &mut interrupts).await,
        };
        let (exit, report) = ended.expect(&at);
        let report = report.expect("no dry run");
        let mut world = world.lock().unwrap();
        for date in std::mem::take(&mut world.requested) {
            if report.failed_days.iter().any(|day| day.date == date) {
                continue;
            }
            held.remove(&date);
            if !report.incomplete_days.iter().any(|day| day.date == date) {
                world.has_been_read(date);
            }
        }
        held.extend(&report.held_days);
        let expected = match (&report.failed_days[..], &report.incomplete_days[..]) {
            ([], []) => Exit::Success,
            ([], _) => Exit::Skipped,
            _ => Exit::Server,
        };
        assert_eq!(exit, expected, "{at}");
        let after = table(folder.path());
        check_counts(&before, &after, &report, &at);
        assert_eq!(report.records, after.len() as u64, "{at}");
        let uncovered = uncovered(&report, &held);
        for (id, record) in &world.records {
            if uncovered.contains(&record.day()) {
                continue;
            }
            let partition = record
                .started
                .map_or("unknown".to_owned(), |it| it.date_naive().to_string());
            let expected = (partition, record.json(id));
            assert_eq!(after.get(id), Some(&expected), "{id}, {at}");
        }
        for (id, (partition, _)) in &after {
            let Ok(date) = partition.parse::<NaiveDate>() else {
                continue;
            };
            assert!(
                uncovered.contains(&date) || world.records.contains_key(id),
                "{id} was deleted and is in {date}, {at}"
            );
        }
        before = after;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_night_the_table_is_what_the_server_holds_for_each_day_that_is_covered() {
    let seeds = std::env::var("SYNC_SEEDS").ok();
    let seeds = seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(4);
    // The others have found a fault.
    for seed in (0..seeds).chain([23, 49]) {
        month(seed).await;
    }
}
