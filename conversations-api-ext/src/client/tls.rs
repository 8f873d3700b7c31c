//! The TLS configuration of the HTTP client, for rustls.

use std::{env, path::Path, sync::Arc};

#[cfg(feature = "rustls")]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(not(feature = "rustls"))]
use rustls::crypto::ring::default_provider;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

use crate::{Error, client::setup_error::unusable};

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

/// Returns a TLS configuration with the process-wide crypto provider, or with the one that the features of this crate
/// select if the application has installed none. Installs nothing: that choice is up to the application. Trusts `roots`,
/// certificates in PEM form, in addition to those of the system.
pub(super) fn config(https: bool, roots: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(default_provider()));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable().with_source(error))?;
    let roots = parse(roots)?;
    let mut config = if https {
        if HEEDS_CERT_FILE && let Some(path) = env::var_os(CERT_FILE) {
            check_cert_file(Path::new(&path))?;
        }
        let verifier = verifier(roots, provider).map_err(|error| unusable().with_source(error))?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    } else {
        // Never used, so do not load certificates: it takes time and fails in a minimal container without any.
        builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    if cfg!(feature = "http2") {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

#[cfg(not(target_os = "android"))]
fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    Verifier::new_with_extra_roots(roots, provider)
}

/// Android's verifier takes no further roots: they are part of the application's configuration there.
#[cfg(target_os = "android")]
fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    if roots.is_empty() {
        return Verifier::new(provider);
    }
    Err(rustls::Error::General(
        "Android trusts the root certificates of the application's network security configuration only".to_owned(),
    ))
}

/// Parses root certificates. Text without one is an error: it would be ignored, and every connection would fail.
fn parse(roots: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut all = Vec::new();
    for pem in roots {
        let before = all.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| {
                Error::invalid(
                    format!("a root certificate is not valid PEM ({error})"),
                    "give the certificate in PEM form, as in a .pem or .crt file",
                )
            })?;
            all.push(certificate);
        }
        if all.len() == before {
            return Err(Error::invalid(
                "the text of a root certificate has no certificate in it",
                "give the certificate in PEM form, as in a .pem or .crt file",
            ));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        BaseUrl, Region,
        client::http::{Settings, client},
    };

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
                configure: None,
                roots: &[],
            };
            client(&settings).unwrap();
            // The process-wide default is still unset, so an application can install its own.
            assert!(CryptoProvider::get_default().is_none());
        }
    }
}
