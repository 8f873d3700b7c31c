//! [`Fetch`]: the records of one environment, page after page or in several windows of time at once.

use chrono::{DateTime, Utc};
use conversations_api_ext::{Checkpoint, Error, Parallel, Record, Records};
use serde::{Deserialize, Serialize};

/// A place to go on from, in another run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mark {
    Page(Checkpoint),
    /// Every record that started before has been given.
    Time(DateTime<Utc>),
}

/// A fetch under way. Either way records come in the same order each time.
pub(crate) enum Fetch {
    Pages(Box<Records>),
    /// By their start.
    Windows(Box<Parallel>),
}

impl Fetch {
    pub(crate) async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        match self {
            Self::Pages(records) => records.next_record().await,
            Self::Windows(windows) => windows.next_record().await,
        }
    }

    /// Where another run would go on, so that it gives every record that has not been given. Moves from page to
    /// page, or from window to window.
    pub(crate) fn mark(&self) -> Mark {
        match self {
            Self::Pages(records) => Mark::Page(records.checkpoint()),
            Self::Windows(windows) => Mark::Time(windows.complete_before()),
        }
    }

    /// Changes whenever the mark does, and costs nothing.
    pub(crate) fn stage(&self) -> i64 {
        match self {
            Self::Pages(records) => records.pages_read().cast_signed(),
            Self::Windows(windows) => windows.complete_before().timestamp_micros(),
        }
    }

    pub(crate) fn pages_read(&self) -> u64 {
        match self {
            Self::Pages(records) => records.pages_read(),
            Self::Windows(windows) => windows.pages_read(),
        }
    }

    pub(crate) fn outside_range(&self) -> u64 {
        match self {
            Self::Pages(records) => records.outside_range(),
            Self::Windows(windows) => windows.outside_range(),
        }
    }

    pub(crate) fn duplicates(&self) -> u64 {
        match self {
            Self::Pages(records) => records.duplicates(),
            Self::Windows(windows) => windows.duplicates(),
        }
    }

    pub(crate) fn retries(&self) -> u64 {
        match self {
            Self::Pages(records) => records.retries(),
            Self::Windows(windows) => windows.retries(),
        }
    }
}
