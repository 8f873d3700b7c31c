//! [`Attempts`]: retries a request for a page, for one conversation or for its recording.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;

use crate::{
    Attempt, Error,
    client::endpoint::Endpoint,
    client::observer,
    error::ResponseDetails,
    error::response,
    response::ClientInner,
    retry::{Decision, Retries, Times},
};

/// The attempts at one request.
pub(crate) struct Attempts {
    inner: Arc<ClientInner>,
    endpoint: Endpoint,
    /// The span of all attempts, and that of the current one.
    span: tracing::Span,
    request: tracing::Span,
    /// The path of the operation with the names of its parameters.
    template: &'static str,
    /// The number of the page in its stream; 0 for a single conversation or a recording.
    page: u64,
    /// The number of the current attempt, counted from 1.
    number: u32,
    /// Whether the current attempt is a retry that has taken tokens from the budget.
    budgeted: bool,
    /// The start of the first attempt.
    first: Option<Instant>,
    /// The time since then that does not count against the retry time limit.
    uncounted: Duration,
    /// The start of the current attempt.
    sent: Instant,
    /// The last progress of the current attempt, or its start, without the time that does not count.
    since: Instant,
    current: Current,
}

/// The result of an attempt so far.
#[derive(Default)]
pub(crate) struct Current {
    pub(crate) status: Option<u16>,
    pub(crate) correlation_id: Option<String>,
    /// The number of bytes of the body.
    pub(crate) bytes: usize,
    /// The number of elements of a page's list.
    pub(crate) records: usize,
    /// The time until the head of the response.
    pub(crate) first_byte: Duration,
}

impl Attempts {
    pub(crate) fn new(
        inner: Arc<ClientInner>,
        endpoint: Endpoint,
        span: tracing::Span,
        template: &'static str,
        page: u64,
    ) -> Self {
        let sent = inner.clock.now();
        Self {
            inner,
            endpoint,
            request: span.clone(),
            span,
            template,
            page,
            number: 0,
            budgeted: false,
            first: None,
            uncounted: Duration::ZERO,
            sent,
            since: sent,
            current: Current::default(),
        }
    }

    /// Returns the span of the current attempt.
    pub(crate) fn span(&self) -> tracing::Span {
        self.request.clone()
    }

    /// Returns the number of the current attempt, counted from 1.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Returns the result of the current attempt so far.
    pub(crate) fn current(&mut self) -> &mut Current {
        &mut self.current
    }

    /// Returns the time since the start of the first attempt.
    pub(crate) fn elapsed(&self) -> Duration {
        let first = self.first.unwrap_or(self.sent);
        self.inner.clock.now().saturating_duration_since(first)
    }

    /// Adds the current response to an error about its content.
    pub(crate) fn with_response(&self, error: Error) -> Error {
        error.at(&self.endpoint).with_response(ResponseDetails {
            status: self.current.status.unwrap_or_default(),
            correlation_id: self.current.correlation_id.clone(),
            ..ResponseDetails::default()
        })
    }

    /// The list and the agents host are different servers: that one of them fails says nothing about the other.
    fn retries(&self) -> &Retries {
        match &self.inner.agents {
            Some(host) if self.endpoint.version().is_none() => host.retries(),
            _ => &self.inner.retries,
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
        let now = self.inner.clock.now();
        self.current.first_byte = now.saturating_duration_since(self.sent);
        self.current.status = Some(status);
        self.current.correlation_id = response::correlation_id(headers);
    }

    /// Excludes time of the current attempt from the retry time limit and from the outage: a reader that pauses uses up
    /// neither, and neither does time in which the process did not run.
    pub(crate) fn exclude(&mut self, time: Duration) {
        self.uncounted += time;
        self.since += time;
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
        self.uncounted = Duration::ZERO;
    }

    /// Waits before the next attempt, or returns the error if there is none.
    pub(crate) async fn failed(&mut self, error: Error) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let first = self.first.unwrap_or(self.sent);
        let times = Times {
            first: first + self.uncounted,
            sent: self.since,
            failed: now,
            blocked: self.inner.rate_limiter.blocked(now),
        };
        let number = self.number;
        let limit = match self.retries().decide(&error, number, times) {
            Decision::Retry { wait, budgeted } => {
                self.budgeted = budgeted;
                // The server's wait applies to all requests with this key, not only to this one.
                if error.is_rate_limited() || error.retry_after().is_some() {
                    self.inner.rate_limiter.pause_until(now + wait);
                }
                self.report(Some(&error), Some(wait));
                let sleep = self.inner.clock.sleep(wait);
                let ((), stopped) = self.retries().noting_stops(sleep).await;
                self.uncounted += stopped;
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
        let Current {
            status,
            correlation_id,
            bytes,
            records,
            ..
        } = &self.current;
        let attempt = Attempt {
            endpoint: &self.endpoint,
            page: self.page,
            number: self.number,
            status: status.or(error.and_then(Error::status)),
            correlation_id: correlation_id
                .as_deref()
                .or(error.and_then(Error::correlation_id)),
            bytes: *bytes,
            records: *records,
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
