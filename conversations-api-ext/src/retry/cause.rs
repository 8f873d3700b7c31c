//! What a failure was, as far as a retry is concerned.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{Error, error::ConnectFault};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The same request would fail the same way.
    Permanent,
    /// HTTP 429, with what the server asks to wait.
    RateLimited(Option<Duration>),
    /// Something that passes, with what the server asks to wait.
    Passing(Option<Duration>),
    /// A host name that was never resolved: a typing error, or a network that is just coming up.
    UnknownHost,
}

/// Whether the server has responded to this client at all. What makes it unreachable is passing only if it was
/// reachable before; otherwise it is most likely a wrong address, a firewall or a proxy, and no wait will help.
#[derive(Debug, Default)]
pub(super) struct Reached(AtomicBool);

impl Reached {
    /// The server has responded.
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A failure that comes with a response notes that the server was reached.
pub(super) fn cause(error: &Error, reached: &Reached) -> Cause {
    if error.status().is_some() {
        reached.note();
    }
    let after = error.retry_after();
    match error.connect_fault() {
        Some(ConnectFault::Refused) if !reached.is_so() => return Cause::Permanent,
        Some(ConnectFault::UnknownHost) if !reached.is_so() => return Cause::UnknownHost,
        _ => {}
    }
    if error.is_rate_limited() {
        Cause::RateLimited(after)
    } else if error.is_transient() {
        Cause::Passing(after)
    } else {
        Cause::Permanent
    }
}
