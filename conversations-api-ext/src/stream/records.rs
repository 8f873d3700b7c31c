//! [`Records`]: the results of a query as a stream of records.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_core::{FusedStream, Stream};

use crate::{
    Checkpoint, Error, PageByPage, Record,
    client::endpoint::Endpoint,
    pager::PageMetadata,
    pager::checkpoint::ResumePoint,
    pager::position::Position,
    pager::prefetch::{Event, Pause, Prefetch, lost},
    query::Spec,
    response::ClientInner,
    stream::deadline::Deadline,
};

/// A stream of the records of a query, from [`Client::records`](crate::Client::records).
///
/// A `Stream` of `Result<Record, Error>`; [`next_record`](Self::next_record) works without the trait.
///
/// Records are returned while their page is still arriving. A task started by the first poll requests the next page as
/// soon as its position is known, and prefetches up to a [set number of records](crate::ClientBuilder::read_ahead):
/// while these wait to be read, it requests nothing. Dropping the stream ends it. The stream buffers those records, and 14
/// bytes for each record returned.
///
/// Each record is returned once, even if the server sends it on several pages or a page had to be retried. An error of
/// the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord) concerns one record: to skip that record, poll
/// again. Any other error ends the stream, after all records that arrived before it.
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
    inner: Arc<ClientInner>,
    spec: Spec,
    state: State,
    /// The position of the page whose last record was returned.
    resume_point: ResumePoint,
    counts: Counts,
    /// The read-ahead limit in KiB.
    ahead: u32,
    pause: Pause,
    paused: bool,
    keep_duplicates: bool,
    deadline: Option<Deadline>,
}

enum State {
    /// Nothing has been requested.
    New,
    Reading(Prefetch),
    Failed(Error),
    Done,
}

/// The maximum read-ahead in KiB, however few the records: 8 MiB.
const AHEAD_KIB: u32 = 8 * 1024;

/// Totals over all pages.
#[derive(Debug, Default)]
struct Counts {
    pages_read: u64,
    bytes_read: u64,
    outside_range: u64,
    /// The hashes of the ids outside the range, if they are wanted.
    outside: Option<Vec<u64>>,
    duplicates: u64,
    conflicts: u64,
    retries: u64,
    started_over: bool,
    /// The sum of the times from sending a request to the head of its response.
    first_bytes: Duration,
}

impl Counts {
    fn add(&mut self, metadata: &PageMetadata) {
        self.pages_read += 1;
        self.bytes_read += metadata.body_len as u64;
        self.outside_range += metadata.outside_range.len() as u64;
        if let Some(outside) = &mut self.outside {
            outside.extend(&metadata.outside_range);
        }
        self.started_over |= metadata.started_over;
        self.duplicates += metadata.duplicates as u64;
        self.conflicts += metadata.conflicts as u64;
        self.retries += u64::from(metadata.attempts - 1);
        self.first_bytes += metadata.first_byte;
    }
}

impl Records {
    pub(crate) fn new(inner: Arc<ClientInner>, spec: Spec) -> Self {
        let state = match spec.check() {
            Ok(()) => State::New,
            Err(error) => State::Failed(error),
        };
        Self {
            inner,
            spec,
            state,
            resume_point: ResumePoint::At(Position::Start),
            counts: Counts::default(),
            ahead: AHEAD_KIB,
            pause: Pause::Never,
            paused: false,
            keep_duplicates: false,
            deadline: None,
        }
    }

    /// Fetches one page at a time, with a checkpoint after each: see [`PageByPage`].
    ///
    /// Must be called before the stream is polled: its first result is otherwise an error of the kind
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn page_by_page(mut self) -> PageByPage {
        if matches!(self.state, State::Reading(_) | State::Done) {
            self.state = State::Failed(super::already_started());
        }
        self.pause = Pause::EachPage;
        PageByPage::new(self)
    }

    /// Returns a record each time the server sends it, not only the first time.
    ///
    /// For programs that choose between versions of a record themselves: a conversation in progress may end while
    /// pages shift, and arrive once more in its final form. [`duplicates`](Self::duplicates) counts the repetitions.
    pub fn keep_duplicates(mut self) -> Self {
        self.keep_duplicates = true;
        self
    }

    /// Sets the time at which the stream ends with an error of the kind [`Timeout`](crate::ErrorKind::Timeout), whatever
    /// it is waiting for; none by default.
    ///
    /// What was returned before is valid, and the [checkpoint](Self::checkpoint) resumes from there. The limits for
    /// single requests are those of the [client](crate::ClientBuilder).
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # use conversations_api_ext::{Client, Query, Records};
    /// fn within_five_minutes(client: &Client) -> Records {
    ///     client.records(Query::v3()).deadline(Instant::now() + Duration::from_secs(300))
    /// }
    /// ```
    #[doc(alias = "timeout")]
    #[doc(alias = "time_limit")]
    pub fn deadline(mut self, at: Instant) -> Self {
        self.deadline = Some(Deadline::new(at, self.endpoint()));
        self
    }

    /// Resumes from a checkpoint instead of starting at the beginning: see [`Checkpoint`] for the guarantees.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the checkpoint belongs to another query, project or server,
    /// or if the stream was already polled.
    #[doc(alias = "cursor")]
    #[doc(alias = "offset")]
    #[doc(alias = "from_checkpoint")]
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        if matches!(self.state, State::Reading(_) | State::Done) {
            return Err(super::already_started());
        }
        self.resume_point = checkpoint.resume_point(&self.inner.origin, &self.spec)?;
        if self.resume_point == ResumePoint::End {
            self.state = State::Done;
        }
        Ok(self)
    }

    /// Returns the position from which to resume without missing a record that was not returned yet.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.inner.origin, &self.spec, self.resume_point.clone())
    }

    /// Returns the next record, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// See the type's documentation: after a [`MalformedRecord`](crate::ErrorKind::MalformedRecord) there may be more.
    #[doc(alias = "next")]
    #[doc(alias = "try_next")]
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        crate::stream::next_item(self).await
    }

    /// Collects the next records, at most `count`; fewer only at the end.
    ///
    /// # Errors
    ///
    /// Any error of [`next_record`](Self::next_record); the records collected before it are lost, so read one by one
    /// if that matters.
    #[doc(alias = "take")]
    #[doc(alias = "limit")]
    #[doc(alias = "max_items")]
    pub async fn collect_up_to(&mut self, count: usize) -> Result<Vec<Record>, Error> {
        crate::stream::up_to(self, count).await
    }

    /// Returns the number of pages that were read to the end.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        self.counts.pages_read
    }

    /// Returns the size of the bodies of these pages in bytes, after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes_read
    }

    /// Returns the number of records skipped because they started outside the time range: see
    /// [`Page::outside_range`](crate::Page::outside_range).
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.counts.outside_range
    }

    /// Returns the number of records skipped as duplicates: see [`Page::duplicates`](crate::Page::duplicates).
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// Returns the number of duplicates whose content differs from the record that was returned: see
    /// [`Page::conflicts`](crate::Page::conflicts).
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.counts.conflicts
    }

    /// Returns the number of requests that were retries.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries
    }

    /// Returns whether a [resumed](Self::resume) stream started over at the first page, because the list has changed too
    /// much since the checkpoint was taken. It then repeats earlier records, as described for [`Checkpoint`].
    #[must_use]
    pub fn started_over(&self) -> bool {
        self.counts.started_over
    }

    /// Returns where its requests go to.
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.inner.endpoint(self.spec.version)
    }

    /// Keeps the ids of records outside the time range for [`outside_ids`](Self::outside_ids).
    pub(crate) fn keeping_outside_ids(mut self) -> Self {
        self.counts.outside = Some(Vec::new());
        self
    }

    /// Returns the hashes of the ids that were skipped because they started outside the time range.
    pub(crate) fn outside_ids(&self) -> &[u64] {
        self.counts.outside.as_deref().unwrap_or_default()
    }

    /// Pauses at the end of the first page: the stream returns `None` there as well.
    pub(crate) fn pausing_once(mut self) -> Self {
        self.pause = Pause::First;
        self
    }

    /// Returns whether the last `None` was the end of a page that others follow, rather than the end of the stream.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Returns whether everything has been returned.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Starts at the given position.
    pub(crate) fn starting_at(mut self, position: Position) -> Self {
        self.resume_point = ResumePoint::At(position);
        self
    }

    /// Returns the position of the page of the last record; `None` at the end.
    pub(crate) fn position(&self) -> Option<&Position> {
        match &self.resume_point {
            ResumePoint::At(position) => Some(position),
            ResumePoint::Windows(_) | ResumePoint::End => None,
        }
    }

    /// Limits the read-ahead to this many KiB, or to one batch of records if that is more.
    pub(crate) fn reading_ahead(mut self, kib: u32) -> Self {
        self.ahead = kib;
        self
    }

    /// Returns the mean time to the first byte of the responses.
    pub(crate) fn first_byte(&self) -> Duration {
        let pages = u32::try_from(self.counts.pages_read).unwrap_or(u32::MAX);
        self.counts
            .first_bytes
            .checked_div(pages)
            .unwrap_or_default()
    }

    fn start(&mut self) {
        let ResumePoint::At(here) = &self.resume_point else {
            self.state = State::Done;
            return;
        };
        let (inner, spec) = (Arc::clone(&self.inner), self.spec.clone());
        let prefetch = Prefetch::start(
            inner,
            spec,
            here.clone(),
            self.ahead,
            self.pause,
            self.keep_duplicates,
        );
        self.state = match prefetch {
            Ok(prefetch) => State::Reading(prefetch),
            Err(error) => State::Failed(error),
        };
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.paused)
            && let State::Reading(prefetch) = &mut this.state
        {
            prefetch.resume();
        }
        if !matches!(this.state, State::Failed(_) | State::Done)
            && let Some(deadline) = &mut this.deadline
            && let Poll::Ready(error) = deadline.poll(&*this.inner.clock, context)
        {
            this.state = State::Failed(error);
        }
        loop {
            match &mut this.state {
                State::New => this.start(),
                State::Reading(prefetch) => match ready!(prefetch.poll(context)) {
                    Some(Event::Item(item)) => return Poll::Ready(Some(item)),
                    Some(Event::Page { metadata, next }) => {
                        this.counts.add(&metadata);
                        match next {
                            Some(next) => {
                                this.paused = prefetch.pauses();
                                this.resume_point = ResumePoint::At(next);
                                if this.paused {
                                    return Poll::Ready(None);
                                }
                            }
                            None => {
                                this.resume_point = ResumePoint::End;
                                this.state = State::Done;
                            }
                        }
                    }
                    Some(Event::Failed(error)) => this.state = State::Failed(error),
                    None => this.state = State::Failed(lost()),
                },
                State::Failed(_) => {
                    if let State::Failed(error) = std::mem::replace(&mut this.state, State::Done) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Done => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.state {
            State::Reading(prefetch) => (prefetch.ready_items(), None),
            State::New => (0, None),
            State::Failed(_) => (1, Some(1)),
            State::Done => (0, Some(0)),
        }
    }
}

impl FusedStream for Records {
    fn is_terminated(&self) -> bool {
        self.is_done()
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::New => "new",
            State::Reading(_) => "reading",
            State::Failed(_) => "failed",
            State::Done => "done",
        };
        f.debug_struct("Records")
            .field("state", &state)
            .field("counts", &self.counts)
            .field("paused", &self.paused)
            .finish_non_exhaustive()
    }
}
