//! [`Parallel`]: a time range fetched in several windows at once.

mod counts;
mod cutter;
mod held;
mod in_order;
mod pace;
mod profile;
mod window;

use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroU8,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use chrono::{DateTime, Utc};
use futures_core::{FusedStream, Stream};

use crate::{
    BoundedRange, Error, Record, Records, TimeRange, fetch::Link, query::Spec, seen::Seen,
};
use counts::Counts;
use cutter::Cutter;
use pace::Pace;
use window::{Span, Window};

/// The records of a time range, fetched in several windows of time at once, from
/// [`Client::parallel`](crate::Client::parallel).
///
/// A `Stream` of `Result<Record, Error>`; [`next_record`](Self::next_record) does without the trait. The range
/// is cut into windows of about a page each, shorter where there are many conversations and longer where
/// there are few; the first are an hour at most, and each is at most four times as long as any before it.
/// [Four at a time](Self::at_once) are fetched. After a page that had to be asked for again, and while answers take
/// much longer to begin than they did, fewer are, until windows come through unhindered again.
///
/// Every record is given once, whatever the server does at the edges of a range and whichever way it sorts.
/// Records come as they arrive, or [in the order of their start](Self::chronological).
///
/// A window that fails does not stop the others: its error comes when they have been read, and
/// [`missing`](Self::missing) says which times are not covered. An error of the kind
/// [`MalformedRecord`](crate::ErrorKind::MalformedRecord) concerns one record, as in [`Records`].
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
    link: Arc<Link>,
    spec: Spec,
    range: (DateTime<Utc>, DateTime<Utc>),
    cutter: Cutter,
    /// In the order of their time.
    open: VecDeque<Window>,
    /// Pieces of windows that were too large, to be fetched before what the cutter has left.
    waiting: VecDeque<Span>,
    /// The window whose turn it is.
    turn: usize,
    seen: Seen,
    pace: Pace,
    chronological: bool,
    /// Every record from before this time has been given, and every one from before the other will have been
    /// once `sorted` has.
    reached: DateTime<Utc>,
    reaching: Option<DateTime<Utc>>,
    /// The records of the window in front, in order.
    sorted: std::vec::IntoIter<Result<Record, Error>>,
    failed: Vec<(TimeRange, Error)>,
    missing: Vec<TimeRange>,
    counts: Counts,
    /// What was wrong with the query.
    refused: Option<Error>,
    done: bool,
}

const AT_ONCE: u8 = 4;
const MOST: u8 = 32;
/// A window should be so much of a page: one request then brings all of it, as a rule.
const PAGES: f64 = 0.8;
/// What each window reads ahead of its being asked, in KiB: there are many of them.
const AHEAD_KIB: u32 = 1024;

impl Parallel {
    pub(crate) fn new(link: Arc<Link>, spec: Spec, range: BoundedRange) -> Self {
        let range = (range.start(), range.end());
        let mut this = Self {
            cutter: cutter(range, AT_ONCE, &spec),
            link,
            refused: None,
            spec,
            range,
            open: VecDeque::new(),
            waiting: VecDeque::new(),
            turn: 0,
            seen: Seen::default(),
            pace: Pace::new(AT_ONCE),
            chronological: false,
            reached: range.0,
            reaching: None,
            sorted: Vec::new().into_iter(),
            failed: Vec::new(),
            missing: Vec::new(),
            counts: Counts::default(),
            done: false,
        };
        this.refused = this.refusal();
        this
    }

    /// How many windows are fetched at once, from 1 to 32; 4 by default.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another number.
    pub fn at_once(mut self, windows: u8) -> Result<Self, Error> {
        let fits = NonZeroU8::new(windows).filter(|windows| windows.get() <= MOST);
        let Some(windows) = fits else {
            return Err(Error::invalid(
                format!("{windows} windows cannot be fetched at once"),
                format!("give a number from 1 to {MOST}"),
            ));
        };
        self.pace = Pace::new(windows.get());
        self.cutter = cutter(self.range, windows.get(), &self.spec);
        Ok(self)
    }

    /// Gives records in the order of their start, then their id; those whose start cannot be read come first
    /// of their window.
    ///
    /// Memory then holds the windows that have come: the one whose turn it is, and of the others 6 MiB for each
    /// that is fetched at once, after which they wait. A window that turns out to be much larger than a page is
    /// given up and cut into shorter ones, which costs the pages that had come of it.
    pub fn chronological(mut self) -> Self {
        self.chronological = true;
        self
    }

    /// The next record, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// As described above.
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        crate::stream::next_item(self).await
    }

    /// The next records, `count` at most; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`Records::collect_up_to`].
    pub async fn collect_up_to(&mut self, count: usize) -> Result<Vec<Record>, Error> {
        crate::stream::up_to(self, count).await
    }

    /// The times of which not every record has been given: windows that failed, that are being fetched, and
    /// what has not been asked for. Empty after a stream that ended well.
    #[must_use]
    pub fn missing(&self) -> Vec<TimeRange> {
        let open = self
            .open
            .iter()
            .map(|window| range(window.start, window.end));
        let waiting = self.waiting.iter().copied().chain(self.cutter.left());
        let waiting = waiting.map(|(start, end)| range(start, end));
        self.missing
            .iter()
            .copied()
            .chain(open)
            .chain(waiting)
            .collect()
    }

    /// For a stream [in order](Self::chronological): every record that started before this time has been given,
    /// so a later fetch may begin here. Moves on from window to window, and no further than the first that failed.
    #[must_use]
    pub fn complete_before(&self) -> DateTime<Utc> {
        self.reached
    }

    fn refusal(&self) -> Option<Error> {
        let spec = self.window_spec(self.range.0, self.range.1);
        let all = matches!(spec.retrieval, crate::Retrieval::All);
        if !all {
            return Some(Error::invalid(
                "only `Retrieval::All` can be fetched in windows",
                "a search ranks and a sample draws over the whole range: use `Client::records`",
            ));
        }
        spec.check().err()
    }

    fn window_spec(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Spec {
        Spec {
            time_range: Some(range(start, end)),
            ..self.spec.clone()
        }
    }

    /// Opens as many windows as may be fetched at once; whatever comes next in time, in any case.
    fn fill(&mut self) {
        loop {
            let is_next = |front: &Window| self.waiting.front().is_some_and(|w| w.0 < front.start);
            let overdue = self.open.front().is_none_or(is_next);
            let fetched = self.open.iter().filter(|window| !window.complete).count();
            if !overdue && (fetched >= usize::from(self.pace.allowed()) || !self.has_room()) {
                return;
            }
            let waiting = self.waiting.pop_front();
            let Some(span) = waiting.or_else(|| self.cutter.window(self.pace.most().into())) else {
                return;
            };
            let spec = self.window_spec(span.0, span.1);
            let records = Records::new(Arc::clone(&self.link), spec).reading_ahead(AHEAD_KIB);
            let place = self.open.partition_point(|open| open.start < span.0);
            self.open.insert(place, Window::new(span, records));
        }
    }

    /// Whether a record is to be given, and not for the second time.
    fn is_new(&mut self, record: &Record) -> bool {
        let bits = self.seen.bits(record.id());
        let new = self.seen.insert(bits);
        self.counts.duplicates += u64::from(!new);
        new
    }

    /// A window has been read to its end: what is to be learned from it.
    fn learn(&mut self, place: usize, failed: bool) {
        let Some(window) = self.open.get(place) else {
            return;
        };
        if window.records.retries() > 0 || failed {
            self.pace.hindered();
        } else {
            self.pace.unhindered(window.records.first_byte());
        }
        if !failed {
            self.cutter.learn(window.span(), window.given);
        }
        self.cutter.weigh(window.given, window.held.bytes());
    }

    /// A window that was read to its end, well or not, has been given.
    fn close(&mut self, place: usize, error: Option<Error>) {
        let Some(window) = self.open.remove(place) else {
            return;
        };
        self.counts.read(&window.records);
        self.counts.left_out(&window.records);
        match error {
            None => self.counts.windows += 1,
            Some(error) => {
                let times = range(window.start, window.end);
                self.missing.push(times);
                self.failed.push((times, error));
            }
        }
    }

    /// Asks the windows in turn.
    fn poll_as_they_come(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Record, Error>>> {
        let mut waiting = 0;
        while waiting < self.open.len() {
            let place = self.turn % self.open.len();
            let window = &mut self.open[place];
            match Pin::new(&mut window.records).poll_next(context) {
                Poll::Pending => {
                    waiting += 1;
                    self.turn = place + 1;
                }
                Poll::Ready(Some(Ok(record))) => {
                    window.given += 1;
                    if self.is_new(&record) {
                        return Poll::Ready(Some(Ok(record)));
                    }
                }
                Poll::Ready(Some(Err(error))) if error.is_malformed_record() => {
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(end) => {
                    let error = end.and_then(Result::err);
                    self.learn(place, error.is_some());
                    self.close(place, error);
                    self.fill();
                    waiting = 0;
                }
            }
        }
        if self.open.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    /// The end: the first failure, if there was one.
    fn finish(&mut self) -> Option<Result<Record, Error>> {
        self.done = true;
        let more = self.failed.len().saturating_sub(1);
        let (times, error) = self.failed.drain(..).next()?;
        Some(Err(error.of_window(times, more)))
    }
}

fn cutter(range: (DateTime<Utc>, DateTime<Utc>), at_once: u8, spec: &Spec) -> Cutter {
    let target = PAGES * f64::from(spec.page_size);
    Cutter::new(range.0, range.1, at_once.into(), target)
}

fn range(start: DateTime<Utc>, end: DateTime<Utc>) -> TimeRange {
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
        self.fill();
        let next = if self.chronological {
            self.poll_in_order(context)
        } else {
            self.poll_as_they_come(context)
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
            .field("range", &self.range)
            .field("open", &self.open.len())
            .field("at_once", &self.pace.allowed())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
