//! Simulates a month of nightly runs against a server that fails, recovers, moves, deletes, duplicates and delays
//! records, from a seed.
//!
//! `SYNC_SEEDS=100` runs that many seeds.

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
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::SyncArguments;
use super::report::Report;
use super::run::Sync;
use crate::failure::Exit;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    sync: SyncArguments,
}

/// A SplitMix64 random number generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn in_hundred(&mut self, count: u64) -> bool {
        self.below(100) < count
    }
}

#[derive(Clone)]
struct Record {
    started: Option<DateTime<Utc>>,
    /// The day for which it is returned while it has no date.
    home: NaiveDate,
    version: u32,
    in_progress: bool,
}

impl Record {
    fn day(&self) -> NaiveDate {
        self.started
            .map_or(self.home, |started| started.date_naive())
    }

    fn json(&self, id: &str) -> Value {
        let started = self.started.map_or("soon".to_owned(), |it| it.to_rfc3339());
        // A newer version has more turns, by which it is recognized.
        let turns: Vec<_> = (0..self.version).collect();
        json!({"id": id, "started_at": started, "turns": turns, "in_progress": self.in_progress})
    }

    fn is_recent(&self, now: DateTime<Utc>) -> bool {
        self.started.map_or_else(
            || self.home >= (now - TimeDelta::days(2)).date_naive(),
            |started| started >= now - TimeDelta::days(2),
        )
    }
}

#[derive(Default)]
struct World {
    records: BTreeMap<String, Record>,
    failing: BTreeSet<NaiveDate>,
    malformed: BTreeSet<String>,
    doubled: BTreeSet<String>,
    /// Days whose responses also contain records of the day after.
    shifted: BTreeSet<NaiveDate>,
    requested: BTreeSet<NaiveDate>,
    /// The number of requests after which the run is killed.
    kill_after: Option<u64>,
}

impl World {
    fn page(&mut self, date: NaiveDate) -> Option<String> {
        self.requested.insert(date);
        if self.failing.contains(&date) {
            return None;
        }
        let mut page = Vec::new();
        for (id, record) in self
            .records
            .iter()
            .filter(|(_, record)| record.day() == date)
        {
            if self.malformed.contains(id) {
                page.push(json!({"broken": record.version}));
                continue;
            }
            page.push(record.json(id));
            if self.doubled.contains(id) {
                let stale = Record {
                    version: record.version - 1,
                    ..record.clone()
                };
                page.push(stale.json(id));
                if record.version % 2 == 0 {
                    let last = page.len() - 1;
                    page.swap(last - 1, last);
                }
            }
        }
        if self.shifted.contains(&date) {
            let after = date.succ_opt().expect("not the last day there is");
            let records = self.records.iter();
            let other = records.filter(|(_, record)| {
                record
                    .started
                    .is_some_and(|started| started.date_naive() == after)
            });
            page.extend(other.map(|(id, record)| record.json(id)));
        }
        Some(json!({"conversations": page, "cursor": null}).to_string())
    }

    /// Changes the server's records before a night.
    fn live_on(&mut self, random: &mut Random, night: u64, now: DateTime<Utc>) {
        let minutes = |random: &mut Random, limit: u64| {
            TimeDelta::minutes(random.below(limit).cast_signed() + 60)
        };
        for number in 0..random.below(5) {
            // Some arrive late: they started up to two days ago.
            let limit = if random.in_hundred(25) {
                46 * 60
            } else {
                25 * 60
            };
            let started = now - minutes(random, limit);
            let record = Record {
                started: (!random.in_hundred(8)).then_some(started),
                home: started.date_naive(),
                version: 1,
                in_progress: random.in_hundred(20),
            };
            self.records.insert(format!("n{night}-{number}"), record);
        }
        let ids: Vec<String> = self.records.keys().cloned().collect();
        for id in ids {
            let record = self.records.get_mut(&id).expect("is one of them");
            let recent = record.is_recent(now);
            if record.in_progress
                && random.in_hundred(40)
                && now - TimeDelta::days(13)
                    < record.home.and_time(chrono::NaiveTime::MIN).and_utc()
            {
                record.in_progress = false;
                record.version += 1;
            } else if recent && random.in_hundred(10) {
                record.version += 1;
            } else if random.in_hundred(if recent { 8 } else { 2 }) {
                // Move to a day that is read tonight, from one that may not be read.
                let started = now - minutes(random, 46 * 60);
                record.started = Some(started);
                record.home = started.date_naive();
                record.version += 1;
            } else if recent && random.in_hundred(3) {
                record.home = record.day();
                record.started = None;
                record.version += 1;
            } else if recent && record.started.is_some() && random.in_hundred(6) {
                self.records.remove(&id);
            }
        }
        self.failing.retain(|_| random.in_hundred(60));
        self.malformed.retain(|_| random.in_hundred(60));
        self.doubled.clear();
        self.shifted.clear();
        self.kill_after = random.in_hundred(15).then(|| 1 + random.below(4));
        for days in 1..4 {
            if random.in_hundred(5) {
                self.shifted
                    .insert((now - TimeDelta::days(days)).date_naive());
            }
        }
        for days in 0..3 {
            if random.in_hundred(12) {
                self.failing
                    .insert((now - TimeDelta::days(days)).date_naive());
            }
        }
        for (id, record) in &self.records {
            if record.is_recent(now) && random.in_hundred(6) {
                self.malformed.insert(id.clone());
            }
            if random.in_hundred(10) {
                self.doubled.insert(id.clone());
            }
        }
    }
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
    let date = head
        .split("start_time=")
        .nth(1)
        .and_then(|date| date.get(..10));
    let Some(date) = date.and_then(|date| date.parse().ok()) else {
        return;
    };
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
    let world = Arc::<Mutex<World>>::default();
    let kill = Arc::new(Notify::new());
    let url = serve(Arc::clone(&world), Arc::clone(&kill));
    let folder = tempfile::tempdir().unwrap();
    let mut words = vec!["test", folder.path().to_str().unwrap(), "-q"];
    words.extend(["--start", "2026-02-25", "--format", "jsonl"]);
    if seed % 2 == 1 {
        words.push("--accept-vanished");
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
        let ended = if world.lock().unwrap().kill_after.is_some() {
            tokio::select! {
                ended = Sync::once(&arguments, &client, now) => Some(ended),
                () = kill.notified() => None,
            }
        } else {
            None
        };
        world.lock().unwrap().kill_after = None;
        let ended = match ended {
            Some(ended) => ended,
            None => Sync::once(&arguments, &client, now).await,
        };
        let (exit, report) = ended.expect(&at);
        let report = report.expect("no dry run");
        let mut world = world.lock().unwrap();
        for date in std::mem::take(&mut world.requested) {
            if !report.failed_days.iter().any(|day| day.date == date) {
                held.remove(&date);
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
    for seed in 0..seeds {
        month(seed).await;
    }
}
