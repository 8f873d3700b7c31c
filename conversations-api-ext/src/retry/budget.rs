//! The retry budget of a client.

use std::sync::atomic::{AtomicU32, Ordering};

/// A token bucket that the clones of a client share. A retry takes tokens, a success returns some. While a server is
/// down, clients soon stop retrying and add no load to it.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

const FULL: u32 = 500;
const RETRY: u32 = 5;
const SUCCESS: u32 = 1;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    /// Takes the tokens for one retry; `false` if too few are left.
    pub(super) fn take(&self) -> bool {
        let take = |left: u32| left.checked_sub(RETRY);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.is_ok()
    }

    /// Returns tokens after a request succeeded: those of its last retry, if that has taken any.
    pub(super) fn refund(&self, retried: bool) {
        let back = if retried { RETRY } else { SUCCESS };
        let put = |left: u32| Some((left + back).min(FULL));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, put);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_empty_it_and_successes_fill_it_again() {
        let budget = Budget::default();
        for _ in 0..100 {
            assert!(budget.take());
        }
        assert!(!budget.take());
        for _ in 0..4 {
            budget.refund(false);
        }
        assert!(!budget.take());
        budget.refund(false);
        assert!(budget.take());
        budget.refund(true);
        assert!(budget.take());
        for _ in 0..1000 {
            budget.refund(true);
        }
        assert_eq!(budget.0.load(Ordering::Relaxed), FULL);
    }
}
