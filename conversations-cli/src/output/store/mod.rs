//! Object stores, opened by URL with the credentials that each store's own tools use.

#[cfg(feature = "object-stores")]
mod cloud;
#[cfg(not(feature = "object-stores"))]
#[path = "no_cloud.rs"]
mod cloud;
#[cfg(feature = "object-stores")]
mod encryption;
#[cfg(feature = "object-stores")]
mod profile;
#[cfg(feature = "object-stores")]
mod requirements;

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;

use crate::failure::Failure;
pub(crate) use cloud::{open, open_unretried};
pub(crate) use url::Url;

pub(crate) type Store = Arc<dyn ObjectStore>;

const NO_CREDENTIALS: &str = "no credentials for S3; set AWS_PROFILE to a profile in ~/.aws/credentials, or set \
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

const NO_AZURE_CREDENTIALS: &str = "no credentials for Azure; set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or \
    AZURE_STORAGE_SAS_KEY; or run `az login` and set AZURE_USE_AZURE_CLI=true";

const NO_GOOGLE_CREDENTIALS: &str = "no credentials for Google Cloud Storage; set GOOGLE_APPLICATION_CREDENTIALS to a key \
    file, or run `gcloud auth application-default login`";

const NO_PERMISSION: &str =
    "permission denied; allow the credentials to read, write, list and delete objects";

/// The schemes of URLs.
const SCHEMES: [&str; 9] = [
    "s3", "s3a", "gs", "az", "abfs", "abfss", "adl", "azure", "file",
];

/// Returns the URL if the argument is one. Fails if its scheme is not supported: as a path, data meant for a store
/// would end up in a folder named like the URL.
pub(crate) fn url(argument: &Path) -> Result<Option<Url>, Failure> {
    let Some((text, scheme)) = argument.to_str().and_then(|it| Some((it, scheme(it)?))) else {
        return Ok(None);
    };
    // The rest of the URL may contain a signature.
    if !SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return Err(Failure::usage(format!(
            "{scheme}:// is not the scheme of a supported store: use s3://, gs://, az:// or file://"
        ))
        .with(&format!("for a folder of this name, use ./{scheme}:")));
    }
    let url = Url::parse(text);
    url.map(Some)
        .map_err(|error| Failure::usage(format!("invalid URL after {scheme}://: {error}")))
}

/// Returns the scheme if `text` begins with one. A single letter is a drive.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_allowed);
    is_scheme.then_some(scheme)
}

/// Returns the local path if the argument names one.
pub(crate) fn local_path(argument: &Path) -> Option<PathBuf> {
    match url(argument) {
        Ok(Some(url)) => url.to_file_path().ok(),
        Ok(None) => Some(argument.to_owned()),
        Err(_) => None,
    }
}

/// Explains an error of a store to the person who configured it; falls back to the error's own message.
pub(crate) fn explain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let means = [
        (
            "NoSuchBucket",
            "the bucket does not exist; create it, or correct its name",
        ),
        (
            "NoSuchContainer",
            "the container does not exist; create it, or correct its name",
        ),
        (
            "ContainerNotFound",
            "the container does not exist; create it, or correct its name",
        ),
        (
            "InvalidAccessKeyId",
            "unknown access key; check the credentials",
        ),
        (
            "SignatureDoesNotMatch",
            "the secret access key does not match the access key id; check the credentials",
        ),
        (
            "ExpiredToken",
            "the credentials have expired; renew them, and run the same command again",
        ),
        ("AccessDenied", NO_PERMISSION),
        ("AuthorizationPermissionMismatch", NO_PERMISSION),
        // A batch of deletions has no codes.
        ("using this permission", NO_PERMISSION),
        (
            "AuthenticationFailed",
            "the account key, the signature or the token is not valid; check the credentials, and whether they have \
             expired",
        ),
        (
            "AuthorizationFailure",
            "the account denies the request; check the credentials, and whether the account's firewall lets this \
             machine in",
        ),
        (
            "AuthenticationRequired",
            "the credentials are not valid or have expired; renew them, and run the same command again",
        ),
        ("latest/api/token", NO_CREDENTIALS),
        ("latest/meta-data", NO_CREDENTIALS),
        ("metadata/identity/oauth2/token", NO_AZURE_CREDENTIALS),
        ("computeMetadata/v1", NO_GOOGLE_CREDENTIALS),
    ];
    let found = means.iter().find(|(part, _)| text.contains(part));
    found.map_or_else(|| error.to_string(), |(_, meaning)| (*meaning).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_store_is_explained_with_its_remedy() {
        let error = |text: &str| object_store::Error::Generic {
            store: "S3",
            source: text.to_owned().into(),
        };
        for (text, part) in [
            (
                "404 Not Found: <Code>NoSuchBucket</Code>",
                "the bucket does not exist",
            ),
            ("403: <Code>InvalidAccessKeyId</Code>", "unknown access key"),
            (
                "Error performing PUT http://169.254.169.254/latest/api/token in 3 s",
                "AWS_PROFILE",
            ),
            (
                "Error performing GET http://169.254.169.254/metadata/identity/oauth2/token?resource=x in 3 s",
                "AZURE_STORAGE_ACCOUNT_KEY",
            ),
            (
                "Error performing GET http://169.254.169.254/computeMetadata/v1/instance/service-accounts in 3 s",
                "GOOGLE_APPLICATION_CREDENTIALS",
            ),
            (
                "403: <Code>AuthenticationFailed</Code>",
                "check the credentials",
            ),
            ("403: <Code>AuthorizationFailure</Code>", "firewall"),
            (
                "403: <Code>AuthorizationPermissionMismatch</Code>",
                "read, write, list and delete",
            ),
            (
                "Bulk delete request failed for key a: This request is not authorized to perform this operation using \
                 this permission. (code: 403)",
                "read, write, list and delete",
            ),
            (
                "401: <Code>AuthenticationRequired</Code>",
                "credentials are not valid",
            ),
        ] {
            let means = explain(&error(text));
            assert!(
                means.contains(part) && !means.contains("Generic"),
                "{means}"
            );
        }
        assert!(explain(&error("a puzzle")).contains("a puzzle"));
    }

    #[test]
    fn urls_of_stores_are_taken_for_urls_and_others_are_rejected() {
        let url = |argument| url(Path::new(argument));
        for argument in ["out.jsonl", "a:b", "c://x", "-", "dir/s3://x", "1a://x"] {
            assert!(url(argument).unwrap().is_none(), "{argument}");
            assert!(local_path(Path::new(argument)).is_some(), "{argument}");
        }
        for argument in [
            "s3://bucket/key",
            "S3://bucket/key",
            "gs://b/k",
            "az://c/k",
            "file:///tmp/x",
        ] {
            assert!(url(argument).unwrap().is_some(), "{argument}");
        }
        for argument in ["gcs://b/k", "https://host/x", "s3://[b/k"] {
            assert!(url(argument).is_err(), "{argument}");
            assert_eq!(local_path(Path::new(argument)), None, "{argument}");
        }
    }
}
