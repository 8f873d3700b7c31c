//! [`Observer`] and [`Attempt`]: a callback for each request.

use std::{fmt, time::Duration};

use tracing::{Span, field};

use crate::{BaseUrl, Error, Project, client::endpoint::Endpoint};

/// A callback that is called after every request, for metrics, progress or logging.
///
/// Set it with [`ClientBuilder::observer`](crate::ClientBuilder::observer). Any `Fn(&Attempt<'_>)` implements it. It
/// runs in the fetching task, between two requests: a slow observer slows down the fetch.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
///
/// use conversations_api_ext::{ApiKey, Attempt, Client, Project, Region};
///
/// let bytes = Arc::new(AtomicU64::new(0));
/// let counted = Arc::clone(&bytes);
/// let client = Client::builder(
///     Region::Uk1,
///     Project::new("ws-fd112d8f", "PROJECT-58RP822I")?,
///     ApiKey::new("key-from-your-secret-store")?,
/// )
/// .observer(move |attempt: &Attempt<'_>| {
///     counted.fetch_add(attempt.bytes() as u64, Ordering::Relaxed);
/// })
/// .build()?;
/// # let _ = (client, bytes);
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot observe requests",
    note = "implement `Observer`, or pass a closure whose argument type is written out: `|attempt: &Attempt<'_>| ...`"
)]
pub trait Observer: Send + Sync {
    /// Called after each request, successful or failed.
    fn attempt(&self, attempt: &Attempt<'_>);

    /// Called once for each request to which the server has not responded after 30 seconds, while the client goes on
    /// waiting until [`first_byte_timeout`](crate::ClientBuilder::first_byte_timeout). By default, does nothing.
    fn waiting(&self, base_url: &BaseUrl, elapsed: Duration) {
        let _ = (base_url, elapsed);
    }
}

impl<F: Fn(&Attempt<'_>) + Send + Sync> Observer for F {
    fn attempt(&self, attempt: &Attempt<'_>) {
        self(attempt);
    }
}

/// One request for a page, and its result.
///
/// `Debug` shows all of it and is safe to log: it contains no key, no search text and no conversation content.
pub struct Attempt<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) page: u64,
    pub(crate) number: u32,
    pub(crate) status: Option<u16>,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) bytes: usize,
    pub(crate) records: usize,
    pub(crate) elapsed: Duration,
    pub(crate) error: Option<&'a Error>,
    pub(crate) retry_in: Option<Duration>,
    pub(crate) retry_limit: Option<Duration>,
}

impl<'a> Attempt<'a> {
    /// Returns the base URL that the request was sent to.
    #[must_use]
    pub fn base_url(&self) -> &'a BaseUrl {
        self.endpoint.base_url()
    }

    /// Returns the project whose conversations were requested.
    #[must_use]
    pub fn project(&self) -> &'a Project {
        self.endpoint.project()
    }

    /// Returns the API version: `v1`, `v2` or `v3`; `agents` for a single conversation or a recording.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.endpoint.api_name()
    }

    /// Returns the number of the requested page in its stream, counted from 1; 0 for a single conversation or a
    /// recording.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page
    }

    /// Returns the number of this attempt at the page, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the HTTP status; `None` if no response arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the correlation id, by which the vendor's support finds the request.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&'a str> {
        self.correlation_id
    }

    /// Returns the number of bytes of the body received, after decompression; 0 for the body of an error response.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of elements received of the page's list, malformed ones included.
    #[must_use]
    pub fn records(&self) -> usize {
        self.records
    }

    /// Returns the time from sending the request to the last byte received.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the error; `None` if the whole page arrived.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        self.error
    }

    /// Returns the wait before the retry; `None` if there is none.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// Returns the time limit for starting a retry after this failure, counted from the page's first attempt.
    ///
    /// `None` for no limit, for a successful request, and with a [`RetryStrategy`](crate::RetryStrategy).
    #[must_use]
    pub fn retry_limit(&self) -> Option<Duration> {
        self.retry_limit
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("endpoint", &format_args!("{}", self.endpoint))
            .field("page", &self.page)
            .field("number", &self.number)
            .field("status", &self.status)
            .field("correlation_id", &self.correlation_id)
            .field("bytes", &self.bytes)
            .field("records", &self.records)
            .field("elapsed", &self.elapsed)
            .field("error", &self.error)
            .field("retry_in", &self.retry_in)
            .field("retry_limit", &self.retry_limit)
            .finish()
    }
}

/// The optional observer of a client, in addition to `tracing`.
pub(crate) type Observed = Option<std::sync::Arc<dyn Observer>>;

/// The time without a response after which a request is reported while it waits.
const SILENCE: Duration = Duration::from_secs(30);

/// Awaits a response, and reports once that it takes long: otherwise a program looks as if it hung until the timeout.
pub(crate) async fn reporting_silence<T>(
    observer: &Observed,
    base_url: &BaseUrl,
    response: impl Future<Output = T>,
) -> T {
    reporting_after(SILENCE, observer, base_url, response).await
}

async fn reporting_after<T>(
    silence: Duration,
    observer: &Observed,
    base_url: &BaseUrl,
    response: impl Future<Output = T>,
) -> T {
    let mut response = std::pin::pin!(response);
    if let Ok(response) = tokio::time::timeout(silence, response.as_mut()).await {
        return response;
    }
    if let Some(observer) = observer {
        observer.waiting(base_url, silence);
    }
    tracing::warn!(
        target: TARGET,
        { server.address = base_url.hostname(), conversations.elapsed_ms = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX) },
        "no response yet"
    );
    response.await
}

/// The target of all spans and events, whatever the module they come from: filters of users depend on it.
pub(crate) const TARGET: &str = "conversations_api_ext";

/// Reports an attempt to the observer and to `tracing`, and completes the span of its request.
pub(crate) fn report(observer: &Observed, attempt: &Attempt<'_>, request: &Span) {
    if let Some(observer) = observer {
        observer.attempt(attempt);
    }
    if let Some(status) = attempt.status {
        request.record("http.response.status_code", status);
    }
    if let Some(error) = attempt.error {
        request.record("otel.status_code", "ERROR");
        match error.status().filter(|status| *status >= 400) {
            Some(status) => request.record("error.type", status.to_string()),
            None => request.record("error.type", error.kind().to_string().replace(' ', "_")),
        };
    }
    let elapsed_ms = u64::try_from(attempt.elapsed.as_millis()).unwrap_or(u64::MAX);
    match (attempt.error, attempt.retry_in) {
        (None, _) => tracing::debug!(
            target: TARGET,
            {
            http.response.status_code = attempt.status,
            conversations.correlation_id = attempt.correlation_id,
            conversations.attempt = attempt.number,
            conversations.records = attempt.records,
            conversations.bytes = attempt.bytes,
            conversations.elapsed_ms = elapsed_ms,
            },
            "page"
        ),
        (Some(error), Some(wait)) => tracing::warn!(
            target: TARGET,
            {
            http.response.status_code = attempt.status,
            conversations.correlation_id = attempt.correlation_id,
            conversations.attempt = attempt.number,
            conversations.elapsed_ms = elapsed_ms,
            conversations.retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            error.kind = %error.kind(),
            error.message = error.problem(),
            },
            "retrying"
        ),
        (Some(error), None) => tracing::error!(
            target: TARGET,
            {
            http.response.status_code = attempt.status,
            conversations.correlation_id = attempt.correlation_id,
            conversations.attempt = attempt.number,
            conversations.elapsed_ms = elapsed_ms,
            error.kind = %error.kind(),
            error.message = error.problem(),
            },
            "giving up"
        ),
    }
}

/// Returns the span for all attempts at one page.
pub(crate) fn page_span(endpoint: &Endpoint, page: u64) -> Span {
    tracing::info_span!(
        target: TARGET,
        "conversations.page",
        server.address = endpoint.base_url().hostname(),
        server.port = endpoint.base_url().port(),
        conversations.api_version = endpoint.api_name(),
        conversations.account = endpoint.project().account().as_str(),
        conversations.project = endpoint.project().project().as_str(),
        conversations.page = page,
    )
}

/// Returns the span for one request, with the names that OpenTelemetry gives to those of an HTTP client.
pub(crate) fn request_span(endpoint: &Endpoint, template: &'static str, attempt: u32) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "GET",
        otel.name = format!("GET {template}"),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = "GET",
        http.request.resend_count = field::Empty,
        http.response.status_code = field::Empty,
        url.template = template,
        server.address = endpoint.base_url().hostname(),
        server.port = endpoint.base_url().port(),
        "error.type" = field::Empty,
    );
    if attempt > 1 {
        span.record("http.request.resend_count", attempt - 1);
    }
    span
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::Region;

    #[derive(Default)]
    struct Waiting(Mutex<Vec<Duration>>);

    impl Observer for Waiting {
        fn attempt(&self, _: &Attempt<'_>) {}

        fn waiting(&self, _: &BaseUrl, elapsed: Duration) {
            self.0.lock().unwrap().push(elapsed);
        }
    }

    #[tokio::test]
    async fn a_response_that_takes_long_is_reported_once_and_still_awaited() {
        let waiting = Arc::new(Waiting::default());
        let observer: Observed = Some(Arc::clone(&waiting) as _);
        let base_url = BaseUrl::from(Region::Uk1);
        let silence = Duration::from_millis(5);
        let late = async {
            tokio::time::sleep(silence * 4).await;
            7
        };
        let prompt = async { 8 };
        assert_eq!(
            reporting_after(silence, &observer, &base_url, prompt).await,
            8
        );
        assert!(waiting.0.lock().unwrap().is_empty());
        assert_eq!(
            reporting_after(silence, &observer, &base_url, late).await,
            7
        );
        assert_eq!(*waiting.0.lock().unwrap(), [silence]);
    }
}
