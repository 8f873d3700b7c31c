//! [`Pager`]: fetches page after page with retries, and returns each record once.

pub(crate) mod checkpoint;
pub(crate) mod cursor;
pub(crate) mod dedup;
pub(crate) mod next_page;
pub(crate) mod position;
pub(crate) mod prefetch;

mod empty_pages;
mod fetched_page;
mod items;
mod progress;
mod resume;

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
    sync::Arc,
    time::Duration,
};

use reqwest::header::HeaderMap;
use tracing::Instrument;

use crate::{
    Error, ErrorKind, Retrieval,
    client::endpoint::Endpoint,
    client::observer::{self, Attempt},
    error::ResponseDetails,
    error::response,
    pager::cursor::Paging,
    pager::dedup::{AsIs, DedupSet},
    pager::next_page::{Cursor, NextPage},
    pager::position::{PageIds, Position},
    query::Spec,
    response::ClientInner,
    retry::{Decision, Times},
};

pub(crate) use fetched_page::{FetchedPage, PageMetadata};
pub(crate) use items::{Items, Receiver};
use progress::{Current, Progress, Received};

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

    /// Fetches the page at `here`, or the first one that a resumed fetch needs. Returns `None` if the receiver wants no
    /// more.
    pub(crate) async fn page(
        &mut self,
        here: &Position,
        receiver: &mut impl Receiver,
    ) -> Result<Option<FetchedPage>, Error> {
        match here {
            Position::After { previous, .. } if self.number == 0 => {
                self.resume(previous, receiver).await
            }
            _ => self.fetch(here, receiver).await,
        }
    }

    async fn fetch(
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
        let mut budgeted = false;
        // Time spent waiting for the rate limit does not count against the retry time limit.
        let mut first = None;
        loop {
            attempt += 1;
            let clock = &*self.inner.clock;
            let free = self.inner.rate_limiter.acquire(clock);
            self.inner.retries.noting_stops(free).await;
            let sent = clock.now();
            let first = *first.get_or_insert(sent);
            let request = span.in_scope(|| {
                observer::request_span(&endpoint, self.spec.version.url_template(), attempt)
            });
            let waited_before = progress.reader_wait;
            let inner = Arc::clone(&self.inner);
            let result = self.attempt(here, attempt, &mut progress, receiver);
            let result = inner
                .retries
                .noting_stops(result.instrument(request.clone()));
            let (result, stopped) = result.await;
            progress.stopped += stopped;
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
                    self.inner.retries.succeeded(budgeted);
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
                        outside_range: std::mem::take(&mut progress.outside_range),
                        duplicates: progress.duplicates,
                        conflicts: progress.conflicts,
                        started_over: self.paging.has_started_over(),
                    };
                    let known = progress.overlap_known;
                    let next = self.follow(here, &next_page, &progress);
                    self.previous = progress.received;
                    self.previous_malformed = progress.malformed_hashes;
                    let next = next.map_err(|error| self.with_response_metadata(error, &metadata));
                    return Ok(Some(FetchedPage {
                        metadata,
                        ids: progress.ids,
                        known,
                        next,
                    }));
                }
                Err(Interrupted::Unwanted) => return Ok(None),
                Err(Interrupted::Failed(error)) => {
                    // A reader that pauses uses up neither the time limit of the page nor that of the outage, and
                    // neither does time in which the process did not run.
                    let times = Times {
                        first: first + progress.reader_wait + progress.stopped,
                        sent: sent + (progress.reader_wait - waited_before) + stopped,
                        failed: now,
                        blocked: self.inner.rate_limiter.blocked(now),
                    };
                    let limit = match self.inner.retries.decide(&error, attempt, times) {
                        Decision::Retry { wait, budgeted: is } => {
                            budgeted = is;
                            // The server's wait applies to all requests with this key, not only to those for this
                            // page.
                            if error.is_rate_limited() || error.retry_after().is_some() {
                                self.inner.rate_limiter.pause_until(now + wait);
                            }
                            self.report(completed, &progress, Some(&error), Some(wait));
                            let sleep = self.inner.clock.sleep(wait);
                            let ((), stopped) = self.inner.retries.noting_stops(sleep).await;
                            progress.stopped += stopped;
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
        progress.ids = PageIds::default();
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
        let needs_cursor = progress.position == 0 && here.cursor().is_some();
        Ok(response.end(needs_cursor)?)
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
