//! [`ParquetTable`]: a Parquet table of conversations, written as they arrive.

mod column_builder;
mod encoder;
mod encoding;
mod field_builder;
mod schema;
mod turns;

use std::{fmt, io::Write, sync::Arc};

use arrow_array::{Array as _, ArrayRef, RecordBatch, cast::AsArray as _};
use arrow_schema::SchemaRef;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        reader::ChunkReader,
    },
};

use crate::{
    Columns, TableError, TableReport,
    cell::{self, Cell},
    column::{CONVERSATION, DIRECTION, ID, STARTED_AT, TURN, TURNS},
    columns::{Choice, direction},
    local_time,
    object::{Leftovers, Object},
};
use column_builder::ColumnBuilder;
use encoder::Encoder;
use field_builder::Held;
use turns::TurnsBuilder;

/// The maximum size of a batch of rows for the encoder, in rows and in bytes of JSON.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 1024 * 1024;

/// A column whose distinct values take more memory is written without a dictionary: the attempt takes as much memory
/// again.
const DICTIONARY_BYTES: usize = 64 * 1024;

/// The maximum size of a page before compression, and the number of values between two checks of it. A page is held
/// uncompressed, once for each column, and a freed megabyte stays with the process longer than a small block.
const PAGE_BYTES: usize = 128 * 1024;
const PAGE_CHECK: usize = 128;

/// Writes conversations as Parquet with zstd compression, one row per conversation.
///
/// Times are timestamps in microseconds, UTC. `metrics` is a map from name to a list of texts, `turns` a list of
/// structs with the documented fields; `state`, and `entities` and `metadata` of a turn, are JSON text. `extra` of the
/// conversation and of each turn is a JSON object of what no column holds: undocumented fields, and values that their
/// columns cannot hold exactly (text in a numeric column; 73.5 in an integer column, which holds 74). Nothing of a
/// record is lost, and [`report`](Self::report) counts such values.
///
/// Memory is bounded by a row group (about 4 MiB encoded) and two batches of rows, whatever the length of the table. A
/// thread encodes one batch, and writes to the output, while the records of the next one are added, so an error of the
/// output may be returned by a later call. The same records in the same order give the same bytes.
///
/// ```
/// use conversations_table::{Columns, ParquetTable};
///
/// let mut table = ParquetTable::new(Vec::new(), &Columns::default())?;
/// table.write(r#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z","turns":[]}"#)?;
/// let file = table.finish()?;
/// assert_eq!(file[..4], *b"PAR1");
/// # Ok::<(), conversations_table::TableError>(())
/// ```
pub struct ParquetTable<W: Write + Send + 'static> {
    encoder: Encoder<W>,
    schema: SchemaRef,
    choices: Vec<Choice>,
    columns: Columns,
    builders: Vec<ColumnBuilder>,
    /// Whether the turns are one of the columns.
    has_turns: bool,
    /// The fields that go into `extra` although other tables have a column for them.
    without_column: Vec<usize>,
    leftovers: Leftovers,
    /// The number of values of each field that its column does not hold exactly.
    inexact: [u64; CONVERSATION.len()],
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send + 'static> ParquetTable<W> {
    /// Creates a table with these columns.
    ///
    /// # Errors
    ///
    /// [`TableError::NoSuchColumn`] for `metric_NAME`: in Parquet, metrics are one column.
    /// [`TableError::Io`] if writing fails, or the thread cannot be started.
    pub fn new(out: W, columns: &Columns) -> Result<Self, TableError> {
        let choices = columns.choices(&[]);
        if let Some(metric) = choices
            .iter()
            .find(|choice| matches!(choice, Choice::Metric(_)))
        {
            return Err(TableError::NoSuchColumn {
                column: metric.to_string(),
                table: "Parquet file",
                instead: "take the map `metrics`, and name the metric in the query that reads it",
            });
        }
        let schema = schema::of(&choices);
        let level = ZstdLevel::try_new(1).expect("1 is a level of zstd");
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_data_page_size_limit(PAGE_BYTES)
            .set_write_batch_size(PAGE_CHECK)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_created_by(concat!("conversations-table ", env!("CARGO_PKG_VERSION")).to_owned());
        if let Some(zone) = columns.zone {
            let zone = KeyValue::new("local_time_zone".to_owned(), zone.name().to_owned());
            properties = properties.set_key_value_metadata(Some(vec![zone]));
        }
        for choice in &choices {
            properties = encoding::of(choice, properties);
        }
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties.build()))?;
        Ok(Self {
            encoder: Encoder::start(writer)?,
            builders: choices.iter().map(ColumnBuilder::new).collect(),
            has_turns: choices
                .iter()
                .any(|choice| matches!(choice, Choice::Field(TURNS))),
            schema,
            without_column: columns.without_column(&choices),
            choices,
            columns: columns.clone(),
            leftovers: Leftovers::default(),
            inexact: [0; CONVERSATION.len()],
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds a row for the record.
    ///
    /// # Errors
    ///
    /// [`TableError::NotAnObject`], after which further records can be written. After any other error, the table is
    /// unusable.
    pub fn write(&mut self, record: &str) -> Result<(), TableError> {
        let in_one_pass = self
            .has_turns
            .then(|| Object::read_with_list(record, &CONVERSATION, TURNS, &TURN));
        let (object, mut turns) = match in_one_pass.flatten() {
            Some((object, turns)) => (object, Some(turns)),
            None => {
                let object = Object::read(record, &CONVERSATION);
                (object.ok_or(TableError::NotAnObject)?, None)
            }
        };
        let local = match cell::time(object.cells[STARTED_AT]) {
            Cell::Value(micros) | Cell::Rounded(micros) => {
                local_time::date_and_hour(micros, self.columns.zone())
            }
            _ => None,
        };
        for (key, value) in &object.others {
            self.leftovers.add(key, value);
        }
        for index in &self.without_column {
            if let Some(raw) = object.cells[*index] {
                self.leftovers.add(CONVERSATION[*index].name, raw);
            }
        }
        let mut extra = None;
        for (choice, builder) in self.choices.iter().zip(&mut self.builders) {
            match choice {
                Choice::Field(index) => {
                    if *index == TURNS
                        && let Some(turns) = turns.take()
                        && let Some(builder) = builder.turns_mut()
                    {
                        builder.push_objects(turns);
                        continue;
                    }
                    let raw = object.cells[*index];
                    let held = builder.push(raw);
                    self.inexact[*index] += u64::from(held == Held::Inexactly);
                    if held != Held::Fully
                        && let Some(raw) = raw
                    {
                        self.leftovers.add(CONVERSATION[*index].name, raw);
                    }
                }
                Choice::Direction => {
                    let reported = self.columns.reported_direction(&object.cells);
                    let (text, id) = (cell::text(reported), cell::text(object.cells[ID]));
                    builder.push_text(match (&text, &id) {
                        (Cell::Value(text), _) => Some(text),
                        (_, Cell::Value(id)) => direction(id),
                        _ => None,
                    });
                    if let (Cell::Mismatch, Some(raw)) = (text, reported) {
                        self.leftovers.add(CONVERSATION[DIRECTION].name, raw);
                    }
                }
                Choice::LocalDate => {
                    builder.push_date(local.map(|(date, _)| local_time::days(date)));
                }
                Choice::LocalHour => builder.push_hour(local.map(|(_, hour)| hour)),
                // Written last, because it has what no other column could hold.
                Choice::Extra => extra = Some(builder),
                Choice::Metric(_) => unreachable!("refused when the table was started"),
            }
        }
        self.leftovers.drain(|json| {
            if let Some(extra) = extra {
                extra.push_text(json);
            }
        });
        self.rows += 1;
        self.bytes += record.len();
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.encode()?;
        }
        Ok(())
    }

    /// Copies the rows of an earlier table whose ids `keep` selects, and returns their number. They are appended
    /// unchanged. None are copied from a table with other columns, or without the column `id`.
    ///
    /// ```
    /// use conversations_table::{Columns, ParquetTable};
    ///
    /// let columns = Columns::default();
    /// let mut earlier = ParquetTable::new(Vec::new(), &columns)?;
    /// earlier.write(r#"{"id":"CA1","turns":[]}"#)?;
    /// earlier.write(r#"{"id":"CA2","turns":[]}"#)?;
    /// let earlier = bytes::Bytes::from(earlier.finish()?);
    /// let mut table = ParquetTable::new(Vec::new(), &columns)?;
    /// assert_eq!(table.copy_rows(earlier, |id| id == "CA2")?, 1);
    /// # Ok::<(), conversations_table::TableError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TableError::Parquet`] if the earlier table cannot be read, [`TableError::Io`] if writing fails.
    pub fn copy_rows(
        &mut self,
        earlier: impl ChunkReader + 'static,
        keep: impl Fn(&str) -> bool,
    ) -> Result<usize, TableError> {
        self.encode()?;
        let earlier = ParquetRecordBatchReaderBuilder::try_new(earlier)?;
        if earlier.schema().fields() != self.schema.fields() {
            return Ok(0);
        }
        let mut copied = 0;
        for batch in earlier.build()? {
            let batch = batch.map_err(parquet::errors::ParquetError::from)?;
            let Some(ids) = batch
                .column_by_name("id")
                .and_then(|ids| ids.as_string_opt::<i32>())
            else {
                return Ok(0);
            };
            // Row by row: they are few, and slices need no Arrow kernels.
            for row in (0..ids.len()).filter(|row| keep(ids.value(*row))) {
                self.encoder.encode(batch.slice(row, 1))?;
                copied += 1;
            }
        }
        Ok(copied)
    }

    /// Returns a report of the values that the columns could not hold exactly so far.
    #[must_use]
    pub fn report(&self) -> TableReport {
        let own = CONVERSATION.iter().zip(self.inexact);
        let own = own.map(|(column, count)| (column.name.to_owned(), count));
        let turns = self.builders.iter().filter_map(ColumnBuilder::turns);
        let turns = turns.flat_map(TurnsBuilder::inexact);
        let turns = turns.map(|(name, count)| (format!("turns[].{name}"), count));
        TableReport {
            inexact: own.chain(turns).filter(|(_, count)| *count > 0).collect(),
            ..TableReport::default()
        }
    }

    /// Writes the remaining rows and the footer, and returns the output.
    ///
    /// # Errors
    ///
    /// [`TableError::Io`] if writing fails.
    pub fn finish(mut self) -> Result<W, TableError> {
        self.encode()?;
        self.encoder.finish()
    }

    fn encode(&mut self) -> Result<(), TableError> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays: Vec<ArrayRef> = self
            .builders
            .iter_mut()
            .map(ColumnBuilder::finish)
            .collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(parquet::errors::ParquetError::from)?;
        (self.rows, self.bytes) = (0, 0);
        self.encoder.encode(batch)
    }
}

impl<W: Write + Send + 'static> fmt::Debug for ParquetTable<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetTable")
            .field("columns", &self.choices)
            .field("rows_waiting", &self.rows)
            .finish_non_exhaustive()
    }
}
