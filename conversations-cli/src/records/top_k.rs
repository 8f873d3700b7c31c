//! [`TopK`]: the first k or the newest k records, whatever order they arrive in.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};
use conversations_api_ext::Record;

/// The first `limit` records in the requested order, out of all records offered. Keeps a `T` of each, and the limit
/// bounds memory.
pub(crate) struct TopK<T> {
    limit: usize,
    newest: bool,
    seen: u64,
    /// A max-heap: its greatest entry is dropped next.
    heap: BinaryHeap<Entry<T>>,
}

struct Entry<T> {
    rank: Rank,
    kept: T,
}

/// The sort key of a record: records without a readable start come last, equal starts are ordered by id.
#[derive(Debug, PartialEq, Eq)]
struct Rank {
    newest: bool,
    started: Option<DateTime<Utc>>,
    id: String,
}

impl<T> TopK<T> {
    pub(crate) const fn new(limit: usize, newest: bool) -> Self {
        Self {
            limit,
            newest,
            seen: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// Returns the number of records offered.
    pub(crate) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Offers a record. `keep` is called only if it is among the first so far. Returns what was kept of the record
    /// that no longer is.
    pub(crate) fn offer<E>(
        &mut self,
        record: &Record,
        keep: impl FnOnce() -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        self.seen += 1;
        let rank = Rank {
            newest: self.newest,
            started: record.started_at(),
            id: record.id().to_owned(),
        };
        if self.heap.len() == self.limit && self.heap.peek().is_some_and(|last| last.rank <= rank) {
            return Ok(None);
        }
        let kept = keep()?;
        self.heap.push(Entry { rank, kept });
        let is_over = self.heap.len() > self.limit;
        let last = if is_over { self.heap.pop() } else { None };
        Ok(last.map(|last| last.kept))
    }

    /// Returns what was kept of the selected records, in the requested order.
    pub(crate) fn into_sorted(self) -> Vec<T> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|entry| entry.kept).collect()
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.started, other.started) {
            (Some(one), Some(another)) if self.newest => another.cmp(&one),
            (Some(one), Some(another)) => one.cmp(&another),
            (one, another) => one.is_none().cmp(&another.is_none()),
        }
        .then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(newest: bool, day: Option<u32>, id: &str) -> Rank {
        let start = |day| format!("2026-04-{day:02}T00:00:00Z").parse().unwrap();
        Rank {
            newest,
            started: day.map(start),
            id: id.to_owned(),
        }
    }

    #[test]
    fn records_without_a_start_are_last_in_either_order() {
        for newest in [false, true] {
            let known = rank(newest, Some(1), "z");
            assert!(known < rank(newest, None, "a"));
            assert!(rank(newest, None, "a") < rank(newest, None, "b"));
        }
        assert!(rank(false, Some(1), "b") < rank(false, Some(2), "a"));
        assert!(rank(true, Some(2), "b") < rank(true, Some(1), "a"));
        assert!(rank(true, Some(2), "a") < rank(true, Some(2), "b"));
    }
}
