//! [`SplitMix64`]: a small random generator with reproducible output.

/// A random generator for jitter and samples, which need spread, not secrecy. Its output for a seed never changes: a
/// resumed comparison must draw the same sample as the version of this crate that began it.
#[derive(Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number in `0.0..1.0`.
    pub(crate) fn fraction(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).expect("the upper half of 64 bits");
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// Returns a number below `limit`, which must be far below 2^64, or the result is biased.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(limit)) >> 64)
            .expect("it is below the limit")
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_spread_and_the_same_for_a_seed() {
        let mut random = SplitMix64::new(7);
        let fractions: Vec<_> = (0..1000).map(|_| random.fraction()).collect();
        assert!(fractions.iter().all(|share| (0.0..1.0).contains(share)));
        let mean = fractions.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        let mut same = SplitMix64::new(7);
        assert!(fractions.iter().all(|share| *share == same.fraction()));
    }

    #[test]
    fn the_output_is_that_of_the_published_algorithm() {
        // The reference implementation (Vigna, splitmix64.c) with seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }
}
