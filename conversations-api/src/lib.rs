//! Raw clients for PolyAI's Conversations API, generated from its OpenAPI documents.
//!
//! Each module has a `Client`, its `types`, and a `builder` for each operation, which can be called in
//! two ways: `list_conversations` decodes the whole page, `list_conversations_stream` returns the bytes
//! as they arrive. [`v1`], [`v2`] and [`v3`] list conversations. v3 is the supported release; v2 is v3
//! with the older API keys; v1 has been unsupported since 2026-08-31 (PolyAI docs, Conversations API
//! overview, API versions). [`agents`] returns one conversation by its id, and its recording, from other
//! hosts: each client refuses to send its key to a host of the others.
//!
//! Most programs should use the `conversations-api-ext` crate instead: it follows pages, validates
//! parameters before sending them, and reports failures with a hint what to do. Use this crate for full
//! control over each request.
//!
//! ```no_run
//! use conversations_api::{ApiKey, v3};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let http = reqwest::Client::builder()
//!     // A redirect would carry the key to another host.
//!     .redirect(reqwest::redirect::Policy::none())
//!     .build()?;
//! let key = ApiKey::new(std::env::var("POLYAI_API_KEY")?)?;
//! let client = v3::Client::new_with_client("https://api.us-1.platform.polyai.app", http, key);
//!
//! let page = client
//!     .list_conversations()
//!     .account_id("ws-fd112d8f")
//!     .project_id("PROJECT-58RP822I")
//!     .start_time("2026-04-01T00:00:00Z")
//!     .end_time("2026-04-02T00:00:00Z")
//!     .limit(100_u64)
//!     .send()
//!     .await?;
//! for conversation in page.conversations.iter().flatten() {
//!     println!("{} {:?}", conversation.id, conversation.started_at);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Lenient types
//!
//! Servers are more lenient than the documents. A [`Nullable`] distinguishes absent from `null`, reads `"80"` as a
//! number and `"true"` as a boolean, and keeps a value of any other type without failing the record; a
//! [`Timestamp`] keeps its text, valid or not; [`Integer`], [`Number`], [`Latency`], [`OneOrMany`],
//! [`ShortSummary`] and [`FunctionEvents`] accept every form that servers have been seen to send. Accessors such as
//! [`Conversation::started_at`](v3::types::Conversation::started_at) return plain values. Undocumented fields are in
//! `extra`. Values serialize back to the JSON they were read from. `Debug` prints identifiers, flags, counts and times, but no
//! transcripts or phone numbers.
//!
//! # What the vendor adds
//!
//! Structs and enums are `#[non_exhaustive]`, so that a field or a value that a new document adds breaks no program: build
//! a value with `builder()`, and end patterns with `..` and matches with `_`. A request takes a parameter that the
//! document does not have yet with `extra_param`.
//!
//! # TLS
//!
//! This crate enables no TLS backend: add `reqwest` with the one you want (`rustls`, `native-tls`).
//!
//! # Features
//!
//! * `generate` (default): generates the clients from the documents in the build script.
//! * `pregenerated`: uses the checked-in result. With `default-features = false` the build needs neither
//!   the generator nor its dependencies.

mod accessors;
mod api_key;
mod function_events;
mod hooks;
mod integer;
mod latency;
mod lenient;
mod lossy_text;
mod nullable;
mod number;
mod one_or_many;
mod sent;
mod short_summary;
mod timestamp;

pub use api_key::{ApiKey, InvalidApiKey};
pub use function_events::{FunctionEvent, FunctionEvents};
#[doc(hidden)]
pub use hooks::REDIRECTED;
pub use integer::Integer;
pub use latency::{Latency, LatencyDetail};
#[doc(hidden)]
pub use lossy_text::LossyText;
pub use nullable::Nullable;
pub use number::Number;
pub use one_or_many::OneOrMany;
pub use short_summary::{ShortSummary, SummaryDetail};
pub use timestamp::Timestamp;

pub use progenitor_client::{ByteStream, Error, ResponseValue};

#[cfg(not(any(feature = "generate", feature = "pregenerated")))]
compile_error!(
    "conversations-api needs its feature `generate` (the default) or `pregenerated`: \
     add `features = [\"pregenerated\"]` next to `default-features = false`"
);

macro_rules! generated {
    ($(#[$documentation:meta])* $module:ident, $file:literal) => {
        $(#[$documentation])*
        #[allow(
            missing_debug_implementations,
            unreachable_pub,
            unused_imports,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            rustdoc::all
        )]
        pub mod $module {
            #[cfg(feature = "pregenerated")]
            include!(concat!("generated/", $file));
            #[cfg(all(feature = "generate", not(feature = "pregenerated")))]
            include!(concat!(env!("OUT_DIR"), "/", $file));
        }
    };
}

generated!(
    /// The legacy version: offset paging, `null` for empty strings, optional field whitelisting.
    v1,
    "v1.rs"
);
generated!(
    /// v3's schema and parameters with the older API keys.
    v2,
    "v2.rs"
);
generated!(
    /// The supported version: cursor paging, retrieval modes, latency and turn metadata.
    v3,
    "v3.rs"
);
generated!(
    /// The operations that the agents host serves: one conversation by its id, and its recording.
    ///
    /// Separate from the versions because the hosts differ ([`BASE_URLS`](agents::BASE_URLS)): a client
    /// refuses to send a request to a host of the others, so that the API key never reaches it.
    agents,
    "agents.rs"
);
