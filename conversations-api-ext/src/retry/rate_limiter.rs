//! [`RateLimiter`]: limits the request rate of a client.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::Clock;

/// A rate limiter that the clones, streams and windows of a client share: the server counts the requests per key, not
/// per stream.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_minute: Option<NonZeroU32>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The end of the wait that the server requested.
    not_before: Option<Instant>,
    /// The times of the last minute's requests, oldest first; empty without a limit.
    sent: VecDeque<Instant>,
}

const MINUTE: Duration = Duration::from_secs(60);

impl RateLimiter {
    pub(crate) fn new(per_minute: Option<NonZeroU32>) -> Self {
        Self {
            per_minute,
            state: Mutex::default(),
        }
    }

    /// Waits until a request may be sent, and counts it.
    pub(crate) async fn acquire(&self, clock: &dyn Clock) {
        while let Some(wait) = self.wait(clock.now()) {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(
                target: crate::client::observer::TARGET,
                { conversations.wait_ms = wait_ms },
                "waiting for the rate limit"
            );
            clock.sleep(wait).await;
        }
    }

    /// Returns how long the next request has to wait, without counting it.
    pub(crate) fn blocked(&self, now: Instant) -> Duration {
        let mut state = self.state();
        self.check(&mut state, now).unwrap_or_default()
    }

    /// Blocks all requests until this time.
    pub(crate) fn pause_until(&self, time: Instant) {
        let mut state = self.state();
        state.not_before = state.not_before.max(Some(time));
    }

    /// Returns how long to wait before checking again. `None`: send now; the request is counted.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let wait = self.check(&mut state, now);
        if wait.is_none() && self.per_minute.is_some() {
            state.sent.push_back(now);
        }
        wait
    }

    fn check(&self, state: &mut State, now: Instant) -> Option<Duration> {
        if let Some(time) = state.not_before {
            if now < time {
                return Some(time - now);
            }
            state.not_before = None;
        }
        let budget = self.per_minute?.get() as usize;
        while state.sent.front().is_some_and(|sent| *sent + MINUTE <= now) {
            state.sent.pop_front();
        }
        if state.sent.len() < budget {
            return None;
        }
        let oldest = *state.sent.front()?;
        Some(oldest + MINUTE - now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock is safe to use: the data is valid at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_minute_has_more_requests_than_the_budget_and_none_waits_longer_than_needed(
            budget in 1..20_u32,
            pauses in prop::collection::vec(0..20_000_u64, 1..200),
        ) {
            let limiter = RateLimiter::new(NonZeroU32::new(budget));
            let mut now = Instant::now();
            let mut sent: Vec<Instant> = Vec::new();
            for pause in pauses {
                now += Duration::from_millis(pause);
                while let Some(wait) = limiter.wait(now) {
                    prop_assert!(wait > Duration::ZERO);
                    now += wait;
                    let full = sent.iter().filter(|sent| **sent + MINUTE > now).count();
                    prop_assert!(full < budget as usize, "it waited too long or not long enough");
                }
                sent.push(now);
                let last = sent.iter().filter(|sent| **sent + MINUTE > now).count();
                prop_assert!(last <= budget as usize);
            }
        }
    }

    #[test]
    fn a_pause_holds_for_everybody_until_the_latest_time() {
        let limiter = RateLimiter::new(None);
        let now = Instant::now();
        let seconds = Duration::from_secs;
        limiter.pause_until(now + seconds(7));
        limiter.pause_until(now + seconds(3));
        assert_eq!(limiter.wait(now), Some(seconds(7)));
        assert_eq!(limiter.wait(now + seconds(5)), Some(seconds(2)));
        assert_eq!(limiter.wait(now + seconds(7)), None);
    }
}
