//! Guides: a page for each thing that people come with.
//!
//! - [Paging and going on](paging): streams, pages, checkpoints, windows of time
//! - [Errors and retries](errors): what is asked for again, what an error says, odd records
//! - [Testing your integration](testing): a server on your machine that behaves like the API
//! - [Many projects](many_projects): several regions and keys as one stream
//! - [Memory and speed](memory_and_speed): what a stream holds, and what makes it fast

pub mod errors;
pub mod many_projects;
pub mod memory_and_speed;
pub mod paging;
pub mod testing;
