//! [`ReadError`]: why a day was not read.

use conversations_api_ext::{Error, ErrorKind};

use crate::failure::Failure;

/// Why a day was not read.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) failure: Failure,
    pub(crate) scope: Scope,
}

/// The scope of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Only the request for the day; other requests may succeed.
    Day,
    /// The request for the day was rejected; if no other request succeeds, the project or the query is wrong.
    Rejection,
    /// The connection: any other request would most likely fail as well.
    Connection,
    /// The run: the key, the arguments or the folder.
    Run,
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            scope: Scope::Run,
        }
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        let scope = match error.kind() {
            ErrorKind::Server
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
            | ErrorKind::Body
            | ErrorKind::Paging => Scope::Day,
            ErrorKind::BadRequest
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Redirect => Scope::Rejection,
            ErrorKind::Connection => Scope::Connection,
            _ => Scope::Run,
        };
        Self {
            failure: error.into(),
            scope,
        }
    }
}
