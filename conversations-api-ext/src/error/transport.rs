//! Converts a request without a complete response into an [`Error`].

use std::{error::Error as StdError, io, time::Duration};

use conversations_api::{ByteStream, Error as RawError, REDIRECTED};
use reqwest::{
    StatusCode,
    header::{CONTENT_LENGTH, HeaderMap},
};
#[cfg(feature = "__rustls")]
use rustls::{AlertDescription, CertificateError};

use crate::{
    Error, ErrorKind,
    error::ConnectFault,
    error::request_context::RequestContext,
    error::response,
    response::body::{Body, UnknownEncoding},
    response::body_error::BodyError,
};

/// The maximum time to read the body of an error response; it only adds detail to the message.
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// Converts every error of the generated client into an [`Error`]. Drops the original text: it contains URLs with
/// their query, and whole bodies.
pub(crate) async fn failed(error: RawError<ByteStream>, context: &RequestContext) -> Error {
    match error {
        RawError::ErrorResponse(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            refused(status, &headers, response.into_inner(), context).await
        }
        // Statuses that are not in the OpenAPI document, usually from gateways.
        RawError::UnexpectedResponse(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let stream = ByteStream::new(Box::pin(response.bytes_stream()));
            refused(status, &headers, stream, context).await
        }
        RawError::CommunicationError(error) | RawError::InvalidUpgrade(error) => {
            no_response(error, context)
        }
        RawError::ResponseBodyError(error) => broken_body(
            BodyError::Transport(error),
            StatusCode::OK,
            &HeaderMap::new(),
            0,
            context,
        ),
        RawError::InvalidResponsePayload(body, _) => response::not_a_page(
            "the body is not the JSON of a page",
            "retry",
            StatusCode::OK,
            &HeaderMap::new(),
            &body,
            context,
        ),
        RawError::Custom(message) if message.starts_with(REDIRECTED) => Error::new(
            ErrorKind::Redirect,
            message,
            "the API key was sent there: replace the key, and turn redirects off in the custom HTTP client, or use \
             `ClientBuilder::configure_http` instead",
        )
        .at(&context.endpoint),
        RawError::InvalidRequest(_) | RawError::Custom(_) => Error::invalid(
            "the request could not be put together",
            "a value of the query does not fit into a URL or a header",
        )
        .at(&context.endpoint),
    }
}

/// Reads an error body, within a time and a size limit.
async fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    stream: ByteStream,
    context: &RequestContext,
) -> Error {
    let mut text = Vec::new();
    if let Ok(mut body) = Body::new(stream, headers) {
        let limit = context
            .timeouts
            .stall
            .map_or(ERROR_BODY_TIME, |stall| stall.min(ERROR_BODY_TIME));
        let read = body.read_some(response::MAX_ERROR_BODY, &mut text);
        let _ = tokio::time::timeout(limit, read).await;
    }
    response::refused(status, headers, &text, context)
}

/// Returns the error for a request without response headers.
fn no_response(error: reqwest::Error, context: &RequestContext) -> Error {
    let error = error.without_url();
    let endpoint = &context.endpoint;
    if error.is_builder() {
        return Error::invalid(
            "the request could not be put together",
            "a value of the query does not fit into a URL or a header",
        )
        .at(endpoint)
        .with_source(error);
    }
    let failure = if error.is_timeout() && error.is_connect() {
        Failure::timeout(
            match &context.proxy {
                None => format!("no connection{}", within(context.timeouts.connect)),
                Some(proxy) => format!(
                    "no connection through the proxy {proxy}{}",
                    within(context.timeouts.connect)
                ),
            },
            "check network, proxy and firewall",
        )
    } else if error.is_timeout() {
        Failure::timeout(
            format!("no response{}", within(context.timeouts.first_byte)),
            if context.is_page() { SMALLER } else { "retry" },
        )
    } else if let Some(found) = insecure(&error, context) {
        found
    } else if is_without_tls(&error) {
        Failure::connection(
            "this program was built without TLS",
            "build it with its default features, or with the feature `rustls` or `native-tls` of conversations-api-ext",
        )
    } else if is_invalid_http(&error) {
        Failure::connection(
            "the head of the response is not valid HTTP",
            "check the base URL; a proxy or another program may be responding",
        )
        .fault(ConnectFault::Protocol)
    } else if let Some(proxy) = context.proxy.as_deref().filter(|_| error.is_connect()) {
        through_proxy(&error, proxy, context)
    } else if error.is_dns() {
        Failure::connection(
            "the host name is unknown",
            "check the base URL or region, and the network",
        )
        .fault(ConnectFault::UnknownHost)
    } else {
        let (how, fault) = how(&error);
        let failure = Failure::connection(
            format!("the connection {how}"),
            "check that the host is up and reachable from here",
        );
        Failure { fault, ..failure }
    };
    let failed = Error::new(failure.kind, failure.what, failure.fix)
        .at(endpoint)
        .with_source(error);
    match failure.fault {
        Some(fault) => failed.with_connect_fault(fault),
        None => failed,
    }
}

const SMALLER: &str = "a narrower time range or a smaller page gets a response sooner";

/// The kind, message and hint for a failed connection.
struct Failure {
    kind: ErrorKind,
    what: String,
    fix: String,
    fault: Option<ConnectFault>,
}

impl Failure {
    fn timeout(what: impl Into<String>, fix: &str) -> Self {
        Self {
            kind: ErrorKind::Timeout,
            what: what.into(),
            fix: fix.to_owned(),
            fault: None,
        }
    }

    fn connection(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Connection,
            what: what.into(),
            fix: fix.into(),
            fault: None,
        }
    }

    fn fault(self, fault: ConnectFault) -> Self {
        Self {
            fault: Some(fault),
            ..self
        }
    }
}

/// Whether reqwest has no TLS backend. Its error type is not public, so it can only be recognized by its text.
fn is_without_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| cause.to_string() == "invalid URL, scheme is not http")
}

#[cfg(not(feature = "__rustls"))]
fn insecure(_: &reqwest::Error, _: &RequestContext) -> Option<Failure> {
    None
}

/// Returns the findings for a failed TLS handshake.
#[cfg(feature = "__rustls")]
fn insecure(error: &reqwest::Error, context: &RequestContext) -> Option<Failure> {
    let reason = find::<rustls::Error>(error)?;
    let via = match &context.proxy {
        Some(proxy) => format!(", through the proxy {proxy}"),
        None => String::new(),
    };
    let rustls::Error::InvalidCertificate(reason) = reason else {
        let failure = Failure::connection(
            format!("no secure connection ({reason}{via})"),
            "a proxy that opens TLS, a missing root certificate or a wrong clock cause this",
        );
        return Some(if is_incompatible(reason) {
            failure.fault(ConnectFault::Protocol)
        } else {
            failure
        });
    };
    let clock = "check the clock of this machine; if it is right, the server's operator must renew the \
                 certificate";
    let (what, fix) = match reason {
        CertificateError::UnknownIssuer => (
            "no trusted authority has signed the server's certificate".to_owned(),
            "a proxy that inspects TLS usually causes this: install its root certificate, or name a PEM file \
             that has it in SSL_CERT_FILE",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "the server's certificate was issued for another host".to_owned(),
            "check the base URL; a proxy or a login page of the network may be responding instead",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the server's certificate has expired".to_owned(), clock)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid yet".to_owned(),
            clock,
        ),
        CertificateError::Revoked => (
            "the server's certificate was revoked".to_owned(),
            "do not send the key there; report it to the server's operator",
        ),
        other => (
            format!("the server's certificate is not valid ({other})"),
            "check the base URL and the root certificates of this machine",
        ),
    };
    Some(Failure::connection(what + &via, fix).fault(ConnectFault::Certificate))
}

/// Returns whether another handshake would fail the same way.
#[cfg(feature = "__rustls")]
fn is_incompatible(reason: &rustls::Error) -> bool {
    matches!(
        reason,
        rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::InsufficientSecurity
                    | AlertDescription::CertificateRequired
            )
    )
}

/// Whether the head of a response is not valid HTTP. hyper's error tells it by its text only.
fn is_invalid_http(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        let text = cause.to_string();
        text.starts_with("invalid HTTP header parsed") || text == "message head is too large"
    })
}

/// Returns the findings for a failed connection to or through the proxy.
fn through_proxy(error: &reqwest::Error, proxy: &str, context: &RequestContext) -> Failure {
    let host = context.endpoint.base_url().host();
    // The tunnel's error type is not public, so its cases can only be distinguished by their text.
    let says = |text: &str| chain(error).any(|cause| cause.to_string() == text);
    if says("tunnel error: proxy authorization required") {
        return Failure::connection(
            format!("the proxy {proxy} requires a login, or another one (HTTP 407)"),
            "put user name and password into the variable that names the proxy: \
             http://USER:PASSWORD@HOST:PORT",
        )
        .fault(ConnectFault::ProxyLogin);
    }
    if says("tunnel error: unsuccessful") {
        return Failure::connection(
            format!("the proxy {proxy} did not connect to {host}"),
            "ask the proxy's operator to allow this host, or exempt it from the proxy with NO_PROXY",
        )
        .fault(ConnectFault::Refused);
    }
    let check = "check HTTPS_PROXY and ALL_PROXY; NO_PROXY names the hosts that are reached without a proxy";
    if error.is_dns() {
        return Failure::connection(
            format!("the host name of the proxy {proxy} is unknown"),
            check,
        )
        .fault(ConnectFault::UnknownHost);
    }
    let (how, fault) = how(error);
    let failure = Failure::connection(format!("the connection to the proxy {proxy} {how}"), check);
    Failure { fault, ..failure }
}

/// Describes how a connection failed.
fn how(error: &reqwest::Error) -> (&'static str, Option<ConnectFault>) {
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => ("was refused", Some(ConnectFault::Refused)),
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => ("was reset", None),
        _ if error.is_connect() => ("failed", None),
        _ => ("broke before a response arrived", None),
    }
}

/// Returns the error for a body that broke off after `received` bytes.
pub(crate) fn broken_body(
    error: BodyError,
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    context: &RequestContext,
) -> Error {
    let subject = context.subject;
    let broken = |what: String| {
        response::not_a_page(what, smaller(context), status, headers, &[], context).cut_off()
    };
    match error {
        BodyError::Transport(error) if error.is_timeout() => {
            stalled(status, headers, received, context).with_source(error.without_url())
        }
        BodyError::Transport(error) => {
            broken(format!("{subject} broke off after {received} bytes"))
                .with_source(error.without_url())
        }
        BodyError::CutOff => broken(format!(
            "{subject} broke off after {received} bytes, within its gzip data"
        )),
        BodyError::Corrupt(reason) => broken(format!(
            "the gzip data of {subject} is corrupt after {received} bytes ({reason})"
        )),
    }
}

/// Returns the error for a body in an encoding that was not requested.
pub(crate) fn unknown_encoding(
    UnknownEncoding(name): UnknownEncoding,
    status: StatusCode,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Error {
    let requested = if cfg!(feature = "gzip") {
        "only gzip"
    } else {
        "none"
    };
    let subject = context.subject;
    let what = format!("{subject} has the content encoding {name}, but {requested} was requested");
    let fix = "a proxy or gateway in between may be changing the response";
    response::not_a_page(what, fix, status, headers, &[], context)
}

/// Returns the error for response headers that did not arrive within the limit.
pub(crate) fn no_response_in_time(context: &RequestContext) -> Error {
    let what = format!("no response{}", within(context.timeouts.first_byte));
    let fix = if context.is_page() { SMALLER } else { "retry" };
    Error::new(ErrorKind::Timeout, what, fix).at(&context.endpoint)
}

/// Returns the error for a body that stalled after `received` bytes.
pub(crate) fn stalled(
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    context: &RequestContext,
) -> Error {
    let limit = within(context.timeouts.stall);
    let subject = context.subject;
    let what = format!("{subject} stopped after {received} bytes, with nothing more{limit}");
    too_slow(what, status, headers, context)
}

/// Returns the error for a body that arrives too slowly.
pub(crate) fn dripping(
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    context: &RequestContext,
) -> Error {
    let subject = context.subject;
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .map_or_else(String::new, |length| format!(" of {length}"));
    let what = format!(
        "{subject} all but stopped after {received}{length} bytes: fewer than {MIN_BYTES_PER_SECOND} a second arrive"
    );
    too_slow(what, status, headers, context)
}

/// The minimum throughput of a body, averaged over the stall timeout: without it, a server that sends a byte now and
/// then would be read indefinitely.
pub(crate) const MIN_BYTES_PER_SECOND: u32 = 16;

/// What helps against a body that does not arrive as a whole.
fn smaller(context: &RequestContext) -> &'static str {
    if context.is_page() {
        "retry with a smaller page"
    } else {
        "retry"
    }
}

fn too_slow(
    what: String,
    status: StatusCode,
    headers: &HeaderMap,
    context: &RequestContext,
) -> Error {
    response::not_a_page(what, smaller(context), status, headers, &[], context)
        .with_kind(ErrorKind::Timeout)
}

fn within(limit: Option<Duration>) -> String {
    limit.map_or_else(String::new, |limit| {
        format!(" within {} s", limit.as_secs_f32())
    })
}

/// Iterates over an error and its causes.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Returns the first error of a type in the chain of causes. An I/O error may contain the cause instead of returning
/// it as its source.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| {
        error.downcast_ref().or_else(|| {
            let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
            find::<T>(inner)
        })
    })
}
