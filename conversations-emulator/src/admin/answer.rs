//! The answers of admin paths.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::transport::{Body, full};

/// Why something is not done.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    error: String,
}

impl Refused {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let error = error.into();
        Self { status, error }
    }

    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn missing(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    pub(super) fn path() -> Self {
        Self::missing("there is no such admin path")
    }

    pub(super) fn method() -> Self {
        let error = "the admin path exists, but not with this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, error)
    }

    pub(super) fn not_of_a_proxy() -> Self {
        Self::missing("a proxy has no conversations of its own")
    }

    pub(super) fn web_page() -> Self {
        Self::new(StatusCode::FORBIDDEN, "admin paths are not for web pages")
    }

    pub(super) fn failed() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the data could not be made",
        )
    }
}

pub(super) fn answer(outcome: Result<Value, Refused>) -> Response<Body> {
    let (status, value) = match outcome {
        Ok(value) => (StatusCode::OK, value),
        Err(refused) => (refused.status, json!({"error": refused.error})),
    };
    let mut response = Response::new(full(value.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// A time as RFC 3339.
pub(super) fn instant(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
