//! Keeping a copy of the conversations up to date.
//!
//! The API has no filter for changed conversations, and a conversation changes while it is in progress and for some time
//! after. [`Client::follow`](crate::Client::follow) reads recent days again and returns what is new or has changed:
//!
//! ```
//! # use std::{error::Error, fs, io, path::Path, time::{Duration, Instant}};
//! use conversations_api_ext::{Change, Client, FollowState, Query};
//!
//! async fn follow(client: &Client, state: &Path) -> Result<(), Box<dyn Error>> {
//!     let three_days = Duration::from_secs(3 * 24 * 60 * 60);
//!     let mut changes = client.follow(Query::v3(), three_days)?.every(Duration::from_secs(300));
//!     match fs::read_to_string(state) {
//!         Ok(saved) => changes = changes.resume(serde_json::from_str::<FollowState>(&saved)?)?,
//!         Err(error) if error.kind() == io::ErrorKind::NotFound => {} // The first start.
//!         Err(error) => return Err(error.into()),
//!     }
//!     // With `?` alone, a malformed record would stop this program at each start.
//!     let mut changes = changes.skip_malformed_with(|error| eprintln!("left out: {error}"));
//!     let save = |new_state: &FollowState| -> Result<(), Box<dyn Error>> {
//!         // Renamed, because a crash would leave half of it.
//!         let new = state.with_extension("new");
//!         fs::write(&new, serde_json::to_string(new_state)?)?;
//!         Ok(fs::rename(new, state)?)
//!     };
//!     let mut saved_at = Instant::now();
//!     while let Some(change) = changes.next().await? {
//!         match &change {
//!             Change::New(record) => println!("insert {}", record.id()),
//!             change => println!("update {}", change.record().id()),
//!         }
//!         // After the change was stored: a crash before repeats it, a crash after does not. At most once a second,
//!         // because the state may be large.
//!         if saved_at.elapsed() >= Duration::from_secs(1) {
//!             save(changes.get_ref().state())?;
//!             saved_at = Instant::now();
//!         }
//!     }
//!     save(changes.get_ref().state())
//! }
//! ```
//!
//! A program that a scheduler starts adds [`once`](crate::Follow::once). Store by id, so that a repeated change does no
//! harm. [`Follow`](crate::Follow) lists what it finds and what it does not. If a folder of files is all you need, the
//! command `conversations sync` keeps one without any Rust.
//!
//! To fetch a large past first, use [`Client::parallel`](crate::Client::parallel) and start to follow after it.
