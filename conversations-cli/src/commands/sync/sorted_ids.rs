//! [`SortedIds`]: the hashes of many ids, to look others up in.

/// Sorted hashes of ids, duplicates included.
///
/// In parts by their last byte: the allocator has freed memory to reuse for them, and none for one list of a million.
#[derive(Debug)]
pub(super) struct SortedIds(Vec<Vec<u64>>);

/// Collects the hashes.
#[derive(Debug)]
pub(super) struct IdBuffer(Vec<Vec<u64>>);

fn part_of(id: u64) -> usize {
    usize::from(id.to_le_bytes()[0])
}

impl IdBuffer {
    pub(super) fn new() -> Self {
        Self(vec![Vec::new(); 256])
    }

    pub(super) fn sort(mut self) -> SortedIds {
        for part in &mut self.0 {
            part.sort_unstable();
        }
        SortedIds(self.0)
    }
}

impl Extend<u64> for IdBuffer {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, ids: I) {
        for id in ids {
            self.0[part_of(id)].push(id);
        }
    }
}

impl FromIterator<u64> for SortedIds {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Self {
        let mut buffer = IdBuffer::new();
        buffer.extend(ids);
        buffer.sort()
    }
}

impl SortedIds {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    pub(super) fn contains(&self, id: u64) -> bool {
        self.0[part_of(id)].binary_search(&id).is_ok()
    }

    /// Returns the ids that were added more than once, each once.
    pub(super) fn duplicates(&self) -> impl Iterator<Item = u64> {
        let groups = (self.0.iter()).flat_map(|part| part.chunk_by(|one, other| one == other));
        groups.filter(|group| group.len() > 1).map(|group| group[0])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_are_found_and_duplicates_named_once(
            ids in prop::collection::vec((0..4_u64, 0..700_u64), 0..300),
        ) {
            let ids: Vec<u64> = ids.into_iter().map(|(high, low)| high << 60 | low).collect();
            let sorted: SortedIds = ids.iter().copied().collect();
            prop_assert_eq!(sorted.is_empty(), ids.is_empty());
            for id in (0..700).flat_map(|low| (0..4).map(move |high| high << 60 | low)) {
                prop_assert_eq!(sorted.contains(id), ids.contains(&id));
            }
            let is_duplicate = |id: &u64| ids.iter().filter(|other| *other == id).count() > 1;
            let expected: BTreeSet<u64> = ids.iter().copied().filter(is_duplicate).collect();
            let duplicates: Vec<u64> = sorted.duplicates().collect();
            prop_assert_eq!(duplicates.len(), expected.len());
            prop_assert_eq!(duplicates.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
