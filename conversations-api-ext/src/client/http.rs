//! The underlying HTTP client, configured so that the key is sent to its host only.

use std::{env, path::Path, sync::Arc, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{BaseUrl, Error, ErrorKind};

pub(crate) struct Settings<'a> {
    pub(crate) base_url: &'a BaseUrl,
    pub(crate) user_agent: &'a str,
    pub(crate) connect_timeout: Option<Duration>,
}

/// Builds the HTTP client, without a timeout for a whole response: a large page may take long.
pub(crate) fn client(settings: &Settings<'_>) -> Result<reqwest::Client, Error> {
    let https = settings.base_url.is_https();
    let mut builder = reqwest::Client::builder()
        .user_agent(settings.user_agent)
        // On a redirect to another host, reqwest keeps custom headers, which would leak the key.
        .redirect(redirect::Policy::none())
        .referer(false)
        // This crate decompresses the body itself; another crate may have enabled these reqwest features.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("gzip"),
        )]))
        .tls_backend_preconfigured(tls(https)?);
    if let Some(limit) = settings.connect_timeout {
        builder = builder.connect_timeout(limit);
    }
    if settings.base_url.is_loopback() {
        // A proxy from the environment would send a request for this machine to another host, and over plain http leak
        // the key.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|error| unusable().with_source(error.without_url()))
}

/// Returns the proxy for requests to this URL: scheme, host and port, without user name and password.
///
/// Selected as reqwest does, by `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. A variable that is not a proxy URL is an
/// error: reqwest would ignore it and connect directly.
pub(crate) fn proxy(base_url: &BaseUrl) -> Result<Option<Arc<str>>, Error> {
    let Ok(target) = base_url.as_str().parse() else {
        return Ok(None);
    };
    if base_url.is_loopback() {
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

/// Whether OpenSSL's variables select the trusted certificates; other systems have their own store.
const HEEDS_CERT_FILE: bool = cfg!(all(
    unix,
    not(target_vendor = "apple"),
    not(target_os = "android")
));
const CERT_FILE: &str = "SSL_CERT_FILE";

/// Rejects a certificate file without root certificates: it would be ignored, and every connection would fail
/// without a visible reason.
fn check_cert_file(path: &Path) -> Result<(), Error> {
    let refuse = |why: String| {
        Error::invalid(
            format!("{CERT_FILE} names {}, {why}", path.display()),
            "name a file with root certificates in PEM form, or remove the variable to trust those of the system",
        )
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|error| refuse(format!("which cannot be read ({error})")))?;
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        let certificate =
            certificate.map_err(|error| refuse(format!("which is not valid PEM ({error})")))?;
        // Ignores errors: system bundles contain a few invalid certificates among many valid ones.
        let _ = store.add(certificate);
    }
    if store.is_empty() {
        return Err(refuse("which has no certificate in it".to_owned()));
    }
    Ok(())
}

/// Returns a TLS configuration with the process-wide crypto provider, or with *aws-lc-rs*, reqwest's default, if the
/// application has installed none. Installs nothing: that choice is up to the application.
fn tls(https: bool) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable().with_source(error))?;
    let mut config = if https {
        if HEEDS_CERT_FILE && let Some(path) = env::var_os(CERT_FILE) {
            check_cert_file(Path::new(&path))?;
        }
        builder
            .with_platform_verifier()
            .map_err(|error| unusable().with_source(error))?
            .with_no_client_auth()
    } else {
        // Never used, so do not load certificates: it takes time and fails in a minimal container without any.
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
    fn a_file_of_certificates_that_has_none_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let refusal = || check_cert_file(&path).unwrap_err().to_string();
        assert!(refusal().contains("roots.pem, which cannot be read"));
        let broken = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
        for text in ["", "no PEM at all", broken] {
            std::fs::write(&path, text).unwrap();
            assert!(refusal().contains("roots.pem, which has no certificate in it"));
        }
        std::fs::write(&path, &broken[..40]).unwrap();
        assert!(refusal().contains("roots.pem, which is not valid PEM"));
    }

    #[test]
    fn reqwest_takes_the_tls_setup_as_its_own() {
        // reqwest compares types at run time: a rustls of another version would fail here.
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
            // The process-wide default is still unset, so an application can install its own.
            assert!(CryptoProvider::get_default().is_none());
        }
    }
}
