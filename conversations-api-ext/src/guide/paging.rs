//! Paging, and resuming an interrupted fetch.
//!
//! # Streams of records
//!
//! [`Client::records`](crate::Client::records) returns every conversation of a query. It handles cursors, offsets,
//! page size and the filters that each page request needs:
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
//! A [`TimeRange`](crate::TimeRange) is half-open: a conversation that starts at midnight belongs to the next day, so
//! adjacent days contain each conversation once.
//!
//! # Page by page
//!
//! [`Client::pages`](crate::Client::pages) returns pages as they arrive, with status, headers, correlation id, counts
//! and elapsed time. A page may be empty though others follow: only `None` marks the end.
//!
//! # Resuming
//!
//! The streams of one project have a [`checkpoint`](crate::Records::checkpoint). Save its text after the records before
//! it have been stored, and pass it to [`resume`](crate::Records::resume) in the next process:
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
//! A resumed stream loses nothing. It repeats up to a page, or everything if the list has changed too much meanwhile
//! ([`started_over`](crate::Records::started_over)). A checkpoint of another query, project or server is rejected.
//! [`Checkpoint`](crate::Checkpoint) lists its other guarantees. The stream of several projects has one for
//! [each of them](crate::ProjectRecords::streams), and that of [changes](super::following) a
//! [state](crate::Follow::state) instead.
//!
//! # Parallel windows
//!
//! [`Client::parallel`](crate::Client::parallel) splits a time range that has several pages into windows and fetches
//! several of them at once. Every record is still returned once. If fetching page by page takes n requests, this takes
//! at most 1.3 n plus the number of windows fetched at once; an empty range takes one request.
//! [`missing`](crate::Parallel::missing) lists the time ranges of failed windows, and a
//! [`checkpoint`](crate::Parallel::checkpoint) resumes in another process.
//!
//! # Rate limits
//!
//! All streams of a client, and all windows of a stream, wait as long as the server requires with HTTP 429 or
//! `Retry-After`. [`max_requests_per_minute`](crate::ClientBuilder::max_requests_per_minute) sets your own limit.
//!
//! # Nightly fetches
//!
//! The API has no "changed since" filter. [`Client::follow`](crate::Client::follow) returns new and changed
//! conversations: see [its page](super::following).
