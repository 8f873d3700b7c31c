//! [`Records`]: a query's answer, record by record.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::{FusedStream, Stream};

use crate::{
    Checkpoint, Error, Record,
    pager::Facts,
    pager::checkpoint::Place,
    pager::cursor::Position,
    pager::prefetch::{Event, Feed, Pause, lost},
    query::Spec,
    response::Link,
};

/// The records of a query, from [`Client::records`](crate::Client::records).
///
/// A `Stream` of `Result<Record, Error>`; [`next_record`](Self::next_record) does
/// without the trait.
///
/// Records are given while their page is still arriving, and the next page is asked for as soon as its place
/// is known, by a task that the first poll starts. It walks ahead by a
/// [set number of records](crate::ClientBuilder::read_ahead) and waits there; dropping the stream ends it.
/// Memory holds those records, and 20 bytes for each that was given.
///
/// Each record is given once, even where the server gives it on several pages or a page had to be asked for
/// again. An error of the kind [`MalformedRecord`](crate::ErrorKind::MalformedRecord)
/// concerns one record: the stream goes on after it, so a caller who can do
/// without that record just polls again. After any other error the stream has
/// ended; every record that arrived before it has been given.
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
    link: Arc<Link>,
    spec: Spec,
    state: State,
    /// Where the page begins of which the last record was given.
    place: Place,
    counts: Counts,
    /// How many KiB may be read ahead.
    ahead: u32,
    pause: Pause,
    paused: bool,
}

enum State {
    /// Nothing has been asked for.
    New,
    Reading(Feed),
    Failed(Error),
    Done,
}

/// So many KiB are read ahead at most, however few the records: 8 MiB.
const AHEAD_KIB: u32 = 8 * 1024;

/// Sums over the pages.
#[derive(Debug, Default)]
struct Counts {
    pages_read: u64,
    bytes_read: u64,
    outside_range: u64,
    duplicates: u64,
    retries: u64,
    /// The times from sending a request to the head of its answer.
    first_bytes: Duration,
}

impl Counts {
    fn add(&mut self, facts: &Facts) {
        self.pages_read += 1;
        self.bytes_read += facts.body_len as u64;
        self.outside_range += facts.outside_range as u64;
        self.duplicates += facts.duplicates as u64;
        self.retries += u64::from(facts.attempts - 1);
        self.first_bytes += facts.first_byte;
    }
}

impl Records {
    pub(crate) fn new(link: Arc<Link>, spec: Spec) -> Self {
        let state = match spec.check() {
            Ok(()) => State::New,
            Err(error) => State::Failed(error),
        };
        Self {
            link,
            spec,
            state,
            place: Place::At(Position::Start),
            counts: Counts::default(),
            ahead: AHEAD_KIB,
            pause: Pause::Never,
            paused: false,
        }
    }

    /// Pauses at the end of each page: `None` comes there as well, [`is_paused`](Self::is_paused) is then true, and
    /// the next page is asked for when the stream is polled again.
    ///
    /// For programs that store what they have and the [checkpoint](Self::checkpoint) after it before they ask for
    /// more: whatever happens to them, no page but the one under way has to be asked for again.
    ///
    /// ```
    /// # use conversations_api_ext::{Client, Error, Query};
    /// async fn store(client: &Client, save: impl Fn(&[String], &str)) -> Result<(), Error> {
    ///     let mut records = client.records(Query::v3()).page_by_page();
    ///     loop {
    ///         let mut page = Vec::new();
    ///         while let Some(record) = records.next_record().await? {
    ///             page.push(record.raw().to_owned());
    ///         }
    ///         save(&page, &records.checkpoint().to_string());
    ///         if !records.is_paused() {
    ///             return Ok(());
    ///         }
    ///     }
    /// }
    /// ```
    pub fn page_by_page(mut self) -> Self {
        self.pause = Pause::EachPage;
        self
    }

    /// Whether the last `None` was the end of a page that others follow, and not of the stream.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Goes on from a checkpoint instead of the beginning: see [`Checkpoint`] for what that gives.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the checkpoint is of another query, project or
    /// server, or the stream was polled already.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, Error> {
        if matches!(self.state, State::Reading(_) | State::Done) {
            return Err(Error::invalid(
                "a stream that has begun cannot go on from elsewhere",
                "resume before the first record is asked for",
            ));
        }
        self.place = checkpoint.place(&self.link.origin, &self.spec)?;
        if self.place == Place::End {
            self.state = State::Done;
        }
        Ok(self)
    }

    /// The place to go on from, so that no record is missed that has not been given yet.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.link.origin, &self.spec, self.place.clone())
    }

    /// The next record, or `None` after the last. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// As described above: after a
    /// [`MalformedRecord`](crate::ErrorKind::MalformedRecord) there may be more.
    pub async fn next_record(&mut self) -> Result<Option<Record>, Error> {
        crate::stream::next_item(self).await
    }

    /// The next records, `count` at most; fewer only at the end.
    ///
    /// # Errors
    ///
    /// Whatever [`next_record`](Self::next_record) gives as an error; the records before it are lost, so read
    /// one by one where that matters.
    pub async fn collect_up_to(&mut self, count: usize) -> Result<Vec<Record>, Error> {
        crate::stream::up_to(self, count).await
    }

    /// How many pages have been read to their end.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        self.counts.pages_read
    }

    /// The bytes of their bodies, after decompression.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes_read
    }

    /// How many records were left out because they lie outside the time range:
    /// see [`Page::outside_range`](crate::Page::outside_range).
    #[must_use]
    pub fn outside_range(&self) -> u64 {
        self.counts.outside_range
    }

    /// How many records were left out because they had been given:
    /// see [`Page::duplicates`](crate::Page::duplicates).
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// How often a page had to be asked for again.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries
    }

    /// Pauses at the end of the first page, as [`page_by_page`](Self::page_by_page) does, and at no other.
    pub(crate) fn pausing_once(mut self) -> Self {
        self.pause = Pause::First;
        self
    }

    /// Starts at this position.
    pub(crate) fn starting_at(mut self, position: Position) -> Self {
        self.place = Place::At(position);
        self
    }

    /// Where the page of the last record begins; `None` at the end.
    pub(crate) fn position(&self) -> Option<&Position> {
        match &self.place {
            Place::At(position) => Some(position),
            Place::Windows(_) | Place::End => None,
        }
    }

    /// Reads ahead so many KiB at most, or one batch of records if that is more.
    pub(crate) fn reading_ahead(mut self, kib: u32) -> Self {
        self.ahead = kib;
        self
    }

    /// How long the answers took to begin, on average.
    pub(crate) fn first_byte(&self) -> Duration {
        let pages = u32::try_from(self.counts.pages_read).unwrap_or(u32::MAX);
        self.counts
            .first_bytes
            .checked_div(pages)
            .unwrap_or_default()
    }

    fn start(&mut self) {
        let Place::At(here) = &self.place else {
            self.state = State::Done;
            return;
        };
        let (link, spec) = (Arc::clone(&self.link), self.spec.clone());
        let feed = Feed::start(link, spec, here.clone(), self.ahead, self.pause);
        self.state = match feed {
            Ok(feed) => State::Reading(feed),
            Err(error) => State::Failed(error),
        };
    }
}

impl Stream for Records {
    type Item = Result<Record, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.paused)
            && let State::Reading(feed) = &mut this.state
        {
            feed.resume();
        }
        loop {
            match &mut this.state {
                State::New => this.start(),
                State::Reading(feed) => match ready!(feed.poll(context)) {
                    Some(Event::Item(item)) => return Poll::Ready(Some(item)),
                    Some(Event::Page { facts, next }) => {
                        this.counts.add(&facts);
                        match next {
                            Some(next) => {
                                this.paused = feed.pauses();
                                this.place = Place::At(next);
                                if this.paused {
                                    return Poll::Ready(None);
                                }
                            }
                            None => {
                                this.place = Place::End;
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
            State::Reading(feed) => (feed.ready_items(), None),
            State::New => (0, None),
            State::Failed(_) => (1, Some(1)),
            State::Done => (0, Some(0)),
        }
    }
}

impl FusedStream for Records {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Done)
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
