//! [`DedupSet`]: the set of record ids already returned.

use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
};

/// The ids of the records so far, as 64 random-keyed bits each: about 14 bytes per record, whatever the length of its
/// id. The chance that two ids in a million collide is one in thirty million.
#[derive(Debug)]
pub(crate) struct DedupSet {
    hasher: RandomState,
    /// Split into parts that grow one at a time: a single set would need half as much memory again while it grows.
    parts: Vec<HashSet<u64, BuildHasherDefault<AsIs>>>,
}

const PARTS: usize = 64;

impl Default for DedupSet {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            parts: (0..PARTS).map(|_| HashSet::default()).collect(),
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
        self.parts[part(bits)].insert(bits)
    }

    /// Removes an id by its hash; returns whether it was known.
    pub(crate) fn remove(&mut self, bits: u64) -> bool {
        self.parts[part(bits)].remove(&bits)
    }
}

/// Returns the part of a hash. The last part gets twice as many as the first, and the others something in between:
/// parts of the same size would all grow at the same time, and each doubles when it does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a small number"
)]
fn part(bits: u64) -> usize {
    let share = (bits >> 40) as f32 / (1 << 24) as f32;
    (((1.0 + share).log2() * PARTS as f32) as usize).min(PARTS - 1)
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
        // The set distinguishes entries by the upper bits, which are the same within a part.
        self.0 = bits.rotate_left(29);
    }
}
