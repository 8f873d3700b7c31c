//! The counters of a parallel fetch.

use std::collections::HashSet;

use super::{Parallel, window::Window};
use crate::Records;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) windows: u64,
    pub(super) duplicates: u64,
    conflicts: u64,
    pages: u64,
    bytes: u64,
    /// The ids outside the range: several windows may return the same one.
    outside_range: HashSet<u64>,
    started_over: bool,
    retries: u64,
}

impl Counts {
    /// Adds the counters of a window that is complete or abandoned.
    pub(super) fn add(&mut self, records: &Records) {
        self.pages += records.pages_read();
        self.bytes += records.bytes_read();
        self.retries += records.retries();
        self.outside_range.extend(records.outside_ids());
        self.started_over |= records.started_over();
        self.duplicates += records.duplicates();
        self.conflicts += records.conflicts();
    }
}

impl Parallel {
    /// Returns the number of windows that were read to the end.
    #[must_use]
    pub fn windows_read(&self) -> u64 {
        self.counts.windows
    }

    /// Returns the number of pages whose records were all returned, and the number abandoned because their range was
    /// split. Changes whenever the [checkpoint](Self::checkpoint) does.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        match &self.reached {
            Some((pages, _)) => *pages,
            None => self.pages_given(),
        }
    }

    pub(super) fn pages_given(&self) -> u64 {
        let first = self.open.front().map_or(0, Window::pages_given);
        self.counts.pages + first
    }

    /// Returns the size of the pages of windows that ended or were abandoned, in bytes after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes
    }

    /// Returns whether a [resumed](Self::resume) fetch started a window over, because its list has changed too much
    /// since the checkpoint was taken. It then repeats earlier records, as described for
    /// [`Checkpoint`](crate::Checkpoint).
    #[must_use]
    pub fn started_over(&self) -> bool {
        let mut open = self.open.iter();
        self.counts.started_over || open.any(|window| window.records.started_over())
    }

    /// Returns the number of records that started outside the requested range.
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.counts.outside_range.len() as u64
    }

    /// Returns the number of records that the server sent again.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// Returns the number of duplicates whose content differs from the record that was returned: see
    /// [`Page::conflicts`](crate::Page::conflicts).
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.counts.conflicts
    }

    /// Returns the number of requests that were retries.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries
    }
}
