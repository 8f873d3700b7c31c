//! [`Pages`]: the results of a query as a stream of pages.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Instant,
};

use futures_core::{FusedStream, Stream};

use crate::{
    Checkpoint, Clock, Error, Page,
    client::endpoint::{Endpoint, Origin},
    client::runtime,
    pager::checkpoint::ResumePoint,
    pager::position::Position,
    pager::{FetchedPage, Items, Pager},
    query::Spec,
    response::ClientInner,
    stream::{deadline::Deadline, exclusive},
};

/// A stream of the pages of a query, from [`Client::pages`](crate::Client::pages).
///
/// A `Stream` of `Result<Page, Error>`; [`next_page`](Self::next_page) works without the trait. A page is requested
/// when the stream is polled, without prefetching, and is buffered whole: for large results prefer
/// [`Records`](crate::Records). Empty pages in the middle are returned as they are.
///
/// The stream ends after an error: the pages before it are valid, and the rest is missing. A page with an invalid
/// reference to the next page is returned first, then the [`Paging`](crate::ErrorKind::Paging) error.
///
/// Dropping the future of `next_page` loses no page: the next call continues the same request.
#[must_use = "streams do nothing unless polled"]
pub struct Pages {
    state: State,
    origin: Arc<Origin>,
    spec: Spec,
    /// The position of the next page, or of the page being fetched.
    resume_point: ResumePoint,
    clock: Arc<dyn Clock>,
    deadline: Option<Deadline>,
}

enum State {
    Idle(Box<Pager>, Position),
    /// In a mutex, so that the stream can be shared between threads.
    Fetching(Mutex<Step>),
    /// With the position to resume at, if it is not that of the last page.
    Failed(Error, Option<Position>),
    Done,
}

/// A page being fetched, and the state to enter once it has arrived.
type Step = Pin<Box<dyn Future<Output = (Result<Page, Error>, State)> + Send>>;

/// Fetches one page and determines the position of the next.
async fn step(mut pager: Box<Pager>, here: Position) -> (Result<Page, Error>, State) {
    let mut items = Items::new();
    match pager.page(&here, &mut items).await {
        Ok(Some(FetchedPage {
            metadata,
            again,
            next,
            ..
        })) => {
            let state = match next {
                Ok(Some(next)) => State::Idle(pager, next),
                Ok(None) => State::Done,
                Err(error) => State::Failed(error, Some(again)),
            };
            (Ok(Page { items, metadata }), state)
        }
        Ok(None) => unreachable!("a list takes everything"),
        Err(error) => (Err(error), State::Done),
    }
}

impl Pages {
    pub(crate) fn new(inner: Arc<ClientInner>, spec: Spec) -> Self {
        let (origin, clock) = (Arc::clone(&inner.origin), Arc::clone(&inner.clock));
        let state = match spec.check() {
            Ok(()) => State::Idle(Box::new(Pager::new(inner, spec.clone())), Position::Start),
            Err(error) => State::Failed(error, None),
        };
        Self {
            state,
            origin,
            spec,
            resume_point: ResumePoint::At(Position::Start),
            clock,
            deadline: None,
        }
    }

    /// Sets the time at which the stream ends with an error of the kind [`Timeout`](crate::ErrorKind::Timeout), whatever
    /// it is waiting for: see [`Records::deadline`](crate::Records::deadline). A page that is arriving then is not
    /// returned, and the [checkpoint](Self::checkpoint) resumes with it.
    #[doc(alias = "timeout")]
    #[doc(alias = "time_limit")]
    pub fn deadline(mut self, at: Instant) -> Self {
        let endpoint = Endpoint::new(Arc::clone(&self.origin), self.spec.version);
        self.deadline = Some(Deadline::new(at, endpoint));
        self
    }

    /// Resumes from a checkpoint instead of starting at the beginning.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the checkpoint belongs to another query, project or server,
    /// or if a page was already requested.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        self.resume_point = checkpoint.resume_point(&self.origin, &self.spec)?;
        self.state = match (self.state, &self.resume_point) {
            (State::Idle(pager, Position::Start), ResumePoint::At(here)) => {
                State::Idle(pager, here.clone())
            }
            (State::Idle(_, Position::Start), ResumePoint::End) => State::Done,
            (State::Failed(error, _), _) => State::Failed(error, None),
            _ => {
                return Err(super::already_started());
            }
        };
        Ok(self)
    }

    /// Returns the position after the last page that was returned.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.origin, &self.spec, self.resume_point.clone())
    }

    /// Returns the next page, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Any error that prevented the page from arriving; the stream has then ended.
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
        let this = &mut *self;
        if matches!(this.state, State::Idle(..) | State::Fetching(_))
            && let Some(deadline) = &mut this.deadline
            && let Poll::Ready(error) = deadline.poll(&*this.clock, context)
        {
            this.state = State::Failed(error, None);
        }
        loop {
            match mem::replace(&mut self.state, State::Done) {
                State::Idle(pager, here) => {
                    if let Err(error) = runtime::current() {
                        return Poll::Ready(Some(Err(error)));
                    }
                    self.state = State::Fetching(Mutex::new(Box::pin(step(pager, here))));
                }
                State::Fetching(mut fetch) => match exclusive(&mut fetch).as_mut().poll(context) {
                    Poll::Ready((page, state)) => {
                        match (&page, &state) {
                            (Ok(_), State::Idle(_, next) | State::Failed(_, Some(next))) => {
                                self.resume_point = ResumePoint::At(next.clone());
                            }
                            (Ok(_), State::Done) => self.resume_point = ResumePoint::End,
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
                State::Failed(error, _) => return Poll::Ready(Some(Err(error))),
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
            State::Failed(..) => "failed",
            State::Done => "done",
        };
        f.debug_struct("Pages")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
