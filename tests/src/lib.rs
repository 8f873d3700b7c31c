//! Shared test support: loopback servers that record requests or send scripted responses. This crate
//! tests the others from outside, as their users see them.

mod recorder;
mod scripted;

pub use recorder::{RecordedRequest, Recorder};
pub use scripted::ScriptedServer;

use std::time::Duration;

/// Creates an HTTP client configured like this project's own, as far as the tests need it: redirects are
/// not followed.
///
/// # Panics
/// If the HTTP client cannot be created.
#[must_use]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        // Some other crate of the workspace may have switched these features on: the requests must not depend on it.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .expect("the configuration is supported on every machine")
}

/// Compiles the Rust examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// Compiles the Rust examples of the migration guide, and runs those that need no server.
#[cfg(doctest)]
#[doc = include_str!("../../docs/migrating-from-v1.md")]
pub struct MigratingFromV1;
