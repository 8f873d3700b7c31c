//! The order of records in each stream.
//!
//! | stream | order |
//! |---|---|
//! | [`Records`](crate::Records), [`Conversations`](crate::Conversations), [`Pages`](crate::Pages) | that of the server |
//! | [`Parallel`](crate::Parallel) | none: as windows arrive; [`in_order`](crate::Parallel::in_order) gives that of the server |
//! | [`ProjectRecords`](crate::ProjectRecords) | none between projects; within a project that of the server |
//! | [`Follow`](crate::Follow) | within a pass that of the server, except that older days come first |
//!
//! The vendor does not document the order of its servers. It is by start time, and may be ascending or descending: do not
//! rely on either. A conversation that is added while pages are read may appear before or after the position that was
//! reached. To be independent of the order, sort:
//!
//! ```
//! # use conversations_api_ext::{Client, Error, Query, Record};
//! async fn by_start(client: &Client, query: Query) -> Result<Vec<Record>, Error> {
//!     let mut records = client.records(query).collect_up_to(10_000).await?;
//!     records.sort_by(|a, b| (a.started_at(), a.id()).cmp(&(b.started_at(), b.id())));
//!     Ok(records)
//! }
//! ```
//!
//! The start time alone is not unique; the id makes the order total. A record without a readable start time sorts first.
