//! Asking again: what went wrong ([`cause`]), whether to ask again ([`policy`]), how long to wait
//! ([`backoff`]), and whether the client as a whole has had enough ([`budget`], [`outage`]).

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

/// What to do after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Ask again after this long.
    Again(Duration),
    /// The same request would fail the same way.
    Permanent,
    /// It might succeed later, but this limit is reached.
    Exhausted(Limit),
}

/// What ended the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Attempts,
    /// The next attempt would have begun after the time limit, counted from the page's first attempt.
    Time,
    /// The same, counted from when a request of this client last succeeded.
    Outage,
    /// The retries of this client as a whole.
    Budget,
}

/// What the clones of a client share.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    budget: Budget,
    reached: Reached,
    random: Mutex<Random>,
    outage: OutageClock,
}

/// When a page was requested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The first attempt began.
    pub(crate) first: Instant,
    /// The last attempt began.
    pub(crate) sent: Instant,
    /// It failed.
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

    /// Decides after the attempt with this number, counted from 1, has failed.
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

    /// How long after the first request a retry may begin after this failure; `None` for no such limit.
    pub(crate) fn time_limit(&self, error: &Error) -> Option<Duration> {
        self.policy.limit(cause(error, &self.reached))
    }

    /// A page arrived, at this attempt.
    pub(crate) fn succeeded(&self, attempt: u32) {
        self.reached.note();
        self.budget.refund(attempt);
        self.outage.succeeded();
    }
}
