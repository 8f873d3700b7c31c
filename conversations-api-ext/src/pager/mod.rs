//! [`Pager`]: fetches page after page with retries, and returns each record once.

pub(crate) mod checkpoint;
pub(crate) mod cursor;
pub(crate) mod dedup;
pub(crate) mod next_page;
pub(crate) mod prefetch;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    future::Future,
    hash::BuildHasherDefault,
    sync::Arc,
    time::Duration,
};

use reqwest::header::HeaderMap;
use tracing::Instrument;

use crate::{
    Error, ErrorKind, Record, Retrieval,
    client::endpoint::Endpoint,
    client::observer::{self, Attempt},
    error::ResponseDetails,
    error::response,
    pager::cursor::{Paging, Position},
    pager::dedup::{AsIs, DedupSet},
    pager::next_page::{Cursor, NextPage},
    query::Spec,
    response::ClientInner,
    response::decode,
    response::scan::Element,
    retry::{Decision, Times},
};

/// The items of a page or of a part of it: a record or an error for each.
pub(crate) type Items = Vec<Result<Record, Error>>;

/// Receives the items of a page while it arrives.
pub(crate) trait Receiver: Send {
    /// Takes the items. Returns `false` if no more are wanted.
    fn receive(&mut self, items: Items) -> impl Future<Output = bool> + Send;
}

impl Receiver for Items {
    async fn receive(&mut self, items: Items) -> bool {
        self.extend(items);
        true
    }
}

/// The pager: the constants of a fetch, and the state kept from page to page.
pub(crate) struct Pager {
    inner: Arc<ClientInner>,
    spec: Spec,
    paging: Paging,
    seen: DedupSet,
    /// The records of the page before, by hash.
    previous: HashMap<u64, Received, BuildHasherDefault<AsIs>>,
    /// The hashes of its malformed records, which have no id.
    previous_malformed: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Whether records that are sent again are passed on as well.
    keep_duplicates: bool,
    number: u64,
    /// The number of consecutive pages without a new record.
    empty_pages: u32,
    /// The number of those that were not empty.
    repeated_pages: u32,
}

/// The maximum number of consecutive pages without a new record. Empty pages in the middle are documented; without a
/// limit, a server that keeps inventing cursors would be followed indefinitely.
const MAX_EMPTY_PAGES: u32 = 1000;

/// The maximum number of these that are not empty, by cursor: full pages cost the server as much as new ones.
const MAX_REPEATED_PAGES: u32 = 20;

/// A page with more malformed records than this, and almost no well-formed ones, is abandoned. The largest page has
/// 5000 records; a few kilobytes of gzip can hold millions of malformed ones, and each would cost an error, a
/// warning and a line in a quarantine file.
const MAX_MALFORMED: usize = 1000;

/// A page that was read to the end.
pub(crate) struct FetchedPage {
    pub(crate) metadata: PageMetadata,
    /// The position of the next page, or the reason why it cannot be requested.
    pub(crate) next: Result<Option<Position>, Error>,
}

/// The metadata of a page.
#[derive(Clone)]
pub(crate) struct PageMetadata {
    pub(crate) number: u64,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) correlation_id: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) next_offset: Option<u64>,
    pub(crate) elapsed: Duration,
    /// The time from sending its last request to the head of the response.
    pub(crate) first_byte: Duration,
    pub(crate) attempts: u32,
    pub(crate) body_len: usize,
    pub(crate) outside_range: usize,
    pub(crate) duplicates: usize,
    pub(crate) conflicts: usize,
}

/// The state of a page over all attempts at it.
#[derive(Default)]
struct Progress {
    /// The records received so far, by hash.
    received: HashMap<u64, Received, BuildHasherDefault<AsIs>>,
    outside_range: usize,
    duplicates: usize,
    /// The number of duplicates whose content differs.
    conflicts: usize,
    /// The number of records that no earlier page had.
    new: usize,
    /// The number of known records within the overlap with the page before.
    overlap_known: usize,
    position: usize,
    /// The time spent waiting for a reader that is slower than the server.
    reader_wait: Duration,
    /// The hashes of the last ids.
    last_ids: VecDeque<u32>,
    /// The number of malformed records of the current attempt.
    malformed: usize,
    /// The hashes of the malformed records of all attempts.
    malformed_hashes: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Other data of the current attempt.
    current: Current,
}

impl Progress {
    /// Returns whether more than 99 of 100 records are malformed, and too many to continue.
    fn is_nearly_all_malformed(&self) -> bool {
        let well_formed = self.position - self.malformed;
        self.malformed > MAX_MALFORMED && well_formed < self.position / 100
    }
}

/// The data of the current attempt.
#[derive(Default)]
struct Current {
    status: Option<u16>,
    correlation_id: Option<String>,
    received: usize,
    first_byte: Duration,
}

/// A record that was received.
#[derive(Clone, Copy)]
struct Received {
    attempt: u32,
    /// Whether an earlier page had it.
    known: bool,
    /// The checksum of its content.
    content: u32,
}

/// The data to report about a completed attempt.
struct Completed<'a> {
    endpoint: &'a Endpoint,
    /// The span of the page, and that of the request in it.
    page: &'a tracing::Span,
    request: &'a tracing::Span,
    attempt: u32,
    elapsed: Duration,
}

/// The reason why an attempt at a page ended early.
enum Interrupted {
    Failed(Error),
    /// The receiver wants no more records.
    Unwanted,
}

impl From<Error> for Interrupted {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Pager {
    pub(crate) fn new(inner: Arc<ClientInner>, spec: Spec) -> Self {
        let paging = Paging::new(spec.version);
        Self {
            inner,
            spec,
            paging,
            seen: DedupSet::default(),
            previous: HashMap::default(),
            previous_malformed: HashSet::default(),
            keep_duplicates: false,
            number: 0,
            empty_pages: 0,
            repeated_pages: 0,
        }
    }

    /// Passes on records each time they are sent, not only the first time.
    pub(crate) fn keeping_duplicates(mut self, keep: bool) -> Self {
        self.keep_duplicates = keep;
        self
    }

    /// Fetches the page at `here`. Returns `None` if the receiver wants no more.
    pub(crate) async fn page(
        &mut self,
        here: &Position,
        receiver: &mut impl Receiver,
    ) -> Result<Option<FetchedPage>, Error> {
        self.number += 1;
        if self.number == 1 {
            self.paging.resume(here);
        }
        let endpoint = Endpoint::new(Arc::clone(&self.inner.origin), self.spec.version);
        let span = observer::page_span(&endpoint, self.number);
        let mut progress = Progress::default();
        let mut attempt = 0;
        // Time spent waiting for the rate limit does not count against the retry time limit.
        let mut first = None;
        loop {
            attempt += 1;
            let clock = &*self.inner.clock;
            self.inner.rate_limiter.acquire(clock).await;
            let sent = clock.now();
            let first = *first.get_or_insert(sent);
            let request = span.in_scope(|| {
                observer::request_span(&endpoint, self.spec.version.url_template(), attempt)
            });
            let waited_before = progress.reader_wait;
            let result = self.attempt(here, attempt, &mut progress, receiver);
            let result = result.instrument(request.clone()).await;
            let now = self.inner.clock.now();
            let elapsed = now.saturating_duration_since(first);
            let completed = Completed {
                endpoint: &endpoint,
                page: &span,
                request: &request,
                attempt,
                elapsed: now.saturating_duration_since(sent),
            };
            match result {
                Ok((next_page, headers)) => {
                    self.inner.retries.succeeded(attempt);
                    self.report(completed, &progress, None, None);
                    let Current {
                        status,
                        correlation_id,
                        received,
                        first_byte,
                    } = std::mem::take(&mut progress.current);
                    let metadata = PageMetadata {
                        number: self.number,
                        status: status.expect("a page arrived with one"),
                        correlation_id,
                        headers,
                        cursor: match &next_page.cursor {
                            Cursor::Next(cursor) => Some(cursor.clone()),
                            Cursor::Absent | Cursor::Null => None,
                        },
                        next_offset: next_page.next_offset,
                        elapsed,
                        first_byte,
                        attempts: attempt,
                        body_len: received,
                        outside_range: progress.outside_range,
                        duplicates: progress.duplicates,
                        conflicts: progress.conflicts,
                    };
                    let next = self.follow(here, &next_page, &progress);
                    self.previous = progress.received;
                    self.previous_malformed = progress.malformed_hashes;
                    let next = next.map_err(|error| self.with_response_metadata(error, &metadata));
                    return Ok(Some(FetchedPage { metadata, next }));
                }
                Err(Interrupted::Unwanted) => return Ok(None),
                Err(Interrupted::Failed(error)) => {
                    // A reader that pauses uses up neither the time limit of the page nor that of the outage.
                    let times = Times {
                        first: first + progress.reader_wait,
                        sent: sent + (progress.reader_wait - waited_before),
                        failed: now,
                        blocked: self.inner.rate_limiter.blocked(now),
                    };
                    let limit = match self.inner.retries.decide(&error, attempt, times) {
                        Decision::Retry(wait) => {
                            // The server's wait applies to all requests with this key, not only to those for this
                            // page.
                            if error.is_rate_limited() || error.retry_after().is_some() {
                                self.inner.rate_limiter.pause_until(now + wait);
                            }
                            self.report(completed, &progress, Some(&error), Some(wait));
                            self.inner.clock.sleep(wait).await;
                            continue;
                        }
                        Decision::Permanent => None,
                        Decision::Exhausted(limit) => Some(limit),
                    };
                    let error = error.with_attempts(attempt, elapsed, limit);
                    self.report(completed, &progress, Some(&error), None);
                    return Err(error);
                }
            }
        }
    }

    fn report(
        &self,
        completed: Completed<'_>,
        progress: &Progress,
        error: Option<&Error>,
        retry_in: Option<Duration>,
    ) {
        let current = &progress.current;
        let attempt = Attempt {
            endpoint: completed.endpoint,
            page: self.number,
            number: completed.attempt,
            status: current.status.or(error.and_then(Error::status)),
            correlation_id: current
                .correlation_id
                .as_deref()
                .or(error.and_then(Error::correlation_id)),
            bytes: current.received,
            records: progress.position,
            elapsed: completed.elapsed,
            error,
            retry_in,
            retry_limit: retry_in
                .and(error)
                .and_then(|error| self.inner.retries.time_limit(error)),
        };
        completed.page.in_scope(|| {
            observer::report(&self.inner.observer, &attempt, completed.request);
        });
    }

    /// Sends one request, and passes on the items that no earlier attempt received.
    async fn attempt(
        &mut self,
        here: &Position,
        attempt: u32,
        progress: &mut Progress,
        receiver: &mut impl Receiver,
    ) -> Result<(NextPage, HeaderMap), Interrupted> {
        progress.position = 0;
        progress.malformed = 0;
        progress.overlap_known = 0;
        progress.last_ids.clear();
        progress.current = Current::default();
        let sent = self.inner.clock.now();
        let mut response = self.inner.request(&self.spec, here).await?;
        progress.current.first_byte = self.inner.clock.now().saturating_duration_since(sent);
        progress.current.status = Some(response.reader.status.as_u16());
        progress.current.correlation_id = response::correlation_id(&response.reader.headers);
        let mut found = Vec::new();
        while response.read(&mut found).await? {
            progress.current.received = response.received();
            let items = self.take(&mut found, attempt, progress);
            let arrived = self.inner.clock.now();
            if !items.is_empty() && !receiver.receive(items).await {
                return Err(Interrupted::Unwanted);
            }
            progress.reader_wait += self.inner.clock.now().saturating_duration_since(arrived);
            if progress.is_nearly_all_malformed() {
                return Err(self.nearly_all_malformed(progress).into());
            }
        }
        // The last page of a server has records or a null cursor; a null list alone would end the fetch early.
        let needs_cursor = progress.position == 0 && matches!(here, Position::Cursor(_));
        Ok(response.end(needs_cursor)?)
    }

    /// Returns the new items: drops those of an earlier attempt, of an earlier page, or outside the time range.
    fn take(&mut self, found: &mut Vec<Element>, attempt: u32, progress: &mut Progress) -> Items {
        let range = self.spec.range();
        let mut items = Vec::with_capacity(found.len());
        for found in found.drain(..) {
            let item = decode::record(found, self.number);
            let in_overlap = progress.position < self.paging.overlap();
            let bits = match &item {
                Ok(record) => self.seen.bits(record.id()),
                Err(error) => self.seen.bits((progress.position, error.record_bytes())),
            };
            if let Ok(record) = &item {
                cursor::push_anchor(&mut progress.last_ids, record.id());
                progress.overlap_known += usize::from(self.paging.is_anchor(record.id()));
            }
            progress.position += 1;
            if let Err(error) = &item {
                let hash = self.seen.bits(error.record_bytes());
                // Otherwise an overlap of malformed records would look like one without a known record.
                if in_overlap && self.previous_malformed.contains(&hash) {
                    progress.overlap_known += 1;
                    continue;
                }
                progress.malformed += 1;
                progress.malformed_hashes.insert(hash);
            }
            let content = (item.as_ref()).map_or(0, |record| crc32fast::hash(record.raw_bytes()));
            let (is_duplicate, first) = match progress.received.entry(bits) {
                Entry::Occupied(mut entry) => {
                    let received = *entry.get();
                    progress.overlap_known += usize::from(in_overlap && received.known);
                    // Of an earlier attempt, only another version is worth passing on.
                    let is_other = self.keep_duplicates && received.content != content;
                    if received.attempt != attempt && !is_other {
                        continue;
                    }
                    if is_other && received.attempt != attempt {
                        entry.insert(Received {
                            attempt,
                            content,
                            ..received
                        });
                    }
                    (true, Some(received.content))
                }
                Entry::Vacant(entry) => {
                    let known = item.is_ok() && !self.seen.insert(bits);
                    entry.insert(Received {
                        attempt,
                        known,
                        content,
                    });
                    if known && in_overlap {
                        // Records requested twice on purpose are not duplicates.
                        progress.overlap_known += 1;
                        continue;
                    }
                    let first = self.previous.get(&bits).map(|received| received.content);
                    (known, first.filter(|_| known))
                }
            };
            if is_duplicate {
                progress.duplicates += 1;
                progress.conflicts += usize::from(first.is_some_and(|first| first != content));
                if !self.keep_duplicates || item.is_err() {
                    continue;
                }
            }
            let Ok(record) = &item else {
                items.push(item);
                continue;
            };
            // Every request draws its own sample: a second attempt completes that of the first one.
            if self.is_sample() && progress.new >= self.spec.page_size as usize {
                continue;
            }
            progress.new += usize::from(!is_duplicate);
            if record
                .started_at()
                .is_none_or(|start| range.contains(start))
            {
                items.push(item);
            } else {
                // No document says whether the end is inclusive, so a record at the end is nothing to report.
                progress.outside_range += usize::from(record.started_at() != range.end());
            }
        }
        items
    }

    fn nearly_all_malformed(&self, progress: &Progress) -> Error {
        let endpoint = Endpoint::new(Arc::clone(&self.inner.origin), self.spec.version);
        Error::new(
            ErrorKind::Body,
            format!(
                "page {} was abandoned: {} of its first {} records are malformed",
                self.number, progress.malformed, progress.position
            ),
            "check that the base URL is that of the Conversations API; if it is, report the correlation id to PolyAI",
        )
        .at(&endpoint)
        .with_response(ResponseDetails {
            status: progress.current.status.unwrap_or_default(),
            correlation_id: progress.current.correlation_id.clone(),
            ..ResponseDetails::default()
        })
    }

    fn is_sample(&self) -> bool {
        matches!(self.spec.retrieval, Retrieval::RandomSample { .. })
    }

    fn follow(
        &mut self,
        here: &Position,
        next_page: &NextPage,
        progress: &Progress,
    ) -> Result<Option<Position>, Error> {
        // Each request draws its own sample, so a second page would not continue the first.
        if self.is_sample() {
            return Ok(None);
        }
        if progress.new > 0 {
            (self.empty_pages, self.repeated_pages) = (0, 0);
        } else {
            self.empty_pages += 1;
            // By offset, a fetch that stepped back reads many known pages.
            let is_repeated = progress.duplicates > 0 && matches!(here, Position::Cursor(_));
            self.repeated_pages += u32::from(is_repeated);
        }
        let next = self.paging.next(here, next_page, progress.overlap_known)?;
        let next = next.map(|next| self.paging.anchored(next, &progress.last_ids));
        let known = self.repeated_pages;
        if next.is_some() && known >= MAX_REPEATED_PAGES {
            return Err(Error::new(
                ErrorKind::Paging,
                format!("{known} pages brought only known records, and the server names another"),
                "the records so far are good; retry with a narrower time range, or report the \
                 correlation id to PolyAI",
            ));
        }
        if next.is_some() && self.empty_pages >= MAX_EMPTY_PAGES {
            return Err(Error::new(
                ErrorKind::Paging,
                format!(
                    "{MAX_EMPTY_PAGES} pages in a row brought nothing new, and the server names another"
                ),
                "the records so far are good; retry with a narrower time range, or report the \
                 correlation id to PolyAI",
            ));
        }
        Ok(next)
    }

    /// Adds the response's metadata to a paging error.
    fn with_response_metadata(&self, error: Error, metadata: &PageMetadata) -> Error {
        let endpoint = Endpoint::new(Arc::clone(&self.inner.origin), self.spec.version);
        error.at(&endpoint).with_response(ResponseDetails {
            status: metadata.status,
            correlation_id: metadata.correlation_id.clone(),
            ..ResponseDetails::default()
        })
    }
}
