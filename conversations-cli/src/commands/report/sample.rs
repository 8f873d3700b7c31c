//! [`Sample`]: a random sample of conversations, in bounded memory.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use twox_hash::XxHash3_64;

use super::row::Row;

/// The conversations whose ids have the smallest hashes: a sample that does not depend on the order of the input, and
/// that is the same for the same conversations.
pub(super) struct Sample {
    size: usize,
    seen: u64,
    /// A max-heap: its greatest entry is dropped next.
    heap: BinaryHeap<Entry>,
}

struct Entry {
    hash: u64,
    row: Row,
}

impl Sample {
    pub(super) const fn new(size: usize) -> Self {
        Self {
            size,
            seen: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// Returns the number of conversations offered.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Offers a conversation. `row` is called only if it belongs to the sample so far.
    pub(super) fn offer(&mut self, id: &str, row: impl FnOnce() -> Row) {
        self.seen += 1;
        let hash = XxHash3_64::oneshot(id.as_bytes());
        if self.heap.len() >= self.size && self.heap.peek().is_none_or(|last| last.hash <= hash) {
            return;
        }
        self.heap.push(Entry { hash, row: row() });
        if self.heap.len() > self.size {
            self.heap.pop();
        }
    }

    /// Returns the conversations, the newest first, those without a readable start last.
    pub(super) fn into_sorted(self) -> Vec<Row> {
        let mut rows: Vec<_> = self.heap.into_iter().map(|entry| entry.row).collect();
        rows.sort_by(|one, other| {
            let newest = other.started.cmp(&one.started);
            newest.then_with(|| one.id.cmp(&other.id))
        });
        rows
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.hash.cmp(&other.hash)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(size: usize, order: impl Iterator<Item = u32>) -> (u64, Vec<String>) {
        let mut sample = Sample::new(size);
        for number in order {
            let id = format!("CA{number}");
            sample.offer(&id, || Row::with_id(&id));
        }
        let seen = sample.seen();
        (
            seen,
            sample.into_sorted().into_iter().map(|row| row.id).collect(),
        )
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order_and_comes_from_all_parts() {
        let (seen, sample) = ids(100, 0..1000);
        assert_eq!((seen, sample.len()), (1000, 100));
        assert_eq!(ids(100, (0..1000).rev()).1, sample);
        let late = sample
            .iter()
            .filter(|id| id.len() == "CA500".len() && id.as_str() >= "CA500");
        let late = late.count();
        assert!((30..70).contains(&late), "{late} of the second half");
        assert_eq!(ids(100, 0..10).1.len(), 10);
        assert_eq!(ids(0, 0..10), (10, Vec::new()));
    }
}
