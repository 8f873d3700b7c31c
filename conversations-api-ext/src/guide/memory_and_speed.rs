//! Memory use and performance of streams.
//!
//! # Memory
//!
//! [`Records`](crate::Records) returns records while their page is arriving, so a page of hundreds of megabytes takes
//! no more memory than a small one. It holds
//!
//! - the prefetched records, up to [`read_ahead`](crate::ClientBuilder::read_ahead) of them (1000) and 8 MiB,
//! - the largest record, up to [`max_record_len`](crate::ClientBuilder::max_record_len) (64 MiB),
//! - about 9 bytes for each record returned, for deduplication.
//!
//! A record shares the memory of the chunk of the page it arrived in. To keep a few records for long,
//! [`detach`](crate::Record::detached) them. [`Pages`](crate::Pages) buffers whole pages.
//! [`Parallel`](crate::Parallel) holds what `Records` does for each open window, with a read-ahead of 1 MiB per
//! window; [in order](crate::Parallel::in_order) it also buffers up to 3 MiB of later windows for each window fetched
//! at once. Besides the 9 bytes for each record returned, it holds another 9 for each record of an open window, until
//! the window ends.
//!
//! # Speed
//!
//! - Raw [`Record`](crate::Record)s cost a fraction of typed ones: write `record.raw_bytes()`, and
//!   [`decode`](crate::Record::decode) only the records whose fields you read.
//! - The next page is requested while you process this one. Move blocking work, such as writing to a slow disk, to its
//!   own thread.
//! - Over a network, latency per page dominates: leave the page size at its maximum, and fetch large ranges in
//!   [windows](crate::Client::parallel), eight or sixteen at a time.
//! - Use one client per program: clones share connections.
//!
//! ```
//! # use std::io::Write;
//! # use conversations_api_ext::{BoundedRange, Client, Error, Query};
//! async fn export(client: &Client, mut out: impl Write) -> Result<(), Box<dyn std::error::Error>> {
//!     let april = BoundedRange::new("2026-04-01", "2026-05-01")?;
//!     let mut records = client.parallel(Query::v3(), april).at_once(8)?;
//!     while let Some(record) = records.next_record().await? {
//!         out.write_all(record.raw_bytes())?;
//!         out.write_all(b"\n")?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! To run the benchmarks behind these claims: `cargo bench -p conversations-api-ext --features bench`.
