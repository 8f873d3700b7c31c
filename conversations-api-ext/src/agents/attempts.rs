//! [`Attempts`]: retries a request for one conversation or its recording.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;

use crate::{
    Attempt, Error,
    client::endpoint::Endpoint,
    client::observer,
    error::response,
    response::ClientInner,
    retry::{Decision, Retries, Times},
};

/// The attempts at one request, with the retry rules of pages.
pub(crate) struct Attempts {
    inner: Arc<ClientInner>,
    endpoint: Endpoint,
    /// The span of all attempts, and that of the current one.
    span: tracing::Span,
    request: tracing::Span,
    /// The path of the operation with the names of its parameters.
    template: &'static str,
    /// The number of the current attempt, counted from 1.
    number: u32,
    /// Whether the current attempt is a retry that has taken tokens from the budget.
    budgeted: bool,
    /// The start of the first attempt.
    first: Option<Instant>,
    /// The start of the current attempt.
    sent: Instant,
    /// The last progress of the current attempt, or its start: a reader that pauses is not an outage.
    since: Instant,
    current: Current,
}

/// The result of an attempt so far, for the observer.
#[derive(Default)]
struct Current {
    status: Option<u16>,
    correlation_id: Option<String>,
    bytes: usize,
}

impl Attempts {
    pub(crate) fn new(
        inner: Arc<ClientInner>,
        endpoint: Endpoint,
        span: tracing::Span,
        template: &'static str,
    ) -> Self {
        let sent = inner.clock.now();
        Self {
            inner,
            endpoint,
            request: span.clone(),
            span,
            template,
            number: 0,
            budgeted: false,
            first: None,
            sent,
            since: sent,
            current: Current::default(),
        }
    }

    /// Returns the span of the current attempt.
    pub(crate) fn span(&self) -> tracing::Span {
        self.request.clone()
    }

    fn retries(&self) -> &Retries {
        match &self.inner.agents {
            Some(host) => host.retries(),
            None => &self.inner.retries,
        }
    }

    /// Waits for the rate limit and begins the next attempt.
    pub(crate) async fn begin(&mut self) {
        let clock = &*self.inner.clock;
        let free = self.inner.rate_limiter.acquire(clock);
        self.retries().noting_stops(free).await;
        self.sent = clock.now();
        self.since = self.sent;
        // Time spent waiting for the rate limit does not count against the retry time limit.
        self.first.get_or_insert(self.sent);
        self.number += 1;
        self.request = (self.span)
            .in_scope(|| observer::request_span(&self.endpoint, self.template, self.number));
        self.current = Current::default();
    }

    /// Notes the head of the response.
    pub(crate) fn head(&mut self, status: u16, headers: &HeaderMap) {
        self.current.status = Some(status);
        self.current.correlation_id = response::correlation_id(headers);
    }

    /// Notes bytes of the body.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.current.bytes += bytes;
    }

    /// Reports the success of the current attempt.
    pub(crate) fn succeeded(&self) {
        self.retries().succeeded(self.budgeted);
        self.report(None, None);
    }

    /// Counts the current attempt as the first: a failure after much progress is a new one, and a long download must
    /// not use up the limits of a short request.
    pub(crate) fn restart(&mut self) {
        self.retries().succeeded(self.budgeted);
        self.budgeted = false;
        self.number = 1;
        self.since = self.inner.clock.now();
        self.first = Some(self.since);
    }

    /// Waits before the next attempt, or returns the error if there is none.
    pub(crate) async fn failed(&mut self, error: Error) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let first = self.first.unwrap_or(self.sent);
        let times = Times {
            first,
            sent: self.since,
            failed: now,
            blocked: self.inner.rate_limiter.blocked(now),
        };
        let number = self.number;
        let limit = match self.retries().decide(&error, number, times) {
            Decision::Retry { wait, budgeted } => {
                self.budgeted = budgeted;
                // The server's wait applies to all requests with this key.
                if error.is_rate_limited() || error.retry_after().is_some() {
                    self.inner.rate_limiter.pause_until(now + wait);
                }
                self.report(Some(&error), Some(wait));
                let sleep = self.inner.clock.sleep(wait);
                let ((), stopped) = self.retries().noting_stops(sleep).await;
                self.first = Some(first + stopped);
                return Ok(());
            }
            Decision::Permanent => None,
            Decision::Exhausted(limit) => Some(limit),
        };
        let elapsed = now.saturating_duration_since(first);
        let error = error.with_attempts(number, elapsed, limit);
        self.report(Some(&error), None);
        Err(error)
    }

    fn report(&self, error: Option<&Error>, retry_in: Option<Duration>) {
        let attempt = Attempt {
            endpoint: &self.endpoint,
            page: 0,
            number: self.number,
            status: self.current.status.or(error.and_then(Error::status)),
            correlation_id: self
                .current
                .correlation_id
                .as_deref()
                .or(error.and_then(Error::correlation_id)),
            bytes: self.current.bytes,
            records: 0,
            elapsed: self.inner.clock.now().saturating_duration_since(self.sent),
            error,
            retry_in,
            retry_limit: retry_in
                .and(error)
                .and_then(|error| self.retries().time_limit(error)),
        };
        self.span
            .in_scope(|| observer::report(&self.inner.observer, &attempt, &self.request));
    }
}
