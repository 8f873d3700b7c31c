//! [`TopK`]: the first k or the newest k records, whatever order they arrive in.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};
use conversations_api_ext::Record;

/// The first `limit` records in the requested order, out of all records offered. The limit bounds memory.
pub(crate) struct TopK {
    limit: usize,
    newest: bool,
    seen: u64,
    /// A max-heap: its greatest entry is dropped next.
    heap: BinaryHeap<Entry>,
}

struct Entry {
    rank: Rank,
    record: Record,
}

/// The sort key of a record: records without a readable start come last, equal starts are ordered by id.
#[derive(Debug, PartialEq, Eq)]
struct Rank {
    newest: bool,
    started: Option<DateTime<Utc>>,
    id: String,
}

impl TopK {
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

    pub(crate) fn offer(&mut self, record: &Record) {
        self.seen += 1;
        let rank = Rank {
            newest: self.newest,
            started: record.started_at(),
            id: record.id().to_owned(),
        };
        if self.heap.len() == self.limit && self.heap.peek().is_some_and(|last| last.rank <= rank) {
            return;
        }
        // A record keeps its whole page in memory, so copy the few that are selected.
        self.heap.push(Entry {
            rank,
            record: record.detached(),
        });
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    /// Returns the selected records in the requested order.
    pub(crate) fn into_sorted(self) -> Vec<Record> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|entry| entry.record).collect()
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

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Entry {}

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
