//! What a stream holds in memory, and what makes it fast.
//!
//! # Memory
//!
//! [`Records`](crate::Records) hands records out while their page is arriving, so a page of hundreds of megabytes
//! takes no more memory than a small one. It holds
//!
//! - the records read ahead, up to [`read_ahead`](crate::ClientBuilder::read_ahead) of them (1000) and 8 MiB,
//! - the largest record, up to [`max_record_len`](crate::ClientBuilder::max_record_len) (64 MiB),
//! - about 20 bytes for each record that was given, to give none twice.
//!
//! A record shares the memory of the piece of the page it came in. To keep a few for long, keep them
//! [`detached`](crate::Record::detached). [`Pages`](crate::Pages) holds a page as a whole.
//! [`Parallel`](crate::Parallel) holds what `Records` does for each window that is open, of which each reads 1 MiB
//! ahead; [in order](crate::Parallel::in_order) also up to 6 MiB of later windows for each that is fetched at once.
//! It forgets the ids of a window with the window, so its memory does not grow with the number of records.
//!
//! # Speed
//!
//! - Raw [`Record`](crate::Record)s cost a fraction of typed ones: write `record.raw_bytes()`, and
//!   [`decode`](crate::Record::decode) only what you look into.
//! - The next page is asked for while you work on this one. Work that blocks, such as writing to a slow disk,
//!   belongs on a thread of its own.
//! - Over a network the wait for each page is what counts: leave the page size at its maximum, and fetch large
//!   ranges in [windows](crate::Client::parallel), eight or sixteen at a time.
//! - One client for a program: clones share connections.
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
//! The benches behind these claims: `cargo bench -p conversations-api-ext --features bench`.
