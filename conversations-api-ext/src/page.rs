//! [`Page`]: one response, taken apart.

use std::{fmt, time::Duration};

use crate::{Error, Record};

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
    pub(crate) items: Vec<Result<Record, Error>>,
    pub(crate) number: u64,
    pub(crate) status: u16,
    pub(crate) correlation_id: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) next_offset: Option<u64>,
    pub(crate) elapsed: Duration,
    pub(crate) body_len: usize,
    pub(crate) outside_range: usize,
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
        self.outside_range
    }

    /// Which page of its stream this is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The HTTP status: 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The id under which the vendor's support finds this request, from the
    /// header `X-PolyAI-Correlation-Id`.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The cursor of the next page, opaque; `None` at the end and on servers
    /// that page by offset.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The offset of the next page, if the server gave one.
    #[must_use]
    pub fn next_offset(&self) -> Option<u64> {
        self.next_offset
    }

    /// The time from sending the request to the last byte of the body.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The length of the body in bytes, after decompression.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.body_len
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
            .field("number", &self.number)
            .field("status", &self.status)
            .field("items", &self.items.len())
            .field("outside_range", &self.outside_range)
            .field("correlation_id", &self.correlation_id)
            .field("has_cursor", &self.cursor.is_some())
            .field("next_offset", &self.next_offset)
            .field("elapsed", &self.elapsed)
            .field("body_len", &self.body_len)
            .finish()
    }
}
