//! Several projects, in several regions, with a key each.
//!
//! A v3 key is valid for one project in one region (PolyAI docs, Conversations API overview, "Authentication"):
//! three projects in two regions are three keys. A [`Client`](crate::Client) is one of them, and
//! [`Projects`](crate::Projects) a set:
//!
//! ```
//! use conversations_api_ext::{ApiKey, Client, Error, Project, Projects, Query, Region};
//!
//! fn projects(sales: ApiKey, support: ApiKey) -> Result<Projects, Error> {
//!     Ok(Projects::new([
//!         Client::builder(Region::Us1, Project::new("ws-1", "PROJECT-SALES")?, sales).build()?,
//!         Client::builder(Region::Uk1, Project::new("ws-1", "PROJECT-HELP")?, support).build()?,
//!     ]))
//! }
//!
//! async fn ids(projects: &Projects) -> (Vec<(String, String)>, Vec<Error>) {
//!     let mut records = projects.records(Query::v3());
//!     let (mut ids, mut failures) = (Vec::new(), Vec::new());
//!     loop {
//!         match records.next_record().await {
//!             Ok(Some(record)) => {
//!                 let project = record.client().project().project().to_string();
//!                 ids.push((project, record.id().to_owned()));
//!             }
//!             Err(error) => failures.push(error),
//!             Ok(None) => return (ids, failures),
//!         }
//!     }
//! }
//! ```
//!
//! One that fails stops no other: its error comes after the last record, and names its project. What came of each
//! is in [`outcomes`](crate::ProjectRecords::outcomes). Four are read at a time; each takes the memory of a
//! [`Records`](crate::Records) stream and has connections, retries and a retry budget of its own.
//!
//! Ids are unique within a project: keep the project beside the id when storing.
