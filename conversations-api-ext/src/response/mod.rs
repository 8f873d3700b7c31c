//! Sends one request and reads its response while it arrives.

pub(crate) mod attempts;
pub(crate) mod body;
pub(crate) mod body_error;
pub(crate) mod decode;
#[cfg(feature = "gzip")]
pub(crate) mod gunzip;
#[cfg(feature = "gzip")]
mod lazy_timer;
pub(crate) mod reader;
pub(crate) mod request;
pub(crate) mod scan;

use std::sync::Arc;

use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    ClientBuilder, Error,
    agents::host::AgentsHost,
    client::clock::Clock,
    client::endpoint::{Endpoint, Origin},
    client::observer::Observed,
    error::request_context::RequestContext,
    error::response,
    error::timeouts::Timeouts,
    pager::next_page::{Cursor, NextPage, next_page},
    pager::position::Position,
    query::Spec,
    query::version::Tag,
    response::reader::{BodyReader, respond},
    response::request::Clients,
    response::scan::{Element, NotAPage, PageScanner},
    retry::Retries,
    retry::rate_limiter::RateLimiter,
};

/// The client internals that its clones and streams share.
pub(crate) struct ClientInner {
    pub(crate) origin: Arc<Origin>,
    pub(crate) clients: Clients,
    /// The server of single conversations, if it is known.
    pub(crate) agents: Option<AgentsHost>,
    pub(crate) timeouts: Timeouts,
    /// The proxy of all requests, without user name and password.
    pub(crate) proxy: Option<Arc<str>>,
    pub(crate) retries: Retries,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_record: usize,
    pub(crate) read_ahead: usize,
    pub(crate) observer: Observed,
    /// The settings that the client was built with.
    pub(crate) builder: ClientBuilder,
}

/// A response whose headers have arrived.
pub(crate) struct Response {
    pub(crate) reader: BodyReader,
    scanner: PageScanner,
    /// The first bytes of the body: if it is not a page, it may be an error object with a success status.
    start: Vec<u8>,
}

/// The maximum length of `start`; more than any error object.
const MAX_START: usize = 4096;

impl ClientInner {
    /// Returns the endpoint of a list.
    pub(crate) fn endpoint(&self, version: Tag) -> Endpoint {
        Endpoint::new(Arc::clone(&self.origin), version)
    }

    /// Sends one request for the page at `position`.
    pub(crate) async fn request(
        &self,
        spec: &Spec,
        position: &Position,
    ) -> Result<Response, Error> {
        let context = RequestContext::new(
            self.endpoint(spec.version),
            spec,
            position.cursor().is_some(),
            self.clients.key().clone(),
            self.timeouts,
            self.proxy.clone(),
        );
        let sent = self.clients.send(&self.origin, spec, position);
        let response = respond(sent, &context, &self.observer).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Other success statuses are errors in the generated client; this is for a document that lists one later.
        if status != StatusCode::OK {
            return Err(response::refused(status, &headers, &[], &context));
        }
        Ok(Response {
            reader: BodyReader::new(response.into_inner(), status, headers, context)?,
            scanner: PageScanner::new(self.max_record),
            start: Vec::new(),
        })
    }
}

impl Response {
    /// Returns the number of bytes of the body read, after decompression.
    pub(crate) fn received(&self) -> usize {
        self.scanner.passed()
    }

    /// Waits for the next chunk of the body and adds the elements completed by it to `out`. Returns `false` at the end
    /// of the body.
    pub(crate) async fn read(&mut self, out: &mut Vec<Element>) -> Result<bool, Error> {
        let Some(piece) = self.reader.next().await? else {
            return Ok(false);
        };
        let room = MAX_START - self.start.len();
        self.start
            .extend_from_slice(&piece[..piece.len().min(room)]);
        let pushed = self.scanner.push(&piece, out);
        pushed.map_err(|reason| self.not_a_page(reason))?;
        Ok(true)
    }

    /// Ends the body and returns the position of the next page.
    pub(crate) fn end(mut self, needs_cursor: bool) -> Result<(NextPage, HeaderMap), Error> {
        let scanner = std::mem::replace(&mut self.scanner, PageScanner::new(0));
        let length = scanner.passed();
        let next_page = scanner
            .end()
            .and_then(|end| next_page(&end, length))
            .map_err(|reason| self.not_a_page(reason))?;
        if needs_cursor && next_page.cursor == Cursor::Absent && next_page.next_offset.is_none() {
            let error = response::not_a_page(
                "the page has neither conversations nor a cursor",
                "the records so far are good; report the correlation id to PolyAI",
                self.reader.status,
                &self.reader.headers,
                &self.start,
                &self.reader.context,
            );
            return Err(error.cut_off());
        }
        Ok((next_page, self.reader.headers))
    }

    fn not_a_page(&self, reason: NotAPage) -> Error {
        let (status, headers, context) = (
            self.reader.status,
            &self.reader.headers,
            &self.reader.context,
        );
        match reason {
            NotAPage::Refusal => response::refusal(status, headers, &self.start, context),
            // What the server sent instead is more useful than the reason why it is not a page.
            NotAPage::NotAnObject | NotAPage::NoConversations => {
                response::something_else(reason.to_string(), status, headers, &self.start, context)
            }
            _ => {
                let error = response::not_a_page(
                    reason.to_string(),
                    "if it stays, check that the base URL is that of the Conversations API",
                    status,
                    headers,
                    &self.start,
                    context,
                );
                match reason {
                    NotAPage::Empty | NotAPage::CutOff { .. } => error.cut_off(),
                    _ => error,
                }
            }
        }
    }
}
