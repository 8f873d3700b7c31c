//! [`OutageClock`]: measures how long all requests of a client have failed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::stops::Stop;

/// Measures the current outage for all clones of a client. Without it, several streams or windows that fail together
/// would add up their time limits.
#[derive(Debug, Default)]
pub(super) struct OutageClock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    outage: Option<Outage>,
    /// The end of the last period in which the process did not run.
    ran_again: Option<Instant>,
}

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
        let mut state = self.state();
        let outage = state.outage;
        let since = match outage {
            Some(Outage { since, until }) if sent <= until => since.min(sent),
            _ => sent,
        };
        let until = outage.map_or(now, |outage| outage.until).max(now + IDLE);
        state.outage = Some(Outage { since, until });
        now.saturating_duration_since(since)
    }

    /// Extends the outage to the start of the next attempt.
    pub(super) fn resumes_at(&self, time: Instant) {
        if let Some(outage) = &mut self.state().outage {
            outage.until = outage.until.max(time + IDLE);
        }
    }

    /// Shortens the outage by a period in which the process did not run. Several streams report the same one.
    pub(super) fn stopped(&self, stop: Stop) {
        let mut state = self.state();
        let from = state.ran_again.map_or(stop.from, |end| end.max(stop.from));
        state.ran_again = state.ran_again.max(Some(stop.to));
        if let Some(outage) = &mut state.outage {
            let stopped = stop.to.saturating_duration_since(from.max(outage.since));
            outage.since += stopped;
            outage.until += stopped;
        }
    }

    pub(super) fn succeeded(&self) {
        self.state().outage = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
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

    #[test]
    fn a_period_in_which_the_process_did_not_run_counts_for_no_stream() {
        let clock = OutageClock::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let failed = |sent, now| clock.failed(at(sent), at(now)).as_secs();
        let stop = |from, to| Stop {
            from: at(from),
            to: at(to),
        };
        assert_eq!(failed(0, 1), 1);
        // Two streams report the same period.
        clock.stopped(stop(2, 602));
        clock.stopped(stop(3, 603));
        assert_eq!(failed(603, 604), 3);
        // A stop before the outage changes nothing.
        clock.succeeded();
        assert_eq!(failed(700, 701), 1);
        clock.stopped(stop(604, 650));
        assert_eq!(failed(702, 703), 3);
    }
}
