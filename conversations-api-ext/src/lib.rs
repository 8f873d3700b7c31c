//! A client for PolyAI's Conversations API: the records of voice and chat
//! conversations that PolyAI agents have had, with their transcripts.
//!
//! # Quick start
//!
//! A [`Client`] leads to one project. A [`Query`] says what to ask for. The
//! client then gives a stream of [pages](Client::pages), of raw
//! [records](Client::records) or of typed
//! [conversations](Client::conversations), and takes care of paging.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query, TimeRange};
//! use conversations_emulator::{Dataset, Emulator};
//!
//! // A server on this machine with 100 made-up conversations: no key, no network.
//! let data = Dataset::generate(7, 100);
//! let project = Project::new(data.account_id(), data.project_id())?;
//! let emulator = Emulator::builder().data(data).start().await?;
//!
//! // For the real thing, `Region::Us1` takes the place of the URL; or all of this
//! // is `Client::from_env()?`.
//! let base_url: BaseUrl = emulator.base_url().parse()?;
//! let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;
//!
//! let query = Query::v3().time_range(TimeRange::since("2020-01-01")?);
//! let mut conversations = client.conversations(query);
//! let mut turns = 0;
//! while let Some(conversation) = conversations.next_conversation().await? {
//!     turns += conversation.turns.as_ref().map_or(0, Vec::len);
//! }
//! assert!(turns > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The streams are [`Stream`](futures_core::Stream)s too, so the combinators of
//! the `futures` crate work on them.
//!
//! # Which stream
//!
//! | stream | gives | for |
//! |---|---|---|
//! | [`Records`] | the JSON as it arrived, id, start time, in progress | exporting, counting, comparing |
//! | [`Conversations`] | every documented field by name, the others beside them | reading turns, metrics, handoffs |
//! | [`Parallel`] | the same, several windows of time at once | large ranges |
//! | [`Pages`] | records with what is known of the response | progress, diagnosis, one's own paging |
//!
//! Records share the memory of their page and are cut out of it without being
//! copied. Leaving the typed form aside makes a large export several times
//! faster; [`Record::decode`] gives it for the records that need it.
//!
//! [`Projects`] reads several projects as one stream, and [`Skipping`] goes on without malformed records.
//! The [`guide`] has a page for each thing that people come with.
//!
//! # What is taken care of
//!
//! - **Paging**: by cursor on v3 and v2, by offset on v1 and where a server sends
//!   no cursor. The page size is sent always and every filter with every page. A
//!   server that repeats a cursor or an offset is found out.
//! - **Failures that pass**: a page that did not come, or broke off, is asked for again, and no record is given
//!   twice for it: see [`RetryPolicy`]. A [`Checkpoint`] goes on where another process stopped.
//! - **Time ranges** are half-open whatever the server does at the edge: see
//!   [`TimeRange`].
//! - **Odd data**: a record without an id costs no other record, an unknown field
//!   or value costs nothing at all.
//! - **The key** is never printed, never sent over a redirect, and sent in the
//!   clear to this machine only.
//! - **Errors** say what failed, where, and what to do; they are safe to log: see
//!   [`Error`].
//! - **What is wrong** is found by [`Client::diagnose`], what is new by [`Drift`], what happens by an
//!   [`Observer`] or `tracing`, and what was said is hidden by [`Redaction`].
//!
//! # Versions
//!
//! v3 is the version to use; v2 is the same behind older keys; v1 is no longer
//! supported by the vendor after 31 August 2026. Page sizes and parameters differ
//! and are checked before a request is sent: see [`Query`]. [`migrate`] takes programs from v1 to v3, and proves
//! that their numbers stay the same.
//!
//! The generated clients that this crate is built on are in [`api`], for what
//! it does not offer.

// The examples of the README compile as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod client;
mod diagnose;
mod drift;
mod error;
pub mod guide;
pub mod migrate;
mod pager;
mod parallel;
mod query;
mod record;
mod redact;
mod response;
mod retry;
mod stream;

pub use conversations_api as api;
pub use conversations_api::{ApiKey, InvalidApiKey, v3::types::Conversation};

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
pub use error::kind::ErrorKind;
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
pub use retry::RetryPolicy;
pub use stream::conversations::Conversations;
pub use stream::pages::Pages;
pub use stream::project_records::{ProjectOutcome, ProjectRecord, ProjectRecords};
pub use stream::projects::Projects;
pub use stream::records::Records;
pub use stream::skip_malformed::Skipping;
