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
}
