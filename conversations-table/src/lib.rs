//! Writes records of PolyAI conversations as tables.
//!
//! A record is the JSON of one conversation as sent by the Conversations API.
//!
//! | table | one row per | for |
//! |---|---|---|
//! | [`CsvTable`] | conversation | spreadsheets, and anything that reads CSV |
//! | [`CsvTurns`] | turn | reading what was said, in order |
//! | [`ParquetTable`] | conversation, with its turns nested | DuckDB, Spark, Trino, BigQuery |
//!
//! Tables are written while records arrive, and tolerate what servers send beyond their document: see [`Columns`] for
//! the handling of undocumented fields.

// Typed cells and the parser of lists serve only the Parquet table. The default features still find dead code.
#![cfg_attr(not(feature = "parquet"), allow(dead_code))]

// Compiles the example in the README as a doctest.
#[cfg(all(doctest, feature = "parquet"))]
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
#[cfg(feature = "parquet")]
mod parquet;
mod report;
mod text_cell;
mod texts;

pub use chrono_tz::Tz;
pub use columns::{Columns, InvalidColumn, direction};
pub use csv_table::CsvTable;
pub use csv_turns::CsvTurns;
pub use error::TableError;
pub use nearest::nearest;
#[cfg(feature = "parquet")]
pub use parquet::ParquetTable;
pub use report::{AbsentMetric, TableReport};
