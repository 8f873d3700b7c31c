//! [`Attempts`]: retries a request for a page, for one conversation or for its recording.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;

use crate::{
    Attempt, Error,
    client::endpoint::Endpoint,
    client::observer::{self, Observed},
    error::ResponseDetails,
    error::response,
    response::ClientInner,
    retry::limit::Limit,
    retry::rate_limiter::Host,
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
    /// The number of attempts before the last progress: they do not count against the limit.
    uncounted_attempts: u32,
    /// The number of attempts since then that were not sent because the budget was empty.
    held_back: u32,
    /// The number of retries that have taken tokens from the budget.
    budgeted: u32,
    /// Whether the rate limiter has counted the next attempt.
    is_admitted: bool,
    /// The start of the first attempt.
    first: Option<Instant>,
    /// The time from which the retry time limit counts.
    counted_from: Instant,
    /// The time since then that does not count against it.
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
            uncounted_attempts: 0,
            held_back: 0,
            budgeted: 0,
            is_admitted: false,
            first: None,
            counted_from: sent,
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

    fn host(&self) -> Host {
        match self.endpoint.version() {
            Some(_) => Host::List,
            None => Host::Agents,
        }
    }

    /// The list and the agents host are different servers: that one of them fails says nothing about the other.
    fn retries(&self) -> &Retries {
        match &self.inner.agents {
            Some(agents) if self.host() == Host::Agents => agents.retries(),
            _ => &self.inner.retries,
        }
    }

    /// Waits for the rate limit and begins the next attempt.
    pub(crate) async fn begin(&mut self) {
        let clock = &*self.inner.clock;
        if !std::mem::take(&mut self.is_admitted) {
            let free = self.inner.rate_limiter.acquire(self.host(), clock);
            self.retries().noting_stops(free).await;
        }
        self.sent = clock.now();
        self.since = self.sent;
        // The wait of the first attempt for the rate limit does not count against the retry time limit.
        if self.first.is_none() {
            self.first = Some(self.sent);
            self.counted_from = self.sent;
        }
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

    /// Notes that a part of the body has arrived, and returns the time: an outage is no older than that.
    pub(crate) fn arrived(&mut self) -> Instant {
        self.since = self.inner.clock.now();
        self.since
    }

    /// Excludes time of the current attempt from the retry time limit and from the outage: a reader that pauses uses up
    /// neither, and neither does time in which the process did not run.
    pub(crate) fn exclude(&mut self, time: Duration) {
        self.uncounted += time;
        // It may have passed before the last part of the body arrived.
        self.since = (self.since + time).min(self.inner.clock.now());
    }

    /// Reports the success of the current attempt.
    pub(crate) fn succeeded(&self) {
        self.retries().succeeded(self.budgeted);
        self.report(&self.inner.observer, None, None);
    }

    /// Counts the current attempt as the first: a failure after progress is a new one, and a long download must not use
    /// up the limits of a short request.
    pub(crate) fn restart(&mut self) {
        self.retries().succeeded(self.budgeted);
        self.budgeted = 0;
        self.held_back = 0;
        self.uncounted_attempts = self.number - 1;
        self.since = self.inner.clock.now();
        self.counted_from = self.since;
        self.uncounted = Duration::ZERO;
    }

    /// Waits before the next attempt, or returns the error if there is none.
    pub(crate) async fn failed(&mut self, error: Error) -> Result<(), Error> {
        let mut is_reported = false;
        let Err(limit) = self.wait_to_retry(&error, &mut is_reported).await else {
            return Ok(());
        };
        let now = self.inner.clock.now();
        let elapsed = now.saturating_duration_since(self.counted_from);
        let attempts = self.number - self.uncounted_attempts;
        let error = error.with_attempts(attempts, elapsed, limit);
        // An observer counts requests, so it must not get the same one twice.
        let observer = self.inner.observer.as_ref().filter(|_| !is_reported);
        self.report(&observer.cloned(), Some(&error), None);
        Err(error)
    }

    /// Waits until the next attempt may be sent. Returns the limit that forbids it, if it is not the error itself.
    async fn wait_to_retry(
        &mut self,
        error: &Error,
        is_reported: &mut bool,
    ) -> Result<(), Option<Limit>> {
        let inner = Arc::clone(&self.inner);
        let (clock, rate_limiter) = (&*inner.clock, &inner.rate_limiter);
        let times = self.times(self.since);
        let mut decision = self.retries().decide(error, self.counted(), times);
        loop {
            let (wait, budgeted) = match decision {
                Decision::Retry { wait, budgeted } => (wait, budgeted),
                Decision::Permanent => return Err(None),
                Decision::Exhausted(Limit::Attempts) if self.held_back > 0 => {
                    return Err(Some(Limit::Budget));
                }
                Decision::Exhausted(limit) => return Err(Some(limit)),
            };
            if !*is_reported {
                *is_reported = true;
                self.pause_others(error, wait);
                self.report(&inner.observer, Some(error), Some(wait));
            }
            self.sleep(wait).await;
            if !budgeted {
                return Ok(());
            }
            let now = clock.now();
            if self.retries().take(now) {
                break;
            }
            self.held_back += 1;
            decision = (self.retries()).by_policy(error, self.counted(), self.times(now));
        }
        self.budgeted += 1;
        // Other requests may have used up the rate limit meanwhile.
        while let Some(wait) = rate_limiter.wait(self.host(), clock.now()) {
            let times = self.times(self.since);
            let elapsed = (times.failed + wait).saturating_duration_since(times.first);
            if self.retries().is_too_late(error, elapsed) {
                return Err(Some(Limit::Time));
            }
            self.sleep(wait).await;
        }
        self.is_admitted = true;
        Ok(())
    }

    /// Returns the number of attempts that count against the limit.
    fn counted(&self) -> u32 {
        (self.number - self.uncounted_attempts).saturating_add(self.held_back)
    }

    /// Returns the times of an attempt that was sent at `sent` and has failed now.
    fn times(&self, sent: Instant) -> Times {
        let failed = self.inner.clock.now();
        Times {
            first: self.counted_from + self.uncounted,
            sent,
            failed,
            blocked: self.inner.rate_limiter.blocked(self.host(), failed),
        }
    }

    /// Blocks other requests for the wait that the server requires: after a 429 all those with this key, which the server
    /// counts, and otherwise those to this server. Without `Retry-After`, a 429 blocks them for this request's own `wait`;
    /// with one, no longer than it says: a request's own backoff would use up the time limit of the others.
    fn pause_others(&self, error: &Error, wait: Duration) {
        let pause = match error.retry_after() {
            Some(required) => required.min(wait),
            None if error.is_rate_limited() => wait,
            None => return,
        };
        let agents = self.inner.agents.as_ref();
        let has_one_key = agents.is_some_and(|agents| agents.uses(self.inner.clients.key()));
        let is_for_both = error.is_rate_limited() && has_one_key;
        for host in Host::ALL {
            if host == self.host() || is_for_both {
                let until = self.inner.clock.now() + pause;
                self.inner.rate_limiter.pause_until(host, until);
            }
        }
    }

    async fn sleep(&mut self, wait: Duration) {
        let sleep = self.inner.clock.sleep(wait);
        let ((), stopped) = self.retries().noting_stops(sleep).await;
        self.uncounted += stopped;
    }

    fn report(&self, observer: &Observed, error: Option<&Error>, retry_in: Option<Duration>) {
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
            .in_scope(|| observer::report(observer, &attempt, &self.request));
    }
}
