//! Errors, and what is retried.
//!
//! # What happens by itself
//!
//! Failed requests are retried where that can help: after HTTP 408, 429, 500 and the statuses with which servers
//! and gateways say that they are busy or out of order; after connections that were reset or stalled; and after
//! pages that ended too early or arrived damaged. [`RetryPolicy`](crate::RetryPolicy) has the list, and sets how
//! often and for how long. Records of such a page that were given already are not given twice. The waits follow
//! `Retry-After` where the server asks for more than the client's own backoff, and a 429 without it waits for about
//! its window of one minute. All streams of a client share the time limit, counted from the last success, and a
//! budget of retries: many streams do not burden a failing server more than one.
//!
//! Nothing else is retried: a key that is wrong is wrong the second time as well, a certificate that is not trusted
//! stays so, and a host that refuses the very first connection is most likely the wrong one.
//!
//! # What an error says
//!
//! ```
//! # use conversations_api_ext::{Client, Error, Query};
//! async fn nightly(client: &Client) -> Result<(), Error> {
//!     let mut records = client.records(Query::v3());
//!     loop {
//!         match records.next_record().await {
//!             Ok(Some(record)) => println!("{}", record.raw()),
//!             Ok(None) => return Ok(()),
//!             Err(error) if error.is_malformed_record() => eprintln!("left out: {error}"),
//!             Err(error) if error.is_unauthorized() => panic!("renew the key: {error}"),
//!             // The text says what failed, where, how often it was tried and what to do.
//!             Err(error) => return Err(error),
//!         }
//!     }
//! }
//! ```
//!
//! [`Error`](crate::Error) has the status, the server's code, the correlation id that support asks for, region,
//! attempts and time. Its text is safe to log: no key, no search text, nothing of a conversation. A rejected request
//! (HTTP 4xx) quotes the start of the server's message, unless it carried a search text, which the server may
//! repeat; the message itself is behind [`server_message`](crate::Error::server_message).
//!
//! # One odd record
//!
//! A record without an id, or one that does not fit the typed form, is an error in its place and costs no other
//! record. [`Skipping`](crate::Skipping) lists the three ways to deal with it. Its path and what was expected
//! there are in the error, and its bytes on request.
//!
//! # What is wrong here?
//!
//! [`Client::diagnose`](crate::Client::diagnose) asks once and says what to do: which switch in Agent Studio
//! brings the turns back, which regions to try, whose clock is off.
//!
//! # Watching
//!
//! An [`Observer`](crate::Observer) is told of every request, and `tracing` hears the same, in a span
//! `conversations.page` with the fields `server.address`, `conversations.api_version`, `conversations.account`,
//! `conversations.project` and `conversations.page`. The events in it have `http.response.status_code`,
//! `conversations.correlation_id`, `conversations.attempt`, `conversations.elapsed_ms`, and, as it fits,
//! `conversations.records`, `conversations.bytes`, `conversations.retry_in_ms` and `error.kind`.
//! [`Drift`](crate::Drift) counts what the API document does not describe.
