//! [`Deadline`]: the time at which a whole stream ends.

use std::{
    future::Future,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, ready},
    time::Instant,
};

use crate::{
    Clock, Error, ErrorKind, client::endpoint::Endpoint, client::runtime, stream::exclusive,
};

/// The deadline of a stream, and the timer that wakes it up then.
pub(crate) struct Deadline {
    at: Instant,
    /// Named in the error: several streams may have the same deadline.
    endpoint: Endpoint,
    /// Started by the first poll. In a mutex, so that a stream with it can be shared between threads.
    timer: Option<Mutex<Timer>>,
}

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Deadline {
    pub(crate) fn new(at: Instant, endpoint: Endpoint) -> Self {
        Self {
            at,
            endpoint,
            timer: None,
        }
    }

    /// Returns the error of a stream whose deadline has passed.
    pub(crate) fn poll(&mut self, clock: &dyn Clock, context: &mut Context<'_>) -> Poll<Error> {
        if self.timer.is_none() && runtime::current().is_err() {
            // There is no timer here: the stream reports that before it waits.
            return Poll::Pending;
        }
        let timer = self.timer.get_or_insert_with(|| {
            let left = self.at.saturating_duration_since(clock.now());
            Mutex::new(clock.sleep(left))
        });
        ready!(exclusive(timer).as_mut().poll(context));
        let error = Error::new(
            ErrorKind::Timeout,
            "the deadline of the stream has passed",
            "resume from its checkpoint with a later deadline",
        );
        Poll::Ready(error.at(&self.endpoint))
    }
}
