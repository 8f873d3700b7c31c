//! Paging, and going on where a fetch was stopped.
//!
//! # Let the stream page
//!
//! [`Client::records`](crate::Client::records) gives every conversation of a query. Cursor or offset, page size
//! and the filters that have to go with each page are its affair:
//!
//! ```
//! # use conversations_api_ext::{Client, Error, Query, TimeRange};
//! async fn count(client: &Client) -> Result<u64, Error> {
//!     let query = Query::v3().time_range(TimeRange::new(Some("2026-04-01"), Some("2026-04-02"))?);
//!     let mut records = client.records(query);
//!     let mut count = 0;
//!     while records.next_record().await?.is_some() {
//!         count += 1;
//!     }
//!     Ok(count)
//! }
//! ```
//!
//! A [`TimeRange`](crate::TimeRange) is half-open: the conversation that starts at midnight belongs to the next
//! day, so days laid side by side hold each conversation once.
//!
//! # Page by page
//!
//! [`Client::pages`](crate::Client::pages) gives pages as they come, with status, headers, correlation id, counts
//! and the time each took. A page may be empty though others follow: only `None` is the end.
//!
//! # Going on
//!
//! Any stream has a [`checkpoint`](crate::Records::checkpoint). Save its text after the records before it have
//! been stored, and give it to [`resume`](crate::Records::resume) in the next process:
//!
//! ```
//! # use conversations_api_ext::{Client, Error, Query};
//! async fn some(client: &Client, saved: Option<&str>) -> Result<String, Error> {
//!     let mut records = client.records(Query::v3());
//!     if let Some(saved) = saved {
//!         records = records.resume(&saved.parse()?)?;
//!     }
//!     for record in records.collect_up_to(10_000).await? {
//!         println!("{}", record.raw());
//!     }
//!     Ok(records.checkpoint().to_string())
//! }
//! ```
//!
//! Going on repeats up to a page and loses nothing; a checkpoint of another query, project or server is refused.
//! What else it guarantees is written at [`Checkpoint`](crate::Checkpoint).
//!
//! # Several windows at once
//!
//! [`Client::parallel`](crate::Client::parallel) splits a time range that has several pages into windows and fetches
//! several of them at once. Every record is still given once. Where a fetch page by page takes n requests, this takes
//! at most 1.3 n plus the number of windows at once; an empty range takes one request.
//! [`missing`](crate::Parallel::missing) lists the times of windows that failed, and a
//! [`checkpoint`](crate::Parallel::checkpoint) resumes in another process.
//!
//! # Not too fast
//!
//! All streams of a client, and all windows of a stream, wait for the time that the server asks for with HTTP 429 or
//! `Retry-After`. [`max_requests_per_minute`](crate::ClientBuilder::max_requests_per_minute) sets a budget of your own.
//!
//! # Every night
//!
//! The API has no "changed since". What was in progress, or young, has to be fetched again: give the range of
//! the last two days anew each night and keep the newest record per id. The program `conversations sync` of this
//! project does that, and more, for people who write no Rust.
