//! The settings of the HTTP client, and a custom HTTP client.

use std::sync::Arc;

use reqwest::header::HeaderMap;

use super::{ClientBuilder, Timeout};
use crate::Error;

impl ClientBuilder {
    /// Trusts the root certificates in this PEM text, in addition to those of the system: for a proxy that inspects
    /// TLS. May be called several times; [`build`](Self::build) reports text without a certificate.
    #[cfg(feature = "__rustls")]
    #[doc(alias = "add_root_certificate")]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Configures the HTTP client: a proxy, timeouts, the connection pool, or a whole TLS configuration.
    ///
    /// May be called several times; each call adds to the ones before. The settings that protect the key stay: redirects
    /// are off, and the body is decompressed by this crate. With rustls, reqwest ignores single certificates here: use
    /// `root_certificates`. As the proxy may be another one, `HTTPS_PROXY` is not checked, and no error names a proxy.
    ///
    /// ```
    /// # use conversations_api_ext::{ApiKey, Client, Project, Region};
    /// # let project = Project::new("ws-fd112d8f", "PROJECT-58RP822I")?;
    /// # let key = ApiKey::new("key-from-your-secret-store")?;
    /// let proxy = reqwest::Proxy::https("http://proxy.example.com:3128")?;
    /// let client = Client::builder(Region::Us1, project, key)
    ///     .configure_http(move |http| http.proxy(proxy.clone()).pool_max_idle_per_host(2))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "proxy")]
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.may_set_proxy = true;
        self.configured(configure)
    }

    fn configured(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        let before = self.configure.take();
        self.configure = Some(Arc::new(move |http| {
            let http = match &before {
                Some(before) => before(http),
                None => http,
            };
            configure(http)
        }));
        self
    }

    /// Adds headers to every request, such as those that a gateway requires.
    ///
    /// The key and the accepted encoding cannot be replaced.
    #[doc(alias = "header")]
    #[doc(alias = "default_header")]
    pub fn default_headers(self, headers: HeaderMap) -> Self {
        self.configured(move |http| http.default_headers(headers.clone()))
    }

    /// Uses a custom HTTP client, e.g. to share its connections. To set only a proxy, certificates or headers, use
    /// [`configure_http`](Self::configure_http).
    ///
    /// **Its redirects must be off** (`reqwest::redirect::Policy::none()`): with reqwest's default, a redirect sends
    /// the API key to any host it names. A response from another host is an error, but the key is then known there.
    /// Gzip is decompressed whether or not that client does it. The custom client has its own settings, so
    /// [`connect_timeout`](Self::connect_timeout), [`application`](Self::application) and
    /// [`configure_http`](Self::configure_http) cannot be combined with it.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Rejects settings that a custom HTTP client would ignore.
    pub(super) fn none_set(&self) -> Result<(), Error> {
        let set = [
            ("application", self.application.is_some()),
            (
                "configure_http` or `default_headers",
                self.configure.is_some(),
            ),
            #[cfg(feature = "__rustls")]
            ("root_certificates", !self.roots.is_empty()),
            (
                "connect_timeout",
                matches!(self.connect_timeout, Timeout::Set(_)),
            ),
        ];
        match set.into_iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(
                format!("`{name}` has no effect on an HTTP client of your own"),
                "set it on that `reqwest::Client` instead",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Region;
    use crate::client::{
        builder::{CONNECT_TIMEOUT, tests::builder},
        http::{self, Settings},
    };

    #[test]
    fn settings_that_a_client_of_ones_own_would_ignore_are_refused() {
        let http = http::client(&Settings {
            base_url: &Region::Us1.into(),
            user_agent: "mine",
            connect_timeout: Some(CONNECT_TIMEOUT),
            configure: None,
            #[cfg(feature = "__rustls")]
            roots: &[],
        })
        .unwrap();
        assert!(builder().http_client(http.clone()).build().is_ok());
        for (name, builder) in [
            ("application", builder().application("x/1")),
            (
                "connect_timeout",
                builder().connect_timeout(CONNECT_TIMEOUT),
            ),
        ] {
            let message = builder
                .http_client(http.clone())
                .build()
                .unwrap_err()
                .to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
