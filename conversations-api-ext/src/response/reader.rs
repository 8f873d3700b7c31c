//! [`BodyReader`]: reads the body of a response within the timeouts.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use bytes::Bytes;
use conversations_api::{ByteStream, Error as RawError, ResponseValue};
use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    Error,
    client::observer::{Observed, reporting_silence},
    error::request_context::RequestContext,
    error::transport::{self, MIN_BYTES_PER_SECOND},
    response::body::Body,
};

/// A response whose headers have arrived, and its body.
pub(crate) struct BodyReader {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) context: RequestContext,
    body: Body,
    throughput: Throughput,
    /// The number of bytes read, after decompression.
    received: usize,
}

/// The throughput of a body, measured while waiting for it: a pause of the reader is not the server's fault.
#[derive(Default)]
struct Throughput {
    waited: Duration,
    /// The number of bytes received before the current measurement.
    before: usize,
}

impl Throughput {
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

impl BodyReader {
    pub(crate) fn new(
        stream: ByteStream,
        status: StatusCode,
        headers: HeaderMap,
        context: RequestContext,
    ) -> Result<Self, Error> {
        let body = Body::new(stream, &headers).map_err(|encoding| {
            transport::unknown_encoding(encoding, status, &headers, &context)
        })?;
        Ok(Self {
            status,
            headers,
            context,
            body,
            throughput: Throughput::default(),
            received: 0,
        })
    }

    /// Waits for the next chunk of the body; `None` at its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let stall = self.context.timeouts.stall;
        let began = Instant::now();
        let next = within(stall, self.body.next()).await;
        let waited = began.elapsed();
        let (status, headers, context) = (self.status, &self.headers, &self.context);
        let chunk = match next {
            Some(Some(Ok(chunk))) => chunk,
            Some(None) => return Ok(None),
            Some(Some(Err(error))) => {
                return Err(transport::broken_body(
                    error,
                    status,
                    headers,
                    self.received,
                    context,
                ));
            }
            None => {
                return Err(transport::stalled(status, headers, self.received, context));
            }
        };
        self.received += chunk.len();
        if self
            .throughput
            .is_too_slow(waited, self.body.received(), stall)
        {
            return Err(transport::dripping(status, headers, self.received, context));
        }
        Ok(Some(chunk))
    }
}

/// Awaits the head of a response.
pub(crate) async fn respond(
    sent: impl Future<Output = Result<ResponseValue<ByteStream>, RawError<ByteStream>>>,
    context: &RequestContext,
    observer: &Observed,
) -> Result<ResponseValue<ByteStream>, Error> {
    let sent = reporting_silence(observer, context.endpoint.base_url(), sent);
    match within(context.timeouts.first_byte, sent).await {
        Some(Ok(response)) => Ok(response),
        Some(Err(error)) => Err(transport::failed(error, context).await),
        None => Err(transport::no_response_in_time(context)),
    }
}

/// Awaits `work` for at most `limit`, if there is one.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}
