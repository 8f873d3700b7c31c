//! [`Fetch`]: reads the records of one environment, page by page or in several time windows concurrently.

use conversations_api_ext::{Checkpoint, Error, ErrorKind, Parallel, Record, Records};

use crate::failure::Failure;

/// A fetch in progress. Both variants return the records in server order.
pub(crate) enum Fetch {
    Pages(Box<Records>),
    Windows(Box<Parallel>),
}

impl Fetch {
    pub(crate) async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        match self {
            Self::Pages(records) => records.next_record().await,
            Self::Windows(windows) => windows.next_record().await,
        }
    }

    /// Returns the failure of this fetch. A request that is rejected after a page has arrived is rejected for its cursor,
    /// not for a filter of the user: the server failed, and the same command may succeed.
    pub(crate) fn failure(&self, error: &Error) -> Failure {
        let failure = Failure::of(error);
        if error.kind() == ErrorKind::BadRequest && self.pages_read() > 0 {
            return failure.of_server();
        }
        failure
    }

    /// Returns a checkpoint from which another run resumes without missing a record.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        match self {
            Self::Pages(records) => records.checkpoint(),
            Self::Windows(windows) => windows.checkpoint(),
        }
    }

    /// Returns the number of pages read. It changes whenever the checkpoint does.
    pub(crate) fn pages_read(&self) -> u64 {
        match self {
            Self::Pages(records) => records.pages_read(),
            Self::Windows(windows) => windows.pages_read(),
        }
    }

    /// Returns whether a resumed fetch started over, because the list has changed too much since.
    pub(crate) fn started_over(&self) -> bool {
        match self {
            Self::Pages(records) => records.started_over(),
            Self::Windows(windows) => windows.started_over(),
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

    pub(crate) fn conflicts(&self) -> u64 {
        match self {
            Self::Pages(records) => records.conflicts(),
            Self::Windows(windows) => windows.conflicts(),
        }
    }

    pub(crate) fn retries(&self) -> u64 {
        match self {
            Self::Pages(records) => records.retries(),
            Self::Windows(windows) => windows.retries(),
        }
    }
}
