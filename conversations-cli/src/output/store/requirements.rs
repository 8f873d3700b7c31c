//! Rejects settings for Azure and Google Cloud Storage with which no request can succeed.
//!
//! Without these checks, `object_store` would ask a metadata service that is not there for credentials, many times, or
//! report an endpoint that it does not use as an error of its HTTP client.

use std::path::Path;

use object_store::ClientConfigKey;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use super::encryption::{check_encrypted, is_true};
use super::profile::{METADATA, responds, variable};
use super::{NO_AZURE_CREDENTIALS, NO_GOOGLE_CREDENTIALS, Url};
use crate::failure::Failure;

/// The file of `gcloud auth application-default login`, in the home folder.
const GCLOUD_CREDENTIALS: &str = if cfg!(windows) {
    "gcloud/application_default_credentials.json"
} else {
    ".config/gcloud/application_default_credentials.json"
};

/// Fails if Azure cannot be used with these settings.
pub(super) fn check_azure(builder: &MicrosoftAzureBuilder, url: &Url) -> Result<(), Failure> {
    use AzureConfigKey as Key;
    let get = |key: Key| builder.get_config_value(&key).filter(|it| !it.is_empty());
    let has = |keys: &[Key]| keys.iter().all(|key| get(*key).is_some());
    // It has credentials and an endpoint of its own.
    if is_true(get(Key::UseEmulator)) {
        return Ok(());
    }
    check_encrypted(
        url,
        get(Key::Endpoint),
        get(Key::Client(ClientConfigKey::AllowHttp)),
        "AZURE_ALLOW_HTTP",
    )?;
    let has_credentials = [
        &[Key::CredentialType][..],
        &[Key::Token],
        &[Key::AccessKey],
        &[Key::SasKey],
        &[Key::ClientId, Key::AuthorityId, Key::FederatedTokenFile],
        &[Key::ClientId, Key::AuthorityId, Key::ClientSecret],
        &[Key::FabricTokenServiceUrl],
    ];
    if has_credentials.iter().any(|keys| has(keys))
        || [Key::SkipSignature, Key::UseAzureCli]
            .into_iter()
            .any(|key| is_true(get(key)))
        || responds(get(Key::MsiEndpoint).as_deref().unwrap_or(METADATA))
    {
        return Ok(());
    }
    Err(refuse(url, NO_AZURE_CREDENTIALS))
}

/// Fails if Google Cloud Storage cannot be used with these settings.
pub(super) fn check_google(builder: &GoogleCloudStorageBuilder, url: &Url) -> Result<(), Failure> {
    use GoogleConfigKey as Key;
    let get = |key: Key| builder.get_config_value(&key).filter(|it| !it.is_empty());
    let keys = [
        Key::ServiceAccount,
        Key::ServiceAccountKey,
        Key::ApplicationCredentials,
        Key::BearerToken,
    ];
    let home = variable(if cfg!(windows) { "APPDATA" } else { "HOME" });
    if keys.into_iter().any(|key| get(key).is_some())
        || is_true(get(Key::SkipSignature))
        || home.is_some_and(|home| Path::new(&home).join(GCLOUD_CREDENTIALS).exists())
    {
        return Ok(());
    }
    let host = variable("GCE_METADATA_HOST").or_else(|| variable("GCE_METADATA_ROOT"));
    let address = variable("GCE_METADATA_IP").map(|address| format!("http://{address}"));
    let is_there = host.is_some_and(|host| responds(&format!("http://{host}")))
        || responds(address.as_deref().unwrap_or(METADATA));
    if is_there {
        return Ok(());
    }
    Err(refuse(url, NO_GOOGLE_CREDENTIALS))
}

fn refuse(url: &Url, why: &str) -> Failure {
    Failure::usage(format!("cannot open {url}: {why}"))
}
