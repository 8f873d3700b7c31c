//! From a request that brought no complete answer to an [`Error`].

use std::{error::Error as StdError, io, time::Duration};

use conversations_api::{ByteStream, Error as RawError};
use reqwest::{StatusCode, header::HeaderMap};

use crate::{Error, ErrorKind, failure, place::Place, stream::read_some};

/// The limits of the HTTP client, for messages; unknown for one's own client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) stall: Option<Duration>,
}

/// Folds every way in which the generated client can fail into the one error.
/// Their own text is dropped: it holds URLs with their query, and whole bodies.
pub(crate) async fn failed(
    error: RawError<ByteStream>,
    place: &Place,
    timeouts: Timeouts,
) -> Error {
    match error {
        RawError::ErrorResponse(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = read_some(answer.into_inner(), failure::MAX_ERROR_BODY).await;
            failure::refused(status, &headers, &body, place)
        }
        // Statuses that the document does not list, from gateways as a rule.
        RawError::UnexpectedResponse(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            let stream = ByteStream::new(Box::pin(answer.bytes_stream()));
            let body = read_some(stream, failure::MAX_ERROR_BODY).await;
            failure::refused(status, &headers, &body, place)
        }
        RawError::CommunicationError(error) | RawError::InvalidUpgrade(error) => {
            no_answer(error, place, timeouts)
        }
        RawError::ResponseBodyError(error) => {
            broken_body(error, StatusCode::OK, &HeaderMap::new(), 0, place, timeouts)
        }
        RawError::InvalidResponsePayload(body, _) => failure::not_a_page(
            "the body is not the JSON of a page",
            "ask again",
            StatusCode::OK,
            &HeaderMap::new(),
            &body,
            place,
        ),
        RawError::InvalidRequest(_) | RawError::Custom(_) => Error::invalid(
            "the request could not be put together",
            "a value of the query does not fit into a URL or a header",
        )
        .at(place),
    }
}

/// No headers arrived.
fn no_answer(error: reqwest::Error, place: &Place, timeouts: Timeouts) -> Error {
    let error = error.without_url();
    let (kind, what, fix) = if error.is_builder() {
        (
            ErrorKind::InvalidInput,
            "the request could not be put together".to_owned(),
            "a value of the query does not fit into a URL or a header".to_owned(),
        )
    } else if error.is_timeout() && error.is_connect() {
        (
            ErrorKind::Timeout,
            format!("no connection{}", within(timeouts.connect)),
            "check network, proxy and firewall, then ask again".to_owned(),
        )
    } else if error.is_timeout() {
        (
            ErrorKind::Timeout,
            format!("no answer{}", within(timeouts.first_byte)),
            "ask again; a narrower time range or a smaller page makes it quicker".to_owned(),
        )
    } else if error.is_dns() {
        (
            ErrorKind::Connection,
            "the host name is not known".to_owned(),
            "check the base URL or region, and the network".to_owned(),
        )
    } else if let Some(reason) = find::<rustls::Error>(&error) {
        (
            ErrorKind::Connection,
            format!("no secure connection ({reason})"),
            "a proxy that opens TLS, a missing root certificate or a wrong clock cause this"
                .to_owned(),
        )
    } else {
        let how = match find::<io::Error>(&error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => "was refused",
            Some(
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof,
            ) => "was reset",
            _ if error.is_connect() => "failed",
            _ => "broke before an answer came",
        };
        (
            ErrorKind::Connection,
            format!("the connection {how}"),
            "check that the host is up and reachable from here, then ask again".to_owned(),
        )
    };
    Error::new(kind, what, fix).at(place).with_source(error)
}

/// Headers arrived, and `received` bytes of the body.
pub(crate) fn broken_body(
    error: reqwest::Error,
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    place: &Place,
    timeouts: Timeouts,
) -> Error {
    let error = error.without_url();
    let again = "ask again; a smaller page has less to lose";
    if error.is_timeout() {
        return stalled(status, headers, received, place, timeouts).with_source(error);
    }
    let what = format!("the page broke off after {received} bytes");
    failure::not_a_page(what, again, status, headers, &[], place)
        .cut_off()
        .with_source(error)
}

/// No head of an answer came within the limit.
pub(crate) fn no_answer_in_time(place: &Place, timeouts: Timeouts) -> Error {
    let what = format!("no answer{}", within(timeouts.first_byte));
    let fix = "ask again; a narrower time range or a smaller page makes it quicker";
    Error::new(ErrorKind::Timeout, what, fix).at(place)
}

/// After `received` bytes of the body, no more came within the limit.
pub(crate) fn stalled(
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    place: &Place,
    timeouts: Timeouts,
) -> Error {
    let what = format!(
        "the page stopped after {received} bytes, with nothing more{}",
        within(timeouts.stall)
    );
    let again = "ask again; a smaller page has less to lose";
    failure::not_a_page(what, again, status, headers, &[], place).with_kind(ErrorKind::Timeout)
}

fn within(limit: Option<Duration>) -> String {
    limit.map_or_else(String::new, |limit| {
        format!(" within {} s", limit.as_secs_f32())
    })
}

/// The first error of a type in the chain of causes. An I/O error may hold the
/// real cause inside instead of naming it as its source.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find::<T>(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}
