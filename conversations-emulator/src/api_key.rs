//! The key a version of the API asks for.

use std::fmt;

use http::HeaderMap;

use crate::problem::{self, Problem};

/// The header that carries a key, on every version.
pub(crate) const HEADER: &str = "x-api-key";

/// A key; its text never reaches a log.
#[derive(Clone)]
pub(crate) struct ApiKey(String);

impl ApiKey {
    pub(crate) fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks the key that came with a request.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut sent = headers.get_all(HEADER).iter();
        let Some(key) = sent.next() else {
            return Err(problem::unauthorized("the header x-api-key is missing"));
        };
        if sent.next().is_some() {
            return Err(problem::unauthorized(
                "the header x-api-key was sent more than once",
            ));
        }
        if key.as_bytes().iter().any(u8::is_ascii_whitespace) {
            return Err(problem::unauthorized(
                "the key is malformed: it contains white space",
            ));
        }
        if key.as_bytes() != self.0.as_bytes() {
            return Err(problem::unauthorized(
                "the key is not valid for this version of the API",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}
