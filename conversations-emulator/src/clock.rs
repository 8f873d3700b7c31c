//! The emulator's clock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

/// The clock that drives quota windows, outages, stalls and transitions.
///
/// Either the system clock ([`Clock::system`], the default) or a virtual clock that moves only when a
/// test advances it ([`Clock::at`]), so that an hour passes at once. Clones share the same time.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use conversations_emulator::Clock;
///
/// let clock = Clock::at(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    /// The start of a virtual clock; `None` for the system clock.
    start: Option<SystemTime>,
    advanced: watch::Sender<Duration>,
}

impl Clock {
    /// Creates a clock that follows the system time; it can be advanced too.
    #[must_use]
    pub fn system() -> Self {
        Self::new(None)
    }

    /// Creates a clock that stays at `start` until it is [advanced](Self::advance).
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        Self::new(Some(start))
    }

    fn new(start: Option<SystemTime>) -> Self {
        Self(Arc::new(Inner {
            start,
            advanced: watch::Sender::new(Duration::ZERO),
        }))
    }

    /// The current time, at most the end of the year 9999.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let start = self.0.start.unwrap_or_else(SystemTime::now);
        later(start, *self.0.advanced.borrow())
    }

    /// Advances the clock, up to the end of the year 9999, and wakes every waiter whose deadline has passed.
    pub fn advance(&self, by: Duration) {
        self.0
            .advanced
            .send_modify(|advanced| *advanced = advanced.saturating_add(by));
    }

    /// Whether the clock follows the system time.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.start.is_none()
    }

    /// Waits until the clock has advanced by `wait`.
    pub(crate) async fn sleep(&self, wait: Duration) {
        let mut advanced = self.0.advanced.subscribe();
        let Some(due) = self.now().checked_add(wait) else {
            return std::future::pending().await;
        };
        while let Ok(left) = due.duration_since(self.now()) {
            if left.is_zero() {
                return;
            }
            let moved = advanced.changed();
            if self.is_system() {
                let _ = tokio::time::timeout(left, moved).await;
            } else {
                // The sender lives as long as this clock does.
                let _ = moved.await;
            }
        }
    }
}

/// The last second of the year 9999: an RFC 3339 time and an HTTP date have no later year.
pub(crate) fn latest() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799)
}

/// The time `wait` after `start`, at most [`latest`]: a later one cannot be written, and the sum overflows for waits that
/// can be.
pub(crate) fn later(start: SystemTime, wait: Duration) -> SystemTime {
    start
        .checked_add(wait)
        .map_or_else(latest, |at| at.min(latest()))
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_system() {
            "system"
        } else {
            "virtual"
        };
        f.debug_struct("Clock")
            .field("kind", &kind)
            .field("now", &self.now())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_only_when_the_clock_passes_its_deadline() {
        let clock = Clock::at(SystemTime::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn advancing_the_system_clock_wakes_a_sleeper() {
        let clock = Clock::system();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(86_400)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(86_401));
        sleeper.await.unwrap();
    }
}
