//! A proxy that injects faults in front of another server.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::header::{
    CONNECTION, CONTENT_TYPE, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::admin::Admin;
use crate::behavior::choices::ErrorShape;
use crate::clock::Clock;
use crate::fault::{DEFAULT_PLAN, FaultPlan, Faults, InnerService, Middleware};
use crate::hosts::{self, Hosts};
use crate::journal::{Journal, Log};
use crate::response::problem;
use crate::transport::{Body, Server, full};

/// A proxy that forwards requests to an upstream server and injects the faults of its plans.
///
/// It forwards method, path, query, headers and body as they are, except for the headers that concern
/// one connection alone, and never follows a redirect. The server behind it is reached by plain HTTP.
/// Plans, journal and clock are those of an [`Emulator`](crate::Emulator). It stops when it is dropped.
///
/// ```
/// use conversations_emulator::fault::{Fault, FaultPlan, Rule};
/// use conversations_emulator::{ChaosProxy, Dataset, Emulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let other_server = Emulator::builder().data(Dataset::generate(7, 1)).start().await?;
/// let proxy = ChaosProxy::builder()
///     .upstream(other_server.base_url())
///     .fault_plan(FaultPlan::new().with_rule(Rule::new(Fault::status(502)).on_request(2)))
///     .start()
///     .await?;
/// let url = format!("{}/v3/a/b/conversations", proxy.base_url());
/// assert_eq!(reqwest::get(&url).await?.status(), 401);
/// assert_eq!(reqwest::get(&url).await?.status(), 502);
/// proxy.faults().assert_all_triggered("default");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChaosProxy {
    base_url: String,
    faults: Faults,
    clock: Clock,
    journal: Arc<Log>,
    server: Server,
    is_unencrypted: bool,
}

impl ChaosProxy {
    /// Creates a builder; only the upstream server has no default.
    pub fn builder() -> ChaosProxyBuilder {
        ChaosProxyBuilder {
            upstream: UpstreamUrl(String::new()),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            plans: Vec::new(),
            clock: Clock::system(),
            admin: false,
        }
    }

    /// The base URL, `http://127.0.0.1:PORT`, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Its fault plans, and which of their faults were triggered.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The requests so far, the last 10,000 at most, in the order they arrived.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.journal()
    }

    /// Whether requests, and the API key in them, leave this machine unencrypted: the server behind the proxy is
    /// reached by plain HTTP and is not on loopback.
    #[must_use]
    pub fn is_unencrypted(&self) -> bool {
        self.is_unencrypted
    }

    /// Stops as [`Emulator::shutdown`](crate::Emulator::shutdown) does.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

/// The settings of a new proxy.
#[derive(Debug, Clone)]
#[must_use = "a builder has no effect before `start`"]
pub struct ChaosProxyBuilder {
    upstream: UpstreamUrl,
    address: SocketAddr,
    plans: Vec<(String, FaultPlan)>,
    clock: Clock,
    admin: bool,
}

impl ChaosProxyBuilder {
    /// The upstream server as `http://HOST:PORT`, with an optional path prefix. A user name or a password
    /// in it is rejected: it would not be sent.
    pub fn upstream(self, url: impl Into<String>) -> Self {
        let upstream = UpstreamUrl(url.into());
        Self { upstream, ..self }
    }

    /// The address to listen on. Default: 127.0.0.1 with a free port.
    pub fn address(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// The fault plan of requests that select none. Default: no faults.
    pub fn fault_plan(self, plan: FaultPlan) -> Self {
        self.named_fault_plan(DEFAULT_PLAN, plan)
    }

    /// Adds a fault plan for requests that select it with the header `x-emulator-plan`.
    pub fn named_fault_plan(mut self, name: impl Into<String>, plan: FaultPlan) -> Self {
        self.plans.push((name.into(), plan));
        self
    }

    /// The clock for faults. Default: the system clock.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Whether it has the [admin paths](crate::admin) of a proxy. Default: it has none, and forwards
    /// such paths like any other.
    pub fn admin(self, admin: bool) -> Self {
        Self { admin, ..self }
    }

    /// Starts forwarding on the tokio runtime this is called in.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the server behind it is not named as
    /// `http://HOST`, or a value of a fault plan makes no sense.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> io::Result<ChaosProxy> {
        let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        let base = self.upstream.0.trim_end_matches('/').to_owned();
        let host = plain_http_host(&base).map_err(|problem| invalid(problem.into()))?;
        let is_unencrypted = !hosts::is_loopback(&host);
        let faults = Faults::default();
        for (name, plan) in self.plans {
            let set = faults.set(name, plan);
            set.map_err(|error| invalid(error.to_string()))?;
        }
        let journal = Arc::new(Log::default());
        let admin = self.admin.then(|| Admin {
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
            state: None,
        });
        let front = Middleware {
            inner: Upstream {
                base,
                client: Client::builder(TokioExecutor::new()).build_http(),
            },
            faults: faults.clone(),
            clock: self.clock.clone(),
            journal: Arc::clone(&journal),
            admin,
            hosts: Hosts::of(self.address),
        };
        let server = Server::start(self.address, front).await?;
        Ok(ChaosProxy {
            base_url: format!("http://{}", server.address()),
            faults,
            clock: self.clock,
            journal,
            server,
            is_unencrypted,
        })
    }
}

/// The upstream URL as it was given: a password in it is not printed.
#[derive(Clone)]
struct UpstreamUrl(String);

impl fmt::Debug for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match plain_http_host(&self.0) {
            Ok(_) => self.0.fmt(f),
            Err(_) => f.write_str("<not a URL that can be forwarded to>"),
        }
    }
}

/// The host of a URL that requests can be forwarded to. The URL is in no error: it may hold a password.
fn plain_http_host(url: &str) -> Result<String, &'static str> {
    const SHAPE: &str =
        "the upstream URL must have the form http://127.0.0.1:8080; https is not forwarded";
    let uri: Uri = url.parse().map_err(|_| SHAPE)?;
    let authority = uri.authority().ok_or(SHAPE)?;
    if authority.as_str().contains('@') {
        return Err("the URL holds a user name or a password, which is not sent: remove it");
    }
    if uri.scheme_str() != Some("http") || uri.query().is_some() || url.contains('#') {
        return Err(SHAPE);
    }
    Ok(authority.host().to_owned())
}

/// The upstream server of a proxy.
struct Upstream {
    base: String,
    client: Client<HttpConnector, Incoming>,
}

impl InnerService for Upstream {
    async fn respond(&self, mut request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path_and_query();
        let path = path.map_or("/", |path| path.as_str());
        let Ok(uri) = format!("{}{path}", self.base).parse() else {
            return unreachable_upstream("its address and the path make no URL");
        };
        *request.uri_mut() = uri;
        request.headers_mut().remove(HOST);
        keep_end_to_end(request.headers_mut());
        match self.client.request(request).await {
            Ok(response) => {
                let mut response = response.map(|body| body.map_err(Into::into).boxed_unsync());
                keep_end_to_end(response.headers_mut());
                response
            }
            Err(error) if error.is_connect() => unreachable_upstream("it accepts no connection"),
            Err(_) => unreachable_upstream("it closed the connection without a response"),
        }
    }

    fn gzip(&self) -> bool {
        false
    }
}

/// Removes hop-by-hop headers.
fn keep_end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let always = [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    for name in named.into_iter().chain(always) {
        headers.remove(name);
    }
}

fn unreachable_upstream(why: &str) -> Response<Body> {
    let problem = problem::no_upstream(why);
    let mut response = Response::new(full(problem.body(ErrorShape::Current, "")));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
