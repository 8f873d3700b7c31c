//! [`Partition`]: the folder of the table that a record belongs to.

use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

/// One `date=…` folder of the table. Sorted by date, with the undated first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Partition {
    /// Records without a readable `started_at`.
    Unknown,
    /// Records that started on this day in UTC.
    Day(NaiveDate),
}

impl Partition {
    /// Returns the day; `None` for the undated records.
    pub(crate) const fn date(self) -> Option<NaiveDate> {
        match self {
            Self::Unknown => None,
            Self::Day(date) => Some(date),
        }
    }
}

impl From<NaiveDate> for Partition {
    fn from(date: NaiveDate) -> Self {
        Self::Day(date)
    }
}

impl Serialize for Partition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Day(date) => date.fmt(f),
        }
    }
}
