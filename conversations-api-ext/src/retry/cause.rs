//! The cause of a failure, as far as it matters for retries.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{Error, error::ConnectFault};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A retry would fail the same way.
    Permanent,
    /// HTTP 429, with the wait that the server requests.
    RateLimited(Option<Duration>),
    /// A transient failure, with the wait that the server requests.
    Passing(Option<Duration>),
    /// A host name that was never resolved: a typo, or a network that is just coming up.
    UnknownHost,
}

/// Whether the server has ever responded to this client. A server that becomes unreachable is a transient failure
/// only if it was reachable before; otherwise a wrong address, a firewall or a proxy is more likely, and retries
/// would not help.
#[derive(Debug, Default)]
pub(super) struct Reached(AtomicBool);

impl Reached {
    /// Records that the server has responded.
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns the cause of a failure. A failure with a response also marks the server as reached.
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
