//! [`Waits`] and [`Stopped`]: clocks for tests of code that waits.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use conversations_api_ext::Clock;
use tokio::sync::watch;

/// A clock that moves only by waits, which take no real time and are recorded.
#[derive(Debug)]
pub(crate) struct Waits {
    start: Instant,
    waits: Mutex<Vec<Duration>>,
}

impl Waits {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            waits: Mutex::default(),
        })
    }

    pub(crate) fn all(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }

    pub(crate) fn seconds(&self) -> Vec<u64> {
        self.all().iter().map(Duration::as_secs).collect()
    }
}

impl Clock for Waits {
    fn now(&self) -> Instant {
        self.start + self.all().iter().sum::<Duration>()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.waits.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

/// A clock that moves only when a test advances it.
#[derive(Debug)]
pub(crate) struct Stopped {
    start: Instant,
    passed: watch::Sender<Duration>,
    /// The times at which the sleeps so far end.
    sleeps: watch::Sender<Vec<Duration>>,
}

impl Stopped {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            passed: watch::Sender::default(),
            sleeps: watch::Sender::default(),
        })
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Returns how far it was advanced.
    pub(crate) fn passed(&self) -> Duration {
        *self.passed.borrow()
    }

    /// Waits until `count` sleeps have started.
    pub(crate) async fn sleepers(&self, count: usize) {
        let mut sleeps = self.sleeps.subscribe();
        sleeps.wait_for(|all| all.len() >= count).await.unwrap();
    }

    /// Waits until at least `count` sleeps, and one, have not ended, and advances to the end of the first of them.
    pub(crate) async fn advance_to_next(&self, count: usize) {
        let passed = self.passed();
        let is_asleep = |end: &&Duration| **end > passed;
        let mut sleeps = self.sleeps.subscribe();
        let enough = |all: &Vec<Duration>| all.iter().filter(is_asleep).count() >= count.max(1);
        let next = sleeps.wait_for(enough).await.unwrap();
        let next = next.iter().filter(is_asleep).min().copied();
        self.passed.send_replace(next.unwrap());
    }
}

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.start + *self.passed.borrow()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut passed = self.passed.subscribe();
        let until = *passed.borrow() + duration;
        self.sleeps.send_modify(|sleeps| sleeps.push(until));
        Box::pin(async move {
            let _ = passed.wait_for(|passed| *passed >= until).await;
        })
    }
}
