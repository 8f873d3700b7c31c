//! [`Pages`]: a query's answer, page by page.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};

use crate::{
    Error, Page, Retrieval,
    error::Answer,
    fetch::{Fetched, Link},
    paging::{Paging, Position},
    place::Place,
    query::Spec,
};

/// The pages of a query, from [`Client::pages`](crate::Client::pages).
///
/// A `Stream` of `Result<Page, Error>`; [`next_page`](Self::next_page) does
/// without the trait. A page is asked for when the stream is polled, none ahead.
/// Empty pages in the middle are given as they are.
///
/// After an error the stream has ended: what came before it is good, and the
/// rest is missing. A page whose reference to the next one leads nowhere is
/// given first, then the [`Paging`](crate::ErrorKind::Paging) error.
///
/// Dropping the future of `next_page`, or the stream, loses no page that was not
/// given yet: the next call goes on with the same request.
#[must_use = "streams do nothing unless polled"]
pub struct Pages {
    state: State,
}

enum State {
    Idle(Box<Walk>, Position),
    Fetching(Step),
    Failed(Error),
    Done,
}

/// A page under way, and the state to be in once it is there.
type Step = Pin<Box<dyn Future<Output = (Result<Page, Error>, State)> + Send>>;

/// What stays the same from page to page.
struct Walk {
    link: Arc<Link>,
    spec: Spec,
    paging: Paging,
    number: u64,
}

impl Walk {
    /// Fetches one page and finds out what follows it.
    async fn step(mut self: Box<Self>, here: Position) -> (Result<Page, Error>, State) {
        self.number += 1;
        let Fetched { page, cursor } = match self.link.fetch(&self.spec, &here, self.number).await {
            Ok(fetched) => fetched,
            Err(error) => return (Err(error), State::Done),
        };
        // Each request draws a sample of its own, so a second page would not continue the first.
        let state = if matches!(self.spec.retrieval, Retrieval::RandomSample { .. }) {
            State::Done
        } else {
            match self
                .paging
                .next(self.spec.version, &here, cursor, page.next_offset)
            {
                Ok(Some(next)) => State::Idle(self, next),
                Ok(None) => State::Done,
                Err(error) => State::Failed(self.astray(error, &page)),
            }
        };
        (Ok(page), state)
    }
}

impl Walk {
    /// Adds to a paging error which answer it came from.
    fn astray(&self, error: Error, page: &Page) -> Error {
        let place = Place::new(Arc::clone(&self.link.origin), self.spec.version);
        error.at(&place).with_answer(Answer {
            status: page.status,
            correlation_id: page.correlation_id.clone(),
            ..Answer::default()
        })
    }
}

impl Pages {
    pub(crate) fn new(link: Arc<Link>, spec: Spec) -> Self {
        let state = match spec.check() {
            Ok(()) => {
                let walk = Walk {
                    link,
                    spec,
                    paging: Paging::default(),
                    number: 0,
                };
                State::Idle(Box::new(walk), Position::Start)
            }
            Err(error) => State::Failed(error),
        };
        Self { state }
    }

    /// The next page, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Whatever stopped the page from arriving; the stream has ended with it.
    ///
    /// # Example
    ///
    /// ```
    /// # use conversations_api_ext::{Client, Error, Query};
    /// async fn count(client: &Client) -> Result<usize, Error> {
    ///     let mut pages = client.pages(Query::v3());
    ///     let mut count = 0;
    ///     while let Some(page) = pages.next_page().await? {
    ///         count += page.len();
    ///     }
    ///     Ok(count)
    /// }
    /// ```
    pub async fn next_page(&mut self) -> Result<Option<Page>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match mem::replace(&mut self.state, State::Done) {
                State::Idle(walk, here) => self.state = State::Fetching(Box::pin(walk.step(here))),
                State::Fetching(mut fetch) => match fetch.as_mut().poll(context) {
                    Poll::Ready((page, state)) => {
                        self.state = state;
                        return Poll::Ready(Some(page));
                    }
                    Poll::Pending => {
                        self.state = State::Fetching(fetch);
                        return Poll::Pending;
                    }
                },
                State::Failed(error) => return Poll::Ready(Some(Err(error))),
                State::Done => return Poll::Ready(None),
            }
        }
    }
}

impl FusedStream for Pages {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Idle(..) => "idle",
            State::Fetching(_) => "fetching",
            State::Failed(_) => "failed",
            State::Done => "done",
        };
        f.debug_struct("Pages")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
