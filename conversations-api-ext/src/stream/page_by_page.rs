//! [`PageByPage`]: the results of a query page by page, with a checkpoint after each.

use std::{collections::VecDeque, mem};

use crate::{Checkpoint, Error, Record, Records};

/// The records of a query, fetched one page at a time, from [`Records::page_by_page`].
///
/// A page is requested only by [`next_page`](Self::next_page) or [`next_record`](Self::next_record). For programs that save each page and then the checkpoint after
/// it: after a crash, only the page in progress has to be fetched again.
///
/// It is not a `Stream`, because it has an end after each page that combinators would take for the end of the results.
///
/// ```
/// # use conversations_api_ext::{Checkpoint, Client, Error, Query, Record};
/// async fn store(client: &Client, save: impl Fn(&[Record], &Checkpoint)) -> Result<(), Error> {
///     let mut pages = client.records(Query::v3()).page_by_page();
///     while let Some(page) = pages.next_page().await? {
///         save(page.records(), page.checkpoint());
///     }
///     Ok(())
/// }
/// ```
#[must_use = "nothing is fetched before `next_page`"]
#[derive(Debug)]
pub struct PageByPage {
    records: Records,
    /// The records of a page whose `next_page` was dropped before the page was complete.
    received: VecDeque<Result<Record, Error>>,
}

/// The records of one page, and the checkpoint after it: from [`PageByPage::next_page`].
#[derive(Debug)]
pub struct RecordPage {
    records: Vec<Record>,
    malformed: Vec<Error>,
    checkpoint: Checkpoint,
}

impl PageByPage {
    pub(super) fn new(records: Records) -> Self {
        Self {
            records,
            received: VecDeque::new(),
        }
    }

    /// Resumes from a checkpoint instead of starting at the beginning: see [`Records::resume`].
    ///
    /// # Errors
    ///
    /// As [`Records::resume`].
    pub fn resume(self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        let records = self.records.resume(checkpoint)?;
        Ok(Self { records, ..self })
    }

    /// Returns the next page, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// Any error that prevented the page from arriving; the fetch has then ended, and the records of the incomplete page
    /// are not returned. Resuming from the last checkpoint fetches that page again. A malformed record is not an error
    /// here: [`RecordPage::malformed`] has it.
    pub async fn next_page(&mut self) -> Result<Option<RecordPage>, Error> {
        if self.is_done() {
            return Ok(None);
        }
        loop {
            match self.records.next_record().await {
                Ok(Some(record)) => self.received.push_back(Ok(record)),
                Ok(None) => return Ok(Some(self.page())),
                Err(error) if error.is_malformed_record() => self.received.push_back(Err(error)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the next record of the current page as soon as it arrives, or `None` at the end of the page; the next
    /// call requests the next page. [`is_done`](Self::is_done) tells the end of the last page from that of others.
    ///
    /// For pages that are too large to be held in memory.
    ///
    /// # Errors
    ///
    /// As [`Records::next_record`]: after a [`MalformedRecord`](crate::ErrorKind::MalformedRecord) there may be more.
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        if let Some(item) = self.received.pop_front() {
            return item.map(Some);
        }
        self.records.next_record().await
    }

    /// Returns the page whose records have all been received.
    fn page(&mut self) -> RecordPage {
        let mut page = RecordPage {
            records: Vec::with_capacity(self.received.len()),
            malformed: Vec::new(),
            checkpoint: self.checkpoint(),
        };
        for item in mem::take(&mut self.received) {
            match item {
                Ok(record) => page.records.push(record),
                Err(error) => page.malformed.push(error),
            }
        }
        page
    }

    /// Returns whether the last page has been returned.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.records.is_done()
    }

    /// Returns the position after the last complete page.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.records.checkpoint()
    }

    /// Returns the underlying record stream, for its counters.
    pub fn records(&self) -> &Records {
        &self.records
    }
}

impl RecordPage {
    /// Returns the records, in the order of the server. A page may be empty although others follow.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns the records without copying them.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Returns the errors of the malformed records.
    #[must_use]
    pub fn malformed(&self) -> &[Error] {
        &self.malformed
    }

    /// Returns the position after this page. Save it after the records.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}
