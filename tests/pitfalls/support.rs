//! Clients of both crates for a loopback server.

use conversations_api::ApiKey;
use conversations_api_ext::{BaseUrl, Client, Project};
use conversations_tests::http;

/// A key that must never be printed.
pub(crate) const KEY: &str = "marker-of-the-api-key";

pub(crate) fn raw(base_url: &str) -> conversations_api::v3::Client {
    conversations_api::v3::Client::new_with_client(base_url, http(), key())
}

pub(crate) fn ext(base_url: &str) -> Client {
    let base_url: BaseUrl = base_url.parse().unwrap();
    let project = Project::new("ws-demo", "PROJECT-DEMO").unwrap();
    Client::builder(base_url, project, key())
        // These tests check what a single response leads to.
        .retry(conversations_api_ext::RetryPolicy::none())
        .build()
        .unwrap()
}

pub(crate) fn key() -> ApiKey {
    ApiKey::new(KEY).unwrap()
}
