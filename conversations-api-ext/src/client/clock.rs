//! [`Clock`]: the clock that retries use.

use std::{fmt, future::Future, pin::Pin, time::Duration, time::Instant};

/// The clock that retries use to measure elapsed time and to wait.
///
/// The default is the real time of the Tokio runtime. With its own clock, a test does not have to wait:
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock). Connection timeouts always use the real time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time; it never goes backward.
    fn now(&self) -> Instant;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The real time of the Tokio runtime.
#[derive(Debug)]
pub(crate) struct RealTime;

impl Clock for RealTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
