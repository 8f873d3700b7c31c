//! Requests at the same time, cancellation and deadlines.
//!
//! A [`Client`](crate::Client) is cheap to clone, and its clones share connections, rate limit and retry budget. Every
//! stream can be moved to another task.
//!
//! # Several requests at once
//!
//! - One large time range: [`Client::parallel`](crate::Client::parallel).
//! - Several projects: [`Projects`](crate::Projects).
//! - Several queries: a task for each.
//!
//! ```
//! # use conversations_api_ext::{Client, Environment, Error, Query};
//! async fn counts(client: &Client) -> Result<Vec<usize>, Error> {
//!     let tasks: Vec<_> = Environment::ALL.iter().map(|&environment| {
//!         let mut records = client.records(Query::v3().environment(environment));
//!         tokio::spawn(async move { records.collect_up_to(1000).await.map(|all| all.len()) })
//!     }).collect();
//!     let mut counts = Vec::new();
//!     for task in tasks {
//!         counts.push(task.await.expect("the task does not panic")?);
//!     }
//!     Ok(counts)
//! }
//! ```
//!
//! A stream requests the next page while you process records, but never two pages at once: the cursor of a page is in the
//! page before it.
//!
//! # Cancellation and deadlines
//!
//! Dropping a stream ends its requests. Dropping the future of a method such as
//! [`next_record`](crate::Records::next_record) loses nothing, so it can stand in `tokio::select!`. A
//! [`deadline`](crate::Records::deadline), which every stream of records or pages has, ends a whole stream with an error
//! after which the [checkpoint](crate::Records::checkpoint) resumes it. For single requests, set the timeouts and the
//! [retry time limit](crate::RetryPolicy::time_limit) of the client.
