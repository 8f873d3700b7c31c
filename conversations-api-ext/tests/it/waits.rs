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
    sleepers: watch::Sender<usize>,
}

impl Stopped {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            passed: watch::Sender::default(),
            sleepers: watch::Sender::default(),
        })
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Waits until `count` sleeps have started.
    pub(crate) async fn sleepers(&self, count: usize) {
        let mut sleepers = self.sleepers.subscribe();
        sleepers.wait_for(|now| *now >= count).await.unwrap();
    }
}

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.start + *self.passed.borrow()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut passed = self.passed.subscribe();
        let until = *passed.borrow() + duration;
        self.sleepers.send_modify(|count| *count += 1);
        Box::pin(async move {
            let _ = passed.wait_for(|passed| *passed >= until).await;
        })
    }
}
