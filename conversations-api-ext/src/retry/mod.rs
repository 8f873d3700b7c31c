//! Retries: the cause of a failure ([`cause`]), whether to retry ([`policy`]), how long to wait ([`backoff`]), and
//! the limits of the client as a whole ([`budget`], [`outage`]).

pub(crate) mod rate_limiter;
pub(crate) mod retry_after;

mod backoff;
mod budget;
mod cause;
mod outage;
mod policy;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

pub use policy::RetryPolicy;

use crate::Error;
use backoff::Random;
use budget::Budget;
use cause::{Cause, Reached, cause};
use outage::OutageClock;

/// The decision after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Retry after this wait.
    Again(Duration),
    /// Do not retry: it would fail the same way.
    Permanent,
    /// Do not retry: it might succeed, but this limit is reached.
    Exhausted(Limit),
}

/// The limit that ended the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Attempts,
    /// The next attempt would start after the time limit, counted from the page's first attempt.
    Time,
    /// The next attempt would start after the time limit, counted from the start of the client's current outage.
    Outage,
    /// The retry budget of the client.
    Budget,
}

/// The retry state that the clones of a client share.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    budget: Budget,
    reached: Reached,
    random: Mutex<Random>,
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
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy, seed: u64) -> Self {
        Self {
            policy,
            budget: Budget::default(),
            reached: Reached::default(),
            random: Mutex::new(Random::new(seed)),
            outage: OutageClock::default(),
        }
    }

    /// Decides whether to retry after the attempt with this number, counted from 1, has failed.
    pub(crate) fn decide(&self, error: &Error, attempt: u32, times: Times) -> Decision {
        let cause = cause(error, &self.reached);
        if cause == Cause::Permanent {
            return Decision::Permanent;
        }
        let Times {
            first,
            sent,
            failed,
        } = times;
        let outage = self.outage.failed(sent, failed);
        if attempt >= self.policy.attempts.get() {
            return Decision::Exhausted(Limit::Attempts);
        }
        let share = self.random.lock().map_or(0.5, |mut random| random.share());
        let wait = self.policy.wait(cause, attempt, share);
        if let Some(limit) = self.policy.limit(cause) {
            if outage + wait > limit {
                return Decision::Exhausted(Limit::Outage);
            }
            if failed.saturating_duration_since(first) + wait > limit {
                return Decision::Exhausted(Limit::Time);
            }
        }
        if !self.budget.take() {
            return Decision::Exhausted(Limit::Budget);
        }
        self.outage.resumes_at(failed + wait);
        Decision::Again(wait)
    }

    /// Returns the time limit for starting a retry after this failure, counted from the page's first attempt; `None`
    /// for no limit.
    pub(crate) fn time_limit(&self, error: &Error) -> Option<Duration> {
        self.policy.limit(cause(error, &self.reached))
    }

    /// Records that a page arrived at this attempt.
    pub(crate) fn succeeded(&self, attempt: u32) {
        self.reached.note();
        self.budget.refund(attempt);
        self.outage.succeeded();
    }
}
