//! [`Page`]: one decoded response.

use std::{fmt, time::Duration};

use reqwest::header::HeaderMap;

use crate::{
    Error, Record,
    pager::{Items, PageMetadata},
};

/// One response of the API: its records and metadata.
///
/// Iterating yields the records in the order of the response; a record without a usable id is an [`Error`]
/// ([`MalformedRecord`](crate::ErrorKind::MalformedRecord)) in its position. Records outside the requested time range
/// are skipped and [counted](Self::outside_range).
///
/// ```
/// # use conversations_api_ext::{Error, Page};
/// fn ids(page: Page) -> Result<Vec<String>, Error> {
///     page.into_iter().map(|record| Ok(record?.id().to_owned())).collect()
/// }
/// ```
pub struct Page {
    pub(crate) items: Items,
    pub(crate) metadata: PageMetadata,
}

impl Page {
    /// Iterates over the valid records.
    #[doc(alias = "items")]
    #[doc(alias = "iter")]
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.items.iter().flatten()
    }

    /// Iterates over the errors of the malformed records.
    pub fn malformed(&self) -> impl Iterator<Item = &Error> {
        self.items.iter().filter_map(|item| item.as_ref().err())
    }

    /// Returns the number of items, including malformed ones. An empty page may be followed by others.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether the page has no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the number of skipped records outside the requested time range: before its start, at its end, or later.
    #[must_use]
    pub fn outside_range(&self) -> usize {
        self.metadata.outside_range.len()
    }

    /// Returns the number of skipped records that an earlier page, or this one, already contained.
    ///
    /// With offset paging, where pages overlap on purpose, the records of the overlap do not count.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        self.metadata.duplicates
    }

    /// Returns the number of these duplicates whose content differs from that of the record that was returned.
    ///
    /// Only the records of this page and the one before are compared: the content of all would need memory for each.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.metadata.conflicts
    }

    /// Returns the number of the page in its stream, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.metadata.number
    }

    /// Returns the HTTP status: 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.metadata.status
    }

    /// Returns the correlation id from `X-PolyAI-Correlation-Id`, by which the vendor's support finds this request.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.metadata.correlation_id.as_deref()
    }

    /// Returns the headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.metadata.headers
    }

    /// Returns the number of attempts until the page arrived: 1 without retries.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.metadata.attempts
    }

    /// Returns the opaque cursor of the next page; `None` on the last page and with offset paging.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.metadata.cursor.as_deref()
    }

    /// Returns the offset of the next page, if the server sent one.
    #[must_use]
    pub fn next_offset(&self) -> Option<u64> {
        self.metadata.next_offset
    }

    /// Returns the time from sending the first request to the last byte of the body, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.metadata.elapsed
    }

    /// Returns the time from sending the successful request to its response headers.
    #[must_use]
    pub fn first_byte(&self) -> Duration {
        self.metadata.first_byte
    }

    /// Returns the length of the body in bytes, after decompression.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.metadata.body_len
    }
}

impl IntoIterator for Page {
    type Item = Result<Record, Error>;
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("number", &self.metadata.number)
            .field("status", &self.metadata.status)
            .field("items", &self.items.len())
            .field("outside_range", &self.metadata.outside_range.len())
            .field("duplicates", &self.metadata.duplicates)
            .field("conflicts", &self.metadata.conflicts)
            .field("attempts", &self.metadata.attempts)
            .field("correlation_id", &self.metadata.correlation_id)
            .field("has_cursor", &self.metadata.cursor.is_some())
            .field("next_offset", &self.metadata.next_offset)
            .field("elapsed", &self.metadata.elapsed)
            .field("body_len", &self.metadata.body_len)
            .finish()
    }
}
