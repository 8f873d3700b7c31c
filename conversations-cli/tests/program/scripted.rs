//! [`Scripted`]: an API server with a scripted response for each day.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Folder, Run, listen, read_head};

/// The response for a day.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A page of these records, as raw JSON.
    Records(Vec<Vec<u8>>),
    /// Pages of these records; a request for `None` fails.
    Pages(Vec<Option<Vec<Vec<u8>>>>),
    Status(u16),
}

#[derive(Default)]
struct Script {
    days: BTreeMap<String, Reply>,
    /// The requested days, in order.
    asked: Vec<String>,
}

/// A server on which days without a script are empty.
#[derive(Clone)]
pub(crate) struct Scripted {
    url: String,
    script: Arc<Mutex<Script>>,
}

impl Scripted {
    pub(crate) fn start() -> Self {
        let (listener, url) = listen();
        let script = Arc::<Mutex<Script>>::default();
        let this = Self { url, script };
        let serving = this.clone();
        // The thread ends with the process, so tests need not stop the server.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.answer(stream));
            }
        });
        this
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    pub(crate) fn set(&self, date: &str, reply: Reply) {
        self.script().days.insert(date.to_owned(), reply);
    }

    /// Scripts a response with these records for a day.
    pub(crate) fn records(&self, date: &str, records: &[Value]) {
        let records = records.iter().map(|record| record.to_string().into_bytes());
        self.set(date, Reply::Records(records.collect()));
    }

    pub(crate) fn fails(&self, date: &str, status: u16) {
        self.set(date, Reply::Status(status));
    }

    /// Returns the days requested since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.script().asked)
    }

    /// Runs `sync` from April 1 into `data`.
    pub(crate) fn sync(&self, folder: &Folder, more: &[&str]) -> Run {
        let arguments = self.arguments("data", more);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")])
    }

    /// Returns the arguments of such a run.
    pub(crate) fn arguments(&self, target: &str, more: &[&str]) -> Vec<String> {
        let fixed = [
            "sync",
            target,
            "--base-url",
            &self.url,
            "--account",
            "a",
            "--project",
            "p",
            "--retry-timeout",
            "0s",
            "--start",
            "2026-04-01",
            "--summary",
            "report.json",
        ];
        fixed
            .iter()
            .chain(more)
            .map(|it| (*it).to_owned())
            .collect()
    }

    fn answer(&self, mut stream: TcpStream) {
        let head = read_head(&mut stream);
        let target = head.split(' ').nth(1).unwrap_or_default();
        let date = requested_date(target).unwrap_or_default();
        let reply = {
            let mut script = self.script();
            script.asked.push(date.clone());
            script.days.get(&date).cloned()
        };
        let number = target.split("cursor=page").nth(1).unwrap_or("0");
        let number: usize = number.split('&').next().unwrap().parse().unwrap();
        let failed = |status| (status, br#"{"error_message":"scripted"}"#.to_vec());
        let page = |records: Vec<Vec<u8>>, is_last: bool| {
            let next = number + 1;
            let cursor = if is_last {
                "null".to_owned()
            } else {
                format!("\"page{next}\"")
            };
            let mut body = br#"{"conversations":["#.to_vec();
            body.extend(records.join(&b','));
            body.extend(format!(r#"],"cursor":{cursor}}}"#).into_bytes());
            (200, body)
        };
        let (status, body) = match reply.unwrap_or(Reply::Records(Vec::new())) {
            Reply::Status(status) => failed(status),
            Reply::Records(records) => page(records, true),
            Reply::Pages(mut pages) => {
                let is_last = number + 1 == pages.len();
                match pages.swap_remove(number) {
                    Some(records) => page(records, is_last),
                    None => failed(500),
                }
            }
        };
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        // The client may have closed the connection.
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&body);
    }
}

/// Returns the day that a request is for: it starts a millisecond earlier, for servers that exclude the start.
fn requested_date(target: &str) -> Option<String> {
    let start = target.split("start_time=").nth(1)?.split('&').next()?;
    let start: DateTime<Utc> = start.replace("%3A", ":").parse().ok()?;
    Some(
        (start + TimeDelta::milliseconds(1))
            .date_naive()
            .to_string(),
    )
}

/// Returns a finished conversation.
pub(crate) fn record(id: &str, started: &str) -> Value {
    json!({"id": id, "started_at": started, "in_progress": false, "turns": []})
}
