//! [`RetryPolicy`]: how often and for how long to retry.

use std::{num::NonZeroU32, time::Duration};

use super::{backoff::exponential, cause::Cause};

/// How often and for how long a client retries a failed request.
///
/// Retried are the HTTP statuses 408, 421, 425, 429, 500, 502, 503, 504, 520 to 530, 598 and 599; connections that
/// failed or broke; and responses that stopped, ended in the middle or were damaged. Nothing else is: the same
/// request would fail the same way. That goes for a certificate that is not trusted, and for a proxy that wants a
/// login. A host or proxy that refuses the connection is retried only if it has responded to this client before,
/// and a host name that was never resolved for 10 s at most. Records of a broken page that were given already are
/// not given again.
///
/// The wait is random, between nothing and a span that begins with [half a second](Self::backoff) and doubles to
/// 30 s. Where the server asks for more in `Retry-After`, it is that, up to a [cap](Self::retry_after_cap). A 429
/// that asks for nothing waits about as long as the server's window, one minute.
///
/// A wait that would end after the [time limit](Self::time_limit) is not begun. Beyond that, the clones of a
/// client share a budget of 100 retries in a row, refilled by pages that arrive, so that many streams at once
/// do not hammer a server that is down. The error says which limit was reached, the number of attempts and how
/// long they took.
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
    time_limit: Option<Duration>,
    base: Duration,
    cap: Duration,
    retry_after_cap: Duration,
    window: Duration,
}

/// A machine that has just started may not have a name server yet.
const GRACE: Duration = Duration::from_secs(10);

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
    /// Never retry.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// The most attempts at a page, the first included; 8 by default. 0 counts as 1.
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

    /// The longest wait that `Retry-After` can ask for; 5 minutes by default. A server that asks for more gets the
    /// next request after this long.
    pub fn retry_after_cap(mut self, cap: Duration) -> Self {
        self.retry_after_cap = cap;
        self
    }

    /// The wait after the attempt with this number; `share` of what is random.
    pub(super) fn wait(&self, cause: Cause, attempt: u32, share: f64) -> Duration {
        match cause {
            // A server that asks for nothing, or for a date that has passed, would be hammered.
            Cause::RateLimited(Some(asked)) | Cause::Passing(Some(asked)) => asked
                .min(self.retry_after_cap)
                .max(exponential(self.base, self.cap, attempt, share)),
            // A tenth more at most: early is in vain, and together is what the limit is against.
            Cause::RateLimited(None) => self.window + self.window.mul_f64(share / 10.0),
            Cause::Passing(None) | Cause::UnknownHost | Cause::Permanent => {
                exponential(self.base, self.cap, attempt, share)
            }
        }
    }

    /// How long after the first request a retry may begin; `None` for no such limit.
    pub(super) fn limit(&self, cause: Cause) -> Option<Duration> {
        match (cause, self.time_limit) {
            (Cause::UnknownHost, Some(limit)) => Some(limit.min(GRACE)),
            (Cause::UnknownHost, None) => Some(GRACE),
            (_, limit) => limit,
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
            assert_eq!(policy.wait(cause(asked(86_400)), 3, 0.9).as_secs(), 300);
        }
    }

    #[test]
    fn what_the_server_asks_for_never_goes_below_the_own_backoff() {
        let policy = RetryPolicy::default();
        for cause in [Cause::RateLimited, Cause::Passing] {
            for attempt in 1..9 {
                let own = policy.wait(Cause::Passing(None), attempt, 0.9);
                let asked = |millis| cause(Some(Duration::from_millis(millis)));
                assert_eq!(policy.wait(asked(0), attempt, 0.9), own);
                assert_eq!(policy.wait(asked(100), attempt, 0.9), own);
            }
        }
    }

    #[test]
    fn an_unknown_host_has_a_short_grace() {
        let policy = RetryPolicy::default();
        let passing = Cause::Passing(None);
        assert_eq!(policy.limit(passing), policy.time_limit);
        assert_eq!(policy.limit(Cause::UnknownHost), Some(GRACE));
        let unlimited = policy.clone().time_limit(None);
        assert_eq!(unlimited.limit(passing), None);
        assert_eq!(unlimited.limit(Cause::UnknownHost), Some(GRACE));
        let short = policy.time_limit(Duration::from_secs(1));
        assert_eq!(short.limit(Cause::UnknownHost), short.time_limit);
    }

    #[test]
    fn a_429_without_a_wish_waits_for_the_window_to_pass() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(Cause::RateLimited(None), 1, 0.0).as_secs(), 60);
        assert_eq!(policy.wait(Cause::RateLimited(None), 5, 1.0).as_secs(), 66);
    }
}
