//! What a failure was, as far as asking again goes.

use std::time::Duration;

use crate::{Error, ErrorKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The same request would fail the same way.
    Permanent,
    /// HTTP 429, with what the server asks to wait.
    RateLimited(Option<Duration>),
    /// Something that passes, with what the server asks to wait.
    Passing(Option<Duration>),
}

/// Passing are the statuses 408, 500, 502, 503 and 504, connections that failed or broke, answers that
/// stopped or ended before their end, and nothing else.
pub(super) fn cause(error: &Error) -> Cause {
    let after = error.retry_after();
    match (error.kind(), error.status()) {
        (ErrorKind::RateLimited, _) => Cause::RateLimited(after),
        (ErrorKind::Timeout | ErrorKind::Connection, _)
        | (ErrorKind::Server, Some(500 | 502 | 503 | 504)) => Cause::Passing(after),
        (ErrorKind::Body, _) if error.is_cut_off() => Cause::Passing(after),
        _ => Cause::Permanent,
    }
}
