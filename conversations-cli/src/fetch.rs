//! [`Fetch`]: the records of one environment, page after page or in several windows of time at once.

use conversations_api_ext::{Error, Parallel, Record, Records};

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
