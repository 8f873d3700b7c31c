//! A Delta table as the kernel reads it, and as its log says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use delta_kernel::Engine;
use delta_kernel::arrow::array::{Array as _, AsArray as _};
use delta_kernel::arrow::datatypes::Date32Type;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::snapshot::Snapshot;
use delta_kernel_default_engine::DefaultEngineBuilder;
use object_store::local::LocalFileSystem;
use serde_json::Value;

/// A record as a row: its id, the partition that it is in, and what no column holds.
pub(crate) type Row = (String, Option<NaiveDate>, String);

/// Returns the rows of a version, or of the latest one, sorted.
pub(crate) fn rows(root: &Path, version: Option<u64>) -> Vec<Row> {
    let engine: Arc<dyn Engine> =
        Arc::new(DefaultEngineBuilder::new(Arc::new(LocalFileSystem::new())).build());
    let url = url::Url::from_directory_path(root).unwrap();
    let mut builder = Snapshot::builder_for(url.as_str());
    if let Some(version) = version {
        builder = builder.at_version(version);
    }
    let scan = builder.build(&*engine).unwrap().scan_builder();
    let mut rows = Vec::new();
    for data in scan.build().unwrap().execute(engine).unwrap() {
        let data = ArrowEngineData::try_from_engine_data(data.unwrap()).unwrap();
        let batch = data.record_batch();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let (ids, extras) = (
            column("id").as_string::<i32>(),
            column("extra").as_string::<i32>(),
        );
        let dates = column("date").as_primitive::<Date32Type>();
        for row in 0..batch.num_rows() {
            let date = dates
                .is_valid(row)
                .then(|| dates.value_as_date(row).unwrap());
            let extra = extras.is_valid(row).then(|| extras.value(row).to_owned());
            rows.push((ids.value(row).to_owned(), date, extra.unwrap_or_default()));
        }
    }
    rows.sort();
    rows
}

/// Returns the actions of each version, in order.
pub(crate) fn log(root: &Path) -> Vec<Vec<Value>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root.join("_delta_log")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let version = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix(".json");
        if let Some(version) = version.and_then(|version| version.parse::<u64>().ok()) {
            files.insert(version, fs::read_to_string(path).unwrap());
        }
    }
    assert!(
        files.keys().copied().eq(0..files.len() as u64),
        "{:?}",
        files.keys()
    );
    let actions = |text: &String| {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    files.values().map(actions).collect()
}

/// Returns the value of the one action of this kind.
pub(crate) fn action<'a>(version: &'a [Value], kind: &str) -> &'a Value {
    let mut found = version.iter().filter_map(|action| action.get(kind));
    let action = found
        .next()
        .unwrap_or_else(|| panic!("no {kind} in {version:?}"));
    assert!(found.next().is_none(), "several {kind} in {version:?}");
    action
}

/// Returns the paths of the actions of this kind, sorted.
pub(crate) fn paths<'a>(version: &'a [Value], kind: &str) -> Vec<&'a str> {
    let found = version
        .iter()
        .filter_map(|action| action.get(kind)?["path"].as_str());
    let mut paths: Vec<_> = found.collect();
    paths.sort_unstable();
    paths
}
