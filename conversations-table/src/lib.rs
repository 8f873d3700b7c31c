//! Records of PolyAI conversations as tables.
//!
//! A record is the JSON of one conversation as the Conversations API sent it. It becomes a row of
//!
//! | table | a row is | for |
//! |---|---|---|
//! | [`CsvTable`] | a conversation | spreadsheets, and whatever reads CSV |
//! | [`CsvTurns`] | a turn | reading what was said, in order |
//! | [`ParquetTable`] | a conversation, with its turns nested | DuckDB, Spark, Trino, BigQuery |
//!
//! Tables are written while records arrive, and tolerate what servers send beyond their document: see
//! [`Columns`] for what becomes of a field that is not in it.

// The example of the README compiles as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod cell;
mod column;
mod columns;
mod csv_table;
mod csv_turns;
mod error;
mod local_time;
mod metrics;
mod nearest;
mod object;
mod parquet;
mod report;
mod text_cell;

pub use chrono_tz::Tz;
pub use columns::{Columns, InvalidColumn, direction};
pub use csv_table::CsvTable;
pub use csv_turns::CsvTurns;
pub use error::TableError;
pub use nearest::nearest;
pub use parquet::ParquetTable;
pub use report::{AbsentMetric, TableReport};
