//! Opens S3, Google Cloud Storage and Azure.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreScheme, RetryConfig};

use super::{Store, Url, profile, requirements};
use crate::failure::Failure;

/// Opens the store and the prefix named by a URL. Sends no request.
pub(crate) fn open(url: &Url) -> Result<(Store, ObjectPath), Failure> {
    open_with(url, RetryConfig::default())
}

/// Opens the store and the prefix without retries.
pub(crate) fn open_unretried(url: &Url) -> Result<(Store, ObjectPath), Failure> {
    let none = RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    };
    open_with(url, none)
}

fn open_with(url: &Url, retries: RetryConfig) -> Result<(Store, ObjectPath), Failure> {
    let refuse = |error: object_store::Error| {
        Failure::usage(format!("cannot open {url}: {error}")).with(
            "set credentials in the environment variables of the store's own tools: AWS_…, GOOGLE_… or AZURE_…",
        )
    };
    // object_store's HTTP client panics without a default provider. One that is installed already stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (scheme, path) = ObjectStoreScheme::parse(url).map_err(|error| {
        Failure::usage(format!("invalid URL of an object store {url}: {error}"))
    })?;
    let store: Store = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::from_env()
                .with_url(url.as_str())
                .with_retry(retries);
            let builder = profile::complete(builder, url)?;
            Arc::new(builder.build().map_err(refuse)?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retries);
            requirements::check_google(&builder, url)?;
            Arc::new(builder.build().map_err(refuse)?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retries);
            requirements::check_azure(&builder, url)?;
            Arc::new(builder.build().map_err(refuse)?)
        }
        _ => {
            return Err(Failure::usage(format!(
                "unsupported object store {url}: use s3://, gs://, az:// or file://"
            )));
        }
    };
    Ok((store, path))
}
