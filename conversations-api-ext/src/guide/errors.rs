//! Error handling and retries.
//!
//! # Automatic retries
//!
//! Failed requests are retried where that can help: after HTTP 408, 429, 500 and other statuses that mean that a
//! server or gateway is busy or unavailable; after connections that were reset or stalled; and after pages that were
//! truncated or corrupted. [`RetryPolicy`](crate::RetryPolicy) has the list, and sets the number of attempts and the
//! time limit. Records of such a page that were already returned are not returned twice. The waits follow
//! `Retry-After` if it is longer than the client's own backoff, and a 429 without it waits for about its window of one
//! minute if the time limit allows. All streams of a client share the time limit, counted from the last success, and a
//! retry budget: many streams do not burden a failing server more than one. Requests for single conversations have their
//! own, because they go to another host.
//!
//! Nothing else is retried: a wrong key and an untrusted certificate fail every time, and a host that refuses the very
//! first connection is most likely the wrong one.
//!
//! # What an error contains
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
//! [`Error`](crate::Error) has the status, the server's code, the correlation id that support asks for, region, number
//! of attempts and elapsed time. Its text is safe to log: it contains no key, no search text and nothing of a
//! conversation. For a rejected request (HTTP 4xx) it quotes the start of the server's message, unless the request had
//! a search text, which the server may repeat; [`server_message`](crate::Error::server_message) returns the full
//! message.
//!
//! # Malformed records
//!
//! A record that has no id or does not fit the typed form is returned as an error in place of the record, and affects
//! no other record. [`SkipMalformed`](crate::SkipMalformed) lists the three ways to handle it. The error has the JSON path and
//! the expected type, and the bytes of the record on request.
//!
//! # Diagnosis
//!
//! [`Client::diagnose`](crate::Client::diagnose) sends one request and reports what to do: which switch in Agent
//! Studio restores the turns, which regions to try, which clock is off.
//!
//! # Observability
//!
//! An [`Observer`](crate::Observer) is called after every request. The same data goes to `tracing`, in a span
//! `conversations.page` with the fields `server.address`, `conversations.api_version`, `conversations.account`,
//! `conversations.project` and `conversations.page`. The events in it have `http.response.status_code`,
//! `conversations.correlation_id`, `conversations.attempt`, `conversations.elapsed_ms`, and, where applicable,
//! `conversations.records`, `conversations.bytes`, `conversations.retry_in_ms` and `error.kind`.
//! [`Drift`](crate::Drift) counts what the API document does not describe.
