//! Guides to common tasks.
//!
//! - [Paging and resuming](paging): streams, pages, checkpoints, time windows
//! - [Errors and retries](errors): what is retried, what an error contains, malformed records
//! - [One conversation and its recording](one_conversation): by id, from the agents host
//! - [Testing your integration](testing): a local server that behaves like the API
//! - [Many projects](many_projects): several regions and keys as one stream
//! - [Memory and speed](memory_and_speed): what a stream buffers, and how to make it fast

pub mod errors;
pub mod many_projects;
pub mod memory_and_speed;
pub mod one_conversation;
pub mod paging;
pub mod testing;
