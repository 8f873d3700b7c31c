//! What a parallel fetch has counted.

use super::{Parallel, window::Window};
use crate::Records;

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) windows: u64,
    pub(super) duplicates: u64,
    pages: u64,
    bytes: u64,
    outside_range: u64,
    retries: u64,
}

impl Counts {
    /// Adds a window that is read no further.
    pub(super) fn add(&mut self, records: &Records) {
        self.pages += records.pages_read();
        self.bytes += records.bytes_read();
        self.retries += records.retries();
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

    /// How many pages have been read whose records were all given, and how many were given up because their range
    /// was split. Changes whenever the [checkpoint](Self::checkpoint) does.
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

    /// The bytes of the pages of windows that were read to their end, after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes
    }

    /// How many records the server sent that started outside the window that was requested.
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.counts.outside_range
    }

    /// How many records the server sent more than once.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// How many requests were retries.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries
    }
}
