//! [`RateLimiter`]: limits the request rate of a client.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::Clock;

/// The servers of a client. That one of them is overloaded says nothing about the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    List,
    Agents,
}

impl Host {
    pub(crate) const ALL: [Self; 2] = [Self::List, Self::Agents];
}

/// A rate limiter that the clones, streams and windows of a client share: the server counts the requests per key, not
/// per stream.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_minute: Option<NonZeroU32>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The end of the wait that each server requested.
    not_before: [Option<Instant>; Host::ALL.len()],
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
    pub(crate) async fn acquire(&self, host: Host, clock: &dyn Clock) {
        while let Some(wait) = self.wait(host, clock.now()) {
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
    pub(crate) fn blocked(&self, host: Host, now: Instant) -> Duration {
        let mut state = self.state();
        self.check(&mut state, host, now).unwrap_or_default()
    }

    /// Blocks all requests to a server until this time.
    pub(crate) fn pause_until(&self, host: Host, time: Instant) {
        let mut state = self.state();
        let not_before = &mut state.not_before[host as usize];
        *not_before = (*not_before).max(Some(time));
    }

    /// Returns how long to wait before checking again. `None`: send now; the request is counted.
    pub(crate) fn wait(&self, host: Host, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let wait = self.check(&mut state, host, now);
        if wait.is_none() && self.per_minute.is_some() {
            state.sent.push_back(now);
        }
        wait
    }

    fn check(&self, state: &mut State, host: Host, now: Instant) -> Option<Duration> {
        if let Some(time) = state.not_before[host as usize].filter(|time| now < *time) {
            return Some(time - now);
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
                while let Some(wait) = limiter.wait(Host::List, now) {
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
    fn a_pause_holds_for_all_requests_to_a_server_until_the_latest_time() {
        let limiter = RateLimiter::new(None);
        let now = Instant::now();
        let seconds = Duration::from_secs;
        limiter.pause_until(Host::List, now + seconds(7));
        limiter.pause_until(Host::List, now + seconds(3));
        let wait = |later| limiter.wait(Host::List, now + seconds(later));
        assert_eq!(wait(0), Some(seconds(7)));
        assert_eq!(limiter.wait(Host::Agents, now), None);
        assert_eq!(wait(5), Some(seconds(2)));
        assert_eq!(wait(7), None);
    }
}
