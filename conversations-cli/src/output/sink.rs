//! [`Sink`]: writes records to an output in the requested format.

use std::io;

use clap::ValueEnum;
use conversations_api_ext::{Record, Redaction};
#[cfg(feature = "parquet")]
use conversations_table::ParquetTable;
use conversations_table::{Columns, CsvTable, CsvTurns, TableError, TableReport};

use super::{Compression, Compressor, Output, ResumePoint};

const TAKEN: &str = "is only away while a note is made, and a note that fails ends the sink";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Jsonl,
    Csv,
    Parquet,
}

/// The format and options in which records are written.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// Write one row per turn; CSV only.
    pub(crate) turns: bool,
    /// Escape cells that a spreadsheet would interpret as formulas; CSV only.
    pub(crate) csv_safe: bool,
    pub(crate) columns: Columns,
    pub(crate) compression: Compression,
    /// The redaction, if any.
    pub(crate) redaction: Option<Redaction>,
}

/// Writes records in one format.
pub(crate) struct Sink {
    redaction: Option<Redaction>,
    encoder: Encoder,
}

enum Encoder {
    /// Compressed as independent members, so that a resumed run can append.
    Lines {
        packed: Option<Compressor<Output>>,
        compression: Compression,
    },
    Csv(CsvTable<Compressor<Output>>),
    Turns(Box<CsvTurns<Compressor<Output>>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetTable<Output>>),
}

impl Sink {
    pub(crate) fn new(output: Output, layout: &Layout) -> Result<Self, TableError> {
        Ok(Self {
            redaction: layout.redaction.clone(),
            encoder: Encoder::new(output, layout)?,
        })
    }

    pub(crate) fn write(&mut self, record: &str) -> Result<(), TableError> {
        let Some(redaction) = &self.redaction else {
            return self.encoder.write(record);
        };
        let masked = redaction
            .json(record)
            .map_err(|_| TableError::NotAnObject)?;
        self.encoder.write(&masked)
    }

    /// Writes a record as received. It is already valid UTF-8, so a JSONL line is not validated again.
    pub(crate) fn write_record(&mut self, record: &Record) -> Result<(), TableError> {
        match &mut self.encoder {
            Encoder::Lines { packed, .. } if self.redaction.is_none() => {
                let out = packed.as_mut().expect(TAKEN);
                Ok(write_line(out, record.raw_bytes())?)
            }
            _ => self.write(record.raw()),
        }
    }

    /// Copies the rows of an earlier table whose ids `keep` accepts, and returns their number. Parquet only: the
    /// other formats copy nothing.
    pub(crate) fn copy_rows(
        &mut self,
        table: bytes::Bytes,
        keep: impl Fn(&str) -> bool,
    ) -> Result<usize, TableError> {
        match &mut self.encoder {
            #[cfg(feature = "parquet")]
            Encoder::Parquet(out) => out.copy_rows(table, keep),
            Encoder::Lines { .. } | Encoder::Csv(_) | Encoder::Turns(_) => {
                drop((table, keep));
                Ok(0)
            }
        }
    }

    /// Stores a resume point at the current position. JSONL only: the other formats are complete or absent.
    pub(crate) fn note(&mut self, resume_point: ResumePoint) -> io::Result<()> {
        if let Encoder::Lines {
            packed,
            compression,
        } = &mut self.encoder
        {
            let mut output = packed.take().expect(TAKEN).finish()?;
            output.note(resume_point)?;
            *packed = Some(Compressor::new(output, *compression)?);
        }
        Ok(())
    }

    /// Returns which values the table could not hold exactly so far.
    pub(crate) fn report(&self) -> TableReport {
        match &self.encoder {
            Encoder::Csv(table) => table.report(),
            #[cfg(feature = "parquet")]
            Encoder::Parquet(table) => table.report(),
            Encoder::Lines { .. } | Encoder::Turns(_) => TableReport::default(),
        }
    }

    /// Completes the format. The output itself must still be finished.
    pub(crate) fn finish(self) -> Result<Output, TableError> {
        Ok(match self.encoder {
            Encoder::Lines { packed, .. } => packed.expect(TAKEN).finish()?,
            Encoder::Csv(table) => table.finish()?.finish()?,
            Encoder::Turns(table) => table.finish()?.finish()?,
            #[cfg(feature = "parquet")]
            Encoder::Parquet(table) => table.finish()?,
        })
    }
}

impl Encoder {
    fn new(output: Output, layout: &Layout) -> Result<Self, TableError> {
        let columns = &layout.columns;
        #[cfg(feature = "parquet")]
        if layout.format == Format::Parquet {
            return Ok(Self::Parquet(Box::new(ParquetTable::new(output, columns)?)));
        }
        let packed = Compressor::new(output, layout.compression)?;
        Ok(match layout.format {
            Format::Csv if layout.turns => {
                let table = CsvTurns::new(packed)?;
                let is_safe = layout.csv_safe;
                Self::Turns(Box::new(if is_safe { table.formula_safe() } else { table }))
            }
            Format::Csv => {
                let table = CsvTable::new(packed, columns)?;
                let is_safe = layout.csv_safe;
                Self::Csv(if is_safe { table.formula_safe() } else { table })
            }
            Format::Jsonl | Format::Parquet => Self::Lines {
                packed: Some(packed),
                compression: layout.compression,
            },
        })
    }

    fn write(&mut self, record: &str) -> Result<(), TableError> {
        match self {
            Self::Lines { packed, .. } => {
                let out = packed.as_mut().expect(TAKEN);
                Ok(write_line(out, record.as_bytes())?)
            }
            Self::Csv(table) => table.write(record),
            Self::Turns(table) => table.write(record),
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.write(record),
        }
    }
}

/// Writes one record as one line. JSON allows line breaks only between tokens, so those of a pretty-printed record
/// are removed.
fn write_line(out: &mut impl io::Write, record: &[u8]) -> io::Result<()> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if memchr::memchr2(b'\n', b'\r', record).is_some() {
        for part in record.split(is_end) {
            out.write_all(part)?;
        }
    } else {
        out.write_all(record)?;
    }
    out.write_all(b"\n")
}
