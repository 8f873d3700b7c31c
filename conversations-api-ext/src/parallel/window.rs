//! [`Window`]: the part of the range that one query fetches.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use chrono::{DateTime, Utc};
use futures_core::Stream as _;

use super::{
    planner::{FirstPage, Plan, Planner},
    span::{Direction, Span},
};
use crate::{
    Error, ErrorKind, Record, Records, pager::item_len, pager::position::Position,
    retry::limit::Limit,
};

/// A part of the range that is being fetched.
pub(super) struct Window {
    plan: Plan,
    pub(super) records: Records,
    /// The reorder buffer: records read before their turn; empty if order does not matter.
    buffer: VecDeque<Buffered>,
    buffered: usize,
    /// The result, once the window has ended.
    end: Option<Result<(), Error>>,
    pages: u64,
    /// The number of items read, without those out of place.
    items: u64,
    /// The number of records read that start in the range of another window.
    out_of_place: u64,
    /// The number of items that had been read when the page began.
    page_start: u64,
    order: Order,
    has_malformed: bool,
    /// The ids returned from the first page, while it may be abandoned.
    first_page: Option<Vec<u64>>,
    /// The position of the page before which all records were returned, and its number.
    position: Position,
    pages_given: u64,
}

/// An entry of the reorder buffer.
enum Buffered {
    Item(Result<Record, Error>),
    /// The end of a page: the position of the next one, and the number of pages before it.
    PageEnd(Position, u64),
}

/// The result of reading from a window.
pub(super) enum Read {
    Item(Result<Record, Error>),
    /// The window is to be abandoned: its range is replanned.
    Split,
    /// The window has just ended.
    End,
}

impl Window {
    /// With `may_split`, the window pauses after its first page until the planner decides whether to split it.
    pub(super) fn new(plan: Plan, records: Records, may_split: bool) -> Self {
        let records = if may_split {
            records.pausing_once()
        } else {
            records
        };
        Self {
            position: records.position().cloned().unwrap_or(Position::Start),
            plan,
            records,
            buffer: VecDeque::new(),
            buffered: 0,
            end: None,
            pages: 0,
            items: 0,
            out_of_place: 0,
            page_start: 0,
            order: Order::default(),
            has_malformed: false,
            first_page: may_split.then(Vec::new),
            pages_given: 0,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.plan.span
    }

    /// Returns whether a record starts in this window. One without a start belongs to any window.
    pub(super) fn contains(&self, record: &Record) -> bool {
        let (start, end) = self.plan.span;
        let is_within = |time| start <= time && time < end;
        record.started_at().is_none_or(is_within)
    }

    /// Returns the number of bytes in the reorder buffer.
    pub(super) fn buffered(&self) -> usize {
        self.buffered
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.end, Some(Err(_)))
    }

    /// Returns whether the error concerns all windows: they would fail in the same way, or the client's retry time
    /// limit or retry budget is exhausted.
    pub(super) fn error_concerns_all(&self) -> bool {
        let Some(Err(error)) = &self.end else {
            return false;
        };
        match error.kind() {
            ErrorKind::InvalidInput
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Redirect
            | ErrorKind::RateLimited
            | ErrorKind::Connection => true,
            // A filter is rejected on the first page; later it is the window's own cursor.
            ErrorKind::BadRequest => self.pages == 0,
            ErrorKind::Server
            | ErrorKind::Timeout
            | ErrorKind::Body
            | ErrorKind::Paging
            | ErrorKind::MalformedRecord => {
                matches!(error.limit(), Some(Limit::Outage | Limit::Budget))
            }
        }
    }

    /// Returns the position of the page before which all records were returned.
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// Returns the number of pages whose records were all returned.
    pub(super) fn pages_given(&self) -> u64 {
        self.pages_given
    }

    /// Returns the result of the window.
    pub(super) fn into_end(self) -> Result<(), Error> {
        self.end.unwrap_or(Ok(()))
    }

    /// Returns the first and the last start on the first page.
    pub(super) fn starts(&self) -> Option<Span> {
        let (first, last) = (self.order.first?, self.order.last?);
        Some((first.min(last), first.max(last)))
    }

    pub(super) fn first_page(&mut self) -> Option<&mut Vec<u64>> {
        self.first_page.as_mut()
    }

    /// Returns the next item of the reorder buffer, after the ends of pages before it.
    pub(super) fn next_buffered(&mut self) -> Option<Result<Record, Error>> {
        loop {
            match self.buffer.pop_front()? {
                Buffered::Item(item) => {
                    self.buffered -= item_len(&item);
                    return Some(item);
                }
                Buffered::PageEnd(position, pages) => {
                    self.position = position;
                    self.pages_given = pages;
                }
            }
        }
    }

    /// Reads ahead while less than `room` bytes are buffered. Also pending if there is no room.
    pub(super) fn poll_ahead(
        &mut self,
        context: &mut Context<'_>,
        planner: &mut Planner,
        room: usize,
    ) -> Poll<Read> {
        while self.end.is_none() && self.buffered < room {
            match ready!(self.poll_read(context, planner, false)) {
                Read::Item(item) => {
                    self.buffered += item_len(&item);
                    self.buffer.push_back(Buffered::Item(item));
                }
                other => return Poll::Ready(other),
            }
        }
        Poll::Pending
    }

    /// Polls the next item, to be returned at once. Must not be called after the end.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        planner: &mut Planner,
    ) -> Poll<Read> {
        self.poll_read(context, planner, true)
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        planner: &mut Planner,
        is_given: bool,
    ) -> Poll<Read> {
        loop {
            let item = ready!(Pin::new(&mut self.records).poll_next(context));
            let pages = self.records.pages_read();
            let ended = pages - self.pages;
            self.pages = pages;
            match item {
                None if self.records.is_paused() => {
                    if self.splits(planner) {
                        return Poll::Ready(Read::Split);
                    }
                    self.first_page = None;
                    planner.full_pages(ended);
                    self.page_ended(is_given);
                }
                None => {
                    planner.full_pages(ended.saturating_sub(1));
                    let last = if ended > 1 {
                        0
                    } else {
                        self.items - self.page_start
                    };
                    planner.ended(&self.plan, self.items, last);
                    self.end = Some(Ok(()));
                    return Poll::Ready(Read::End);
                }
                Some(Err(error)) if !error.is_malformed_record() => {
                    if ended > 0 {
                        planner.full_pages(ended);
                        self.page_ended(is_given);
                    }
                    planner.failed();
                    self.end = Some(Err(error));
                    return Poll::Ready(Read::End);
                }
                Some(item) => {
                    if ended > 0 {
                        planner.full_pages(ended);
                        self.page_ended(is_given);
                    }
                    match &item {
                        // They say nothing about the density of the window.
                        Ok(record) if !self.contains(record) => {
                            self.out_of_place += 1;
                            return Poll::Ready(Read::Item(item));
                        }
                        _ => self.items += 1,
                    }
                    match &item {
                        Ok(record) if self.first_page.is_some() => self.order.add(record),
                        Ok(_) => {}
                        Err(_) => self.has_malformed = true,
                    }
                    return Poll::Ready(Read::Item(item));
                }
            }
        }
    }

    fn page_ended(&mut self, is_given: bool) {
        self.page_start = self.items;
        let Some(position) = self.records.position().cloned() else {
            return;
        };
        if is_given {
            self.pages_given = self.pages;
            self.position = position;
        } else {
            let end = Buffered::PageEnd(position, self.pages);
            self.buffer.push_back(end);
        }
    }

    /// Returns whether to abandon the window after its first page. Does not split if the server ignores the range or
    /// the order, because shorter windows would cost as much, or if an error would be returned twice.
    fn splits(&self, planner: &mut Planner) -> bool {
        let outside = self.records.outside_range() + self.out_of_place;
        if self.has_malformed || outside > self.items / 2 {
            return false;
        }
        let page = self.order.first_page(self.items);
        page.is_some_and(|page| planner.splits(&self.plan, &page))
    }
}

/// Counts the order in which the records of a page start.
#[derive(Default)]
struct Order {
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    ascents: u32,
    descents: u32,
}

/// A server may sort by a time other than the start: up to one in this many pairs may be out of order.
const ONE_IN: u32 = 20;

impl Order {
    fn add(&mut self, record: &Record) {
        let Some(started) = record.started_at() else {
            return;
        };
        self.first.get_or_insert(started);
        if let Some(last) = self.last.replace(started) {
            self.ascents += u32::from(last < started);
            self.descents += u32::from(last > started);
        }
    }

    fn first_page(&self, records: u64) -> Option<FirstPage> {
        let (first, last) = (self.first?, self.last?);
        let direction = if first < last && self.descents <= self.ascents / ONE_IN {
            Direction::Ascending
        } else if first > last && self.ascents <= self.descents / ONE_IN {
            Direction::Descending
        } else {
            return None;
        };
        Some(FirstPage {
            records,
            first,
            last,
            direction,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytestring::ByteString;

    use super::*;
    use crate::record::metadata::RecordMetadata;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn direction(starts: impl IntoIterator<Item = i64>) -> Option<Direction> {
        let mut order = Order::default();
        for start in starts {
            let metadata = RecordMetadata {
                id: "CA".into(),
                started_at: Some(at(start)),
                in_progress: false,
            };
            order.add(&Record::new(ByteString::new(), metadata, 0));
        }
        order.first_page(1).map(|page| page.direction)
    }

    #[test]
    fn the_direction_is_that_of_nearly_all_neighbors_and_none_where_they_are_mixed() {
        assert_eq!(direction(0..100), Some(Direction::Ascending));
        assert_eq!(direction((0..100).rev()), Some(Direction::Descending));
        assert_eq!(direction([1, 1, 2, 2, 2]), Some(Direction::Ascending));
        let nearly = (0..100).map(|number| if number == 50 { 20 } else { number });
        assert_eq!(direction(nearly), Some(Direction::Ascending));
        for mixed in [&[5, 9, 1, 7, 8][..], &[3, 3, 3], &[4], &[]] {
            assert_eq!(direction(mixed.iter().copied()), None, "{mixed:?}");
        }
    }
}
