//! [`ParquetReader`]: reads conversations from a Parquet file, as the JSON they were written from.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use conversations_table::direction;
use parquet::column::reader::ColumnReader;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};
use parquet::record::reader::{ReaderIter, TreeBuilder};
use parquet::record::{Field, Row};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::field_selection::FieldSelection;
use super::file_reader::{FileReader, Position};
use crate::failure::Failure;
use crate::term::escape::printable;

/// The columns that `stats` counts. The others, with the transcripts, are not read.
const FIGURES: [&str; 17] = [
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
    EXTRA,
];
/// Columns derived from other columns.
const DERIVED: [&str; 2] = ["local_date", "local_hour"];
/// Derived from the id, unless the details of the conversation have another.
const DIRECTION: &str = "direction";
/// Columns of conversations and turns that hold JSON as text.
const JSON: [&str; 4] = ["state", "entities", "metadata", "function_events"];
const ID: &str = "id";
const METRICS: &str = "metrics";
const TURNS: &str = "turns";
/// The column with values that no other column holds exactly as sent.
const EXTRA: &str = "extra";
const FIGURES_OF_TURNS: [&str; 3] = ["latency", "barge_in", "is_silence"];
/// The number of ids that are read at a time.
const IDS: usize = 1024;

/// The rows of a file.
pub(super) struct ParquetReader {
    name: String,
    reader: SerializedFileReader<File>,
    columns: SchemaDescPtr,
    /// The rows of the current row group.
    rows: Option<ReaderIter>,
    next_group: usize,
    /// The id of the only conversation that is wanted, and the number of rows with other ids.
    id: Option<String>,
    passed_over: u64,
    json: String,
    number: u64,
    all: u64,
}

impl ParquetReader {
    /// Opens a file. With an `id`, reads the rows with that id in full, and only the ids of the others.
    pub(super) fn open(
        path: &Path,
        wanted: FieldSelection,
        id: Option<&str>,
    ) -> Result<Self, Failure> {
        let name = printable(&path.to_string_lossy());
        let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
        let refuse = |error: ParquetError| Failure::usage(format!("cannot read {name}: {error}"));
        let reader = SerializedFileReader::new(file).map_err(refuse)?;
        let all = reader.metadata().file_metadata().num_rows();
        let schema = reader.metadata().file_metadata().schema();
        let columns = schema.get_fields().iter();
        let columns: Vec<_> = match wanted {
            FieldSelection::All => columns
                .filter(|column| !DERIVED.contains(&column.name()))
                .cloned()
                .collect(),
            FieldSelection::Statistics { metrics } => columns
                .filter(|column| FIGURES.contains(&column.name()))
                .filter(|column| metrics || column.name() != METRICS)
                .map(|column| narrowed(column).unwrap_or_else(|| Arc::clone(column)))
                .collect(),
        };
        if !columns.iter().any(|column| column.name() == ID) {
            return Err(Failure::usage(format!(
                "cannot read {name}: it contains no conversations (it has no column `id`)"
            )));
        }
        let columns = with_fields(schema, columns).map_err(refuse)?;
        Ok(Self {
            name,
            reader,
            columns: Arc::new(SchemaDescriptor::new(Arc::new(columns))),
            rows: None,
            next_group: 0,
            id: id.map(str::to_owned),
            passed_over: 0,
            json: String::new(),
            number: 0,
            all: u64::try_from(all).unwrap_or(0),
        })
    }
}

impl FileReader for ParquetReader {
    fn position(&self) -> Position {
        Position::new(&self.name, "row", self.number)
    }

    /// Returns the share of the file's `size` that the rows read so far represent.
    fn bytes_read(&self, size: u64) -> u64 {
        let read = u128::from(size) * u128::from(self.number) / u128::from(self.all.max(1));
        u64::try_from(read).unwrap_or(size)
    }

    /// Returns the JSON of the current row.
    fn json(&self) -> &str {
        &self.json
    }

    /// Reads the next row; returns `false` at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        let row = self.next_row();
        let row =
            row.map_err(|error| Failure::usage(format!("cannot read {}: {error}", self.name)))?;
        let Some(row) = row else { return Ok(false) };
        self.json = String::from(Box::<str>::from(object(&row)));
        // JSON in a column may have line breaks, and a record is one line.
        if self.json.contains(['\n', '\r']) {
            self.json = self.json.replace(['\n', '\r'], " ");
        }
        Ok(true)
    }

    fn passed_over(&self) -> u64 {
        self.passed_over
    }
}

impl ParquetReader {
    fn next_row(&mut self) -> Result<Option<Row>, ParquetError> {
        loop {
            while let Some(row) = self.rows.as_mut().and_then(Iterator::next) {
                let row = row?;
                self.number += 1;
                match &self.id {
                    Some(id) if !has_id(&row, id) => self.passed_over += 1,
                    _ => return Ok(Some(row)),
                }
            }
            if self.next_group >= self.reader.num_row_groups() {
                return Ok(None);
            }
            let group = self.reader.get_row_group(self.next_group)?;
            self.next_group += 1;
            match &self.id {
                Some(id) if !contains(&*group, id)? => {
                    let rows = u64::try_from(group.metadata().num_rows()).unwrap_or(0);
                    self.number += rows;
                    self.passed_over += rows;
                }
                _ => {
                    let columns = Arc::clone(&self.columns);
                    self.rows = Some(TreeBuilder::new().as_iter(columns, &*group)?);
                }
            }
        }
    }
}

fn has_id(row: &Row, id: &str) -> bool {
    row.get_column_iter()
        .any(|(name, field)| name == ID && matches!(field, Field::Str(text) if text == id))
}

/// Returns whether a row group may contain the id. Reads only the column with the ids: assembling whole rows takes a
/// hundred times as long.
fn contains(group: &dyn RowGroupReader, id: &str) -> Result<bool, ParquetError> {
    let mut columns = group.metadata().columns().iter();
    let Some(index) = columns.position(|column| column.column_path().string() == ID) else {
        return Ok(true);
    };
    let ColumnReader::ByteArrayColumnReader(mut ids) = group.get_column_reader(index)? else {
        return Ok(true);
    };
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        values.clear();
        let (rows, ..) = ids.read_records(IDS, Some(&mut levels), None, &mut values)?;
        if rows == 0 {
            return Ok(false);
        }
        if values.iter().any(|value| value.data() == id.as_bytes()) {
            return Ok(true);
        }
    }
}

/// Rebuilds the object that a row, or a turn in it, was written from. A table does not distinguish absent from null.
/// For a value that its column does not hold exactly, `extra` has the original. JSON in a column stays as it is, because
/// parsing would round its numbers.
fn object(row: &Row) -> Box<RawValue> {
    let mut fields = Object::new();
    let mut extra = None;
    let text = |wanted: &str| {
        row.get_column_iter().find_map(|(name, field)| match field {
            Field::Str(text) if name == wanted => Some(text.as_str()),
            _ => None,
        })
    };
    for (name, field) in row.get_column_iter() {
        let value = match (name.as_str(), field) {
            (_, Field::Null) => continue,
            (EXTRA, Field::Str(text)) => {
                extra = serde_json::from_str::<Object>(text).ok();
                continue;
            }
            (name, Field::Str(text)) if JSON.contains(&name) => json(text),
            (METRICS, Field::MapInternal(metrics)) => {
                let metrics = metrics.entries().iter();
                raw(&metrics.filter_map(metric).collect::<Object>())
            }
            (TURNS, Field::ListInternal(turns)) => {
                let turns = turns.elements().iter().map(|turn| match turn {
                    Field::Group(turn) => object(turn),
                    other => raw(&other.to_json_value()),
                });
                raw(&turns.collect::<Vec<_>>())
            }
            (_, Field::TimestampMicros(micros)) => match DateTime::from_timestamp_micros(*micros) {
                Some(time) => raw(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                None => continue,
            },
            (_, Field::Str(text)) => raw(text),
            (_, other) => raw(&other.to_json_value()),
        };
        fields.insert(name.clone(), value);
    }
    let derived = text(ID).and_then(direction);
    if derived.is_some() && text(DIRECTION) == derived {
        fields.remove(DIRECTION);
    }
    fields.extend(extra.unwrap_or_default());
    raw(&fields)
}

/// The fields of an object, as JSON.
type Object = BTreeMap<String, Box<RawValue>>;

fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("a value is always JSON")
}

/// Converts one metric: its value, or the list of its values.
fn metric((name, values): &(Field, Field)) -> Option<(String, Box<RawValue>)> {
    let (Field::Str(name), Field::ListInternal(values)) = (name, values) else {
        return None;
    };
    let value = |value: &Field| match value {
        Field::Str(text) if text.starts_with('{') => json(text),
        other => raw(&other.to_json_value()),
    };
    let value = match values.elements() {
        [one] => value(one),
        several => raw(&several.iter().map(value).collect::<Vec<_>>()),
    };
    Some((name.clone(), value))
}

/// Returns the JSON that a column holds as text.
fn json(text: &str) -> Box<RawValue> {
    serde_json::from_str(text).unwrap_or_else(|_| raw(&text))
}

/// Returns the turns column with only the fields that `stats` counts; `None` if it is not a list of turns.
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
    let fields = fields.filter(|field| FIGURES_OF_TURNS.contains(&field.name()));
    let turn = with_fields(&turn, fields.cloned().collect()).ok()?;
    let entries = with_fields(&entries, vec![Arc::new(turn)]).ok()?;
    let column = with_fields(column, vec![Arc::new(entries)]).ok()?;
    Some(Arc::new(column))
}

/// Returns the same group with other fields.
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

#[cfg(test)]
mod tests {
    use conversations_table::{Columns, ParquetTable};

    use super::*;

    #[test]
    fn json_in_a_column_comes_back_digit_by_digit_and_on_one_line() {
        let sent = [
            r#""state":{"big":123456789012345678901234567890,"exact":0.12345678901234567890}"#,
            r#""new_field":[18446744073709551616]"#,
            r#""metrics":{"M":{"n":1.10}}"#,
        ];
        let record = format!("{{\"id\":\"a\",{}}}", sent.join(",\n"));
        let record = record.replace(r#","exact""#, ",\n\"exact\"");
        let mut table = ParquetTable::new(Vec::new(), &Columns::default()).unwrap();
        table.write(&record).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, table.finish().unwrap()).unwrap();
        let mut reader = ParquetReader::open(&path, FieldSelection::All, None).unwrap();
        assert!(reader.advance().unwrap());
        for part in sent {
            let json = reader.json().replace(", \"exact\"", ",\"exact\"");
            assert!(json.contains(part), "{part} in {json}");
        }
        assert!(!reader.json().contains('\n'));
    }
}
