//! [`SkipMalformed`]: a stream that skips malformed records.

use std::{
    fmt,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{Conversations, Error, Follow, Parallel, ProjectRecords, Records, stream::exclusive};

/// A stream that skips malformed records: the result of `skip_malformed` or `skip_malformed_with` on [`Records`],
/// [`Conversations`], [`Parallel`], [`ProjectRecords`] or [`Follow`].
///
/// There are three ways to handle a malformed record:
///
/// - **stop** at it: use the stream as it is, with `?`;
/// - **skip and collect**: `skip_malformed`, which [counts](Self::skipped) them all and [keeps](Self::errors) the
///   first thousand;
/// - **a callback**: `skip_malformed_with`, which passes on each error with the bytes of its record.
///
/// Errors of any other kind are returned unchanged.
///
/// ```
/// # use conversations_api_ext::{Client, Error, Query};
/// async fn ids(client: &Client) -> Result<Vec<String>, Error> {
///     let mut records = client.records(Query::v3()).skip_malformed();
///     let mut ids = Vec::new();
///     while let Some(record) = records.next().await? {
///         ids.push(record.id().to_owned());
///     }
///     for error in records.errors() {
///         eprintln!("left out: {error}");
///     }
///     Ok(ids)
/// }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct SkipMalformed<S> {
    stream: S,
    skipped: u64,
    errors: Vec<Error>,
    /// In a mutex, so that the stream can be shared between threads.
    callback: Option<Mutex<Callback>>,
}

type Callback = Box<dyn FnMut(Error) + Send>;

/// The maximum number of errors kept.
const KEPT: usize = 1000;

impl<S> SkipMalformed<S> {
    fn new(stream: S, callback: Option<Callback>) -> Self {
        Self {
            stream,
            skipped: 0,
            errors: Vec::new(),
            callback: callback.map(Mutex::new),
        }
    }

    /// Returns the number of records skipped; of [`Follow`], in all passes.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns the first thousand errors, without the bytes of the records, which could be of any size. Empty if there
    /// is a callback.
    #[must_use]
    pub fn errors(&self) -> &[Error] {
        &self.errors
    }

    /// Returns the underlying stream, for its counters and its checkpoint or state.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    fn skip(&mut self, error: Error) {
        self.skipped += 1;
        match &mut self.callback {
            Some(callback) => exclusive(callback)(error),
            None if self.errors.len() < KEPT => self.errors.push(error.without_record_bytes()),
            None => {}
        }
    }
}

impl<S, T> SkipMalformed<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    /// Returns the next well-formed record or conversation, or `None` after the last. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    ///
    /// Any error of the underlying stream except [`MalformedRecord`](crate::ErrorKind::MalformedRecord).
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        crate::stream::next_item(self).await
    }
}

impl<S, T> Stream for SkipMalformed<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.stream).poll_next(context)) {
                Some(Err(error)) if error.is_malformed_record() => self.skip(error),
                other => return Poll::Ready(other),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}

impl<S, T> FusedStream for SkipMalformed<S>
where
    S: FusedStream<Item = Result<T, Error>> + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<S: fmt::Debug> fmt::Debug for SkipMalformed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkipMalformed")
            .field("stream", &self.stream)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

/// Implements both methods for every stream of single records.
macro_rules! can_skip {
    ($($stream:ident),*) => {$(
        impl $stream {
            /// Skips malformed records, counting them and keeping their errors: see [`SkipMalformed`].
            pub fn skip_malformed(self) -> SkipMalformed<Self> {
                SkipMalformed::new(self, None)
            }

            /// Skips malformed records and passes the error of each to `callback`: see [`SkipMalformed`].
            pub fn skip_malformed_with(
                self,
                callback: impl FnMut(Error) + Send + 'static,
            ) -> SkipMalformed<Self> {
                SkipMalformed::new(self, Some(Box::new(callback)))
            }
        }
    )*};
}
can_skip!(Records, Conversations, Parallel, ProjectRecords, Follow);
