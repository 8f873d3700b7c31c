//! Retries: the class of a failure ([`classify`]), whether to retry ([`policy`]), how long to wait ([`backoff`]), and
//! the limits of the client as a whole ([`budget`], [`outage`]).

pub(crate) mod limit;
pub(crate) mod rate_limiter;
pub(crate) mod retry_after;

mod backoff;
mod budget;
mod classify;
mod outage;
mod policy;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

pub use policy::RetryPolicy;

use crate::{Error, random::SplitMix64};
use budget::Budget;
use classify::{FailureClass, Reached, classify};
use limit::Limit;
use outage::OutageClock;

/// The decision after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Retry after this wait.
    Retry(Duration),
    /// Do not retry: it would fail the same way.
    Permanent,
    /// Do not retry: it might succeed, but this limit is reached.
    Exhausted(Limit),
}

/// The retry state that the clones of a client share.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    budget: Budget,
    reached: Reached,
    random: Mutex<SplitMix64>,
    outage: OutageClock,
}

/// The times of the attempts at a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The start of the first attempt.
    pub(crate) first: Instant,
    /// The start of the last attempt.
    pub(crate) sent: Instant,
    /// The failure of the last attempt.
    pub(crate) failed: Instant,
    /// How long the rate limiter blocks the next attempt.
    pub(crate) blocked: Duration,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy, seed: u64) -> Self {
        Self {
            policy,
            budget: Budget::default(),
            reached: Reached::default(),
            random: Mutex::new(SplitMix64::new(seed)),
            outage: OutageClock::default(),
        }
    }

    /// Decides whether to retry after the attempt with this number, counted from 1, has failed.
    pub(crate) fn decide(&self, error: &Error, attempt: u32, times: Times) -> Decision {
        let class = classify(error, &self.reached);
        if class == FailureClass::Permanent {
            return Decision::Permanent;
        }
        let Times {
            first,
            sent,
            failed,
            blocked,
        } = times;
        let outage = self.outage.failed(sent, failed);
        if attempt >= self.policy.attempts.get() {
            return Decision::Exhausted(Limit::Attempts);
        }
        let share = self
            .random
            .lock()
            .map_or(0.5, |mut random| random.fraction());
        // Without the rate limiter's part, the attempt could start after the time limit.
        let wait = self.policy.wait(class, attempt, share).max(blocked);
        if let Some(limit) = self.policy.limit(class) {
            if outage.saturating_add(wait) > limit {
                return Decision::Exhausted(Limit::Outage);
            }
            let elapsed = failed.saturating_duration_since(first);
            if elapsed.saturating_add(wait) > limit {
                return Decision::Exhausted(Limit::Time);
            }
        }
        // A server may request a wait that no clock can represent.
        let Some(resumes) = failed.checked_add(wait) else {
            return Decision::Exhausted(Limit::Time);
        };
        if !self.budget.take() {
            return Decision::Exhausted(Limit::Budget);
        }
        self.outage.resumes_at(resumes);
        Decision::Retry(wait)
    }

    /// Returns the time limit for starting a retry after this failure, counted from the page's first attempt; `None`
    /// for no limit.
    pub(crate) fn time_limit(&self, error: &Error) -> Option<Duration> {
        self.policy.limit(classify(error, &self.reached))
    }

    /// Records that a page arrived at this attempt.
    pub(crate) fn succeeded(&self, attempt: u32) {
        self.reached.set();
        self.budget.refund(attempt);
        self.outage.succeeded();
    }
}
