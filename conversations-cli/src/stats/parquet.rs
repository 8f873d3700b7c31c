//! Conversations out of a Parquet file that was exported before, as the JSON that is counted.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::terminal::printable;

/// The columns that are counted. The others, with all that was said, are not even read.
const WANTED: [&str; 16] = [
    "id",
    "started_at",
    "environment",
    "channel",
    "variant_id",
    "variant_name",
    "in_progress",
    "handoff",
    "handoff_reason",
    "num_turns",
    "num_silences",
    "num_ood",
    "total_duration",
    "polyai_duration",
    METRICS,
    TURNS,
];
const METRICS: &str = "metrics";
const TURNS: &str = "turns";
const WANTED_OF_TURNS: [&str; 2] = ["latency", "barge_in"];

/// Whether a file is one of Parquet, by its first bytes.
pub(super) fn is_parquet(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_file = path.metadata().is_ok_and(|data| data.is_file());
    is_file
        && File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok()
        && &start == b"PAR1"
}

/// A conversation.
pub(super) struct Row {
    /// The columns that are counted, but for the start.
    pub(super) json: String,
    pub(super) started: Option<DateTime<Utc>>,
}

/// The rows of a file.
pub(super) struct Rows {
    name: String,
    rows: RowIter<'static>,
    given: u64,
    all: u64,
}

impl Rows {
    pub(super) fn open(path: &Path, with_metrics: bool) -> Result<Self, Failure> {
        let name = printable(&path.to_string_lossy());
        let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
        let refuse = |error: ParquetError| Failure::usage(format!("cannot read {name}: {error}"));
        let reader = SerializedFileReader::new(file).map_err(refuse)?;
        let all = reader.metadata().file_metadata().num_rows();
        let schema = reader.metadata().file_metadata().schema();
        let columns = schema.get_fields().iter();
        let columns: Vec<_> = columns
            .filter(|column| WANTED.contains(&column.name()))
            .filter(|column| with_metrics || column.name() != METRICS)
            .map(|column| narrowed(column).unwrap_or_else(|| Arc::clone(column)))
            .collect();
        if !columns.iter().any(|column| column.name() == "id") {
            return Err(Failure::usage(format!(
                "cannot read {name}: it has no column `id`, so it holds no conversations"
            )));
        }
        let columns = with_fields(schema, columns).map_err(refuse)?;
        let rows = reader.into_iter().project(Some(columns)).map_err(refuse)?;
        Ok(Self {
            name,
            rows,
            given: 0,
            all: u64::try_from(all).unwrap_or(0),
        })
    }

    /// How many of so many bytes the rows stand for that were given.
    pub(super) fn taken(&self, bytes: u64) -> u64 {
        let taken = u128::from(bytes) * u128::from(self.given) / u128::from(self.all.max(1));
        u64::try_from(taken).unwrap_or(bytes)
    }

    /// The next conversation, or `None` at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<Row>, Failure> {
        let Some(row) = self.rows.next() else {
            return Ok(None);
        };
        let row =
            row.map_err(|error| Failure::usage(format!("cannot read {}: {error}", self.name)))?;
        self.given += 1;
        let mut started = None;
        let mut fields = Map::new();
        for (name, field) in row.into_columns() {
            match field {
                Field::TimestampMicros(micros) => started = DateTime::from_timestamp_micros(micros),
                other => drop(fields.insert(name, other.to_json_value())),
            }
        }
        let json = Value::Object(fields).to_string();
        Ok(Some(Row { json, started }))
    }
}

/// The list of turns with the fields that are wanted; `None` where it is no such list.
fn narrowed(column: &TypePtr) -> Option<TypePtr> {
    let only = |group: &TypePtr| -> Option<TypePtr> {
        let is_single = group.is_group() && group.get_fields().len() == 1;
        is_single.then(|| Arc::clone(&group.get_fields()[0]))
    };
    if column.name() != TURNS {
        return None;
    }
    let entries = only(column)?;
    let turn = only(&entries)?;
    if !turn.is_group() {
        return None;
    }
    let fields = turn.get_fields().iter();
    let fields = fields.filter(|field| WANTED_OF_TURNS.contains(&field.name()));
    let turn = with_fields(&turn, fields.cloned().collect()).ok()?;
    let entries = with_fields(&entries, vec![Arc::new(turn)]).ok()?;
    let column = with_fields(column, vec![Arc::new(entries)]).ok()?;
    Some(Arc::new(column))
}

/// The same group with other fields.
fn with_fields(group: &Type, fields: Vec<TypePtr>) -> Result<Type, ParquetError> {
    let info = group.get_basic_info();
    let mut builder = Type::group_type_builder(info.name())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_fields(fields);
    if info.has_repetition() {
        builder = builder.with_repetition(info.repetition());
    }
    builder.build()
}
