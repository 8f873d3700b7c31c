//! [`Pages`]: a query's answer, page by page.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};

use crate::{
    Checkpoint, Error, Page,
    client::endpoint::Origin,
    pager::checkpoint::Place,
    pager::cursor::Position,
    pager::{Items, Walk, Walked},
    query::Spec,
    response::Link,
};

/// The pages of a query, from [`Client::pages`](crate::Client::pages).
///
/// A `Stream` of `Result<Page, Error>`; [`next_page`](Self::next_page) does
/// without the trait. A page is asked for when the stream is polled, none ahead, and held in memory as a
/// whole: for large answers prefer [`Records`](crate::Records).
/// Empty pages in the middle are given as they are.
///
/// After an error the stream has ended: what came before it is good, and the
/// rest is missing. A page whose reference to the next one leads nowhere is
/// given first, then the [`Paging`](crate::ErrorKind::Paging) error.
///
/// Dropping the future of `next_page` loses no page that was not
/// given yet: the next call goes on with the same request.
#[must_use = "streams do nothing unless polled"]
pub struct Pages {
    state: State,
    origin: Arc<Origin>,
    spec: Spec,
    /// The page that comes next, or is under way.
    place: Place,
}

enum State {
    Idle(Box<Walk>, Position),
    Fetching(Step),
    Failed(Error),
    Done,
}

/// A page under way, and the state to be in once it is there.
type Step = Pin<Box<dyn Future<Output = (Result<Page, Error>, State)> + Send>>;

/// Fetches one page and finds out what follows it.
async fn step(mut walk: Box<Walk>, here: Position) -> (Result<Page, Error>, State) {
    let mut items = Items::new();
    match walk.page(&here, &mut items).await {
        Ok(Some(Walked { facts, next })) => {
            let state = match next {
                Ok(Some(next)) => State::Idle(walk, next),
                Ok(None) => State::Done,
                Err(error) => State::Failed(error),
            };
            (Ok(Page { items, facts }), state)
        }
        Ok(None) => unreachable!("a list takes everything"),
        Err(error) => (Err(error), State::Done),
    }
}

impl Pages {
    pub(crate) fn new(link: Arc<Link>, spec: Spec) -> Self {
        let origin = Arc::clone(&link.origin);
        let state = match spec.check() {
            Ok(()) => State::Idle(Box::new(Walk::new(link, spec.clone())), Position::Start),
            Err(error) => State::Failed(error),
        };
        Self {
            state,
            origin,
            spec,
            place: Place::At(Position::Start),
        }
    }

    /// Goes on from a checkpoint instead of the beginning.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the checkpoint is of another query, project or
    /// server, or a page was asked for already.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        self.place = checkpoint.place(&self.origin, &self.spec)?;
        self.state = match (self.state, &self.place) {
            (State::Idle(walk, Position::Start), Place::At(here)) => {
                State::Idle(walk, here.clone())
            }
            (State::Idle(_, Position::Start), Place::End) => State::Done,
            (State::Failed(error), _) => State::Failed(error),
            _ => {
                return Err(Error::invalid(
                    "a stream that has begun cannot go on from elsewhere",
                    "resume before the first page is asked for",
                ));
            }
        };
        Ok(self)
    }

    /// The place after the last page that was given.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.origin, &self.spec, self.place.clone())
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
        crate::stream::next_item(self).await
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match mem::replace(&mut self.state, State::Done) {
                State::Idle(walk, here) => {
                    self.state = State::Fetching(Box::pin(step(walk, here)));
                }
                State::Fetching(mut fetch) => match fetch.as_mut().poll(context) {
                    Poll::Ready((page, state)) => {
                        match (&page, &state) {
                            (Ok(_), State::Idle(_, next)) => self.place = Place::At(next.clone()),
                            (Ok(_), State::Done) => self.place = Place::End,
                            _ => {}
                        }
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
