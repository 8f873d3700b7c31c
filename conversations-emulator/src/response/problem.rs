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
}

pub(crate) fn no_such_route() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        code: "ROUTE_NOT_FOUND",
        message: "unknown path; conversations are at /v3/{account_id}/{project_id}/conversations"
            .into(),
    }
}

pub(crate) fn method_not_allowed() -> Problem {
    Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "METHOD_NOT_ALLOWED",
        message: "conversations are read-only: use GET".into(),
    }
}

pub(crate) fn unauthorized(message: &str) -> Problem {
    Problem {
        status: StatusCode::UNAUTHORIZED,
        code: "AUTH_USER_INVALID_TOKEN",
        message: message.into(),
    }
}

pub(crate) fn forbidden(message: &str) -> Problem {
    Problem {
        status: StatusCode::FORBIDDEN,
        code: "USER_ACCESS_FORBIDDEN",
        message: message.into(),
    }
}

pub(crate) fn no_such_account() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        code: "ACCOUNT_NOT_FOUND",
        message: "no account has this account_id".into(),
    }
}

pub(crate) fn no_such_project() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        code: "PROJECT_NOT_FOUND",
        message: "the account has no project with this project_id".into(),
    }
}

/// A parameter that cannot be parsed.
pub(crate) fn unreadable(message: impl Into<String>) -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        code: "GET_CONVERSATIONS_FILTER_PARSE_ERROR",
        message: message.into(),
    }
}

/// A parameter that is parsed and breaks a rule.
pub(crate) fn invalid(message: impl Into<String>) -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        code: "CONVERSATIONS_VALIDATION_FAILED",
        message: message.into(),
    }
}

/// The selected fault plan does not exist.
pub(crate) fn no_such_plan() -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        code: "EMULATOR_PLAN_UNKNOWN",
        message: "the plan in x-emulator-plan does not exist; add it first".into(),
    }
}

/// A request whose `Host` header names another machine than the one it reached.
pub(crate) fn foreign_host() -> Problem {
    Problem {
        status: StatusCode::MISDIRECTED_REQUEST,
        code: "HOST_NOT_LOOPBACK",
        message:
            "this server is for programs on its own machine: the Host header must name localhost, \
                  127.0.0.1 or [::1]"
                .into(),
    }
}

/// The upstream server of a proxy did not respond.
pub(crate) fn no_upstream(why: &str) -> Problem {
    Problem {
        status: StatusCode::BAD_GATEWAY,
        code: "PROXY_UPSTREAM_FAILED",
        message: format!("the upstream server did not respond: {why}"),
    }
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
