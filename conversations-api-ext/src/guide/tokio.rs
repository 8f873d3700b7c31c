//! Which Tokio runtime is needed, and programs without `async`.
//!
//! Requests need a Tokio runtime with I/O and time enabled, as `#[tokio::main]` has; single-threaded ones are enough.
//! Outside of one, the first request returns an error of the kind
//! [`InvalidInput`](crate::ErrorKind::InvalidInput), and nothing panics. [`Records`](crate::Records) and the streams made
//! of it spawn a task that prefetches pages, which ends with the stream.
//!
//! # A program without `async`
//!
//! Ten lines make an iterator of a stream. The runtime runs only inside `block_on`:
//!
//! ```
//! use conversations_api_ext::{Client, Error, Query, Record};
//! use tokio::runtime::Runtime;
//!
//! fn records<'a>(
//!     runtime: &'a Runtime,
//!     client: &Client,
//!     query: Query,
//! ) -> impl Iterator<Item = Result<Record, Error>> + use<'a> {
//!     let mut records = client.records(query);
//!     std::iter::from_fn(move || runtime.block_on(records.next_record()).transpose())
//! }
//!
//! # use conversations_api_ext::{ApiKey, BaseUrl, Project};
//! # use conversations_emulator::{Dataset, Emulator};
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # let emulator = Emulator::builder().data(Dataset::generate(7, 120));
//! # let emulator = runtime.block_on(emulator.start())?;
//! # let project = Project::new(emulator.data().account_id(), emulator.data().project_id())?;
//! # let base_url: BaseUrl = emulator.base_url().parse()?;
//! # let client = Client::builder(base_url, project, ApiKey::new(emulator.api_key())?).build()?;
//! # let expected = runtime.block_on(client.records(Query::v3()).collect_up_to(1000))?.len();
//! let mut count = 0;
//! for record in records(&runtime, &client, Query::v3().page_size(20)?) {
//!     println!("{}", record?.id());
//!     count += 1;
//! }
//! # assert!(count == expected && count > 20);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With a single-threaded runtime, pages are prefetched only while `block_on` waits. With `Runtime::new()`, they are
//! prefetched while you process records. Do not call `block_on` in async code: it panics there.
