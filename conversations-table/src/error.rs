//! [`TableError`]: why a table could not be written.

use std::io;

/// Why a table could not be written, or a record not be put into it. Holds no content of a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The record is not a JSON object. Nothing of it was written, and others may follow.
    #[error("the record is not a JSON object")]
    NotAnObject,
    /// A column was asked for that this form of table cannot have.
    #[error("{column} cannot be a column of a {table}: {instead}")]
    NoSuchColumn {
        /// The column.
        column: String,
        /// The form of table.
        table: &'static str,
        /// What to ask for instead.
        instead: &'static str,
    },
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The Parquet library refused, which for a sound output it never does.
    #[error("Parquet: {0}")]
    Parquet(#[source] parquet::errors::ParquetError),
}

impl TableError {
    /// Whether the record alone is at fault, so that the next one may be written.
    #[must_use]
    pub fn is_about_the_record(&self) -> bool {
        matches!(self, Self::NotAnObject)
    }
}

impl From<csv::Error> for TableError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(format!("{other:?}"))),
        }
    }
}

impl From<parquet::errors::ParquetError> for TableError {
    /// An error of the output comes back as it was, so that a full disk is told from a broken pipe.
    fn from(error: parquet::errors::ParquetError) -> Self {
        match error {
            parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => Self::Io(*error),
                Err(other) => Self::Parquet(parquet::errors::ParquetError::External(other)),
            },
            other => Self::Parquet(other),
        }
    }
}
