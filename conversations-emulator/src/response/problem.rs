//! Error responses and their bodies.

use http::StatusCode;
use serde::Serialize;

use crate::behavior::choices::ErrorShape;

/// Why a request does not get a page.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    code: &'static str,
    message: String,
    /// The size of the file whose range was requested.
    pub(crate) file_bytes: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            file_bytes: None,
        }
    }
}

pub(crate) fn no_such_agents_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "ROUTE_NOT_FOUND",
        "unknown path; a conversation is at /v1/agents/{agentId}/conversations/{conversationId}",
    )
}

pub(crate) fn no_such_agent() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "PROJECT_NOT_FOUND",
        "no agent has this agentId",
    )
}

pub(crate) fn no_such_conversation() -> Problem {
    let code = "CONVERSATIONS_NOT_FOUND";
    Problem::new(
        StatusCode::NOT_FOUND,
        code,
        "Conversation ID does not exist.",
    )
}

pub(crate) fn no_such_recording() -> Problem {
    let message = "Recording not found for the given conversation.";
    Problem::new(
        StatusCode::NOT_FOUND,
        "CONVERSATIONS_RECORDING_NOT_FOUND",
        message,
    )
}

pub(crate) fn range_not_satisfiable(file_bytes: u64) -> Problem {
    let message = "the requested range begins past the end of the recording";
    Problem {
        file_bytes: Some(file_bytes),
        ..Problem::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "RANGE_NOT_SATISFIABLE",
            message,
        )
    }
}

pub(crate) fn no_draft() -> Problem {
    let message = "The draft you are attempting to chat with does not exist.";
    Problem::new(StatusCode::BAD_REQUEST, "CHAT_DRAFT_NOT_EXIST", message)
}

pub(crate) fn no_such_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "ROUTE_NOT_FOUND",
        "unknown path; conversations are at /v3/{account_id}/{project_id}/conversations",
    )
}

pub(crate) fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "the path does not support this method; the Allow header names those it supports",
    )
}

pub(crate) fn unauthorized(message: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "AUTH_USER_INVALID_TOKEN", message)
}

pub(crate) fn forbidden(message: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "USER_ACCESS_FORBIDDEN", message)
}

pub(crate) fn no_such_account() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "ACCOUNT_NOT_FOUND",
        "no account has this account_id",
    )
}

pub(crate) fn no_such_project() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "PROJECT_NOT_FOUND",
        "the account has no project with this project_id",
    )
}

/// A parameter that cannot be parsed.
pub(crate) fn unreadable(message: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "GET_CONVERSATIONS_FILTER_PARSE_ERROR",
        message,
    )
}

/// A parameter that is parsed and breaks a rule.
pub(crate) fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "CONVERSATIONS_VALIDATION_FAILED",
        message,
    )
}

/// The selected fault plan does not exist.
pub(crate) fn no_such_plan() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "EMULATOR_PLAN_UNKNOWN",
        "the plan in x-emulator-plan does not exist; add it first",
    )
}

/// A request whose `Host` header names another machine than the one it reached.
pub(crate) fn foreign_host() -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "HOST_NOT_LOOPBACK",
        "this server is for programs on its own machine: the Host header must name localhost, \
                  127.0.0.1 or [::1]",
    )
}

/// The upstream server of a proxy did not respond.
pub(crate) fn no_upstream(why: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "PROXY_UPSTREAM_FAILED",
        format!("the upstream server did not respond: {why}"),
    )
}

#[derive(Serialize)]
struct Published<'a> {
    error_message: &'a str,
}

#[derive(Serialize)]
struct Current<'a> {
    success: bool,
    error: &'a str,
    error_id: &'a str,
    error_code: &'a str,
    error_message: &'a str,
    data: Option<()>,
}

impl Problem {
    /// An error injected by a fault plan. Documented statuses have the vendor's codes.
    pub(crate) fn scripted(status: StatusCode, reason: &str) -> Self {
        let code = match status.as_u16() {
            400 => "CONVERSATIONS_VALIDATION_FAILED",
            401 => "AUTH_USER_INVALID_TOKEN",
            403 => "USER_ACCESS_FORBIDDEN",
            404 => "PROJECT_NOT_FOUND",
            _ => "SCRIPTED_FAULT",
        };
        Self {
            status,
            code,
            message: format!("a fault plan responded with {reason}"),
            file_bytes: None,
        }
    }

    /// The JSON body in the selected shape.
    pub(crate) fn body(&self, shape: ErrorShape, correlation_id: &str) -> Vec<u8> {
        let written = match shape {
            ErrorShape::Published => serde_json::to_vec(&Published {
                error_message: &self.message,
            }),
            ErrorShape::Current => serde_json::to_vec(&Current {
                success: false,
                error: self.status.canonical_reason().unwrap_or_default(),
                error_id: correlation_id,
                error_code: self.code,
                error_message: &self.message,
                data: None,
            }),
        };
        written.expect("strings, a boolean and a null always serialize to JSON")
    }
}
