//! [`Key`]: the order of the records of a day.

use conversations_api_ext::Record;
use serde::{Deserialize, Serialize};

/// The sort key of a record: its start in microseconds since 1970, then its id. Records without a readable start
/// come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) started: Option<i64>,
    pub(crate) id: String,
}

impl Key {
    #[cfg(test)]
    pub(crate) fn new(started: Option<i64>, id: &str) -> Self {
        let id = id.to_owned();
        Self { started, id }
    }

    pub(crate) fn of(record: &Record) -> Self {
        Self {
            started: record.started_at().map(|time| time.timestamp_micros()),
            id: record.id().to_owned(),
        }
    }
}
