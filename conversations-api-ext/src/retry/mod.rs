//! Retries: the class of a failure ([`classify`]), whether to retry ([`strategy`], [`policy`]), how long to wait ([`backoff`]), and
//! the limits of the client as a whole ([`budget`], [`outage`]). Time in which the process did not run does not count
//! ([`stops`]).

pub(crate) mod limit;
pub(crate) mod rate_limiter;
pub(crate) mod retry_after;

mod backoff;
mod budget;
mod classify;
mod outage;
mod policy;
mod stops;
mod strategy;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub use policy::RetryPolicy;
pub use strategy::{RetryDecision, RetryStrategy};

use crate::{Error, random::SplitMix64};
use budget::Budget;
use classify::{FailureClass, Reached, classify};
use limit::Limit;
use outage::OutageClock;

/// The decision after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Retry {
        wait: Duration,
        /// Whether the retry takes tokens from the budget when it is sent.
        budgeted: bool,
    },
    /// Do not retry: it would fail the same way.
    Permanent,
    /// Do not retry: it might succeed, but this limit is reached.
    Exhausted(Limit),
}

/// The optional strategy of a client, in addition to its policy.
pub(crate) type Strategy = Option<Arc<dyn RetryStrategy>>;

/// The retry state that the clones of a client share.
pub(crate) struct Retries {
    policy: RetryPolicy,
    strategy: Strategy,
    budget: Budget,
    reached: Reached,
    random: Mutex<SplitMix64>,
    outage: OutageClock,
}

/// The times of the attempts at a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The time from which the time limit counts.
    pub(crate) first: Instant,
    /// The start of the last attempt, or its last progress.
    pub(crate) sent: Instant,
    /// The failure of the last attempt.
    pub(crate) failed: Instant,
    /// How long the rate limiter blocks the next attempt.
    pub(crate) blocked: Duration,
}

impl Times {
    fn elapsed(&self) -> Duration {
        self.failed.saturating_duration_since(self.first)
    }
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy, strategy: Strategy, seed: u64) -> Self {
        Self {
            policy,
            strategy,
            budget: Budget::default(),
            reached: Reached::default(),
            random: Mutex::new(SplitMix64::new(seed)),
            outage: OutageClock::default(),
        }
    }

    /// Decides whether to retry after the attempt with this number, counted from 1, has failed.
    pub(crate) fn decide(&self, error: &Error, attempt: u32, times: Times) -> Decision {
        // Whatever the strategy decides, a response shows that the server was reached.
        let _ = classify(error, &self.reached);
        let decision = match &self.strategy {
            Some(strategy) => strategy.on_error(error, attempt, times.elapsed()),
            None => RetryDecision::Policy,
        };
        match decision {
            RetryDecision::Stop => Decision::Permanent,
            RetryDecision::Policy => self.by_policy(error, attempt, times),
            RetryDecision::RetryAfter(wait) => {
                self.outage.failed(times.sent, times.failed);
                self.retry_after(wait.max(times.blocked), times.failed, false)
            }
        }
    }

    /// Decides by the policy alone. `attempt` includes those that were not sent because the budget was empty.
    pub(crate) fn by_policy(&self, error: &Error, attempt: u32, times: Times) -> Decision {
        let class = classify(error, &self.reached);
        if class == FailureClass::Permanent {
            return Decision::Permanent;
        }
        let elapsed = times.elapsed();
        let outage = self.outage.failed(times.sent, times.failed);
        if attempt >= self.policy.attempts.get() {
            return Decision::Exhausted(Limit::Attempts);
        }
        let share = self
            .random
            .lock()
            .map_or(0.5, |mut random| random.fraction());
        let limit = self.policy.limit(class);
        let left = limit.map(|limit| limit.saturating_sub(elapsed.max(outage)));
        // Without the rate limiter's part, the attempt could start after the time limit.
        let wait = self.policy.wait(class, attempt, share, left);
        let wait = wait.max(times.blocked);
        if let Some(limit) = limit {
            if outage.saturating_add(wait) > limit {
                return Decision::Exhausted(Limit::Outage);
            }
            if elapsed.saturating_add(wait) > limit {
                return Decision::Exhausted(Limit::Time);
            }
        }
        self.retry_after(wait, times.failed, true)
    }

    /// Takes the tokens for a retry that is to be sent now; `false` if the budget has too few.
    pub(crate) fn take(&self, now: Instant) -> bool {
        self.budget.take(now)
    }

    fn retry_after(&self, wait: Duration, failed: Instant, budgeted: bool) -> Decision {
        // A server may request a wait that no clock can represent.
        let Some(resumes) = failed.checked_add(wait) else {
            return Decision::Exhausted(Limit::Time);
        };
        self.outage.resumes_at(resumes);
        Decision::Retry { wait, budgeted }
    }

    /// Returns the time limit for starting a retry after this failure, counted from the page's first attempt; `None`
    /// for no limit, and if a strategy may decide otherwise.
    pub(crate) fn time_limit(&self, error: &Error) -> Option<Duration> {
        match self.strategy {
            Some(_) => None,
            None => self.policy.limit(classify(error, &self.reached)),
        }
    }

    /// Returns whether a retry this long after the first attempt would start after the policy's time limit.
    pub(crate) fn is_too_late(&self, error: &Error, elapsed: Duration) -> bool {
        let limit = self.policy.limit(classify(error, &self.reached));
        limit.is_some_and(|limit| elapsed > limit)
    }

    /// Runs a future, and returns its output with the time in which the process did not run meanwhile: such time does
    /// not count against the time limit.
    pub(crate) async fn noting_stops<F: Future>(&self, future: F) -> (F::Output, Duration) {
        let (output, stops) = stops::noting_stops(future).await;
        for stop in &stops {
            self.outage.stopped(*stop);
        }
        (output, stops.iter().map(|stop| stop.to - stop.from).sum())
    }

    /// Records the success of an attempt after this many retries that have taken tokens from the budget.
    pub(crate) fn succeeded(&self, retries: u32) {
        self.reached.set();
        self.budget.refund(retries);
        self.outage.succeeded();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_retry_of_the_strategy_takes_nothing_from_the_budget() {
        let strategy = |error: &Error, _: u32, _: Duration| match error.status() {
            Some(404) => RetryDecision::RetryAfter(Duration::ZERO),
            _ => RetryDecision::Policy,
        };
        let retries = Retries::new(RetryPolicy::default(), Some(Arc::new(strategy)), 1);
        let now = Instant::now();
        for (status, takes) in [(503, true), (404, false)] {
            let error = Error::builder(ErrorKind::Server).status(status).build();
            let times = Times {
                first: now,
                sent: now,
                failed: now,
                blocked: Duration::ZERO,
            };
            let decision = retries.decide(&error, 1, times);
            assert!(matches!(decision, Decision::Retry { budgeted, .. } if budgeted == takes));
        }
    }
}
