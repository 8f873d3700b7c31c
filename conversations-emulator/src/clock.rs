//! The time an emulator lives in.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

/// The time by which quota windows, outages, stalls and transitions run.
///
/// Either the machine's ([`Clock::system`], the default), or one that stands still until a test moves
/// it ([`Clock::at`]), so that an hour passes at once. Clones show the same time.
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
    /// Where a virtual clock began; `None` for the machine's.
    start: Option<SystemTime>,
    advanced: watch::Sender<Duration>,
}

impl Clock {
    /// The machine's clock, which can be moved ahead as well.
    #[must_use]
    pub fn system() -> Self {
        Self::new(None)
    }

    /// A clock that stands at `start` until it is [advanced](Self::advance).
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

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let start = self.0.start.unwrap_or_else(SystemTime::now);
        start + *self.0.advanced.borrow()
    }

    /// Moves it ahead. Whatever waits for a moment that has come by then goes on.
    pub fn advance(&self, by: Duration) {
        self.0
            .advanced
            .send_modify(|advanced| *advanced = advanced.saturating_add(by));
    }

    /// Whether it goes by itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.start.is_none()
    }

    /// Waits until it shows a time later by `wait`.
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
    async fn a_sleeper_wakes_when_the_clock_has_been_moved_past_its_time_and_not_before() {
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
    async fn the_machines_clock_can_be_moved_ahead_of_a_sleeper() {
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
