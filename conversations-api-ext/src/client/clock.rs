//! [`Clock`]: the clock of a client.

use std::{fmt, future::Future, pin::Pin, time::Duration, time::Instant};

use chrono::{DateTime, Utc};

/// The clock that measures elapsed time and waits: for retries, deadlines and [`Follow`](crate::Follow).
///
/// The default is the real time of the Tokio runtime. With its own clock, a test does not have to wait:
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock). Connection timeouts always use the real time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time; it never goes backward.
    fn now(&self) -> Instant;

    /// Returns the current date and time, which [`Follow`](crate::Follow) compares with start times; that of the system
    /// by default.
    fn utc_now(&self) -> DateTime<Utc> {
        Utc::now()
    }

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
