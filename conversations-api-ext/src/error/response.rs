//! Converts a response that is not a page into an [`Error`] with a hint.

use std::borrow::Cow;

use chrono::Utc;
use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, LOCATION},
};

use crate::{
    Error, ErrorKind,
    client::endpoint::Endpoint,
    error::ResponseDetails,
    error::body::{ErrorBody, is_id},
    error::request_context::RequestContext,
    query::version::Tag,
    retry::retry_after::retry_after,
};

const CORRELATION_ID: &str = "x-polyai-correlation-id";

type Text = Cow<'static, str>;

/// Returns the correlation id in the headers of a response.
pub(crate) fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(CORRELATION_ID)?.to_str().ok()?.trim();
    is_id(id).then(|| id.to_owned())
}

/// Returns the error for a response with an error status.
pub(crate) fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    context: &RequestContext,
) -> Error {
    let body = ErrorBody::read(body);
    let kind = kind(status);
    let endpoint = &context.endpoint;
    let (mut what, fix) = explain(kind, status, &body, headers, context);
    if body.html {
        what.to_mut()
            .push_str(" with an HTML page, probably from a gateway in front of the API");
    }
    // The message of a 5xx may contain any internal data, so only 4xx messages are quoted.
    if status.is_client_error()
        && let Some(quoted) = context.quoted(body.message.as_deref())
    {
        what.to_mut().push_str(&format!(": {quoted}"));
    }
    Error::new(kind, what, fix)
        .at(endpoint)
        .with_response(response(status, headers, body))
}

/// Returns the error for a response with a success status but no complete page.
pub(crate) fn not_a_page(
    what: impl Into<Text>,
    fix: impl Into<Text>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    context: &RequestContext,
) -> Error {
    // Parse only the start: enough for an error object with a success status, and cheap for a page that broke off
    // after megabytes.
    let body = ErrorBody::read(&body[..body.len().min(MAX_ERROR_BODY)]);
    let known = ErrorBody {
        message: None,
        ..body
    };
    Error::new(ErrorKind::Body, what, fix)
        .at(&context.endpoint)
        .with_response(response(status, headers, known))
}

/// Returns the error for a response with a success status and other content, such as a sign-in page or an error
/// object. `reason` says why it is not a page.
pub(crate) fn something_else(
    reason: String,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    context: &RequestContext,
) -> Error {
    let found = ErrorBody::read(body);
    // Do not quote other text: it may be a conversation.
    let is_object =
        || serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok();
    let message = found
        .message
        .as_deref()
        .filter(|_| found.html || is_object());
    let quoted = context.quoted(message);
    let (what, fix) = if found.html {
        let title = quoted.map_or_else(String::new, |title| format!(" with the title {title}"));
        (
            format!("the response is an HTML page{title} instead of JSON"),
            "a sign-in page of the network, a proxy or a gateway responds instead of the API: check the \
             base URL and the network",
        )
    } else if message.is_some() || found.code.is_some() {
        return reported(message, status, headers, body, context);
    } else {
        (
            reason,
            "check that the base URL is that of the Conversations API",
        )
    };
    not_a_page(what, fix, status, headers, body, context)
}

/// Returns the error for an error that the server reports under a status of success. `message` is its own one.
fn reported(
    message: Option<&str>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    context: &RequestContext,
) -> Error {
    let quoted = context.quoted(message);
    let said = quoted.map_or_else(String::new, |said| format!(": {said}"));
    not_a_page(
        format!("the server reports an error under a status of success{said}"),
        "report the time and the correlation id to PolyAI",
        status,
        headers,
        body,
        context,
    )
}

/// Returns the error for a page that says itself that it is a failure. Its message is shown if `body` has all of it.
pub(crate) fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    context: &RequestContext,
) -> Error {
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    let message = ErrorBody::read(body).message.filter(|_| is_whole);
    reported(message.as_deref(), status, headers, body, context)
}

/// The maximum number of bytes read of an error body: a gateway may send any amount.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

fn response(status: StatusCode, headers: &HeaderMap, body: ErrorBody) -> ResponseDetails {
    ResponseDetails {
        status: status.as_u16(),
        code: body.code,
        message: body.message,
        correlation_id: correlation_id(headers).or(body.id),
        retry_after: retry_after(headers, Utc::now()),
    }
}

fn kind(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        // The fault of a gateway (wrong server, or rejected early data), not of the request.
        421 | 425 => ErrorKind::Server,
        429 => ErrorKind::RateLimited,
        300..=399 => ErrorKind::Redirect,
        400..=499 => ErrorKind::BadRequest,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Body,
    }
}

/// Returns whether a retry may succeed: for 408, 429, and the temporary failures of servers and gateways, including
/// Cloudflare (520 to 530) and older proxies (598, 599).
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(
        status,
        408 | 421 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=530 | 598 | 599
    )
}

/// Returns what a status means for this API and what to do (PolyAI docs, Conversations API overview,
/// "Authentication", and its error reference).
fn explain(
    kind: ErrorKind,
    status: StatusCode,
    body: &ErrorBody,
    headers: &HeaderMap,
    context: &RequestContext,
) -> (Text, Text) {
    let endpoint = &context.endpoint;
    let region = endpoint.base_url().region();
    match kind {
        ErrorKind::Unauthorized => (
            "the API key was not accepted".into(),
            match endpoint.version() {
                None => {
                    "check that it is complete; a key for the list of conversations does not necessarily open \
                     single ones: `POLYAI_AGENTS_API_KEY` holds a key for them"
                }
                Some(Tag::V3) => {
                    "check that it is complete, and that it was issued for this project and this region; \
                     v3 keys belong to one of each, and the older keys of v1 and v2 do not work on v3"
                }
                Some(Tag::V1 | Tag::V2) => {
                    "check that it is complete and issued for this region; v1 and v2 take the older keys, \
                     not those of v3"
                }
            }
            .into(),
        ),
        ErrorKind::Forbidden => (
            "the API key may not read this project".into(),
            "it was revoked or lacks permission: in Agent Studio, under API Keys, check that it has \
             \"Conversations data\" for this project"
                .into(),
        ),
        ErrorKind::NotFound if endpoint.version().is_none() => (
            format!("{} does not exist", context.subject).into(),
            "check the id, and that it belongs to this project and region; many conversations have no recording"
                .into(),
        ),
        ErrorKind::NotFound => not_found(body.code.as_deref(), region, endpoint),
        // The first page was accepted with the same parameters.
        ErrorKind::BadRequest if status == StatusCode::BAD_REQUEST && context.has_cursor => (
            "the server rejected the cursor of the next page".into(),
            "the cursor may have expired: start over, or retry with a narrower time range".into(),
        ),
        ErrorKind::BadRequest => (
            "the server rejected the request".into(),
            if body.message.is_none() && endpoint.version().is_none() {
                "the server does not say why: check the id, and report the time and the correlation id to PolyAI"
            } else if body.message.is_none() {
                "the server does not say why: a filter or its value may be invalid"
            } else if context.has_text() {
                "a filter or its value may be invalid; the server's message is not shown, because it may repeat \
                 the search text"
            } else {
                "correct what the server's message names"
            }
            .into(),
        ),
        ErrorKind::RateLimited => (
            "too many requests".into(),
            match retry_after(headers, Utc::now()) {
                Some(wait) => format!("the server asks to wait {} s", wait.as_secs()).into(),
                None => "the window is about one minute: wait that long and retry".into(),
            },
        ),
        ErrorKind::Timeout => (
            "the server gave up waiting".into(),
            "retry; a narrower time range or a smaller page gets a response sooner".into(),
        ),
        ErrorKind::Redirect => redirect(headers, endpoint),
        ErrorKind::Server => (
            "the server failed".into(),
            "retry in a moment; if it stays, report the time and the correlation id to PolyAI".into(),
        ),
        _ => (
            format!("the response is {status} where a page was expected").into(),
            "check that the base URL is that of the Conversations API".into(),
        ),
    }
}

fn not_found(
    code: Option<&str>,
    region: Option<crate::Region>,
    endpoint: &Endpoint,
) -> (Text, Text) {
    let what = match code {
        Some("ACCOUNT_NOT_FOUND") => "there is no such account here",
        Some("PROJECT_NOT_FOUND") => "there is no such project here",
        _ => "there is nothing here",
    };
    let fix = match region {
        Some(region) => format!(
            "check both ids (Workspace ID and Agent ID in Agent Studio); the project may be in \
             another region than {region}: try {}",
            region.others()
        ),
        None => format!(
            "check both ids (Workspace ID and Agent ID in Agent Studio), and that {} serves the \
             Conversations API",
            endpoint.base_url().host()
        ),
    };
    (what.into(), fix.into())
}

/// Returns the message and hint for a redirect. They name the target's host only: its path and query may contain
/// the search text.
fn redirect(headers: &HeaderMap, endpoint: &Endpoint) -> (Text, Text) {
    let here = endpoint.base_url();
    let target = headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| Url::parse(here.as_str()).ok()?.join(location).ok())
        .and_then(|url| {
            let host = url.host_str()?;
            Some(
                url.port()
                    .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            )
        });
    let what = match target {
        Some(target) => format!("the server redirects to {target}"),
        None => "the server redirects without saying where to".to_owned(),
    };
    (
        what.into(),
        "redirects are not followed, because the API key would go along; check the base URL".into(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        ApiKey, Project, Query, Region, client::endpoint::Origin, error::timeouts::Timeouts,
    };

    #[test]
    fn what_is_not_found_in_one_region_may_be_in_the_others() {
        for &region in Region::ALL {
            let project = Project::new("ws-1", "PROJECT-1").unwrap();
            let origin = Origin {
                base_url: region.into(),
                project,
            };
            let context = RequestContext::new(
                Endpoint::new(Arc::new(origin), Tag::V3),
                &Query::v3().into_spec(),
                false,
                ApiKey::new("key").unwrap(),
                Timeouts::default(),
                None,
            );
            let message =
                refused(StatusCode::NOT_FOUND, &HeaderMap::new(), b"", &context).to_string();
            let (_, fix) = message.rsplit_once("try ").expect("a hint to try");
            for &other in Region::ALL {
                assert_eq!(fix.contains(other.name()), other != region, "{message}");
            }
        }
    }
}
