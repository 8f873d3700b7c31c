//! Fetching several projects, in several regions, each with its own key.
//!
//! A v3 key is valid for one project in one region (PolyAI docs, Conversations API overview, "Authentication"): three
//! projects need three keys. A [`Client`](crate::Client) stands for one project, and [`Projects`](crate::Projects) for
//! a set of them:
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
//! A project that fails does not stop the others: its error is returned after the last record, and names the project.
//! [`outcomes`](crate::ProjectRecords::outcomes) has the result of each project, and
//! [`streams`](crate::ProjectRecords::streams) its counters. Four are read at a time; each takes
//! the memory of a [`Records`](crate::Records) stream and has its own connections, retries and retry budget.
//!
//! Ids are unique only within a project: store the project with the id.
