//! [`Held`]: what has come of a window that is to be put in order.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::{cutter::SHORTEST, window::Span};
use crate::{Error, Record};

/// The records of a window so far, and what they tell of those to come.
#[derive(Default)]
pub(super) struct Held {
    items: Vec<Result<Record, Error>>,
    records: usize,
    bytes: usize,
    way: Way,
}

/// Which way the starts of the records run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nothing with a start has come.
    #[default]
    Unknown,
    /// All have started at this time.
    Level(DateTime<Utc>),
    Up(DateTime<Utc>),
    Down(DateTime<Utc>),
    /// Neither.
    Mixed,
}

/// A window that is expected to be larger is cut into several.
pub(super) const TOO_LARGE: usize = 20 * 1024 * 1024;

/// What each of them should be.
const PIECE: usize = 4 * 1024 * 1024;

/// So many at most: what the first page tells of the others is a guess.
const MOST_PIECES: usize = 32;

impl Held {
    pub(super) fn push(&mut self, item: Result<Record, Error>) {
        if let Ok(record) = &item {
            self.records += 1;
            self.bytes += record.raw_bytes().len();
            if let Some(started) = record.started_at() {
                self.way = self.way.then(started);
            }
        }
        self.items.push(item);
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the last item ended the window.
    pub(super) fn failed(&self) -> bool {
        let last = self.items.last();
        last.is_some_and(|item| matches!(item, Err(error) if !error.is_malformed_record()))
    }

    /// The items in order, and what ended the window if that was an error.
    pub(super) fn into_sorted(self) -> (Vec<Result<Record, Error>>, Option<Error>) {
        let failed = self.failed();
        let mut items = self.items;
        let error = if failed {
            items.pop().and_then(Result::err)
        } else {
            None
        };
        items.sort_by(|one, other| key(one).cmp(&key(other)));
        (items, error)
    }

    /// How large the window will be. A guess: nothing is lost where a server sorts in another way than it seems.
    pub(super) fn expected_bytes(&self, (start, end): Span) -> usize {
        let whole = end - start;
        let read = match self.way {
            Way::Up(last) => last - start,
            Way::Down(last) => end - last,
            Way::Unknown | Way::Level(_) | Way::Mixed => whole / 2,
        };
        let read = read.as_seconds_f64().max(1e-3);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rough figure is enough"
        )]
        let expected = (self.bytes as f64 * (whole.as_seconds_f64() / read)) as usize;
        expected.max(self.bytes)
    }

    /// How many records it is expected to have.
    pub(super) fn expected_records(&self, span: Span) -> u64 {
        let mean = (self.bytes / self.records.max(1)).max(1);
        (self.expected_bytes(span) / mean) as u64
    }

    /// Shorter windows for the same time.
    pub(super) fn pieces(&self, (start, end): Span) -> Vec<Span> {
        let count = (self.expected_bytes((start, end)) / PIECE).clamp(2, MOST_PIECES);
        let count = i32::try_from(count).expect("no more than a few");
        let length = ((end - start) / count).max(SHORTEST);
        let mut pieces = Vec::new();
        let mut next = start;
        while next < end {
            let from = next;
            next = from + length;
            // What is left over is shorter than the last piece would be.
            if end - next < length {
                next = end;
            }
            pieces.push((from, next));
        }
        pieces
    }
}

impl Way {
    fn then(self, next: DateTime<Utc>) -> Self {
        let (last, may_rise, may_fall) = match self {
            Self::Unknown => return Self::Level(next),
            Self::Mixed => return Self::Mixed,
            Self::Level(last) => (last, true, true),
            Self::Up(last) => (last, true, false),
            Self::Down(last) => (last, false, true),
        };
        match next.cmp(&last) {
            Ordering::Equal => self,
            Ordering::Greater if may_rise => Self::Up(next),
            Ordering::Less if may_fall => Self::Down(next),
            _ => Self::Mixed,
        }
    }
}

type Key<'a> = (bool, Option<DateTime<Utc>>, &'a str);

/// Errors stay in front, where they are least in the way of whoever reads up to some time.
fn key(item: &Result<Record, Error>) -> Key<'_> {
    match item {
        Ok(record) => (true, record.started_at(), record.id()),
        Err(_) => (false, None, ""),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::record::Head;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn held(starts: &[i64]) -> Held {
        let mut held = Held::default();
        for (number, start) in starts.iter().enumerate() {
            let head = Head {
                id: Bytes::from(format!("CA{number}")),
                started_at: Some(at(*start)),
                in_progress: false,
            };
            held.push(Ok(Record::new(Bytes::from(vec![b' '; 1000]), head, number)));
        }
        held
    }

    #[test]
    fn what_is_sorted_either_way_tells_how_much_is_to_come() {
        let span = (at(0), at(1000));
        for (starts, expected) in [
            ([10, 50, 50, 100], 40_000),
            ([990, 950, 950, 900], 40_000),
            ([10, 900, 50, 100], 8_000),
            ([500, 500, 500, 500], 8_000),
            ([0, 10, 600, 1000], 4_000),
        ] {
            assert_eq!(held(&starts).expected_bytes(span), expected, "{starts:?}");
            assert_eq!(held(&starts).expected_records(span), expected as u64 / 1000);
        }
        assert_eq!(Held::default().expected_bytes(span), 0);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_window_and_none_is_shorter_than_a_second(
            length in 2_100_i64..100_000_000,
            starts in prop::collection::vec(0_i64..2, 1..20),
        ) {
            let span = (at(0), at(0) + chrono::TimeDelta::milliseconds(length));
            let pieces = held(&starts).pieces(span);
            prop_assert!(pieces.len() > 1);
            let mut next = span.0;
            for (start, end) in pieces {
                prop_assert_eq!(start, next);
                prop_assert!(end - start >= SHORTEST);
                next = end;
            }
            prop_assert_eq!(next, span.1);
        }
    }
}
