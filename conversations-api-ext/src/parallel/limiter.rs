//! [`ConcurrencyLimiter`]: the number of windows that may be fetched at once.

use std::time::Duration;

/// Lowers the concurrency while requests fail or the server is slow, and raises it again as the server recovers.
///
/// A window that needed a retry, above all after a 429, halves the number. A time to first byte much longer than the
/// shortest one means that requests queue at the server: the number drops by one. Any other window adds one.
#[derive(Debug)]
pub(super) struct ConcurrencyLimiter {
    most: u8,
    allowed: u8,
    /// The shortest mean time to the first byte of any window.
    best: Option<Duration>,
}

/// Differences below this are noise.
const NOISE: Duration = Duration::from_millis(50);

impl ConcurrencyLimiter {
    pub(super) const fn new(most: u8) -> Self {
        Self {
            most,
            allowed: most,
            best: None,
        }
    }

    pub(super) const fn most(&self) -> u8 {
        self.most
    }

    pub(super) const fn allowed(&self) -> u8 {
        self.allowed
    }

    /// A window failed or needed a retry.
    pub(super) fn failed(&mut self) {
        self.allowed = (self.allowed / 2).max(1);
    }

    /// A window succeeded, with this mean time to the first byte.
    pub(super) fn succeeded(&mut self, first_byte: Duration) {
        let best = self.best.map_or(first_byte, |best| best.min(first_byte));
        self.best = Some(best);
        self.allowed = if first_byte > best * 2 + NOISE {
            (self.allowed - 1).max(1)
        } else {
            (self.allowed + 1).min(self.most)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(40);
    const SLOW: Duration = Duration::from_millis(400);

    #[test]
    fn a_failure_halves_the_number_and_successes_restore_it() {
        let mut limiter = ConcurrencyLimiter::new(8);
        let mut allowed = vec![limiter.allowed()];
        limiter.succeeded(QUICK);
        allowed.push(limiter.allowed());
        for _ in 0..5 {
            limiter.failed();
            allowed.push(limiter.allowed());
        }
        for _ in 0..9 {
            limiter.succeeded(QUICK);
            allowed.push(limiter.allowed());
        }
        assert_eq!(allowed, [8, 8, 4, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8]);
    }

    #[test]
    fn responses_that_begin_late_lower_the_number_one_by_one() {
        let mut limiter = ConcurrencyLimiter::new(4);
        let times = [QUICK, SLOW, SLOW, SLOW, SLOW, QUICK, QUICK];
        let allowed = times.map(|time| {
            limiter.succeeded(time);
            limiter.allowed()
        });
        assert_eq!(allowed, [4, 3, 2, 1, 1, 2, 3]);
    }

    #[test]
    fn small_differences_change_nothing() {
        let mut limiter = ConcurrencyLimiter::new(4);
        for millis in [1, 40, 3, 51, 20] {
            limiter.succeeded(Duration::from_millis(millis));
            assert_eq!(limiter.allowed(), 4);
        }
    }
}
