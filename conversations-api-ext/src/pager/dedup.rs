//! [`DedupSet`]: the set of record ids already returned.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The ids of the records so far, as 64 random-keyed bits each: about 9 bytes per record, whatever the length of its
/// id. The chance that two ids in a million collide is one in thirty million.
///
/// The bits are in sorted lists, by their first bits. A hash table would need half as much memory again.
#[derive(Debug)]
pub(crate) struct DedupSet {
    hasher: RandomState,
    /// A power of two of lists.
    lists: Vec<Vec<u64>>,
    count: usize,
}

/// The average length at which the lists are halved: short enough to insert into quickly, long enough for the
/// allocation of each to take little more memory.
const LENGTH: usize = 256;

impl Default for DedupSet {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            lists: vec![Vec::new()],
            count: 0,
        }
    }
}

impl DedupSet {
    /// Returns the hash of an id or any other value.
    pub(crate) fn bits(&self, what: impl std::hash::Hash) -> u64 {
        self.hasher.hash_one(what)
    }

    /// Adds an id by its hash; returns whether it is new.
    pub(crate) fn insert(&mut self, bits: u64) -> bool {
        let list = self.list(bits);
        let Err(at) = list.binary_search(&bits) else {
            return false;
        };
        if list.len() == list.capacity() {
            // Doubling would leave a quarter of the memory unused on average.
            list.reserve_exact(list.len() / 8 + 8);
        }
        list.insert(at, bits);
        self.count += 1;
        if self.count > self.lists.len() * LENGTH {
            self.halve();
        }
        true
    }

    /// Removes an id by its hash; returns whether it was known.
    pub(crate) fn remove(&mut self, bits: u64) -> bool {
        let list = self.list(bits);
        let found = list.binary_search(&bits).map(|at| list.remove(at));
        self.count -= usize::from(found.is_ok());
        found.is_ok()
    }

    fn list(&mut self, bits: u64) -> &mut Vec<u64> {
        let depth = self.lists.len().ilog2();
        let index = bits.checked_shr(u64::BITS - depth).unwrap_or(0);
        &mut self.lists[usize::try_from(index).expect("less than the number of lists")]
    }

    /// Splits each list in two, by the first bit that its entries do not share.
    fn halve(&mut self) {
        let depth = self.lists.len().ilog2();
        let lists = std::mem::take(&mut self.lists);
        self.lists.reserve_exact(lists.len() * 2);
        for mut lower in lists {
            let upper = lower.split_off(lower.partition_point(|bits| (bits << depth) >> 63 == 0));
            lower.shrink_to_fit();
            self.lists.extend([lower, upper]);
        }
    }
}

/// A hasher that passes through already random bits.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 = bits;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::random::SplitMix64;

    proptest! {
        #[test]
        fn an_id_is_new_until_it_is_inserted_and_after_it_is_removed(
            seed in any::<u64>(),
            steps in prop::collection::vec((any::<bool>(), 0..3000_usize), 0..6000),
        ) {
            let mut random = SplitMix64::new(seed);
            let mut ids: Vec<u64> = (0..3000).map(|_| random.next()).collect();
            ids[..4].copy_from_slice(&[0, u64::MAX, 1 << 63, (1 << 63) - 1]);
            let (mut set, mut model) = (DedupSet::default(), HashSet::new());
            for (removes, at) in steps {
                if removes {
                    prop_assert_eq!(set.remove(ids[at]), model.remove(&ids[at]));
                } else {
                    prop_assert_eq!(set.insert(ids[at]), model.insert(ids[at]));
                }
                prop_assert_eq!(set.count, model.len());
            }
        }
    }

    #[test]
    fn an_id_takes_about_nine_bytes() {
        let mut random = SplitMix64::new(1);
        let mut set = DedupSet::default();
        for count in 1..200_000 {
            assert!(set.insert(random.next()));
            let is_halved = set.lists.len() * LENGTH / 2 + 1 == count;
            if count > 10_000 && (count % 10_000 == 0 || is_halved) {
                let of = |list: &Vec<u64>| 8 * list.capacity() + size_of::<Vec<u64>>();
                let bytes: usize = set.lists.iter().map(of).sum();
                assert!(bytes * 2 < count * 19, "{bytes} bytes for {count} ids");
            }
        }
    }
}
