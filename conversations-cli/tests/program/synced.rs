//! A folder synchronized by `sync`, the report of a run, and the files that readers see.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use conversations_emulator::Dataset;
use serde_json::{Value, json};

use crate::support::{Folder, Run, Served};

/// The arguments for April 2026 of every environment, as JSONL.
pub(crate) const APRIL: [&str; 9] = [
    "sync",
    "data",
    "--format",
    "jsonl",
    "--client-env",
    "all",
    "--start",
    "2026-04-01",
    "-q",
];

pub(crate) fn sync(served: &Served, folder: &Folder, more: &[&str]) -> Run {
    let arguments: Vec<_> = APRIL.iter().chain(more).copied().collect();
    served.run(folder, &arguments)
}

/// Runs `sync` up to May and returns its report.
pub(crate) fn report(served: &Served, folder: &Folder, more: &[&str]) -> Value {
    let mut arguments = vec!["--end", "2026-05-01", "--summary", "report.json"];
    arguments.extend(more);
    sync(served, folder, &arguments).succeeds();
    serde_json::from_str(&folder.read("report.json")).unwrap()
}

pub(crate) fn classes(report: &Value) -> [u64; 4] {
    ["inserted", "updated", "unchanged", "vanished"].map(|name| report[name].as_u64().unwrap())
}

/// Returns what readers see: every file in `data` that is not internal, and its content.
pub(crate) fn visible(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = folder.path("data");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("_conversations") {
                    folders.push(path);
                }
            } else {
                let name = path.strip_prefix(&root).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

pub(crate) fn records(files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<Value> {
    let data = files
        .iter()
        .filter(|(name, _)| !name.ends_with("_manifest.json"));
    let lines = data.flat_map(|(_, content)| str::from_utf8(content).unwrap().lines());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) fn lines(data: &Dataset) -> Vec<Value> {
    data.records()
        .map(|record| serde_json::from_slice(record).unwrap())
        .collect()
}

pub(crate) fn dataset(records: &[Value]) -> Dataset {
    let lines: Vec<_> = records.iter().map(Value::to_string).collect();
    Dataset::from_jsonl(lines.join("\n").as_bytes()).unwrap()
}

pub(crate) fn finished(data: &Dataset) -> Vec<Value> {
    let mut records = lines(data);
    for record in &mut records {
        record["in_progress"] = json!(false);
    }
    records
}
