//! A server with ten days of two records each, and what `sync` makes of it.

use serde_json::Value;

use crate::scripted::{Scripted, record};
use crate::support::Folder;
use crate::synced::{records, visible};

pub(crate) const JSONL: [&str; 4] = ["--format", "jsonl", "--end", "2026-04-11"];

/// The arguments of a run that re-reads every day.
pub(crate) fn deep() -> Vec<&'static str> {
    [&JSONL[..], &["--look-back", "4000d"]].concat()
}

/// Serves ten days of two records each.
pub(crate) fn ten_days() -> Scripted {
    let server = Scripted::start();
    for day in 1..=10 {
        let date = format!("2026-04-{day:02}");
        server.records(
            &date,
            &[
                record(&format!("a{day}"), &format!("{date}T09:00:00Z")),
                record(&format!("b{day}"), &format!("{date}T10:00:00Z")),
            ],
        );
    }
    server
}

pub(crate) fn report(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("report.json")).unwrap()
}

/// Returns the partitions that contain an id.
pub(crate) fn partitions(folder: &Folder, id: &str) -> Vec<String> {
    let files = visible(folder);
    let holds = |content: &[u8]| {
        let lines = str::from_utf8(content).unwrap().lines();
        lines
            .filter(|line| serde_json::from_str::<Value>(line).unwrap()["id"] == id)
            .count()
    };
    let mut found = Vec::new();
    for (name, content) in &files {
        if name.extension().is_some_and(|ending| ending == "jsonl") {
            let partition = name.parent().unwrap().to_str().unwrap();
            found.extend(vec![partition.to_owned(); holds(content)]);
        }
    }
    found
}

pub(crate) fn count(folder: &Folder) -> usize {
    records(&visible(folder)).len()
}
