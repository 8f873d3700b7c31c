//! A deterministic random number generator.
//!
//! This is SplitMix64. The bytes of generated data are a public promise, and a crate for random numbers
//! may change its algorithm or its mapping to ranges in a major version. It is good enough to vary
//! sentences; nothing here has to be unpredictable.

use crate::hash::mix;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) struct Random(u64);

impl Random {
    /// The sequence for one record of one seed.
    pub(super) fn for_record(seed: u64, index: u64) -> Self {
        Self(mix(mix(seed.wrapping_add(STEP)) ^ index.wrapping_mul(STEP)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 to `bound`, exclusive.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let scaled = (u128::from(self.next()) * u128::from(bound)) >> 64;
        scaled as u64
    }

    /// A number from `low` to `high`, inclusive.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.choose(choices)
    }

    /// A random index, weighted.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        let mut index = 0;
        while left >= weights[index] {
            left -= weights[index];
            index += 1;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_a_record_is_fixed() {
        let mut random = Random::for_record(7, 0);
        let first: Vec<u64> = (0..3).map(|_| random.below(1000)).collect();
        let mut again = Random::for_record(7, 0);
        assert!(first.iter().all(|number| *number == again.below(1000)));
        let mut other = Random::for_record(7, 1);
        assert!(first.iter().any(|number| *number != other.below(1000)));
    }

    #[test]
    fn weights_determine_the_distribution() {
        let mut random = Random::for_record(1, 1);
        let mut counts = [0_u32; 3];
        for _ in 0..10_000 {
            counts[random.weighted(&[1, 0, 3])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }
}
