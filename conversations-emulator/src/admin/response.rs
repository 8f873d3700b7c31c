//! Responses of admin endpoints.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::transport::{Body, full};

/// Why an admin request failed.
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
        Self::missing("no such admin endpoint")
    }

    pub(super) fn method() -> Self {
        let error = "this admin endpoint does not support the method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, error)
    }

    pub(super) fn not_of_a_proxy() -> Self {
        Self::missing("a proxy has no conversations of its own")
    }

    pub(super) fn web_page() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "admin endpoints do not accept requests from web pages",
        )
    }

    pub(super) fn failed() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the data could not be generated",
        )
    }
}

pub(super) fn respond(outcome: Result<Value, Refused>) -> Response<Body> {
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

/// Formats a time as RFC 3339.
pub(super) fn instant(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
