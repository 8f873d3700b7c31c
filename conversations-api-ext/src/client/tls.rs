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
use rustls_platform_verifier::BuilderVerifierExt;

use crate::{Error, client::http::unusable};

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
/// select if the application has installed none. Installs nothing: that choice is up to the application.
pub(super) fn config(https: bool) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(default_provider()));
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
    if cfg!(feature = "http2") {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
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
            };
            client(&settings).unwrap();
            // The process-wide default is still unset, so an application can install its own.
            assert!(CryptoProvider::get_default().is_none());
        }
    }
}
