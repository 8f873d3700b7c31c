//! [`OutageClock`]: since when none of a client's requests has succeeded.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Shared by the clones of a client. Several streams or windows that fail together then share one time limit,
/// instead of adding up their own.
#[derive(Debug, Default)]
pub(super) struct OutageClock(Mutex<Option<Outage>>);

#[derive(Debug, Clone, Copy)]
struct Outage {
    since: Instant,
    /// A failure after this time belongs to another outage.
    until: Instant,
}

/// A client that was left alone for so long after its last failure starts over: what happened then says nothing of
/// now.
const IDLE: Duration = Duration::from_secs(60);

impl OutageClock {
    /// A request that was sent at `sent` has failed at `now`. How long nothing has succeeded.
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

    /// The next attempt begins then.
    pub(super) fn resumes_at(&self, time: Instant) {
        if let Some(outage) = &mut *self.outage() {
            outage.until = outage.until.max(time + IDLE);
        }
    }

    pub(super) fn succeeded(&self) {
        *self.outage() = None;
    }

    fn outage(&self) -> MutexGuard<'_, Option<Outage>> {
        // Plain data, whole at every instant.
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
        // A wait that the server asked for is no idleness.
        clock.resumes_at(at(331));
        assert_eq!(failed(331, 332), 332);
        clock.succeeded();
        assert_eq!(failed(340, 341), 1);
        assert_eq!(failed(402, 403), 1, "more than a minute later");
    }
}
