//! Error responses: status, body and `Retry-After`.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::behavior::choices::ErrorShape;
use crate::clock::later;
use crate::fault::duration_text;
use crate::response::problem::Problem;
use crate::transport::{Body, full};

/// An error response that replaces a page.
///
/// ```
/// use conversations_emulator::fault::{ErrorBody, FaultPlan, Refusal, RetryAfter, Rule};
///
/// let gateway = Refusal::new(502).with_body(ErrorBody::Html);
/// let busy = Refusal::new(429).with_retry_after(RetryAfter::Seconds(2));
/// let plan = FaultPlan::new().with_rule(Rule::new(gateway).once()).with_rule(Rule::new(busy).once());
/// assert!(plan.to_json().contains(r#""retry_after": {"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The status, from 200 to 599.
    pub(super) code: u16,
    /// The `Retry-After` header. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<RetryAfter>,
    /// The body. Default: the error shape of newer deployments.
    #[serde(default)]
    body: ErrorBody,
}

impl Refusal {
    /// Creates a response with this status, the error body of newer deployments, and no `Retry-After`.
    #[must_use]
    pub fn new(code: u16) -> Self {
        Self {
            code,
            retry_after: None,
            body: ErrorBody::default(),
        }
    }

    /// Sets the `Retry-After` header.
    #[must_use]
    pub fn with_retry_after(self, retry_after: RetryAfter) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..self
        }
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(self, body: ErrorBody) -> Self {
        Self { body, ..self }
    }

    pub(super) fn response(&self, now: SystemTime, correlation_id: &str) -> Response<Body> {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Scripted");
        let problem = Problem::scripted(status, reason);
        let (content_type, body) = match self.body {
            ErrorBody::Current => (
                Some("application/json"),
                problem.body(ErrorShape::Current, correlation_id),
            ),
            ErrorBody::Published => (
                Some("application/json"),
                problem.body(ErrorShape::Published, correlation_id),
            ),
            ErrorBody::Html => (Some("text/html"), html(status, reason).into_bytes()),
            ErrorBody::Empty => (None, Vec::new()),
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.body == ErrorBody::Current
            && let Ok(id) = HeaderValue::from_str(correlation_id)
        {
            headers.insert(crate::response::correlation::HEADER, id);
        }
        let again = self.retry_after.as_ref().map(|again| again.text(now));
        if let Some(again) = again.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(RETRY_AFTER, again);
        }
        response
    }

    pub(super) fn what(&self) -> String {
        let body = match self.body {
            ErrorBody::Current => "a body of six fields",
            ErrorBody::Published => "a body of one field",
            ErrorBody::Html => "an HTML body",
            ErrorBody::Empty => "an empty body",
        };
        let again = match &self.retry_after {
            None => "no Retry-After".into(),
            Some(RetryAfter::Seconds(seconds)) => format!("Retry-After: {seconds} (seconds)"),
            Some(RetryAfter::Date(wait)) => {
                let wait = humantime::format_duration(*wait);
                format!("Retry-After as a date ({wait} from now)")
            }
            Some(RetryAfter::Text(_)) => "a custom Retry-After".into(),
        };
        format!("responded {} with {body} and {again}", self.code)
    }
}

fn html(status: StatusCode, reason: &str) -> String {
    format!(
        "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} {reason}</h1></center>\r\n</body>\r\n</html>\r\n",
        code = status.as_u16(),
    )
}

/// The body of a [`Refusal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorBody {
    /// Six fields with an `error_code` and an `error_id`, as in newer deployments.
    #[default]
    Current,
    /// Only `error_message`, as "List all conversations" documents.
    Published,
    /// The HTML page of a gateway.
    Html,
    /// An empty body.
    Empty,
}

/// The value of a `Retry-After` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryAfter {
    /// Delay in seconds.
    Seconds(u64),
    /// An HTTP date: this far from now, by the emulator's clock.
    #[serde(with = "duration_text")]
    #[schemars(with = "String")]
    Date(Duration),
    /// This text, unchanged.
    Text(String),
}

impl RetryAfter {
    fn text(&self, now: SystemTime) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(wait) => {
                let at = chrono::DateTime::<chrono::Utc>::from(later(now, *wait));
                at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
            }
            Self::Text(text) => text.clone(),
        }
    }
}
