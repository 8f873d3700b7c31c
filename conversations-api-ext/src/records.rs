//! [`Records`]: a query's answer, record by record.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{Error, Page, Pages, Record};

/// The records of a query, from [`Client::records`](crate::Client::records).
///
/// A `Stream` of `Result<Record, Error>`; [`next_record`](Self::next_record) does
/// without the trait.
///
/// An error of the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord)
/// concerns one record: the stream goes on after it, so a caller who can do
/// without that record just polls again. After any other error the stream has
/// ended; every record that arrived before it has been given.
///
/// ```
/// # use conversations_api_ext::{Client, Error, ErrorKind, Query};
/// async fn ids(client: &Client) -> Result<Vec<String>, Error> {
///     let mut records = client.records(Query::v3());
///     let mut ids = Vec::new();
///     loop {
///         match records.next_record().await {
///             Ok(Some(record)) => ids.push(record.id().to_owned()),
///             Ok(None) => return Ok(ids),
///             Err(error) if error.kind() == ErrorKind::MalformedRecord => {
///                 eprintln!("left out: {error}");
///             }
///             Err(error) => return Err(error),
///         }
///     }
/// }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Records {
    pages: Pages,
    page: std::vec::IntoIter<Result<Record, Error>>,
    pages_read: u64,
    bytes_read: u64,
    outside_range: u64,
}

impl Records {
    pub(crate) fn new(pages: Pages) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
            pages_read: 0,
            bytes_read: 0,
            outside_range: 0,
        }
    }

    /// The next record, or `None` after the last.
    ///
    /// # Errors
    ///
    /// As described above: after a
    /// [`MalformedRecord`](crate::ErrorKind::MalformedRecord) there may be more.
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// How many pages have arrived.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        self.pages_read
    }

    /// The bytes of their bodies, after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// How many records were left out because they lie outside the time range:
    /// see [`Page::outside_range`].
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.outside_range
    }

    fn take(&mut self, page: Page) {
        self.pages_read += 1;
        self.bytes_read += page.body_len() as u64;
        self.outside_range += page.outside_range() as u64;
        self.page = page.into_iter();
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(item));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.take(page),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let here = self.page.len();
        (here, self.pages.is_terminated().then_some(here))
    }
}

impl FusedStream for Records {
    fn is_terminated(&self) -> bool {
        self.page.len() == 0 && self.pages.is_terminated()
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("pages", &self.pages)
            .field("pages_read", &self.pages_read)
            .field("bytes_read", &self.bytes_read)
            .field("outside_range", &self.outside_range)
            .finish_non_exhaustive()
    }
}
