//! What the tests of this workspace share: loopback servers that record or script what goes over the
//! wire. The crate exists so that the others are tested from outside, as their users see them.

mod recorder;
mod scripted;

pub use recorder::{RecordedRequest, Recorder};
pub use scripted::ScriptedServer;

use std::time::Duration;

/// An HTTP client as this project's own client builds it, in what matters here: no redirects followed.
///
/// # Panics
/// If the HTTP client cannot be set up.
#[must_use]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .expect("nothing is asked for that a machine may lack")
}

/// The README's Rust, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The Rust of the guide from v1 to v3, compiled and, where it needs no server, run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/migrating-from-v1.md")]
pub struct MigratingFromV1;
