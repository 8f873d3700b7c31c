//! One request, and its answer while it arrives.

use std::{future::Future, sync::Arc, time::Duration};

use conversations_api::{ByteStream, ResponseValue};
use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    Error,
    clock::Clock,
    failure,
    observer::Observed,
    onward::{Onward, onward},
    paging::Position,
    place::{Origin, Place},
    query::Spec,
    rate_limiter::RateLimiter,
    request::Clients,
    retry::Retries,
    scan::{Found, NotAPage, PageScanner},
    stream,
    transport::{self, Timeouts},
};

/// What a client holds: shared by its clones and by every stream it started.
pub(crate) struct Link {
    pub(crate) origin: Arc<Origin>,
    pub(crate) clients: Clients,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_record: usize,
    pub(crate) read_ahead: usize,
    pub(crate) observer: Observed,
}

/// An answer whose head has come.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    place: Place,
    timeouts: Timeouts,
    body: ByteStream,
    scanner: PageScanner,
    /// The first bytes: what is no page may be an error object under the status of success.
    start: Vec<u8>,
}

/// More than any error object.
const MAX_START: usize = 4096;

impl Link {
    /// Asks once for the page at `position`.
    pub(crate) async fn ask(&self, spec: &Spec, position: &Position) -> Result<Answer, Error> {
        let place = Place::new(Arc::clone(&self.origin), spec.version);
        let sent = self.clients.send(&self.origin, spec, position);
        let answer = match within(self.timeouts.first_byte, sent).await {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => return Err(transport::failed(error, &place, self.timeouts).await),
            None => return Err(transport::no_answer_in_time(&place, self.timeouts)),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        // Any other success would have come as an error; this is for a document that lists one some day.
        if status != StatusCode::OK {
            return Err(failure::refused(status, &headers, &[], &place));
        }
        Ok(Answer {
            status,
            headers,
            place,
            timeouts: self.timeouts,
            body: ResponseValue::into_inner(answer),
            scanner: PageScanner::new(self.max_record),
            start: Vec::new(),
        })
    }
}

impl Answer {
    /// How much of the body has come.
    pub(crate) fn received(&self) -> usize {
        self.scanner.passed()
    }

    /// Waits for the next piece of the body, and adds the elements that end in it to `out`. `false` at the
    /// end of the body.
    pub(crate) async fn read(&mut self, out: &mut Vec<Found>) -> Result<bool, Error> {
        match within(self.timeouts.stall, stream::next(&mut self.body)).await {
            Some(Some(Ok(piece))) => {
                let room = MAX_START - self.start.len();
                self.start
                    .extend_from_slice(&piece[..piece.len().min(room)]);
                let pushed = self.scanner.push(&piece, out);
                pushed.map_err(|reason| self.not_a_page(reason))?;
                Ok(true)
            }
            Some(None) => Ok(false),
            Some(Some(Err(error))) => Err(transport::broken_body(
                error,
                self.status,
                &self.headers,
                self.received(),
                &self.place,
                self.timeouts,
            )),
            None => Err(transport::stalled(
                self.status,
                &self.headers,
                self.received(),
                &self.place,
                self.timeouts,
            )),
        }
    }

    /// The body is over: where the page leads.
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
        let error = failure::not_a_page(
            reason.to_string(),
            "ask again; if it stays, check that the base URL is that of the Conversations API",
            self.status,
            &self.headers,
            &self.start,
            &self.place,
        );
        match reason {
            NotAPage::Empty | NotAPage::CutOff { .. } => error.cut_off(),
            _ => error,
        }
    }
}

/// Waits no longer than `limit`, if there is one.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}
