//! [`RetryPolicy`]: how often and for how long to ask again.

use std::{num::NonZeroU32, time::Duration};

use super::{backoff::exponential, cause::Cause};

/// How often and for how long a client asks again for a page that did not come.
///
/// Asked again is after the HTTP statuses 408, 429, 500, 502, 503 and 504; after connections that failed,
/// TLS included, or broke; and after answers that stopped or ended in the middle. Nothing else is: the same
/// request would fail the same way. Records of a broken page that were given already are not given again.
///
/// The wait is what the server asks for in `Retry-After`, up to a [cap](Self::retry_after_cap). A 429 that asks
/// for nothing waits about as long as the server's window, one minute. Otherwise it is random, between
/// nothing and a span that begins with [half a second](Self::backoff) and doubles to 30 s.
///
/// A wait that would end after the [time limit](Self::time_limit) is not begun. Beyond that, the clones of a
/// client share a budget of 100 retries in a row, refilled by pages that come, so that many streams at once
/// do not hammer a server that is down. The error says which limit ended it, how often was tried and how
/// long that took.
///
/// ```
/// use std::time::Duration;
/// use conversations_api_ext::RetryPolicy;
///
/// let patient = RetryPolicy::default()
///     .attempts(20)
///     .time_limit(Duration::from_secs(60 * 60));
/// let impatient = RetryPolicy::none();
/// # let _ = (patient, impatient);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a client is built with it"]
pub struct RetryPolicy {
    pub(super) attempts: NonZeroU32,
    pub(super) time_limit: Option<Duration>,
    base: Duration,
    cap: Duration,
    retry_after_cap: Duration,
    window: Duration,
}

impl Default for RetryPolicy {
    /// 8 attempts a page within 15 minutes.
    fn default() -> Self {
        Self {
            attempts: NonZeroU32::new(8).expect("8 is not 0"),
            time_limit: Some(Duration::from_secs(15 * 60)),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            retry_after_cap: Duration::from_secs(5 * 60),
            window: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Never ask again.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// How often a page is asked for at most, the first time included; 8 by default. 0 counts as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = NonZeroU32::new(attempts).unwrap_or(NonZeroU32::MIN);
        self
    }

    /// How long after the first request for a page another may begin; 15 minutes by default, `None` for no
    /// such limit.
    pub fn time_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.time_limit = limit.into();
        self
    }

    /// The longest first wait, and the longest of all, where the server asks for none; half a second and 30
    /// seconds by default.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.base = first;
        self.cap = longest.max(first);
        self
    }

    /// The most that `Retry-After` is heeded; 5 minutes by default. A server that asks for more is asked
    /// again after this long.
    pub fn retry_after_cap(mut self, cap: Duration) -> Self {
        self.retry_after_cap = cap;
        self
    }

    /// The wait after the attempt with this number; `share` of what is random.
    pub(super) fn wait(&self, cause: Cause, attempt: u32, share: f64) -> Duration {
        match cause {
            Cause::RateLimited(Some(asked)) | Cause::Passing(Some(asked)) => {
                asked.min(self.retry_after_cap)
            }
            // A tenth more at most: early is in vain, and together is what the limit is against.
            Cause::RateLimited(None) => self.window + self.window.mul_f64(share / 10.0),
            Cause::Passing(None) | Cause::Permanent => {
                exponential(self.base, self.cap, attempt, share)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_asks_for_is_heeded_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Some(Duration::from_secs(seconds));
        for cause in [Cause::RateLimited, Cause::Passing] {
            assert_eq!(policy.wait(cause(asked(7)), 3, 0.9).as_secs(), 7);
            assert_eq!(policy.wait(cause(asked(0)), 3, 0.9).as_secs(), 0);
            assert_eq!(policy.wait(cause(asked(86_400)), 3, 0.9).as_secs(), 300);
        }
    }

    #[test]
    fn a_429_without_a_wish_waits_for_the_window_to_pass() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(Cause::RateLimited(None), 1, 0.0).as_secs(), 60);
        assert_eq!(policy.wait(Cause::RateLimited(None), 5, 1.0).as_secs(), 66);
    }
}
