//! [`ClientBuilder`]: the settings of a [`Client`].

mod http_client;
mod timeout;
mod user_agent;

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use crate::{
    AgentsBaseUrl, ApiKey, BaseUrl, Client, Clock, Error, Observer, Project, RetryPolicy,
    RetryStrategy,
    agents::host::AgentsHost,
    client::clock::RealTime,
    client::endpoint::Origin,
    client::http::{self, Configure, Settings},
    client::observer::Observed,
    error::timeouts::Timeouts,
    response::ClientInner,
    response::request::Clients,
    retry::Retries,
    retry::Strategy,
    retry::rate_limiter::RateLimiter,
};
use timeout::Timeout;
use user_agent::user_agent;

/// Builds a [`Client`]; created by [`Client::builder`] or from environment variables.
///
/// ```
/// use std::time::Duration;
///
/// use conversations_api_ext::{ApiKey, Client, Project, Region};
///
/// let client = Client::builder(
///     Region::Us1,
///     Project::new("ws-fd112d8f", "PROJECT-58RP822I")?,
///     ApiKey::new("key-from-your-secret-store")?,
/// )
/// .application("nightly-export/2.1")
/// .stall_timeout(Duration::from_secs(120))
/// .build()?;
/// # let _ = client;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: BaseUrl,
    project: Project,
    key: ApiKey,
    agents_base_url: Option<AgentsBaseUrl>,
    agents_api_key: Option<ApiKey>,
    application: Option<String>,
    http: Option<reqwest::Client>,
    configure: Option<Arc<Configure>>,
    /// Whether `configure` may replace the proxy of the environment.
    may_set_proxy: bool,
    #[cfg(feature = "__rustls")]
    roots: Vec<Vec<u8>>,
    connect_timeout: Timeout,
    first_byte_timeout: Timeout,
    stall_timeout: Timeout,
    retry: RetryPolicy,
    retry_strategy: Strategy,
    max_requests_per_minute: Option<u32>,
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    max_record: usize,
    read_ahead: usize,
    observer: Observed,
}

/// 64 MiB: far more than a day-long conversation.
const MAX_RECORD: usize = 64 * 1024 * 1024;
const READ_AHEAD: usize = 1000;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(120);
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

impl ClientBuilder {
    pub(crate) fn new(base_url: BaseUrl, project: Project, key: ApiKey) -> Self {
        Self {
            agents_base_url: base_url.region().map(AgentsBaseUrl::from),
            agents_api_key: None,
            base_url,
            project,
            key,
            application: None,
            http: None,
            configure: None,
            may_set_proxy: false,
            #[cfg(feature = "__rustls")]
            roots: Vec::new(),
            connect_timeout: Timeout::Unset,
            first_byte_timeout: Timeout::Unset,
            stall_timeout: Timeout::Unset,
            retry: RetryPolicy::default(),
            retry_strategy: None,
            max_requests_per_minute: None,
            clock: Arc::new(RealTime),
            seed: None,
            max_record: MAX_RECORD,
            read_ahead: READ_AHEAD,
            observer: None,
        }
    }

    /// Sets the server of single conversations and recordings; that of the region by default.
    ///
    /// A base URL outside the vendor's regions, such as that of an emulator, has no default, and
    /// [`Client::conversation`] and [`Client::recording`] then fail without sending a request.
    pub fn agents_base_url(mut self, base_url: impl Into<AgentsBaseUrl>) -> Self {
        self.agents_base_url = Some(base_url.into());
        self
    }

    /// Sets the key for single conversations and recordings; the client's key by default.
    pub fn agents_api_key(mut self, key: ApiKey) -> Self {
        self.agents_api_key = Some(key);
        self
    }

    /// Sets the name and version of the program, such as `nightly-export/2.1`; none by default.
    ///
    /// It is added to the `User-Agent` after this crate's own, so that the vendor's support can identify its requests.
    #[doc(alias = "user_agent")]
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// Sets the timeout for opening a connection, including the TLS handshake; 10 s by default, `None` for no limit.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = Timeout::Set(limit.into());
        self
    }

    /// Sets the timeout for the start of a response, including opening the connection; 2 minutes by default, `None`
    /// for no limit.
    #[doc(alias = "timeout")]
    #[doc(alias = "read_timeout")]
    pub fn first_byte_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.first_byte_timeout = Timeout::Set(limit.into());
        self
    }

    /// Sets how long the server may send nothing in the middle of a response; 60 s by default, `None` for no limit.
    ///
    /// A body that averages fewer than 16 bytes a second over that time also counts as stalled. A large page that
    /// keeps arriving never times out.
    pub fn stall_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.stall_timeout = Timeout::Set(limit.into());
        self
    }

    /// Sets how failed requests are retried; [`RetryPolicy::default`] by default.
    ///
    /// [`RetryPolicy::none`] disables retries.
    #[doc(alias = "retry_policy")]
    #[doc(alias = "retry_config")]
    #[doc(alias = "backoff")]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets a strategy that decides about each failure before the [policy](Self::retry); none by default.
    #[doc(alias = "retry_classifier")]
    pub fn retry_strategy(mut self, strategy: impl RetryStrategy + 'static) -> Self {
        self.retry_strategy = Some(Arc::new(strategy));
        self
    }

    /// Sets the maximum number of requests per minute, retries included; unlimited by default.
    ///
    /// The client and its clones share the limit; further requests wait. Without it a client sends as fast as the
    /// server responds, but never earlier than the server requests with HTTP 429 or `Retry-After`.
    #[doc(alias = "rate_limit")]
    #[doc(alias = "throttle")]
    pub fn max_requests_per_minute(mut self, requests: u32) -> Self {
        self.max_requests_per_minute = Some(requests);
        self
    }

    /// Sets the clock that retries, deadlines and [`Follow`](crate::Follow) use; for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the seed of the retry jitter, which is random by default; for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the maximum size of a record, in bytes of JSON; 64 MiB by default.
    ///
    /// A longer record yields a [`MalformedRecord`](crate::ErrorKind::MalformedRecord) error in its position and is
    /// skipped without buffering it.
    pub fn max_record_len(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Sets roughly how many records [`Records`](crate::Records) prefetches; 1000 by default.
    ///
    /// A stream buffers up to this many records, but no more than 8 MiB of them, or 32 records if that is more: a larger
    /// number has an effect on small records only. Each window of [`Parallel`](crate::Parallel) buffers up to 1 MiB.
    #[doc(alias = "prefetch")]
    #[doc(alias = "buffer")]
    pub fn read_ahead(mut self, records: usize) -> Self {
        self.read_ahead = records;
        self
    }

    /// Sets an observer that is called after each request; none by default.
    ///
    /// `tracing` gets the same events with the target `conversations_api_ext`: successful requests at DEBUG, failed
    /// requests that will be retried at WARN, and final failures at ERROR. They are in a span `conversations.page` with
    /// a span for each request, both at INFO. The fields of a request are those of an HTTP client span in
    /// OpenTelemetry's conventions. The spans join the trace of the code that polls the stream first.
    #[doc(alias = "hook")]
    #[doc(alias = "middleware")]
    #[doc(alias = "interceptor")]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Builds the client without sending a request.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the application name is not a valid header value, a
    /// timeout or [`max_requests_per_minute`](Self::max_requests_per_minute) is zero, a variable such as `HTTPS_PROXY`
    /// or `SSL_CERT_FILE` cannot be used, or [`http_client`](Self::http_client) is combined with a setting that it
    /// would ignore. [`Connection`](crate::ErrorKind::Connection) when the system's root certificates cannot be
    /// loaded.
    pub fn build(self) -> Result<Client, Error> {
        let builder = self.clone();
        let connect = self.connect_timeout.or(CONNECT_TIMEOUT, "connect")?;
        if self.http.is_some() {
            self.none_set()?;
        }
        let user_agent = user_agent(self.application.as_deref())?;
        // `None` if it cannot be known: a wrong one would mislead in an error.
        let known_proxy = |base_url: &BaseUrl| match self.may_set_proxy {
            true => Ok(None),
            false => http::proxy(base_url),
        };
        let new_http = |base_url: &BaseUrl| match &self.http {
            Some(http) => Ok((http.clone(), None)),
            None => {
                let http = http::client(&Settings {
                    base_url,
                    user_agent: &user_agent,
                    connect_timeout: connect,
                    configure: self.configure.as_deref(),
                    #[cfg(feature = "__rustls")]
                    roots: &self.roots,
                })?;
                Ok::<_, Error>((http, known_proxy(base_url)?))
            }
        };
        let (http, proxy) = new_http(&self.base_url)?;
        let connect = connect.filter(|_| self.http.is_none());
        let timeouts = Timeouts {
            connect,
            first_byte: self
                .first_byte_timeout
                .or(FIRST_BYTE_TIMEOUT, "first byte")?,
            stall: self.stall_timeout.or(STALL_TIMEOUT, "stall")?,
        };
        let per_minute = self
            .max_requests_per_minute
            .map(|requests| {
                NonZeroU32::new(requests).ok_or_else(|| {
                    Error::invalid(
                        "the maximum of requests per minute is zero",
                        "no request could ever be sent: give a larger one, or none",
                    )
                })
            })
            .transpose()?;
        // Only has to differ between clients, so that their retries do not coincide.
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        let retries = || Retries::new(self.retry.clone(), self.retry_strategy.clone(), seed);
        let origin = Arc::new(Origin {
            base_url: self.base_url,
            project: self.project,
        });
        let agents = match self.agents_base_url {
            None => None,
            Some(agents_base_url) => {
                let base_url = agents_base_url.as_base_url();
                // The settings of an HTTP client depend on no more of a base URL than this, and building one loads
                // the system's certificates.
                let is_alike = base_url.is_https() == origin.base_url.is_https()
                    && base_url.is_loopback() == origin.base_url.is_loopback();
                let (http, proxy) = match (&self.http, is_alike) {
                    (None, true) => (http.clone(), known_proxy(base_url)?),
                    _ => new_http(base_url)?,
                };
                Some(AgentsHost::new(
                    agents_base_url,
                    origin.project.clone(),
                    http,
                    self.agents_api_key.unwrap_or_else(|| self.key.clone()),
                    timeouts,
                    proxy,
                    retries(),
                ))
            }
        };
        let clients = Clients::new(&origin, http, self.key);
        Ok(Client::from_inner(ClientInner {
            origin,
            clients,
            agents,
            timeouts,
            proxy,
            retries: retries(),
            rate_limiter: RateLimiter::new(per_minute),
            clock: self.clock,
            max_record: self.max_record,
            read_ahead: self.read_ahead,
            observer: self.observer,
            builder,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("agents_base_url", &self.agents_base_url)
            .field("project", &self.project)
            .field("application", &self.application)
            .field("own_http_client", &self.http.is_some())
            .field("configured_http_client", &self.configure.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("first_byte_timeout", &self.first_byte_timeout)
            .field("stall_timeout", &self.stall_timeout)
            .field("retry", &self.retry)
            .field("retry_strategy", &self.retry_strategy.is_some())
            .field("max_requests_per_minute", &self.max_requests_per_minute)
            .field("max_record_len", &self.max_record)
            .field("read_ahead", &self.read_ahead)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Region};

    pub(super) fn builder() -> ClientBuilder {
        let key = ApiKey::new("MARKER").unwrap();
        ClientBuilder::new(Region::Us1.into(), Project::new("a", "p").unwrap(), key)
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        for name in ["", " x", "x\n", "né/1"] {
            let error = builder().application(name).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(builder().connect_timeout(Duration::ZERO).build().is_err());
        assert!(builder().stall_timeout(Duration::ZERO).build().is_err());
        assert!(builder().max_requests_per_minute(0).build().is_err());
    }

    #[test]
    fn debug_of_builder_and_client_does_not_show_the_key() {
        let builder = builder();
        assert!(!format!("{builder:?}").contains("MARKER"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("MARKER"));
    }
}
