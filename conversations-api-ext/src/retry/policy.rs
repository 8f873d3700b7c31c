//! [`RetryPolicy`]: how often and for how long failed requests are retried.

use std::{num::NonZeroU32, time::Duration};

use super::{backoff::exponential, classify::FailureClass};

/// A policy for how often and for how long a client retries failed requests.
///
/// It retries the HTTP statuses 408, 421, 425, 429, 500, 502, 503, 504, 520 to 530, 598 and 599; connections that
/// failed or broke; and responses that stalled, were truncated or were damaged. It retries nothing else, such as an
/// untrusted certificate or a proxy that requires a login, because a retry would fail the same way. If a host or
/// proxy refuses the connection, it retries only if that has responded to this client before. It retries a host name
/// that was never resolved for up to 10 s. Records already yielded from an interrupted page are not yielded again.
///
/// The wait is random, between zero and a limit that starts at [half a second](Self::backoff) and doubles up to
/// 30 s. A longer wait in `Retry-After` is used instead, up to a [cap](Self::retry_after_cap). After a 429 without
/// it, the wait is about as long as the server's window, one minute; if less time is left, the wait grows from half a
/// second.
///
/// No wait starts that would end after the [time limit](Self::time_limit): a shorter one takes its place, so that the
/// last retry starts at the limit, unless the server requests more. Time in which the process does not run, because it
/// is stopped or its machine is suspended, does not count. A page that breaks off after new records have arrived starts
/// with full limits again.
///
/// The clones of a client share a budget of 100 retries for each host, so that many concurrent streams do not overload a
/// server that is down. It regains one retry a second, and those of a page once it arrives. A retry that finds it empty
/// is not sent, but counts as an attempt: the next one follows after its wait. So the budget makes no stream end earlier
/// than it would alone. The error reports the limit reached, the number of attempts and their total time.
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

/// The time limit for an unknown host name: a machine that has just started may not have DNS yet.
const GRACE: Duration = Duration::from_secs(10);

impl Default for RetryPolicy {
    /// Returns a policy of 8 attempts per page within 15 minutes.
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
    /// Returns a policy that never retries.
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// Sets the maximum number of attempts at a page without a new record, including the first; 8 by default. 0 counts
    /// as 1.
    #[doc(alias = "max_attempts")]
    #[doc(alias = "max_retries")]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = NonZeroU32::new(attempts).unwrap_or(NonZeroU32::MIN);
        self
    }

    /// Sets the time limit for starting a retry, counted from the first request for the page, or from the failure of the
    /// last one that brought new records; 15 minutes by default, `None` for no limit.
    #[doc(alias = "max_elapsed_time")]
    #[doc(alias = "deadline")]
    pub fn time_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.time_limit = limit.into();
        self
    }

    /// Sets the maximum of the first wait and of all waits without `Retry-After`; half a second and 30 seconds by
    /// default.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.base = first;
        self.cap = longest.max(first);
        self
    }

    /// Sets the maximum wait for a `Retry-After`; 5 minutes by default. If the server requests more, the retry starts
    /// after this time.
    pub fn retry_after_cap(mut self, cap: Duration) -> Self {
        self.retry_after_cap = cap;
        self
    }

    /// Returns the wait after the attempt with this number; `share` is the random factor, `left` the time left.
    pub(super) fn wait(
        &self,
        class: FailureClass,
        attempt: u32,
        share: f64,
        left: Option<Duration>,
    ) -> Duration {
        let own = within(left, exponential(self.base, self.cap, attempt, share));
        match class {
            // At least the backoff: a `Retry-After` of zero or a past date would otherwise cause a burst of retries.
            FailureClass::RateLimited(Some(requested))
            | FailureClass::Transient(Some(requested)) => {
                requested.min(self.retry_after_cap).max(own)
            }
            // Up to 10% longer, never shorter: an early retry fails, and simultaneous ones hit the limit again.
            FailureClass::RateLimited(None) => {
                let window = self.window + self.window.mul_f64(share / 10.0);
                match left {
                    // The limit may be a shorter one, so retrying within the time left beats giving up.
                    Some(left) if left < window => {
                        let half = 0.5 + share / 2.0;
                        within(Some(left), exponential(self.base, self.cap, attempt, half))
                    }
                    _ => window,
                }
            }
            FailureClass::Transient(None) | FailureClass::UnknownHost | FailureClass::Permanent => {
                own
            }
        }
    }

    /// Returns the time limit for starting a retry, counted from the first request; `None` for no limit.
    pub(super) fn limit(&self, class: FailureClass) -> Option<Duration> {
        match (class, self.time_limit) {
            (FailureClass::UnknownHost, Some(limit)) => Some(limit.min(GRACE)),
            (FailureClass::UnknownHost, None) => Some(GRACE),
            (_, limit) => limit,
        }
    }
}

/// Shortens a wait to the time left: the last retry starts at the end of it. If none is left, the wait ends the attempts.
fn within(left: Option<Duration>, wait: Duration) -> Duration {
    let left = left.filter(|left| !left.is_zero());
    left.map_or(wait, |left| wait.min(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_asks_for_is_heeded_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let requested = |seconds| Some(Duration::from_secs(seconds));
        for class in [FailureClass::RateLimited, FailureClass::Transient] {
            assert_eq!(policy.wait(class(requested(7)), 3, 0.9, None).as_secs(), 7);
            assert_eq!(
                policy
                    .wait(class(requested(86_400)), 3, 0.9, None)
                    .as_secs(),
                300
            );
        }
    }

    #[test]
    fn what_the_server_asks_for_never_goes_below_the_own_backoff() {
        let policy = RetryPolicy::default();
        for class in [FailureClass::RateLimited, FailureClass::Transient] {
            for attempt in 1..9 {
                let own = policy.wait(FailureClass::Transient(None), attempt, 0.9, None);
                let requested = |millis| class(Some(Duration::from_millis(millis)));
                assert_eq!(policy.wait(requested(0), attempt, 0.9, None), own);
                assert_eq!(policy.wait(requested(100), attempt, 0.9, None), own);
            }
        }
    }

    #[test]
    fn an_unknown_host_has_a_short_grace() {
        let policy = RetryPolicy::default();
        let transient = FailureClass::Transient(None);
        assert_eq!(policy.limit(transient), policy.time_limit);
        assert_eq!(policy.limit(FailureClass::UnknownHost), Some(GRACE));
        let unlimited = policy.clone().time_limit(None);
        assert_eq!(unlimited.limit(transient), None);
        assert_eq!(unlimited.limit(FailureClass::UnknownHost), Some(GRACE));
        let short = policy.time_limit(Duration::from_secs(1));
        assert_eq!(short.limit(FailureClass::UnknownHost), short.time_limit);
    }

    #[test]
    fn a_429_without_a_wish_waits_for_the_window_to_pass_or_within_the_time_left() {
        let policy = RetryPolicy::default();
        let wait = |attempt, share, left: Option<u64>| {
            let left = left.map(Duration::from_secs);
            let class = FailureClass::RateLimited(None);
            policy.wait(class, attempt, share, left).as_millis()
        };
        assert_eq!(wait(1, 0.0, None), 60_000);
        assert_eq!(wait(5, 1.0, None), 66_000);
        assert_eq!(wait(1, 0.0, Some(60)), 60_000);
        assert_eq!(wait(1, 0.0, Some(59)), 250);
        assert_eq!(wait(3, 1.0, Some(59)), 2000);
        assert_eq!(wait(5, 1.0, Some(3)), 3000);
        assert_eq!(wait(1, 1.0, Some(0)), 500);
    }
}
