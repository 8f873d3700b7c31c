//! [`Skipping`]: a stream that goes on without the records that are malformed.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{Conversations, Error, Parallel, ProjectRecords, Records};

/// A stream without the errors of single records: what is left of [`Records`], [`Conversations`],
/// [`Parallel`] or [`ProjectRecords`] after `skip_malformed` or `skip_malformed_with`.
///
/// There are three ways to deal with a record that is malformed:
///
/// - **stop** at it: use the stream as it is, and `?`;
/// - **skip and collect**: `skip_malformed`, which [counts](Self::skipped) them all and
///   [keeps](Self::errors) the first thousand;
/// - **a callback**: `skip_malformed_with`, which hands each error over, with the bytes of its record.
///
/// Errors of any other kind come as before.
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
pub struct Skipping<S> {
    stream: S,
    skipped: u64,
    errors: Vec<Error>,
    callback: Option<Box<dyn FnMut(Error) + Send>>,
}

/// So many errors are kept at most.
const KEPT: usize = 1000;

impl<S> Skipping<S> {
    fn new(stream: S, callback: Option<Box<dyn FnMut(Error) + Send>>) -> Self {
        Self {
            stream,
            skipped: 0,
            errors: Vec::new(),
            callback,
        }
    }

    /// How many records have been skipped.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The errors of the first thousand of them, without the bytes of the records, which could be of any size.
    /// Empty if there is a callback.
    #[must_use]
    pub fn errors(&self) -> &[Error] {
        &self.errors
    }

    /// The stream underneath, for its counts and its checkpoint.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    fn skip(&mut self, error: Error) {
        self.skipped += 1;
        match &mut self.callback {
            Some(callback) => callback(error),
            None if self.errors.len() < KEPT => self.errors.push(error.without_record_bytes()),
            None => {}
        }
    }
}

impl<S, T> Skipping<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    /// The next record or conversation that is well-formed, or `None` after the last. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    ///
    /// Whatever the stream underneath gives, but for
    /// [`MalformedRecord`](crate::ErrorKind::MalformedRecord).
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        crate::stream::next_item(self).await
    }
}

impl<S, T> Stream for Skipping<S>
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

impl<S, T> FusedStream for Skipping<S>
where
    S: FusedStream<Item = Result<T, Error>> + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<S: fmt::Debug> fmt::Debug for Skipping<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skipping")
            .field("stream", &self.stream)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

/// The same two methods for every stream of single records.
macro_rules! can_skip {
    ($($stream:ident),*) => {$(
        impl $stream {
            /// Goes on without the records that are malformed, counting them and keeping their errors: see
            /// [`Skipping`].
            pub fn skip_malformed(self) -> Skipping<Self> {
                Skipping::new(self, None)
            }

            /// Goes on without the records that are malformed, and hands the error of each to `callback`: see
            /// [`Skipping`].
            pub fn skip_malformed_with(
                self,
                callback: impl FnMut(Error) + Send + 'static,
            ) -> Skipping<Self> {
                Skipping::new(self, Some(Box::new(callback)))
            }
        }
    )*};
}
can_skip!(Records, Conversations, Parallel, ProjectRecords);
