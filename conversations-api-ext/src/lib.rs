//! A client for PolyAI's Conversations API, which serves the records and transcripts of the voice and chat
//! conversations that PolyAI agents have had.
//!
//! # Quick start
//!
//! A [`Client`] accesses one project. A [`Query`] selects the conversations. The client returns a stream of
//! [pages](Client::pages), of raw [records](Client::records) or of typed [conversations](Client::conversations),
//! and handles paging. It runs on [Tokio](guide::tokio).
//!
//! With `POLYAI_API_KEY`, `POLYAI_REGION`, `POLYAI_ACCOUNT_ID` and `POLYAI_PROJECT_ID` in the environment:
//!
//! ```no_run
//! # async fn run() -> conversations_api_ext::Result<()> {
//! use conversations_api_ext::{BoundedRange, Client, Query};
//!
//! let client = Client::from_env()?;
//! let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
//! let mut conversations = client.conversations(Query::v3().time_range(april));
//! while let Some(conversation) = conversations.next_conversation().await? {
//!     println!("{} {:?}", conversation.id, conversation.handoff_reason());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To try it without a key and without a network, use the emulator, a server on this machine with sample data:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query, TimeRange};
//! use conversations_emulator::{Dataset, Emulator};
//!
//! let data = Dataset::generate(7, 100);
//! let project = Project::new(data.account_id(), data.project_id())?;
//! let emulator = Emulator::builder().data(data).start().await?;
//!
//! // Against the real API, pass `Region::Us1` instead of the URL.
//! let base_url: BaseUrl = emulator.base_url().parse()?;
//! let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;
//!
//! let query = Query::v3().time_range(TimeRange::since("2020-01-01")?);
//! let mut conversations = client.conversations(query);
//! let mut turns = 0;
//! while let Some(conversation) = conversations.next_conversation().await? {
//!     turns += conversation.turns().len();
//! }
//! assert!(turns > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The streams implement [`Stream`](futures_core::Stream), so the combinators of the `futures` crate work on them.
//!
//! # Which stream
//!
//! | stream | yields | use it for |
//! |---|---|---|
//! | [`Records`] | the JSON as received, id, start time, in progress | exporting, counting, comparing |
//! | [`Conversations`] | documented fields as struct fields, the others in a map | reading turns, metrics, handoffs |
//! | [`Parallel`] | records, fetched in several time windows at once | large ranges |
//! | [`Follow`] | new and changed conversations, until it is dropped | keeping a copy up to date |
//! | [`Pages`] | records with the metadata of the response | progress, diagnosis, custom paging |
//!
//! Records are zero-copy slices of their page's buffer. Skipping the typed form makes a large export several
//! times faster; [`Record::decode`] decodes single records when needed.
//!
//! [`Client::conversation`] requests one conversation by its id, with summary, tags and score, and
//! [`Client::recording`] its recording: see [the guide](guide::one_conversation).
//!
//! [`Projects`] reads several projects as one stream, and [`SkipMalformed`] skips malformed records.
//! The [`guide`] has a page for each common task.
//!
//! # What the client handles
//!
//! - **Paging**: by cursor on v3 and v2, by offset on v1 and where a server sends no cursor. Every request carries
//!   the page size and all filters. A server that repeats a cursor or an offset is detected.
//! - **Transient failures**: failed or interrupted requests are retried, and no record is yielded twice because of
//!   it: see [`RetryPolicy`]. A [`Checkpoint`] resumes where another process stopped.
//! - **Time ranges** are half-open, whatever the server does at the boundary: see [`TimeRange`].
//! - **Malformed data**: a record without an id does not affect other records; an unknown field or value is not an
//!   error.
//! - **The key** is never printed, never sent to a redirect target, and sent unencrypted to this machine only, unless
//!   [`BaseUrl::plain_http`] names another host; proxies of the environment are used for HTTPS alone.
//! - **Errors** report what failed, where, and what to do; they are safe to log: see [`Error`].
//! - **Diagnosis**: [`Client::diagnose`] finds setup problems, [`Drift`] finds undocumented data, an [`Observer`] or
//!   `tracing` reports each request, and [`Redaction`] hides what was said.
//!
//! # Versions
//!
//! Use v3. v2 returns the same data and takes older keys; the vendor no longer supports v1 after 31 August 2026.
//! Page sizes and parameters differ and are checked before a request is sent: see [`Query`]. [`migrate`] helps to
//! move programs from v1 to v3 and checks that their numbers stay the same.
//!
//! [`Query::extra_param`] sends a parameter that this crate has no method for. The underlying generated clients are in
//! [`api`], for operations that it does not cover.
//!
//! # Features
//!
//! | feature | default | provides |
//! |---|---|---|
//! | `generate` | yes | the underlying clients, generated from the API documents at build time |
//! | `pregenerated` | no | the same clients as checked-in code; overrides `generate` |
//! | `rustls` | yes | HTTPS by rustls with aws-lc-rs, and the certificates that the operating system trusts |
//! | `rustls-ring` | no | the same with ring, which compiles faster; for programs, not for libraries |
//! | `native-tls` | no | HTTPS by the TLS library of the operating system; unused if a feature above is enabled |
//! | `http2` | yes | HTTP/2 over HTTPS, if the server offers it |
//! | `gzip` | yes | requests responses in gzip, and decompresses them |
//!
//! Without a TLS feature, [`Client`] connects to this machine only, unless another crate enables TLS in `reqwest` or the
//! program brings a `reqwest::Client` of its own. With `rustls-ring`, a program that builds a `reqwest::Client` itself
//! must install a default crypto provider first, or `reqwest` panics.

// Compiles the examples of the README as doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod agents;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod client;
#[cfg(doctest)]
mod compile_fail;
pub mod detail;
mod diagnose;
mod drift;
mod error;
mod follow;
pub mod guide;
pub mod migrate;
mod pager;
mod parallel;
mod query;
mod random;
mod record;
mod redact;
mod response;
mod retry;
mod serde_text;
mod stable_hash;
mod stream;

pub use conversations_api as api;
pub use conversations_api::{
    ApiKey, InvalidApiKey,
    agents::types::ConversationDetail,
    v3::types::{Conversation, ConversationTurn},
};
// For callers: times are chrono's, headers and the HTTP client are reqwest's, and buffers are of `bytes`.
pub use {bytes, chrono, reqwest};

pub use agents::base_url::AgentsBaseUrl;
pub use agents::recording::{Direction, Recording, RecordingRequest};
pub use client::Client;
pub use client::base_url::BaseUrl;
pub use client::builder::ClientBuilder;
pub use client::clock::Clock;
pub use client::observer::{Attempt, Observer};
pub use client::project::{AccountId, Project, ProjectId};
pub use client::region::Region;
pub use diagnose::{Cause, Diagnosis, Finding};
pub use drift::{Drift, DriftKind, JsonType, Undocumented};
pub use error::Error;
pub use error::builder::ErrorBuilder;
pub use error::kind::ErrorKind;
pub use follow::reread::{Reread, RereadPolicy};
pub use follow::state::FollowState;
pub use follow::{Change, Follow};
pub use pager::checkpoint::Checkpoint;
pub use parallel::Parallel;
pub use query::Query;
pub use query::filter::{Environment, TurnType, Variant};
pub use query::retrieval::{Retrieval, SearchText};
pub use query::time::IntoTime;
pub use query::time_range::{BoundedRange, TimeRange};
pub use query::version::{Searchable, V1, V2, V3, Version};
pub use record::Record;
pub use record::page::Page;
pub use redact::Redaction;
pub use retry::{RetryDecision, RetryPolicy, RetryStrategy};
pub use stream::conversations::Conversations;
pub use stream::page_by_page::{PageByPage, RecordPage};
pub use stream::pages::Pages;
pub use stream::project_records::{ProjectOutcome, ProjectRecord, ProjectRecords};
pub use stream::projects::Projects;
pub use stream::records::Records;
pub use stream::skip_malformed::SkipMalformed;

/// A `Result` whose error is [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;
