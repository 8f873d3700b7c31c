//! [`Waits`]: a clock for tests of what waits.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use conversations_api_ext::Clock;

/// A clock that stands still but for the waits, which take no time and are written down.
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
