//! A local Conversations API server, for tests of API clients and for trials without an API key.
//!
//! [`Emulator`] serves `GET /v1|v2|v3/{account_id}/{project_id}/conversations` over real HTTP, with
//! every parameter, limit and rule that the vendor documents, and, below
//! [a base URL of its own](Emulator::agents_base_url), one conversation by its id
//! (`GET /v1/agents/{agentId}/conversations/{conversationId}`) and its recording (`.../audio`). Its data is a [`Dataset`]: generated from
//! a seed, or any JSONL file with one conversation per line. Where the documentation leaves the server's
//! behavior open, [`ServerBehavior`] selects it, so that a client can be tested under each alternative.
//!
//! ```
//! use conversations_emulator::{Dataset, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().data(Dataset::generate(7, 40)).start().await?;
//! let url = format!(
//!     "{}/v3/{}/{}/conversations?limit=10",
//!     emulator.base_url(),
//!     emulator.data().account_id(),
//!     emulator.data().project_id(),
//! );
//! let response = reqwest::Client::new()
//!     .get(url)
//!     .header("x-api-key", emulator.api_key())
//!     .send()
//!     .await?;
//!
//! assert_eq!(response.status(), 200);
//! assert_eq!(emulator.journal().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! To test your own integration, start with [`test_your_integration`]: fault plans, changing data, a
//! virtual clock, and all of it from any language through a served emulator.
//!
//! # Order of checks
//!
//! | condition | status | `error_code` |
//! |---|---|---|
//! | unknown path | 404 | `ROUTE_NOT_FOUND` |
//! | method other than GET, HEAD and OPTIONS | 405, with `Allow` | `METHOD_NOT_ALLOWED` |
//! | the key is missing, contains white space, or belongs to another version or region | 401 | `AUTH_USER_INVALID_TOKEN` |
//! | the key was revoked or lacks the Conversations permission | 403 | `USER_ACCESS_FORBIDDEN` |
//! | unknown account | 404 | `ACCOUNT_NOT_FOUND` |
//! | no such project in the account | 404 | `PROJECT_NOT_FOUND` |
//! | the key belongs to another project | 403 | `USER_ACCESS_FORBIDDEN` |
//! | a parameter that cannot be parsed | 400 | `GET_CONVERSATIONS_FILTER_PARSE_ERROR` |
//! | a parameter that is parsed and breaks a rule | 400 | `CONVERSATIONS_VALIDATION_FAILED` |
//!
//! On the agents host, an unknown agent is a `PROJECT_NOT_FOUND`, an unknown conversation a
//! `CONVERSATIONS_NOT_FOUND`, and a recording that does not exist a `CONVERSATIONS_RECORDING_NOT_FOUND`.
//!
//! [`rules`] lists every documented rule with the tests that verify it; [`differences`] lists where the
//! emulator differs from the real API.
//!
//! # Undocumented behavior
//!
//! Behavior that is not an option of [`ServerBehavior`] is fixed here so that client mistakes become visible:
//!
//! - It is undocumented which mistake gets which of the two 400 codes; the table above is this crate's
//!   choice. The first two codes of the table and the last code above are
//!   this crate's own.
//! - A parameter that the version does not have is ignored, including `cursor` and `channel` on v1.
//! - A single-valued parameter given twice is a 400; only `channel` may repeat.
//! - A start after the end gives an empty result, not an error.
//! - Booleans are `true` and `false`, in lower case.
//! - Times are RFC 3339, the same without a zone (UTC), or a date (midnight UTC). A `+` that is not
//!   encoded as `%2B` arrives as a space and makes the time invalid.
//! - `channel` ignores case. The lower-case words `voice` and `chat` are families: `voice` matches every
//!   label that begins with `VOICE`, `chat` matches `CHAT` and `WEBCHAT`.
//! - `turn_type` and `query` have no effect outside their retrieval mode.
//! - A record without an `environment` counts as `live`; one without account and project is served under
//!   the first project of its data.
//! - With a cursor, `next_offset` keeps counting from the first page.

pub mod admin;
mod agents;
mod auth;
mod behavior;
mod clock;
mod data;
pub mod fault;
mod generate;
mod hash;
mod hosts;
mod journal;
mod proxy;
mod query;
mod recording;
mod response;
mod route;
mod server;
mod state;
mod transport;

// Compiles the example in the README as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("../RULES.md")]
pub mod rules {}

#[doc = include_str!("../DIFFERENCES.md")]
pub mod differences {}

#[doc = include_str!("../docs/test-your-integration.md")]
pub mod test_your_integration {}

pub use auth::api_key::Key;
pub use behavior::choices::{EndOfRange, ErrorShape, Order};
pub use behavior::limits::Limits;
pub use behavior::quirk::Quirk;
pub use behavior::server_behavior::ServerBehavior;
pub use clock::Clock;
pub use data::dataset::Dataset;
pub use data::edit::{Edit, EditError};
pub use data::jsonl::DatasetError;
pub use data::line_problem::LineProblem;
pub use data::transition::Transition;
pub use journal::{Journal, JournalEntry};
pub use proxy::{ChaosProxy, ChaosProxyBuilder};
pub use server::{Emulator, EmulatorBuilder};
