//! [`Clock`]: the time that retries go by.

use std::{fmt, future::Future, pin::Pin, time::Duration, time::Instant};

/// The time that retries go by: how long something took, and waiting before asking again.
///
/// The default is the real time of the Tokio runtime. A test brings its own and then neither waits nor
/// guesses: [`ClientBuilder::clock`](crate::ClientBuilder::clock). Timeouts of connections go by the real
/// time whatever the clock.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now; never earlier than the time before.
    fn now(&self) -> Instant;

    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The time of the runtime.
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
