//! [`Follow`]: the new and changed conversations of a query.

pub(crate) mod reread;
pub(crate) mod state;

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use futures_core::Stream;

use crate::{
    Error, FollowState, Record, Records, RereadPolicy, Retrieval, TimeRange,
    pager::checkpoint::{fingerprint, without_range},
    query::Spec,
    response::ClientInner,
    stream::exclusive,
};
use state::{Span, end_of};

/// A stream of the new and changed conversations of a query, from [`Client::follow`](crate::Client::follow).
///
/// A `Stream` of `Result<Change, Error>`; [`next_change`](Self::next_change) works without the trait. It has no end
/// unless [`once`](Self::once) is set. The API has no filter for changed conversations, so the stream reads recent days
/// again and again, and compares: each pass requests the days that may have changed, with one request a page, and the
/// next pass starts [a minute](Self::every) after it.
///
/// ```
/// use std::time::Duration;
///
/// # use conversations_api_ext::{Change, Client, Error, FollowState, Query, Record};
/// async fn keep_up(
///     client: &Client,
///     saved: Option<FollowState>,
///     store: impl Fn(&Record),
///     save: impl Fn(&FollowState),
/// ) -> Result<(), Error> {
///     let mut changes = client.follow(Query::v3(), Duration::from_secs(3 * 24 * 60 * 60))?;
///     if let Some(saved) = saved {
///         changes = changes.resume(saved)?;
///     }
///     // With `?` alone, a malformed record would stop this program at each start.
///     let mut changes = changes.skip_malformed_with(|error| eprintln!("left out: {error}"));
///     while let Some(change) = changes.next().await? {
///         store(change.record());
///         save(changes.get_ref().state());
///     }
///     Ok(())
/// }
/// ```
///
/// # What it covers
///
/// - A conversation that starts, or that is added by the server while its day is still read: [`Change::New`].
/// - A conversation whose JSON changes while its day is still read: [`Change::Updated`].
/// - Days are read again as [`RereadPolicy`] says, the policy of `conversations sync`: until they were read `look_back`
///   after their end, and while they have conversations in progress, up to 14 days. A day with malformed records is read
///   again until it has none, however old it is.
/// - A program that was stopped catches up: it reads the days since then, and those that were not final.
///
/// # What it does not
///
/// - A conversation that the server adds to or changes in a day that is final, and one that it deletes.
/// - Where a conversation was before: one that moves from a day that is final to another one is [`Change::New`] again.
/// - The versions in between: if a conversation changes twice between two passes, only the last version is returned.
///   A change may be noticed only by the second pass after it, because days are read page by page.
/// - An order: within a pass, conversations are in the order of the server.
///
/// # Restarts
///
/// Save the [state](Self::state) after the changes before it were stored. The next process
/// [resumes](Self::resume) from it, and returns no change twice whose state was saved. It loses none: a change that was
/// stored but whose state was not saved is returned again.
///
/// # Errors
///
/// An error of the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord) concerns one record, and the stream
/// continues with the next one; each pass returns the error again, until the server has mended the record. A program
/// that ends at it meets it again at its next start: [skip](Self::skip_malformed_with) such records. Any other error
/// ends the pass: to try again after the [interval](Self::every), poll again. Every error has been
/// [retried](crate::RetryPolicy) before.
#[must_use = "streams do nothing unless polled"]
pub struct Follow {
    inner: Arc<ClientInner>,
    spec: Spec,
    policy: RereadPolicy,
    interval: Duration,
    once: bool,
    state: FollowState,
    phase: Phase,
}

/// A conversation that a [`Follow`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// A conversation that was not known, or no longer. Store it by its id: it may be there.
    New(Record),
    /// A known conversation whose JSON has changed, in its new form.
    Updated(Record),
}

impl Change {
    /// Returns the conversation as it is now.
    #[must_use]
    pub fn record(&self) -> &Record {
        match self {
            Self::New(record) | Self::Updated(record) => record,
        }
    }

    /// Returns the conversation without copying it.
    #[must_use]
    pub fn into_record(self) -> Record {
        match self {
            Self::New(record) | Self::Updated(record) => record,
        }
    }
}

enum Phase {
    /// The next poll starts a pass.
    Idle,
    Reading(Pass),
    /// Until the next pass. In a mutex, so that the stream can be shared between threads.
    Waiting(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>),
    Done,
}

/// One reading of all due days.
struct Pass {
    /// When it began.
    now: DateTime<Utc>,
    spans: VecDeque<Span>,
    /// The records of the first span.
    records: Option<Box<Records>>,
    /// Whether malformed records were among them.
    has_malformed: bool,
    /// The ids of the records without a start.
    undated: BTreeSet<u64>,
}

const INTERVAL: Duration = Duration::from_secs(60);

/// As in `conversations sync`.
const SETTLE: TimeDelta = TimeDelta::hours(2);

/// The longest look-back, a hundred years: a longer one exceeds the range of dates.
const LONGEST: TimeDelta = TimeDelta::days(36_500);

impl Follow {
    pub(crate) fn new(
        inner: Arc<ClientInner>,
        spec: Spec,
        look_back: Duration,
    ) -> Result<Self, Error> {
        spec.check()?;
        if spec.retrieval != Retrieval::All {
            return Err(Error::invalid(
                "a search or a sample cannot be followed",
                "follow all conversations, and filter what arrives",
            ));
        }
        if spec.range().end().is_some() {
            return Err(Error::invalid(
                "the query ends at a time, and following it does not",
                "give its time range no end, or use `Client::records`",
            ));
        }
        let look_back = TimeDelta::from_std(look_back)
            .unwrap_or(LONGEST)
            .min(LONGEST);
        let start = spec.range().start();
        let start = start.unwrap_or_else(|| {
            let day = (inner.clock.utc_now() - look_back).date_naive();
            day.and_time(NaiveTime::MIN).and_utc()
        });
        let query = fingerprint(&inner.origin, &without_range(&spec));
        Ok(Self {
            state: FollowState::new(query, start),
            policy: RereadPolicy {
                settle: SETTLE,
                look_back,
            },
            inner,
            spec,
            interval: INTERVAL,
            once: false,
            phase: Phase::Idle,
        })
    }

    /// Sets the pause between two passes; one minute by default.
    #[doc(alias = "interval")]
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Ends the stream after one pass, or after an error that ends the pass: for a program that a scheduler starts.
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Resumes from a state instead of starting at the beginning.
    ///
    /// The start of the query's time range no longer counts: the state has that of the first process. So a program may
    /// give a start that moves, such as three days ago, and misses nothing that started while it was stopped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the state belongs to another query, project or server or was
    /// written by a later version of this crate, or if the stream was already polled.
    pub fn resume(mut self, state: FollowState) -> Result<Self, Error> {
        if !matches!(self.phase, Phase::Idle) {
            return Err(crate::stream::already_started());
        }
        if !state.is_readable() {
            return Err(Error::invalid(
                "the state was written by a later version of this crate",
                "use that version, or start from the beginning",
            ));
        }
        if state.query != self.state.query {
            return Err(Error::invalid(
                "the state is of another query, project or server",
                "resume with the query that it was taken of, time range aside; or start from the beginning",
            ));
        }
        self.state = state;
        Ok(self)
    }

    /// Returns the state after the last change that was returned. Save it after that change was stored.
    ///
    /// Writing it takes time in proportion to the conversations that may still change: with many, save it once for
    /// several changes.
    #[must_use]
    pub fn state(&self) -> &FollowState {
        &self.state
    }

    /// Returns the next change. Waits for it if there is none; `None` only after the pass of [`once`](Self::once).
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// See the type's documentation: the stream continues after every error.
    pub async fn next_change(&mut self) -> Result<Option<Change>, Error> {
        crate::stream::next_item(self).await
    }

    fn start_pass(&mut self) {
        let now = self.inner.clock.utc_now();
        self.phase = Phase::Reading(Pass {
            now,
            spans: self.state.due(now, self.policy).into(),
            records: None,
            has_malformed: false,
            undated: BTreeSet::new(),
        });
    }

    fn end_pass(&mut self) {
        self.phase = match self.once {
            true => Phase::Done,
            false => Phase::Waiting(Mutex::new(self.inner.clock.sleep(self.interval))),
        };
    }

    /// Returns the records of a span. That of today has no end: conversations start while it is read.
    fn records(&self, span: Span, now: DateTime<Utc>) -> Records {
        let end = Some(end_of(span.1)).filter(|end| *end <= now);
        let range = TimeRange::new(Some(self.state.start_of(span)), end);
        let spec = Spec {
            time_range: Some(range.expect("a day ends after its start")),
            ..self.spec.clone()
        };
        Records::new(Arc::clone(&self.inner), spec)
    }

    /// Polls the current pass; `None` at its end.
    fn poll_pass(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Change, Error>>> {
        loop {
            let Phase::Reading(pass) = &mut self.phase else {
                return Poll::Ready(None);
            };
            let Some(span) = pass.spans.front().copied() else {
                self.state.pass_ended(&pass.undated);
                self.end_pass();
                return Poll::Ready(None);
            };
            let now = pass.now;
            let Some(records) = &mut pass.records else {
                let records = self.records(span, now);
                if let Phase::Reading(pass) = &mut self.phase {
                    pass.records = Some(Box::new(records));
                }
                continue;
            };
            match ready!(Pin::new(&mut **records).poll_next(context)) {
                Some(Ok(record)) => {
                    if let Some(change) = self.state.receive(record, &mut pass.undated) {
                        return Poll::Ready(Some(Ok(change)));
                    }
                }
                Some(Err(error)) => {
                    match error.is_malformed_record() {
                        true => pass.has_malformed = true,
                        false => self.end_pass(),
                    }
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    let has_malformed = std::mem::take(&mut pass.has_malformed);
                    self.state.span_ended(span, now, has_malformed, self.policy);
                    pass.spans.pop_front();
                    pass.records = None;
                }
            }
        }
    }
}

impl Stream for Follow {
    type Item = Result<Change, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.phase {
                Phase::Idle => {
                    if let Err(error) = crate::client::runtime::current() {
                        return Poll::Ready(Some(Err(error)));
                    }
                    this.start_pass();
                }
                Phase::Reading(_) => {
                    if let Some(item) = ready!(this.poll_pass(context)) {
                        return Poll::Ready(Some(item));
                    }
                }
                Phase::Waiting(timer) => {
                    ready!(exclusive(timer).as_mut().poll(context));
                    this.phase = Phase::Idle;
                }
                Phase::Done => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Idle => "idle",
            Phase::Reading(_) => "reading",
            Phase::Waiting(_) => "waiting",
            Phase::Done => "done",
        };
        f.debug_struct("Follow")
            .field("phase", &phase)
            .field("interval", &self.interval)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
