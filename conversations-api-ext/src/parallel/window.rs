//! [`Window`]: a part of the range that is being fetched.

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
use crate::{Error, ErrorKind, Record, Records, pager::cursor::Position, retry::Limit};

/// A part of the range that is being fetched.
pub(super) struct Window {
    plan: Plan,
    pub(super) records: Records,
    /// What was read before its turn came; empty where order does not matter.
    buffer: VecDeque<Result<Record, Error>>,
    buffered: usize,
    /// The window was read to its end, well or not.
    end: Option<Result<(), Error>>,
    pages: u64,
    items: u64,
    /// How many items had been read when the page began.
    page_start: u64,
    order: Order,
    has_malformed: bool,
    /// The ids that were given of the first page, while it may be abandoned.
    first_page: Option<Vec<u64>>,
    /// The page before which all records were given, and its number.
    position: Position,
    pages_given: u64,
}

/// What reading a window brings.
pub(super) enum Read {
    Item(Result<Record, Error>),
    /// The window is to be abandoned: its range is planned anew.
    Split,
    /// The window has ended, just now.
    End,
}

impl Window {
    /// `may_split`: the window pauses after its first page, until that is decided.
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

    /// How many bytes were read before their turn.
    pub(super) fn buffered(&self) -> usize {
        self.buffered
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.end, Some(Err(_)))
    }

    /// Whether the window failed in a way in which those of all other windows would fail as well, or the client has
    /// given up on all of them.
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
            // A filter is rejected on the first page; later it is the cursor, which is the window's own.
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

    /// The page before which all records of the window were given.
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// How many pages of which all records were given.
    pub(super) fn pages_given(&self) -> u64 {
        self.pages_given
    }

    /// How it ended.
    pub(super) fn into_end(self) -> Result<(), Error> {
        self.end.unwrap_or(Ok(()))
    }

    pub(super) fn first_page(&mut self) -> Option<&mut Vec<u64>> {
        self.first_page.as_mut()
    }

    /// The next item that was read before its turn.
    pub(super) fn next_buffered(&mut self) -> Option<Result<Record, Error>> {
        let item = self.buffer.pop_front()?;
        self.buffered -= size(&item);
        Some(item)
    }

    /// Reads ahead while less than `room` bytes are buffered. Pending as well where there is no room.
    pub(super) fn poll_ahead(
        &mut self,
        context: &mut Context<'_>,
        planner: &mut Planner,
        room: usize,
    ) -> Poll<Read> {
        while self.end.is_none() && self.buffered < room {
            match ready!(self.poll_read(context, planner, false)) {
                Read::Item(item) => {
                    self.buffered += size(&item);
                    self.buffer.push_back(item);
                }
                other => return Poll::Ready(other),
            }
        }
        Poll::Pending
    }

    /// The next item, to be given at once. Not after the end.
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
                    self.items += 1;
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
        if is_given {
            self.pages_given = self.pages;
            if let Some(position) = self.records.position() {
                self.position = position.clone();
            }
        }
    }

    /// Whether to abandon the window after its first page. Not where the server does not keep to the range or to an
    /// order: shorter windows would cost as much as this one. Nor where an error would be given twice.
    fn splits(&self, planner: &mut Planner) -> bool {
        if self.has_malformed || self.records.outside_range() > self.items / 2 {
            return false;
        }
        let page = self.order.first_page(self.items);
        page.is_some_and(|page| planner.splits(&self.plan, &page))
    }
}

fn size(item: &Result<Record, Error>) -> usize {
    match item {
        Ok(record) => record.raw_bytes().len(),
        Err(error) => error.record_bytes().map_or(0, bytes::Bytes::len),
    }
}

/// In which order the records of a page start.
#[derive(Default)]
struct Order {
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    ascents: u32,
    descents: u32,
}

/// A server may sort by another time than the start: up to one in so many pairs may be out of order.
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
    use bytes::Bytes;

    use super::*;
    use crate::record::Head;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn direction(starts: impl IntoIterator<Item = i64>) -> Option<Direction> {
        let mut order = Order::default();
        for start in starts {
            let head = Head {
                id: Bytes::from_static(b"CA"),
                started_at: Some(at(start)),
                in_progress: false,
            };
            order.add(&Record::new(Bytes::new(), head, 0));
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
