//! The backoff between attempts when the server sends no `Retry-After`.

use std::time::Duration;

/// Returns an exponential backoff with full jitter: between 0 and `base`, doubled with every attempt, up to `cap`.
/// `share` is the random factor from 0 to 1. Full jitter keeps clients that failed together from retrying together.
pub(super) fn exponential(base: Duration, cap: Duration, attempt: u32, share: f64) -> Duration {
    let doubled = 1_u32
        .checked_shl(attempt.saturating_sub(1))
        .map_or(cap, |factor| base.saturating_mul(factor));
    doubled.min(cap).mul_f64(share.clamp(0.0, 1.0))
}

/// A small random generator (`SplitMix64`) for jitter, which needs spread, not secrecy.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number in `0.0..1.0`.
    pub(super) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let high = u32::try_from(mixed >> 32).expect("the upper half of 64 bits");
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_millis(500);
    const CAP: Duration = Duration::from_secs(30);

    #[test]
    fn the_span_doubles_up_to_the_cap() {
        let most = |attempt| exponential(BASE, CAP, attempt, 1.0).as_millis();
        let spans: Vec<_> = (1..=8).map(most).collect();
        assert_eq!(spans, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(most(u32::MAX), 30_000);
        assert_eq!(exponential(BASE, CAP, 3, 0.25).as_millis(), 500);
        assert_eq!(exponential(BASE, CAP, 3, 0.0), Duration::ZERO);
    }

    #[test]
    fn shares_are_spread_between_nothing_and_all() {
        let mut random = Random::new(7);
        let shares: Vec<_> = (0..1000).map(|_| random.share()).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        let mean = shares.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        let mut same = Random::new(7);
        assert!(shares.iter().all(|share| *share == same.share()));
    }
}
