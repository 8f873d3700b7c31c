//! [`ErrorKind`]: the short list of ways in which a fetch can fail.

use std::fmt;

/// What went wrong, coarse enough to decide what to do next.
///
/// New kinds may be added, so a `match` needs a wildcard arm.
///
/// ```
/// use conversations_api_ext::{ErrorKind, Region};
///
/// let error = "mars".parse::<Region>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value of the caller's own breaks a rule of the API: a page size out of
    /// range, an end before its start, an empty id. No request was sent.
    /// Asking again changes nothing; the message names rule, value and fix.
    InvalidInput,
    /// HTTP 401: the key is missing, malformed (stray white space counts) or
    /// belongs to another region. Asking again changes nothing.
    Unauthorized,
    /// HTTP 403: the key is known but revoked, or lacks permission for this
    /// project. Asking again changes nothing.
    Forbidden,
    /// HTTP 404: no such account or project in this region, or the host is not
    /// one of the Conversations API. Asking again changes nothing.
    NotFound,
    /// HTTP 400, or another 4xx without a kind of its own: the server rejected
    /// the request. A retry changes nothing.
    BadRequest,
    /// HTTP 429: too many requests; the window is about one minute. The same
    /// request works later: see [`Error::retry_after`](crate::Error::retry_after).
    RateLimited,
    /// HTTP 5xx, from the API or from a gateway in front of it, or 421 or 425
    /// from a gateway. The same request may work later.
    Server,
    /// HTTP 3xx. Redirects are never followed, because the key would travel to
    /// the new host. Almost always a wrong base URL.
    Redirect,
    /// No connection, or one that broke before the answer's headers: refused,
    /// reset, unknown host name, failed TLS handshake. May work later, unless the
    /// server's certificate was rejected or a proxy wants a login.
    Connection,
    /// The connection took too long to open, or the server sent nothing for too
    /// long; HTTP 408 as well. May work later.
    Timeout,
    /// A successful status whose body is not a page: broken off half way, not
    /// JSON, or without the list of conversations. May work later.
    Body,
    /// One record of an otherwise sound page has no id, is not an object, or
    /// does not fit the typed form. The records around it are unaffected, and
    /// the streams go on after it.
    MalformedRecord,
    /// The server's paging does not lead forward: a cursor that was given
    /// before, or an offset that does not grow. Going on would never end.
    Paging,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidInput => "invalid input",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not found",
            Self::BadRequest => "bad request",
            Self::RateLimited => "rate limited",
            Self::Server => "server error",
            Self::Redirect => "redirect",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Body => "unreadable body",
            Self::MalformedRecord => "malformed record",
            Self::Paging => "paging",
        })
    }
}
