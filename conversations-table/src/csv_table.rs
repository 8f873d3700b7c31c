//! [`CsvTable`]: a CSV table with one row per conversation.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    fs::File,
    io::Write,
};

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use serde_json::value::RawValue;

use crate::{
    AbsentMetric, Columns, TableError, TableReport, cell,
    cell::Cell,
    column::{CONVERSATION, ID, METRICS, STARTED_AT},
    columns::{Choice, NESTED, direction},
    local_time,
    metrics::{self, Metric},
    nearest::nearest,
    object::{Leftovers, Object},
    text_cell,
};

/// The maximum number of metrics with their own columns; the values of further ones share one column.
const MAX_METRICS: usize = 1000;

/// The column of the metrics beyond the limit.
const MORE: &str = "more_metrics";

/// Writes conversations as CSV (RFC 4180 with `\n`): a header, then one row per conversation.
///
/// Times are written as RFC 3339 in UTC. A metric with several values is a JSON array as text, and so are other lists;
/// a single value is written as it is. `state` and `extra` are JSON, and so is a value that does not have its
/// documented type. Absent, null and empty values are all an empty cell.
///
/// A column name that differs from an earlier one only in case gets a number, because DuckDB and others treat them as
/// the same: of the metrics `INTENT` and `Intent`, the second is in `metric_Intent_2`.
///
/// The set of metrics is known only after the last record. Unless metric columns are selected by name, rows are
/// therefore buffered in an unnamed temporary file, and [`finish`](Self::finish) writes them: the first 1000 metrics
/// in alphabetical order as `metric_NAME`, others as JSON in `more_metrics`.
///
/// ```
/// use conversations_table::{Columns, CsvTable};
///
/// let columns = Columns::select(["id", "direction", "metric_INTENT"])?;
/// let mut table = CsvTable::new(Vec::new(), &columns)?;
/// table.write(r#"{"id":"OUT-1","metrics":{"INTENT":["book","pay"]}}"#)?;
/// let text = String::from_utf8(table.finish()?)?;
/// assert_eq!(text, "id,direction,metric_INTENT\nOUT-1,outbound,\"[\"\"book\"\",\"\"pay\"\"]\"\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvTable<W: Write> {
    choices: Vec<Choice>,
    columns: Columns,
    /// The fields that go into `extra` although other tables have a column for them.
    without_column: Vec<usize>,
    row: ByteRecord,
    leftovers: Leftovers,
    is_formula_safe: bool,
    selected: Selected,
    way: Way<W>,
}

/// The metrics that were selected by name and not found yet.
#[derive(Debug, Default)]
struct Selected {
    absent: Vec<String>,
    /// The metric names of the records, to find the one nearest to a mistyped name.
    found: BTreeSet<String>,
}

#[derive(Debug)]
enum Way<W: Write> {
    Straight(Box<csv::Writer<W>>),
    Waiting { out: W, rows: Box<Waiting> },
}

/// Buffered rows whose metrics still have to be assigned to columns: the fixed cells, then number and value of each
/// metric.
#[derive(Debug)]
struct Waiting {
    file: csv::Writer<File>,
    numbers: HashMap<String, usize>,
    more: bool,
}

/// Builds a writer with a large buffer: whenever it is full, the library searches all of the rest of a cell for quotes,
/// which takes time with the square of the cell's length.
pub(crate) fn csv_writer() -> WriterBuilder {
    let mut builder = WriterBuilder::new();
    builder.buffer_capacity(256 * 1024);
    builder
}

impl<W: Write> CsvTable<W> {
    /// Creates a table with these columns.
    ///
    /// # Errors
    ///
    /// [`TableError::Io`] if the header cannot be written, or no temporary file can be created.
    pub fn new(out: W, columns: &Columns) -> Result<Self, TableError> {
        let mut choices = columns.choices(&NESTED);
        let spread = columns.is_all() || choices.contains(&Choice::Field(METRICS));
        choices.retain(|choice| *choice != Choice::Field(METRICS));
        let way = if spread {
            let file = csv_writer()
                .flexible(true)
                .from_writer(tempfile::tempfile()?);
            let rows = Box::new(Waiting {
                file,
                numbers: HashMap::new(),
                more: false,
            });
            Way::Waiting { out, rows }
        } else {
            let mut out = csv_writer().from_writer(out);
            out.write_record(distinct(choices.iter().map(Choice::to_string)))?;
            Way::Straight(Box::new(out))
        };
        let absent = choices.iter().filter_map(|choice| match choice {
            Choice::Metric(name) => Some(name.clone()),
            _ => None,
        });
        let selected = Selected {
            absent: absent.collect(),
            ..Selected::default()
        };
        Ok(Self {
            without_column: columns.without_column(&choices),
            choices,
            columns: columns.clone(),
            row: ByteRecord::new(),
            leftovers: Leftovers::default(),
            is_formula_safe: false,
            selected,
            way,
        })
    }

    /// Adds an apostrophe before a cell that a spreadsheet would treat as a formula: one that begins with `=`, `+`,
    /// `-`, `@`, a tab or a carriage return, and is not a negative number. Other readers see the apostrophe.
    #[must_use]
    pub fn formula_safe(mut self) -> Self {
        self.is_formula_safe = true;
        self
    }

    /// Returns the selected metrics that no record has had so far, if records had others.
    #[must_use]
    pub fn report(&self) -> TableReport {
        let Selected { absent, found } = &self.selected;
        let absent = absent.iter().filter(|_| !found.is_empty());
        let absent = absent.map(|name| AbsentMetric {
            name: name.clone(),
            nearest: nearest(name, found.iter().map(String::as_str)).map(str::to_owned),
        });
        TableReport {
            absent_metrics: absent.collect(),
            ..TableReport::default()
        }
    }

    /// Adds a row for the record.
    ///
    /// # Errors
    ///
    /// [`TableError::NotAnObject`], after which further records can be written, or [`TableError::Io`].
    pub fn write(&mut self, record: &str) -> Result<(), TableError> {
        let object = Object::read(record, &CONVERSATION).ok_or(TableError::NotAnObject)?;
        let (metrics, odd) = match metrics::read(object.cells[METRICS]) {
            Cell::Value(metrics) => (metrics, None),
            Cell::Mismatch => (Vec::new(), object.cells[METRICS]),
            Cell::Empty | Cell::Part(_) | Cell::Rounded(_) => (Vec::new(), None),
        };
        self.selected.note(&metrics);
        self.fixed(&object, &metrics, odd);
        let is_safe = self.is_formula_safe;
        match &mut self.way {
            Way::Straight(out) => out.write_byte_record(&self.row)?,
            Way::Waiting { rows, .. } => {
                let metrics = metrics.into_iter().filter(|metric| {
                    let is_selected = |choice: &Choice| matches!(choice, Choice::Metric(name) if *name == metric.name);
                    !self.choices.iter().any(is_selected)
                });
                rows.add(&mut self.row, metrics, is_safe)?;
            }
        }
        Ok(())
    }

    /// Writes the buffered rows, and returns the output.
    ///
    /// # Errors
    ///
    /// [`TableError::Io`].
    pub fn finish(self) -> Result<W, TableError> {
        let out = match self.way {
            Way::Straight(out) => *out,
            Way::Waiting { out, rows } => {
                rows.spread(csv_writer().from_writer(out), &self.choices)?
            }
        };
        out.into_inner()
            .map_err(|error| TableError::Io(error.into_error()))
    }

    /// Writes the cells that every row has; `odd` is a field `metrics` that contains no metrics.
    fn fixed(
        &mut self,
        object: &Object<'_, { CONVERSATION.len() }>,
        metrics: &[Metric<'_>],
        odd: Option<&RawValue>,
    ) {
        self.row.clear();
        let local = match cell::time(object.cells[STARTED_AT]) {
            Cell::Value(micros) | Cell::Rounded(micros) => {
                local_time::date_and_hour(micros, self.columns.zone())
            }
            _ => None,
        };
        for choice in &self.choices {
            let text: Cow<'_, str> = match choice {
                Choice::Field(index) => {
                    text_cell::text(CONVERSATION[*index].kind, object.cells[*index])
                }
                Choice::Direction => {
                    let reported = self.columns.reported_direction(&object.cells);
                    match (cell::text(reported), cell::text(object.cells[ID])) {
                        (Cell::Value(reported), _) => reported,
                        (_, Cell::Value(id)) => direction(&id).unwrap_or_default().into(),
                        _ => "".into(),
                    }
                }
                Choice::LocalDate => local
                    .map_or_else(String::new, |(date, _)| date.to_string())
                    .into(),
                Choice::LocalHour => local
                    .map_or_else(String::new, |(_, hour)| hour.to_string())
                    .into(),
                Choice::Metric(name) => {
                    let metric = metrics.iter().find(|metric| metric.name == *name);
                    metric.map_or(Cow::Borrowed(""), |metric| {
                        text_cell::joined(metric.values.to_vec())
                    })
                }
                Choice::Extra => {
                    for (key, value) in &object.others {
                        self.leftovers.add(key, value);
                    }
                    for index in &self.without_column {
                        if let Some(raw) = object.cells[*index] {
                            self.leftovers.add(CONVERSATION[*index].name, raw);
                        }
                    }
                    if let Some(odd) = odd {
                        self.leftovers.add(CONVERSATION[METRICS].name, odd);
                    }
                    let row = &mut self.row;
                    self.leftovers
                        .drain(|extra| row.push_field(extra.unwrap_or_default().as_bytes()));
                    continue;
                }
            };
            let text = if self.is_formula_safe {
                text_cell::without_formula(text)
            } else {
                text
            };
            self.row.push_field(text.as_bytes());
        }
    }
}

impl Selected {
    fn note(&mut self, metrics: &[Metric<'_>]) {
        if self.absent.is_empty() {
            return;
        }
        for metric in metrics {
            self.absent.retain(|name| *name != metric.name);
            if self.found.len() < MAX_METRICS && !self.found.contains(&*metric.name) {
                self.found.insert(metric.name.clone().into_owned());
            }
        }
    }
}

/// Returns the names, each with a number appended if it differs from an earlier one only in case.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let number = |name: String| {
        let mut own = name.clone();
        let mut number = 2;
        while !taken.insert(own.to_lowercase()) {
            own = format!("{name}_{number}");
            number += 1;
        }
        own
    };
    names.map(number).collect()
}

impl Waiting {
    fn add<'m>(
        &mut self,
        row: &mut ByteRecord,
        metrics: impl Iterator<Item = Metric<'m>>,
        is_formula_safe: bool,
    ) -> Result<(), TableError> {
        for metric in metrics {
            let mut value = text_cell::joined(metric.values.to_vec());
            if is_formula_safe {
                value = text_cell::without_formula(value);
            }
            let number = match self.numbers.get(&*metric.name) {
                Some(number) => *number,
                None if self.numbers.len() < MAX_METRICS => {
                    let number = self.numbers.len();
                    self.numbers
                        .insert(metric.name.clone().into_owned(), number);
                    number
                }
                None => {
                    self.more = true;
                    row.push_field(MORE.as_bytes());
                    row.push_field(metric.name.as_bytes());
                    row.push_field(value.as_bytes());
                    continue;
                }
            };
            row.push_field(number.to_string().as_bytes());
            row.push_field(value.as_bytes());
        }
        // An empty row would be an empty line, which the reader skips.
        row.push_field(b".");
        self.file.write_byte_record(row)?;
        Ok(())
    }

    fn spread<W: Write>(
        self,
        mut out: csv::Writer<W>,
        choices: &[Choice],
    ) -> Result<csv::Writer<W>, TableError> {
        use std::io::{Seek as _, SeekFrom};

        let mut names: Vec<_> = self.numbers.into_iter().collect();
        names.sort_unstable();
        let mut column_of = vec![0; names.len()];
        for (column, (_, number)) in names.iter().enumerate() {
            column_of[*number] = column;
        }
        let header = choices.iter().map(Choice::to_string);
        let header = header.chain(names.iter().map(|(name, _)| format!("metric_{name}")));
        out.write_record(distinct(header.chain(self.more.then(|| MORE.to_owned()))))?;

        let mut file = self
            .file
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(file);
        let mut row = ByteRecord::new();
        let mut cells: Vec<(usize, usize)> = Vec::new();
        while rows.read_byte_record(&mut row)? {
            cells.clear();
            cells.resize(names.len(), (0, 0));
            let mut more = serde_json::Map::new();
            let mut at = choices.len();
            while at + 1 < row.len() {
                if &row[at] == MORE.as_bytes() {
                    let text = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
                    more.insert(text(at + 1), text(at + 2).into());
                    at += 3;
                    continue;
                }
                let number: usize = str::from_utf8(&row[at])
                    .ok()
                    .and_then(|number| number.parse().ok())
                    .ok_or_else(|| std::io::Error::other("the temporary file was changed"))?;
                cells[column_of[number]] = (at + 1, 1);
                at += 2;
            }
            for fixed in 0..choices.len() {
                out.write_field(&row[fixed])?;
            }
            for (at, there) in &cells {
                out.write_field(if *there == 1 { &row[*at] } else { b"" })?;
            }
            if self.more {
                let json = serde_json::Value::Object(more);
                let empty = json.as_object().is_none_or(serde_json::Map::is_empty);
                out.write_field(if empty {
                    String::new()
                } else {
                    json.to_string()
                })?;
            }
            out.write_record(None::<&[u8]>)?;
        }
        Ok(out)
    }
}
