//! [`OutageClock`]: measures how long all requests of a client have failed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Measures the current outage for all clones of a client. Without it, several streams or windows that fail together
/// would add up their time limits.
#[derive(Debug, Default)]
pub(super) struct OutageClock(Mutex<Option<Outage>>);

#[derive(Debug, Clone, Copy)]
struct Outage {
    since: Instant,
    /// The end of the outage: a failure after this time starts another one.
    until: Instant,
}

/// The idle time after the last failure that ends an outage: an old failure says nothing about the server now.
const IDLE: Duration = Duration::from_secs(60);

impl OutageClock {
    /// Records that a request sent at `sent` failed at `now`, and returns the length of the outage.
    pub(super) fn failed(&self, sent: Instant, now: Instant) -> Duration {
        let mut outage = self.outage();
        let since = match *outage {
            Some(Outage { since, until }) if sent <= until => since.min(sent),
            _ => sent,
        };
        let until = outage.map_or(now, |outage| outage.until).max(now + IDLE);
        *outage = Some(Outage { since, until });
        now.saturating_duration_since(since)
    }

    /// Extends the outage to the start of the next attempt.
    pub(super) fn resumes_at(&self, time: Instant) {
        if let Some(outage) = &mut *self.outage() {
            outage.until = outage.until.max(time + IDLE);
        }
    }

    pub(super) fn succeeded(&self) {
        *self.outage() = None;
    }

    fn outage(&self) -> MutexGuard<'_, Option<Outage>> {
        // A poisoned lock is safe to use: the data is valid at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_until_a_success_or_a_minute_without_attempts() {
        let clock = OutageClock::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let failed = |sent, now| clock.failed(at(sent), at(now)).as_secs();
        assert_eq!(failed(0, 1), 1);
        assert_eq!(failed(30, 31), 31);
        // A wait that the server requests does not count as idle time.
        clock.resumes_at(at(331));
        assert_eq!(failed(331, 332), 332);
        clock.succeeded();
        assert_eq!(failed(340, 341), 1);
        assert_eq!(failed(402, 403), 1, "more than a minute later");
    }
}
