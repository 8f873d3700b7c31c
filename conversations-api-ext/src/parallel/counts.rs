//! What a parallel fetch has counted.

use super::Parallel;
use crate::Records;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) windows: u64,
    pub(super) pages: u64,
    pub(super) bytes: u64,
    pub(super) outside_range: u64,
    pub(super) duplicates: u64,
    pub(super) retries: u64,
}

impl Counts {
    /// Adds what was read for a window.
    pub(super) fn read(&mut self, records: &Records) {
        self.pages += records.pages_read();
        self.bytes += records.bytes_read();
        self.retries += records.retries();
    }

    /// Adds what was left out of it.
    pub(super) fn left_out(&mut self, records: &Records) {
        self.outside_range += records.outside_range();
        self.duplicates += records.duplicates();
    }
}

impl Parallel {
    /// How many windows have been read to their end.
    #[must_use]
    pub fn windows_read(&self) -> u64 {
        self.counts.windows
    }

    /// How many pages they had.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        self.counts.pages
    }

    /// The bytes of these pages, after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes
    }

    /// How many records the server sent outside the window that was asked for.
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.counts.outside_range
    }

    /// How many records were left out because they had been given.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// How often a page had to be asked for again.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries
    }
}
