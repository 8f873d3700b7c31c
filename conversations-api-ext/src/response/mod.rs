//! Sends one request and reads its response while it arrives.

pub(crate) mod body;
pub(crate) mod decode;
pub(crate) mod request;
pub(crate) mod scan;

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use conversations_api::ResponseValue;
use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    Error,
    client::clock::Clock,
    client::endpoint::{Origin, Place},
    client::observer::Observed,
    error::classify,
    error::exchange::Exchange,
    error::transport::{self, MIN_BYTES_PER_SECOND, Timeouts},
    pager::cursor::Position,
    pager::next_page::{Onward, onward},
    query::Spec,
    response::body::Body,
    response::request::Clients,
    response::scan::{Found, NotAPage, PageScanner},
    retry::Retries,
    retry::rate_limiter::RateLimiter,
};

/// The client internals that its clones and streams share.
pub(crate) struct Link {
    pub(crate) origin: Arc<Origin>,
    pub(crate) clients: Clients,
    pub(crate) timeouts: Timeouts,
    /// The proxy of all requests, without user name and password.
    pub(crate) proxy: Option<Arc<str>>,
    pub(crate) retries: Retries,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_record: usize,
    pub(crate) read_ahead: usize,
    pub(crate) observer: Observed,
}

/// A response whose headers have arrived.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    exchange: Exchange,
    body: Body,
    pace: Pace,
    scanner: PageScanner,
    /// The first bytes of the body: if it is not a page, it may be an error object with a success status.
    start: Vec<u8>,
}

/// The maximum length of `start`; more than any error object.
const MAX_START: usize = 4096;

/// The throughput of a body, measured while waiting for it: a pause of the reader is not the server's fault.
#[derive(Default)]
struct Pace {
    waited: Duration,
    /// The number of bytes received before the current measurement.
    before: usize,
}

impl Pace {
    /// Adds a wait and returns whether a body, with `received` bytes so far, arrives too slowly. Without a limit it
    /// never does.
    fn is_too_slow(&mut self, waited: Duration, received: usize, window: Option<Duration>) -> bool {
        let Some(window) = window else { return false };
        self.waited += waited;
        if self.waited < window {
            return false;
        }
        let arrived = Duration::from_secs((received - self.before) as u64) / MIN_BYTES_PER_SECOND;
        let too_slow = arrived < self.waited;
        *self = Self {
            waited: Duration::ZERO,
            before: received,
        };
        too_slow
    }
}

impl Link {
    /// Sends one request for the page at `position`.
    pub(crate) async fn ask(&self, spec: &Spec, position: &Position) -> Result<Answer, Error> {
        let exchange = Exchange::new(
            Place::new(Arc::clone(&self.origin), spec.version),
            spec,
            self.clients.key().clone(),
            self.timeouts,
            self.proxy.clone(),
        );
        let sent = self.clients.send(&self.origin, spec, position);
        let response = match within(self.timeouts.first_byte, sent).await {
            Some(Ok(response)) => response,
            Some(Err(error)) => return Err(transport::failed(error, &exchange).await),
            None => return Err(transport::no_response_in_time(&exchange)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        // Other success statuses are errors in the generated client; this is for a document that lists one later.
        if status != StatusCode::OK {
            return Err(classify::refused(status, &headers, &[], &exchange));
        }
        let body =
            Body::new(ResponseValue::into_inner(response), &headers).map_err(|encoding| {
                transport::unknown_encoding(encoding, status, &headers, &exchange)
            })?;
        Ok(Answer {
            status,
            headers,
            exchange,
            body,
            pace: Pace::default(),
            scanner: PageScanner::new(self.max_record),
            start: Vec::new(),
        })
    }
}

impl Answer {
    /// Returns the number of bytes of the body read, after decompression.
    pub(crate) fn received(&self) -> usize {
        self.scanner.passed()
    }

    /// Waits for the next chunk of the body and adds the elements completed by it to `out`. Returns `false` at the end
    /// of the body.
    pub(crate) async fn read(&mut self, out: &mut Vec<Found>) -> Result<bool, Error> {
        let stall = self.exchange.timeouts.stall;
        let began = Instant::now();
        let next = within(stall, self.body.next()).await;
        let waited = began.elapsed();
        let (status, headers, received) = (self.status, &self.headers, self.received());
        let piece = match next {
            Some(Some(Ok(piece))) => piece,
            Some(None) => return Ok(false),
            Some(Some(Err(error))) => {
                return Err(transport::broken_body(
                    error,
                    status,
                    headers,
                    received,
                    &self.exchange,
                ));
            }
            None => {
                return Err(transport::stalled(
                    status,
                    headers,
                    received,
                    &self.exchange,
                ));
            }
        };
        let room = MAX_START - self.start.len();
        self.start
            .extend_from_slice(&piece[..piece.len().min(room)]);
        let pushed = self.scanner.push(&piece, out);
        pushed.map_err(|reason| self.not_a_page(reason))?;
        if self.pace.is_too_slow(waited, self.body.received(), stall) {
            return Err(transport::dripping(
                status,
                &self.headers,
                self.received(),
                &self.exchange,
            ));
        }
        Ok(true)
    }

    /// Ends the body and returns the position of the next page.
    pub(crate) fn end(mut self) -> Result<(Onward, HeaderMap), Error> {
        let scanner = std::mem::replace(&mut self.scanner, PageScanner::new(0));
        let length = scanner.passed();
        let onward = scanner
            .end()
            .and_then(|end| onward(&end, length))
            .map_err(|reason| self.not_a_page(reason))?;
        Ok((onward, self.headers))
    }

    fn not_a_page(&self, reason: NotAPage) -> Error {
        let (status, headers, exchange) = (self.status, &self.headers, &self.exchange);
        match reason {
            // What the server sent instead is more useful than the reason why it is not a page.
            NotAPage::NotAnObject | NotAPage::NoConversations => {
                classify::something_else(reason.to_string(), status, headers, &self.start, exchange)
            }
            _ => {
                let error = classify::not_a_page(
                    reason.to_string(),
                    "if it stays, check that the base URL is that of the Conversations API",
                    status,
                    headers,
                    &self.start,
                    exchange,
                );
                match reason {
                    NotAPage::Empty | NotAPage::CutOff { .. } => error.cut_off(),
                    _ => error,
                }
            }
        }
    }
}

/// Awaits `work` for at most `limit`, if there is one.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}
