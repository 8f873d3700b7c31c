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
//! # Time
//!
//! Retries wait. To avoid the waits, give the client a [`Clock`](crate::Clock) whose `sleep` returns at once, and a
//! [seed](crate::ClientBuilder::seed) for the jitter: then a test can compare the waits to the millisecond. If only
//! the error matters, use [`RetryPolicy::none`](crate::RetryPolicy::none).
//!
//! # Other languages
//!
//! `conversations emulator` serves the same API from the command line.
