//! [`ErrorKind`]: the ways in which a fetch can fail.

use std::fmt;

/// The kind of an error, for a program to decide what to do next.
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
    /// A value from the caller breaks a rule of the API, such as a page size out of range, an end before its start, or
    /// an empty id. No request was sent. Do not retry; the message names the rule, the value and the fix.
    InvalidInput,
    /// HTTP 401: the key is missing, malformed (e.g. with stray white space) or belongs to another region. Do not
    /// retry.
    Unauthorized,
    /// HTTP 403: the key is known but revoked, or lacks permission for this project. Do not retry.
    Forbidden,
    /// HTTP 404: no such account or project in this region, or the host does not serve the Conversations API. Do not
    /// retry.
    NotFound,
    /// HTTP 400, or another 4xx without its own kind: the server rejected the request. Do not retry.
    BadRequest,
    /// HTTP 429: too many requests in the server's window of about one minute. A retry may succeed after
    /// [`Error::retry_after`](crate::Error::retry_after).
    RateLimited,
    /// HTTP 5xx, from the API or a gateway in front of it, or 421 or 425 from a gateway. A retry may succeed.
    Server,
    /// HTTP 3xx: almost always a wrong base URL. Redirects are never followed, because that would send the key to the
    /// new host.
    Redirect,
    /// The connection failed, or broke before the response headers: refused, reset, unknown host name, failed TLS
    /// handshake. A retry may succeed, unless the server's certificate was rejected or a proxy requires a login.
    Connection,
    /// The connection took too long to open, or the server sent nothing for too long; also HTTP 408. A retry may
    /// succeed.
    Timeout,
    /// A successful status, but the body is not a complete page: truncated, not JSON, or without the list of
    /// conversations. A retry may succeed.
    Body,
    /// One record of a valid page has no id, is not an object, or does not fit the typed form. Other records are not
    /// affected, and the stream continues with the next one.
    MalformedRecord,
    /// The pages are not those of one list, so records may be missing: a repeated cursor, an offset that does not grow,
    /// or an order that changes between pages.
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
