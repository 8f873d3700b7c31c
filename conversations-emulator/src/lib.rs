//! A Conversations API on loopback: for tests of whatever talks to the API, and for trials without a
//! key.
//!
//! [`Emulator`] answers `GET /v1|v2|v3/{account_id}/{project_id}/conversations` over real HTTP with
//! every parameter, limit and rule the vendor's pages state. Its data is a [`Dataset`]: a seeded
//! generator's, or any file with one conversation a line. Where the pages leave a question open, the
//! answer is an option of [`Readings`], so that a client can be run under each of them.
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
//! let answer = reqwest::Client::new()
//!     .get(url)
//!     .header("x-api-key", emulator.api_key())
//!     .send()
//!     .await?;
//!
//! assert_eq!(answer.status(), 200);
//! assert_eq!(emulator.journal().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! To test what you built on the API, begin with [`test_your_integration`]: faults by plan, data that
//! changes, a clock that a test moves, and the same from any language through the served program.
//!
//! # The order of checks
//!
//! | what is wrong | status | `error_code` |
//! |---|---|---|
//! | no such path | 404 | `ROUTE_NOT_FOUND` |
//! | a method other than GET, HEAD and OPTIONS | 405, with `Allow` | `METHOD_NOT_ALLOWED` |
//! | the key is missing, contains white space, or is not the version's or the region's | 401 | `AUTH_USER_INVALID_TOKEN` |
//! | the key was revoked or lacks the Conversations permission | 403 | `USER_ACCESS_FORBIDDEN` |
//! | no such account | 404 | `ACCOUNT_NOT_FOUND` |
//! | no such project in that account | 404 | `PROJECT_NOT_FOUND` |
//! | the key is another project's | 403 | `USER_ACCESS_FORBIDDEN` |
//! | a parameter that cannot be read | 400 | `GET_CONVERSATIONS_FILTER_PARSE_ERROR` |
//! | a parameter that can be read and breaks a rule | 400 | `CONVERSATIONS_VALIDATION_FAILED` |
//!
//! Every rule that the pages state is in [`rules`], with the tests that hold it; what no emulator can do as
//! the real API does is in [`differences`].
//!
//! # Where the pages are silent
//!
//! What is not an option of [`Readings`] has one answer here, chosen so that a client's mistake shows:
//!
//! - Which of the two 400 codes belongs to which mistake is documented nowhere; the table above is this
//!   crate's division. The first two codes of the table are this crate's own.
//! - A parameter the version does not have is ignored, `cursor` on v1 and `channel` on v1 included.
//! - A single-valued parameter given twice is a 400; only `channel` may repeat.
//! - A start after the end is an empty result, not an error.
//! - Booleans are `true` and `false`, in lower case.
//! - Times are RFC 3339, or the same without a zone (read as UTC), or a date (its midnight, UTC). A `+`
//!   that was not written `%2B` arrives as a space and makes the time unreadable.
//! - `channel` compares labels without regard to case. The lower-case words `voice` and `chat` are
//!   families: `voice` is every label that begins with `VOICE`, `chat` is `CHAT` and `WEBCHAT`.
//! - `turn_type` and `query` have no effect outside the retrieval mode they belong to.
//! - A record without an `environment` counts as `live`; one without account and project is served
//!   under the first project of its data.
//! - With a cursor, `next_offset` goes on counting from the walk's first page.

pub mod admin;
mod auth;
mod behavior;
mod clock;
mod data;
pub mod fault;
mod generate;
mod hash;
mod journal;
mod proxy;
mod query;
mod response;
mod route;
mod server;
mod state;
mod transport;

#[doc = include_str!("../RULES.md")]
pub mod rules {}

#[doc = include_str!("../DIFFERENCES.md")]
pub mod differences {}

#[doc = include_str!("../docs/test-your-integration.md")]
pub mod test_your_integration {}

pub use auth::api_key::Key;
pub use behavior::choices::{EndOfRange, ErrorShape, Order};
pub use behavior::limits::Limits;
pub use behavior::quirk::Oddity;
pub use behavior::server_behavior::Readings;
pub use clock::Clock;
pub use data::dataset::Dataset;
pub use data::edit::{Edit, EditError};
pub use data::jsonl::{DatasetError, LineProblem};
pub use data::transition::Transition;
pub use journal::{Journal, JournalEntry};
pub use proxy::{ChaosProxy, ChaosProxyBuilder};
pub use server::{Emulator, EmulatorBuilder};
