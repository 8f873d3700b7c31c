//! The HTTP client underneath, set up so that the key stays with its host.

use std::{sync::Arc, time::Duration};

use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{BaseUrl, Error, ErrorKind};

pub(crate) struct Settings<'a> {
    pub(crate) base_url: &'a BaseUrl,
    pub(crate) user_agent: &'a str,
    pub(crate) connect_timeout: Option<Duration>,
}

/// Builds the client. There is no limit on a whole response: a large page may
/// take long as long as it keeps coming.
pub(crate) fn client(settings: &Settings<'_>) -> Result<reqwest::Client, Error> {
    let https = settings.base_url.is_https();
    let mut builder = reqwest::Client::builder()
        .user_agent(settings.user_agent)
        // reqwest takes a custom header such as the key's along to another host.
        .redirect(redirect::Policy::none())
        .referer(false)
        .gzip(true)
        .tls_backend_preconfigured(tls(https)?);
    if let Some(limit) = settings.connect_timeout {
        builder = builder.connect_timeout(limit);
    }
    if settings.base_url.is_loopback() {
        // A proxy from the environment would take a request to this machine elsewhere,
        // and over plain http the key with it.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|error| unusable().with_source(error.without_url()))
}

/// TLS with the provider the application has chosen for its process, and with
/// *aws-lc-rs*, reqwest's own default, where it has chosen none. Nothing is installed for the process: that
/// choice is the application's alone.
fn tls(https: bool) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable().with_source(error))?;
    let mut config = if https {
        builder
            .with_platform_verifier()
            .map_err(|error| unusable().with_source(error))?
            .with_no_client_auth()
    } else {
        // Never used, so no certificates are loaded: they cost time, and a
        // minimal container has none.
        builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn unusable() -> Error {
    Error::new(
        ErrorKind::Connection,
        "no HTTPS client could be set up",
        "check that the system's root certificates are installed (on Linux the package \
         ca-certificates), or bring a `reqwest::Client` of your own",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;

    #[test]
    fn reqwest_takes_the_tls_setup_as_its_own() {
        // It compares types at run time: a rustls of another version would fail here.
        for base_url in [
            BaseUrl::from(Region::Us1),
            "http://127.0.0.1:1".parse().unwrap(),
        ] {
            let settings = Settings {
                base_url: &base_url,
                user_agent: "test",
                connect_timeout: Some(Duration::from_secs(1)),
            };
            client(&settings).unwrap();
            // With no default for the process still, an application may install its own.
            assert!(CryptoProvider::get_default().is_none());
        }
    }
}
