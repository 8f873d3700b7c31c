//! [`CsvTurns`]: a CSV table with one row per turn.

use std::io::Write;

use csv::ByteRecord;

use crate::{
    TableError,
    cell::{self, Cell},
    column::{CONVERSATION, ID, Kind, STARTED_AT, TURN, TURNS},
    columns::turn_columns,
    csv_table::csv_writer,
    object::{Leftovers, Object},
    text_cell,
};

/// Writes the turns of conversations as CSV: a header, then one row per turn.
///
/// The first columns are `conversation_id`, the conversation's `started_at` and `turn`, counted from 0; then the
/// fields of the turn, and `extra`, a JSON object of those that have no column. Cells have the same format as in
/// [`CsvTable`](crate::CsvTable). A conversation without turns has no row.
///
/// ```
/// use conversations_table::CsvTurns;
///
/// let mut table = CsvTurns::new(Vec::new())?;
/// table.write(r#"{"id":"CA1","turns":[{"user_input":"hello"},{"user_input":"a, b"}]}"#)?;
/// let text = String::from_utf8(table.finish()?)?;
/// let rows: Vec<_> = text.lines().collect();
/// assert!(rows[0].starts_with("conversation_id,started_at,turn,user_input,"));
/// assert!(rows[1].starts_with("CA1,,0,hello,"));
/// assert!(rows[2].starts_with("CA1,,1,\"a, b\","));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvTurns<W: Write> {
    out: csv::Writer<W>,
    row: ByteRecord,
    leftovers: Leftovers,
    is_formula_safe: bool,
}

impl<W: Write> CsvTurns<W> {
    /// Creates a table.
    ///
    /// # Errors
    ///
    /// [`TableError::Io`] if the header cannot be written.
    pub fn new(out: W) -> Result<Self, TableError> {
        let mut out = csv_writer().from_writer(out);
        out.write_record(turn_columns())?;
        Ok(Self {
            out,
            row: ByteRecord::new(),
            leftovers: Leftovers::default(),
            is_formula_safe: false,
        })
    }

    /// Adds an apostrophe before a cell that a spreadsheet would treat as a formula, as
    /// [`CsvTable::formula_safe`](crate::CsvTable::formula_safe) does.
    #[must_use]
    pub fn formula_safe(mut self) -> Self {
        self.is_formula_safe = true;
        self
    }

    /// Adds a row for each turn of the record. A turn that is not an object has only its JSON in `extra`.
    ///
    /// # Errors
    ///
    /// [`TableError::NotAnObject`], after which further records can be written, or [`TableError::Io`].
    pub fn write(&mut self, record: &str) -> Result<(), TableError> {
        let object = Object::read(record, &CONVERSATION).ok_or(TableError::NotAnObject)?;
        let Cell::Value(turns) = cell::items(object.cells[TURNS]) else {
            return Ok(());
        };
        let safe = |text| {
            if self.is_formula_safe {
                text_cell::without_formula(text)
            } else {
                text
            }
        };
        let id = safe(text_cell::text(Kind::Text, object.cells[ID]));
        let started_at = safe(text_cell::text(Kind::Time, object.cells[STARTED_AT]));
        for (number, turn) in turns.into_iter().enumerate() {
            self.row.clear();
            self.row.push_field(id.as_bytes());
            self.row.push_field(started_at.as_bytes());
            self.row.push_field(number.to_string().as_bytes());
            match Object::read(turn.get(), &TURN) {
                Some(turn) => {
                    for (column, raw) in TURN.iter().zip(turn.cells) {
                        let text = safe(text_cell::text(column.kind, raw));
                        self.row.push_field(text.as_bytes());
                    }
                    for (key, value) in &turn.others {
                        self.leftovers.add(key, value);
                    }
                }
                None => {
                    for _ in TURN {
                        self.row.push_field(b"");
                    }
                    self.leftovers.add("turn", turn);
                }
            }
            let row = &mut self.row;
            self.leftovers
                .drain(|extra| row.push_field(extra.unwrap_or_default().as_bytes()));
            self.out.write_byte_record(&self.row)?;
        }
        Ok(())
    }

    /// Flushes the table, and returns the output.
    ///
    /// # Errors
    ///
    /// [`TableError::Io`].
    pub fn finish(self) -> Result<W, TableError> {
        self.out
            .into_inner()
            .map_err(|error| TableError::Io(error.into_error()))
    }
}
