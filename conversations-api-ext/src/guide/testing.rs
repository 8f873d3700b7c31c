//! Testing an integration without a key or a network.
//!
//! The crate `conversations-emulator` runs a Conversations API in your process: generated conversations, all versions,
//! filters, cursors, keys and error responses. It starts in milliseconds on its own port, so every test can have one.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query};
//! use conversations_emulator::{Dataset, Emulator};
//!
//! let emulator = Emulator::builder().data(Dataset::generate(7, 200)).start().await?;
//! let project = Project::new(emulator.data().account_id(), emulator.data().project_id())?;
//! let base_url: BaseUrl = emulator.base_url().parse()?;
//! let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;
//!
//! // What your code does.
//! let records = client.records(Query::v3().page_size(20)?).collect_up_to(50).await?;
//!
//! assert_eq!(records.len(), 50);
//! // And what it asked for.
//! assert!(emulator.journal().iter().all(|request| request.path_and_query().contains("/conversations?")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same seed generates the same conversations on every machine. `Dataset::from_jsonl_file` loads your own
//! conversations.
//!
//! # Without HTTP
//!
//! Code that processes records and errors needs no server:
//!
//! ```
//! use conversations_api_ext::{Conversation, Error, ErrorKind, Record};
//!
//! fn label(record: &Record) -> Result<String, Error> {
//!     let conversation = record.decode()?;
//!     Ok(format!("{} {}", record.id(), conversation.handoff_reason().unwrap_or("none")))
//! }
//!
//! fn is_worth_a_page_at_night(error: &Error) -> bool {
//!     error.is_unauthorized() || error.is_forbidden()
//! }
//!
//! let record = Record::from_json(r#"{"id":"CA1","handoff_reason":"billing"}"#)?;
//! assert_eq!(label(&record)?, "CA1 billing");
//! assert!(is_worth_a_page_at_night(&Error::builder(ErrorKind::Unauthorized).build()));
//!
//! let conversation: Conversation = Conversation::builder().id("CA1").handoff(true).try_into()?;
//! assert!(conversation.is_handoff());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Time
//!
//! Retries wait. To avoid the waits, give the client a [`Clock`](crate::Clock) whose `sleep` returns at once, and a
//! [seed](crate::ClientBuilder::seed) for the jitter: then a test can compare the waits to the millisecond. If only
//! the error matters, use [`RetryPolicy::none`](crate::RetryPolicy::none).
//!
//! # Other languages
//!
//! `conversations emulator` serves the same API from the command line.
