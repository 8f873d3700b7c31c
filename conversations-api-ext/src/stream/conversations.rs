//! [`Conversations`]: the results of a query as a stream of typed conversations.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use futures_core::{FusedStream, Stream};

use crate::{Checkpoint, Conversation, Error, Records};

/// A stream of the typed conversations of a query, from [`Client::conversations`](crate::Client::conversations).
///
/// A `Stream` of `Result<Conversation, Error>`; [`next_conversation`](Self::next_conversation) works without the
/// trait. Errors are handled as in [`Records`]: a record that does not fit the typed form is an error of the kind
/// [`MalformedRecord`](crate::ErrorKind::MalformedRecord) with the bytes of the record, and the stream continues after
/// it.
#[must_use = "streams do nothing unless polled"]
#[derive(Debug)]
pub struct Conversations {
    records: Records,
}

impl Conversations {
    pub(crate) fn new(records: Records) -> Self {
        Self { records }
    }

    /// Returns the next conversation, or `None` after the last.
    ///
    /// # Errors
    ///
    /// See the type's documentation: after a [`MalformedRecord`](crate::ErrorKind::MalformedRecord) there may be more.
    pub async fn next_conversation(&mut self) -> Result<Option<Conversation>, Error> {
        crate::stream::next_item(self).await
    }

    /// Resumes from a checkpoint instead of starting at the beginning: see [`Records::resume`].
    ///
    /// # Errors
    ///
    /// As [`Records::resume`].
    pub fn resume(self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        let records = self.records.resume(checkpoint)?;
        Ok(Self { records })
    }

    /// Sets the time at which the stream ends with an error: see [`Records::deadline`].
    pub fn deadline(self, at: Instant) -> Self {
        let records = self.records.deadline(at);
        Self { records }
    }

    /// Returns the position to resume from: see [`Records::checkpoint`].
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.records.checkpoint()
    }

    /// Collects the next conversations, at most `count`; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`Records::collect_up_to`].
    pub async fn collect_up_to(&mut self, count: usize) -> Result<Vec<Conversation>, Error> {
        crate::stream::up_to(self, count).await
    }

    /// Returns the underlying record stream, for its counters.
    pub fn records(&self) -> &Records {
        &self.records
    }
}

impl Stream for Conversations {
    type Item = Result<Conversation, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let record = ready!(Pin::new(&mut self.records).poll_next(context));
        Poll::Ready(record.map(|record| record.and_then(|record| record.decode())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}

impl FusedStream for Conversations {
    fn is_terminated(&self) -> bool {
        self.records.is_terminated()
    }
}
