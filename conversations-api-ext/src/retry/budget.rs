//! The retry budget of a client.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A token bucket that the clones of a client share, measured in time. A retry takes [`RETRY`] of it; time that passes
/// and pages that arrive return it. While a server is down, all streams together soon send one retry a second, however
/// many they are.
///
/// Has the time at which it is full again; `None` if it is full.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<Option<Instant>>);

const FULL: Duration = Duration::from_secs(100);
const RETRY: Duration = Duration::from_secs(1);
const SUCCESS: Duration = Duration::from_millis(200);

impl Budget {
    /// Takes the tokens for one retry; `false` if too few are left.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full_at.map_or(now, |full_at| full_at.max(now)) + RETRY;
        let is_enough = next - now <= FULL;
        if is_enough {
            *full_at = Some(next);
        }
        is_enough
    }

    /// Returns tokens after a request succeeded: those of its retries, if they have taken any.
    pub(super) fn refund(&self, retries: u32) {
        let back = if retries > 0 {
            RETRY * retries
        } else {
            SUCCESS
        };
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at = full_at.and_then(|full_at| full_at.checked_sub(back));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_empty_it_and_successes_and_time_fill_it_again() {
        let budget = Budget::default();
        let start = Instant::now();
        let taken = |now| (0..1000).take_while(|_| budget.take(now)).count();
        assert_eq!(taken(start), 100);
        // A request without retries returns a fifth of one.
        for _ in 0..4 {
            budget.refund(0);
        }
        assert_eq!(taken(start), 0);
        budget.refund(0);
        assert_eq!(taken(start), 1);
        budget.refund(3);
        assert_eq!(taken(start), 3);
        assert_eq!(taken(start + Duration::from_secs(7)), 7);
        assert_eq!(taken(start + Duration::from_secs(7)), 0);
        budget.refund(1000);
        assert_eq!(taken(start + Duration::from_secs(8)), 100);
    }
}
