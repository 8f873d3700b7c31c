//! The underlying HTTP client, configured so that the key is sent to its host only.

use std::{env, sync::Arc, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
#[cfg(feature = "gzip")]
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect;

#[cfg(feature = "__rustls")]
use crate::client::tls;
use crate::{BaseUrl, Error, client::setup_error::unusable};

pub(crate) struct Settings<'a> {
    pub(crate) base_url: &'a BaseUrl,
    pub(crate) user_agent: &'a str,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) configure: Option<&'a Configure>,
    /// Certificates in PEM form to trust in addition to those of the system.
    #[cfg(feature = "__rustls")]
    pub(crate) roots: &'a [Vec<u8>],
}

/// Adds settings of the caller to the HTTP client.
pub(crate) type Configure = dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync;

/// Builds the HTTP client, without a timeout for a whole response: a large page may take long.
pub(crate) fn client(settings: &Settings<'_>) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder().user_agent(settings.user_agent);
    if let Some(limit) = settings.connect_timeout {
        builder = builder.connect_timeout(limit);
    }
    if is_direct(settings.base_url) {
        // A proxy from the environment would send a request for this machine to another host, and over plain http read
        // the key.
        builder = builder.no_proxy();
    }
    #[cfg(feature = "__rustls")]
    {
        let https = settings.base_url.is_https();
        builder = builder.tls_backend_preconfigured(tls::config(https, settings.roots)?);
    }
    if let Some(configure) = settings.configure {
        builder = configure(builder);
    }
    // After the caller's settings, which must not undo these.
    builder = builder
        // On a redirect to another host, reqwest keeps custom headers, which would leak the key.
        .redirect(redirect::Policy::none())
        .referer(false)
        // reqwest would retry a refused HTTP/2 stream beneath the rate limiter, uncounted. The retry policy of this
        // crate retries it.
        .retry(reqwest::retry::never())
        // This crate decompresses the body itself; another crate may have enabled these reqwest features.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate();
    #[cfg(feature = "gzip")]
    {
        builder = builder.default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("gzip"),
        )]));
    }
    builder
        .build()
        .map_err(|error| unusable().with_source(error.without_url()))
}

/// Returns whether the proxies of the environment are not used for this URL.
fn is_direct(base_url: &BaseUrl) -> bool {
    base_url.is_loopback() || !base_url.is_https()
}

/// Returns the proxy of the environment for requests to this URL: scheme, host and port, without user name and password.
///
/// Selected as reqwest does, by `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. A variable that is not a proxy URL is an
/// error: reqwest would ignore it and connect directly.
pub(crate) fn proxy(base_url: &BaseUrl) -> Result<Option<Arc<str>>, Error> {
    let Ok(target) = base_url.as_str().parse() else {
        return Ok(None);
    };
    if is_direct(base_url) {
        return Ok(None);
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let Ok(value) = env::var(name) else { continue };
        let is_usable = || {
            Matcher::builder()
                .all(value.as_str())
                .build()
                .intercept(&target)
                .is_some()
        };
        if !value.is_empty() && !is_usable() {
            // Do not quote the value: it may contain a password.
            return Err(Error::invalid(
                format!("{name} does not hold the URL of a proxy"),
                "set it to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or remove it",
            ));
        }
    }
    Ok(Matcher::from_system().intercept(&target).map(|proxy| {
        let proxy = proxy.uri().to_string();
        proxy.trim_end_matches('/').into()
    }))
}
