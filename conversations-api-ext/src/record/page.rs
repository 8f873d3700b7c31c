//! [`Page`]: one response, taken apart.

use std::{fmt, time::Duration};

use reqwest::header::HeaderMap;

use crate::{
    Error, Record,
    pager::{Facts, Items},
};

/// One response of the API: its records and what is worth knowing about it.
///
/// Iterating gives the records in the order of the response; a record without a
/// usable id is an [`Error`] in its place
/// ([`MalformedRecord`](crate::ErrorKind::MalformedRecord)). Records outside the
/// time range that was asked for are left out and
/// [counted](Self::outside_range).
///
/// ```
/// # use conversations_api_ext::{Error, Page};
/// fn ids(page: Page) -> Result<Vec<String>, Error> {
///     page.into_iter().map(|record| Ok(record?.id().to_owned())).collect()
/// }
/// ```
pub struct Page {
    pub(crate) items: Items,
    pub(crate) facts: Facts,
}

impl Page {
    /// The records that could be read.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.items.iter().flatten()
    }

    /// An error for each record that could not.
    pub fn malformed(&self) -> impl Iterator<Item = &Error> {
        self.items.iter().filter_map(|item| item.as_ref().err())
    }

    /// How many items iterating gives, malformed ones included. A page may be
    /// empty though others follow.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether iterating gives nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many records the server sent although they started before the range
    /// that was asked for, at its end, or after it. They are not among the items.
    #[must_use]
    pub fn outside_range(&self) -> usize {
        self.facts.outside_range
    }

    /// How many records the server sent although an earlier page, or this one, had them already. They are
    /// not among the items. By offset, where pages overlap on purpose, those of the overlap do not count.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        self.facts.duplicates
    }

    /// Which page of its stream this is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.facts.number
    }

    /// The HTTP status: 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.facts.status
    }

    /// The id under which the vendor's support finds this request, from the
    /// header `X-PolyAI-Correlation-Id`.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.facts.correlation_id.as_deref()
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.facts.headers
    }

    /// How often the page was asked for until it came: 1 unless something went wrong on the way.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.facts.attempts
    }

    /// The cursor of the next page, opaque; `None` at the end and on servers
    /// that page by offset.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.facts.cursor.as_deref()
    }

    /// The offset of the next page, if the server gave one.
    #[must_use]
    pub fn next_offset(&self) -> Option<u64> {
        self.facts.next_offset
    }

    /// The time from sending the first request for it to the last byte of the body, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.facts.elapsed
    }

    /// The time from sending the request that succeeded to the head of its answer.
    #[must_use]
    pub fn first_byte(&self) -> Duration {
        self.facts.first_byte
    }

    /// The length of the body in bytes, after decompression.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.facts.body_len
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
            .field("number", &self.facts.number)
            .field("status", &self.facts.status)
            .field("items", &self.items.len())
            .field("outside_range", &self.facts.outside_range)
            .field("duplicates", &self.facts.duplicates)
            .field("attempts", &self.facts.attempts)
            .field("correlation_id", &self.facts.correlation_id)
            .field("has_cursor", &self.facts.cursor.is_some())
            .field("next_offset", &self.facts.next_offset)
            .field("elapsed", &self.facts.elapsed)
            .field("body_len", &self.facts.body_len)
            .finish()
    }
}
