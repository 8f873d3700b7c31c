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
};

use reqwest::header::HeaderMap;
use tracing::Instrument;

use crate::{
    Error, ErrorKind, Retrieval,
    client::observer,
    pager::cursor::Paging,
    pager::dedup::{AsIs, DedupSet},
    pager::next_page::{Cursor, NextPage},
    pager::position::{PageIds, Position},
    query::Spec,
    response::ClientInner,
    response::attempts::Attempts,
};

pub(crate) use fetched_page::{FetchedPage, PageMetadata};
pub(crate) use items::{Items, Receiver, item_len};
use progress::{Progress, Received};

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
    /// The number of records that no earlier page had, and that of those sent again out of place.
    new_records: u64,
    unexplained: u64,
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
            new_records: 0,
            unexplained: 0,
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
        let endpoint = self.inner.endpoint(self.spec.version);
        let span = observer::page_span(&endpoint, self.number);
        let template = self.spec.version.url_template();
        let inner = Arc::clone(&self.inner);
        let mut attempts = Attempts::new(Arc::clone(&inner), endpoint, span, template, self.number);
        let mut progress = Progress::default();
        let mut furthest = 0;
        loop {
            attempts.begin().await;
            let request = attempts.span();
            let new = progress.new;
            let result = self.attempt(here, &mut attempts, &mut progress, receiver);
            let result = inner.retries.noting_stops(result.instrument(request));
            let (result, stopped) = result.await;
            attempts.exclude(stopped);
            match result {
                Ok((next_page, headers)) => {
                    attempts.succeeded();
                    return Ok(Some(
                        self.fetched(here, next_page, headers, attempts, progress),
                    ));
                }
                Err(Interrupted::Unwanted) => return Ok(None),
                Err(Interrupted::Failed(error)) => {
                    // Otherwise a page that takes longer than the retry time limit would have no retry. A page that
                    // brings a new record at its head each time, and always ends at the same place, gets nowhere.
                    if progress.new > new && progress.position > furthest {
                        furthest = progress.position;
                        attempts.restart();
                    }
                    attempts.failed(error).await?;
                }
            }
        }
    }

    fn fetched(
        &mut self,
        here: &Position,
        next_page: NextPage,
        headers: HeaderMap,
        mut attempts: Attempts,
        mut progress: Progress,
    ) -> FetchedPage {
        let (elapsed, number) = (attempts.elapsed(), attempts.number());
        // The next page may start the list over, which concerns that page.
        let started_over = self.paging.has_started_over();
        let next = self.follow(here, &next_page, &progress);
        let next = next.map_err(|error| attempts.with_response(error));
        let current = std::mem::take(attempts.current());
        let metadata = PageMetadata {
            number: self.number,
            status: current.status.expect("a page arrived with one"),
            correlation_id: current.correlation_id,
            headers,
            cursor: match next_page.cursor {
                Cursor::Next(cursor) => Some(cursor),
                Cursor::Absent | Cursor::Null => None,
            },
            next_offset: next_page.next_offset,
            elapsed,
            first_byte: current.first_byte,
            attempts: number,
            body_len: current.bytes,
            outside_range: std::mem::take(&mut progress.outside_range),
            duplicates: progress.duplicates,
            conflicts: progress.conflicts,
            started_over,
        };
        self.previous = progress.received;
        self.previous_malformed = progress.malformed_hashes;
        let again = if self.has_changed_its_order() {
            Position::Start
        } else {
            here.clone()
        };
        FetchedPage {
            metadata,
            ids: progress.ids,
            known: progress.overlap_known,
            again,
            next,
        }
    }

    /// Sends one request, and passes on the items that no earlier attempt received.
    async fn attempt(
        &mut self,
        here: &Position,
        attempts: &mut Attempts,
        progress: &mut Progress,
        receiver: &mut impl Receiver,
    ) -> Result<(NextPage, HeaderMap), Interrupted> {
        progress.position = 0;
        progress.is_head = true;
        progress.malformed = 0;
        progress.overlap_known = 0;
        progress.ids = PageIds::default();
        let mut response = self.inner.request(&self.spec, here).await?;
        attempts.head(response.reader.status.as_u16(), &response.reader.headers);
        let mut found = Vec::new();
        while response.read(&mut found).await? {
            let arrived = attempts.arrived();
            let items = self.take(&mut found, here, attempts.number(), progress);
            attempts.current().bytes = response.received();
            attempts.current().records = progress.position;
            if !items.is_empty() && !receiver.receive(items).await {
                return Err(Interrupted::Unwanted);
            }
            attempts.exclude(self.inner.clock.now().saturating_duration_since(arrived));
            if progress.is_nearly_all_malformed() {
                let error = self.nearly_all_malformed(progress);
                return Err(attempts.with_response(error).into());
            }
        }
        // The last page of a server has records or a null cursor; a null list alone would end the fetch early.
        let needs_cursor = progress.position == 0 && here.cursor().is_some();
        Ok(response.end(needs_cursor)?)
    }

    fn nearly_all_malformed(&self, progress: &Progress) -> Error {
        Error::new(
            ErrorKind::Body,
            format!(
                "page {} was abandoned: {} of its first {} records are malformed",
                self.number, progress.malformed, progress.position
            ),
            "check that the base URL is that of the Conversations API; if it is, report the correlation id to PolyAI",
        )
    }

    fn is_sample(&self) -> bool {
        matches!(self.spec.retrieval, Retrieval::RandomSample { .. })
    }
}
