//! Testing an integration without a key and without a network.
//!
//! The crate `conversations-emulator` is a Conversations API in your process: made-up conversations, all
//! versions, filters, cursors, keys and error answers. It starts in milliseconds on a port of its own, so every
//! test can have one.
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
//! The same seed gives the same conversations, on every machine. Conversations of your own come in with
//! `Dataset::from_jsonl_file`.
//!
//! # Time
//!
//! Retries wait. A test gives the client a [`Clock`](crate::Clock) of its own, whose `sleep` is over at once,
//! and a [seed](crate::ClientBuilder::seed) for the random part of the waits: then the waits can be compared to
//! the millisecond. Where only the error matters, [`RetryPolicy::none`](crate::RetryPolicy::none) is shorter.
//!
//! # In another language
//!
//! `conversations emulator` serves the same from the command line.
