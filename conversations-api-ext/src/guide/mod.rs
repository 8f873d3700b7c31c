//! Guides to common tasks.
//!
//! - [Paging and resuming](paging): streams, pages, checkpoints, time windows
//! - [Following changes](following): new and changed conversations, over restarts
//! - [The order of records](order_of_records): what each stream guarantees
//! - [Errors and retries](errors): what is retried, what an error contains, malformed records
//! - [One conversation and its recording](one_conversation): by id, from the agents host
//! - [Testing your integration](testing): a local server that behaves like the API
//! - [Many projects](many_projects): several regions and keys as one stream
//! - [Concurrency](concurrency): several requests at once, cancellation, deadlines
//! - [Tokio and blocking programs](tokio): which runtime is needed, and a program without `async`
//! - [OpenTelemetry](opentelemetry): spans, their names, and the trace of the caller
//! - [Memory and speed](memory_and_speed): what a stream buffers, and how to make it fast

pub mod concurrency;
pub mod errors;
pub mod following;
pub mod many_projects;
pub mod memory_and_speed;
pub mod one_conversation;
pub mod opentelemetry;
pub mod order_of_records;
pub mod paging;
pub mod testing;
pub mod tokio;
