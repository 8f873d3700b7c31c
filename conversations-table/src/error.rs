//! [`TableError`]: why a table could not be written.

use std::io;

/// The reason why a table or a record could not be written. Contains no content of a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The record is not a JSON object. Nothing of it was written, and other records can follow.
    #[error("the record is not a JSON object")]
    NotAnObject,
    /// The selected column is not available in this type of table.
    #[error("{column} cannot be a column of a {table}: {instead}")]
    NoSuchColumn {
        /// The column.
        column: String,
        /// The type of table.
        table: &'static str,
        /// What to select instead.
        instead: &'static str,
    },
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The Parquet library returned an error, which does not happen with a working output.
    #[cfg(feature = "parquet")]
    #[error("Parquet: {0}")]
    Parquet(#[source] parquet::errors::ParquetError),
}

impl TableError {
    /// Returns whether only the record is invalid, so that the next one can be written.
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

#[cfg(feature = "parquet")]
impl From<parquet::errors::ParquetError> for TableError {
    /// Returns an error of the output unchanged, so that a full disk can be distinguished from a broken pipe.
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
