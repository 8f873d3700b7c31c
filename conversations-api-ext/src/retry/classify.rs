//! [`FailureClass`]: whether and when a failed request is worth a retry.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{Error, error::ConnectFault};

/// The class of a failure, which decides whether and when to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureClass {
    /// A retry would fail the same way.
    Permanent,
    /// HTTP 429, with the wait that the server requests.
    RateLimited(Option<Duration>),
    /// A transient failure, with the wait that the server requests.
    Transient(Option<Duration>),
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
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Classifies a failure. A failure with a response also marks the server as reached.
pub(super) fn classify(error: &Error, reached: &Reached) -> FailureClass {
    if error.status().is_some() {
        reached.set();
    }
    let after = error.retry_after();
    match error.connect_fault() {
        Some(ConnectFault::Refused) if !reached.get() => return FailureClass::Permanent,
        Some(ConnectFault::UnknownHost) if !reached.get() => return FailureClass::UnknownHost,
        _ => {}
    }
    if error.is_rate_limited() {
        FailureClass::RateLimited(after)
    } else if error.is_transient() {
        FailureClass::Transient(after)
    } else {
        FailureClass::Permanent
    }
}
