//! [`Parallel`]: a time range fetched in several windows at once.

mod counts;
mod dedup;
mod limiter;
mod ordered;
mod planner;
mod resume;
mod span;
mod unordered;
mod window;

use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroU8,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use futures_core::{FusedStream, Stream};

use crate::{
    BoundedRange, Checkpoint, Error, Record, Records, TimeRange, pager::position::Position,
    query::Spec, response::ClientInner, stream::deadline::Deadline,
};
use counts::Counts;
use dedup::{Arrival, Dedup};
use limiter::ConcurrencyLimiter;
use planner::{Plan, Planner};
use span::Span;
use window::Window;

/// A stream of the records of a time range, fetched in several time windows at once, from
/// [`Client::parallel`](crate::Client::parallel).
///
/// A `Stream` of `Result<Record, Error>`; [`next_record`](Self::next_record) works without the trait. [Up to four
/// windows](Self::at_once) are fetched at once; fewer after a retry, or while responses take much longer to begin than
/// before, until the server recovers.
///
/// # Requests
///
/// The fetch begins with the whole range as one window, and splits it if it turns out to have several pages. An empty
/// range costs one request. If fetching page by page takes n requests, this takes at most 1.3 n plus the number of
/// windows fetched at once, whatever the distribution of the conversations; retries are extra.
///
/// # Records
///
/// Every record is returned once, whatever the server does at the edges of a range and in whichever order it lists
/// conversations: each window is a separate query, read to the end. A record that the server sends with another window
/// than that of its start is returned as well, if its start is in the range. Records are returned as they arrive, or
/// [in the order of the server](Self::in_order).
///
/// # Memory
///
/// Each window that is fetched reads up to 1 MiB ahead, or one batch of 32 records if that is more; in order, up to
/// 3 MiB more are buffered for each window that may be fetched besides the first one. As in [`Records`], memory grows
/// by 9 bytes for each record returned, to return each id once; each record in an open window takes another 9 bytes.
///
/// # Errors
///
/// An error that concerns all requests, such as a rejected key, a rejected filter or an unreachable host, ends the
/// stream at once. Any other error ends its window: the error is returned after the other windows have been read, and
/// [`missing`](Self::missing) lists the time ranges that are not covered. Three failed windows in a row end the
/// stream. An error of the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord) concerns one record, as in
/// [`Records`].
///
/// ```
/// # use conversations_api_ext::{BoundedRange, Client, Error, Query};
/// async fn count(client: &Client) -> Result<u64, Error> {
///     let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
///     let mut records = client.parallel(Query::v3(), april).at_once(8)?;
///     let mut count = 0;
///     while records.next_record().await?.is_some() {
///         count += 1;
///     }
///     Ok(count)
/// }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Parallel {
    inner: Arc<ClientInner>,
    spec: Spec,
    range: Span,
    planner: Planner,
    limiter: ConcurrencyLimiter,
    /// The open windows, in the order of the server.
    open: VecDeque<Window>,
    /// The index of the window to poll next.
    turn: usize,
    dedup: Dedup,
    in_order: bool,
    /// The number of records of one window returned since the others were polled.
    in_turn: u32,
    /// The number of records returned, and their bytes.
    sizes: (u64, u64),
    failed: Vec<Failure>,
    /// The number of consecutive failed windows.
    failed_in_a_row: usize,
    /// In order, or after the end: the last position with all records before it returned and none after it, and the
    /// number of pages before it.
    reached: Option<(u64, Checkpoint)>,
    missing: Vec<TimeRange>,
    counts: Counts,
    /// The error in the query.
    refused: Option<Error>,
    deadline: Option<Deadline>,
    done: bool,
}

/// A window that ended with an error.
struct Failure {
    span: Span,
    position: Position,
    error: Error,
}

const AT_ONCE: u8 = 4;
const MOST: u8 = 32;
/// The read-ahead of each window, in KiB.
const AHEAD_KIB: u32 = 1024;
/// After this many failed windows in a row the server is considered down: more requests would only burden it.
const MOST_FAILURES: usize = 3;

impl Parallel {
    pub(crate) fn new(inner: Arc<ClientInner>, spec: Spec, range: BoundedRange) -> Self {
        let spec = Spec {
            time_range: Some(range.into()),
            ..spec
        };
        let range = (range.start(), range.end());
        let mut this = Self {
            planner: Planner::new(range, spec.page_size, AT_ONCE),
            limiter: ConcurrencyLimiter::new(AT_ONCE),
            inner,
            spec,
            range,
            open: VecDeque::new(),
            turn: 0,
            dedup: Dedup::default(),
            in_order: false,
            in_turn: 0,
            sizes: (0, 0),
            failed: Vec::new(),
            failed_in_a_row: 0,
            reached: None,
            missing: Vec::new(),
            counts: Counts::default(),
            refused: None,
            deadline: None,
            done: false,
        };
        this.refused = this.refusal();
        this
    }

    /// Sets the number of windows fetched at once, from 1 to 32; 4 by default. With 1 the range is fetched page by
    /// page.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other number.
    #[doc(alias = "concurrency")]
    #[doc(alias = "parallelism")]
    pub fn at_once(mut self, windows: u8) -> Result<Self, Error> {
        let fits = NonZeroU8::new(windows).filter(|windows| windows.get() <= MOST);
        let Some(windows) = fits else {
            return Err(Error::invalid(
                format!("{windows} windows cannot be fetched at once"),
                format!("give a number from 1 to {MOST}"),
            ));
        };
        self.limiter = ConcurrencyLimiter::new(windows.get());
        self.planner.set_windows(windows.get());
        Ok(self)
    }

    /// Returns records in the order of the server: the same order as a fetch page by page.
    ///
    /// Records of the first window are returned as they arrive. The others are buffered, up to 3 MiB for each of them;
    /// then those windows wait. A failed window ends the stream: no record after a gap is returned.
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Sets the time at which the stream ends with an error of the kind [`Timeout`](crate::ErrorKind::Timeout), whatever
    /// it is waiting for; none by default.
    ///
    /// What was returned before is valid, and the [checkpoint](Self::checkpoint) resumes from there;
    /// [`missing`](Self::missing) lists what is left. The limits for
    /// single requests are those of the [client](crate::ClientBuilder).
    pub fn deadline(mut self, at: Instant) -> Self {
        let endpoint = self.inner.endpoint(self.spec.version);
        self.deadline = Some(Deadline::new(at, endpoint));
        self
    }

    /// Returns the next record, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// See the type's documentation.
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        crate::stream::next_item(self).await
    }

    /// Collects the next records, at most `count`; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`Records::collect_up_to`].
    pub async fn collect_up_to(&mut self, count: usize) -> Result<Vec<Record>, Error> {
        crate::stream::up_to(self, count).await
    }

    /// Returns the time ranges whose records were not all returned: failed windows, windows being fetched, and ranges
    /// not yet requested. Empty after a stream that ended without an error.
    #[must_use]
    pub fn missing(&self) -> Vec<TimeRange> {
        let open = self.open.iter().map(Window::span);
        let rest = open.chain(self.planner.uncovered()).map(range);
        self.missing.iter().copied().chain(rest).collect()
    }

    fn refusal(&self) -> Option<Error> {
        let spec = &self.spec;
        let all = matches!(spec.retrieval, crate::Retrieval::All);
        if !all {
            return Some(Error::invalid(
                "only `Retrieval::All` can be fetched in windows",
                "a search ranks and a sample draws over the whole range: use `Client::records`",
            ));
        }
        spec.check().err()
    }

    /// Returns the query of a window. It keeps the records of the whole range: a server that filters by another time
    /// than the start, or by less precise times, sends some of them with another window only.
    fn window_spec(&self, span: Span) -> Spec {
        Spec {
            window: BoundedRange::try_from(range(span)).ok(),
            ..self.spec.clone()
        }
    }

    /// Opens as many windows as may be fetched at once. Returns whether it opened any.
    fn fill(&mut self) -> bool {
        let mut opened = false;
        loop {
            // In order, a window that precedes all open ones must not wait for one of them to end: they may wait for
            // it, a deadlock.
            let is_due = self.is_due();
            let reading = self.open.iter().filter(|window| !window.has_ended());
            let is_full = reading.count() >= usize::from(self.limiter.allowed());
            if !is_due && (is_full || !self.has_room()) {
                return opened;
            }
            let Some(plan) = self.planner.next(self.most_pages(), is_due) else {
                return opened;
            };
            self.open(plan, None);
            opened = true;
        }
    }

    fn is_due(&self) -> bool {
        let (first, next) = (self.open.front(), self.planner.uncovered().next());
        next.is_some_and(|next| {
            let is_before = |first: &Window| self.planner.direction().is_before(next, first.span());
            first.is_none_or(is_before)
        })
    }

    /// Returns the maximum number of pages of a window whose records still fit into the reorder buffer.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn most_pages(&self) -> f64 {
        let (records, bytes) = self.sizes;
        if !self.in_order || records == 0 {
            return f64::INFINITY;
        }
        let page = bytes as f64 / records as f64 * f64::from(self.spec.page_size);
        ordered::BUFFER as f64 / page.max(1.0)
    }

    fn open(&mut self, plan: Plan, position: Option<Position>) {
        let direction = self.planner.direction();
        let spec = self.window_spec(plan.span);
        let mut records = Records::new(Arc::clone(&self.inner), spec)
            .reading_ahead(AHEAD_KIB)
            .keeping_outside_ids();
        let may_split = self.limiter.most() > 1 && position.is_none();
        if let Some(position) = position {
            records = records.starting_at(position);
        }
        let index = self
            .open
            .partition_point(|open| direction.is_before(open.span(), plan.span));
        self.open
            .insert(index, Window::new(plan, records, may_split));
    }

    /// Returns an item of the window at `index`, unless its record was already returned.
    fn give(&mut self, index: usize, item: Result<Record, Error>) -> Option<Result<Record, Error>> {
        let Ok(record) = &item else {
            return Some(item);
        };
        self.sizes.0 += 1;
        self.sizes.1 += record.raw_bytes().len() as u64;
        let window = &mut self.open[index];
        let in_place = window.contains(record);
        let arrival = self.dedup.arrived(record, in_place, window.first_page());
        self.counts.duplicates += u64::from(arrival == Arrival::Duplicate);
        (arrival == Arrival::New).then_some(item)
    }

    /// Abandons a window whose range is replanned.
    fn split(&mut self, index: usize) {
        if let Some(mut window) = self.open.remove(index) {
            self.counts.add(&window.records);
            let given = window.first_page().map(std::mem::take);
            let span = window.starts().unwrap_or(window.span());
            self.dedup.expect_again(given.unwrap_or_default(), span);
        }
    }

    /// Handles the end of a window.
    fn window_ended(&mut self, index: usize) {
        let window = &self.open[index];
        if window.has_failed() || window.records.retries() > 0 {
            self.limiter.failed();
        } else {
            self.limiter.succeeded(window.records.first_byte());
        }
    }

    /// Returns whether the error of a window ends the stream.
    fn is_over(&self, index: usize) -> bool {
        let window = &self.open[index];
        window.has_failed()
            && (window.error_concerns_all()
                || (self.in_order && index == 0)
                || self.failed_in_a_row + 1 >= MOST_FAILURES)
    }

    /// Removes a window that is complete or has failed. Returns the error, if it ends the stream.
    fn close(&mut self, index: usize) -> Option<Error> {
        let is_over = self.is_over(index);
        if is_over && !self.in_order {
            self.reached = Some((self.pages_given(), self.current()));
        }
        let window = self.open.remove(index)?;
        let concerns_all = window.error_concerns_all();
        self.counts.add(&window.records);
        let (span, position) = (window.span(), window.position().clone());
        let Err(error) = window.into_end() else {
            self.counts.windows += 1;
            self.failed_in_a_row = 0;
            return None;
        };
        self.missing.push(range(span));
        if !is_over {
            self.failed_in_a_row += 1;
            self.failed.push(Failure {
                span,
                position,
                error,
            });
            return None;
        }
        self.abandon();
        Some(if concerns_all {
            error
        } else {
            error.of_window(range(span), self.failed.len())
        })
    }

    /// Ends the stream before everything was read.
    fn abandon(&mut self) {
        self.done = true;
        for window in self.open.drain(..) {
            self.counts.add(&window.records);
            self.missing.push(range(window.span()));
        }
        self.missing.extend(self.planner.uncovered().map(range));
        self.planner.stop();
    }

    /// Ends the stream with the first failure, if there was one.
    fn finish(&mut self) -> Option<Result<Record, Error>> {
        self.done = true;
        self.reached = Some((self.pages_given(), self.current()));
        let more = self.failed.len().saturating_sub(1);
        let Failure { span, error, .. } = self.failed.drain(..).next()?;
        Some(Err(error.of_window(range(span), more)))
    }
}

fn range((start, end): Span) -> TimeRange {
    TimeRange::new(Some(start), Some(end)).expect("a window ends after its start")
}

impl Stream for Parallel {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        if let Some(error) = self.refused.take() {
            self.done = true;
            return Poll::Ready(Some(Err(error)));
        }
        let this = &mut *self;
        if let Some(deadline) = &mut this.deadline
            && let Poll::Ready(error) = deadline.poll(&*this.inner.clock, context)
        {
            if !this.in_order || this.reached.is_none() {
                this.reached = Some((this.pages_given(), this.current()));
            }
            this.abandon();
            return Poll::Ready(Some(Err(error)));
        }
        if self.open.is_empty() {
            self.fill();
        }
        if self.in_order && self.reached.is_none() {
            self.reach();
        }
        let next = if self.in_order {
            self.poll_in_order(context)
        } else {
            self.poll_as_they_arrive(context)
        };
        match next {
            Poll::Ready(None) => Poll::Ready(self.finish()),
            other => other,
        }
    }
}

impl FusedStream for Parallel {
    fn is_terminated(&self) -> bool {
        self.done
    }
}

impl fmt::Debug for Parallel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parallel")
            .field("range", &range(self.range))
            .field("open", &self.open.len())
            .field("at_once", &self.limiter.allowed())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
