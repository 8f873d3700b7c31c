//! Spans for OpenTelemetry.
//!
//! The crate emits `tracing` spans with the target `conversations_api_ext` at the level INFO. A layer such as that of the
//! crate `tracing-opentelemetry` exports them:
//!
//! | span | for | attributes |
//! |---|---|---|
//! | `conversations.page` | all attempts at a page | `server.address`, `server.port`, and `conversations.` `api_version`, `account`, `project`, `page` |
//! | `GET {path template}`, kind client | one request | those of an HTTP client span in OpenTelemetry's conventions: `http.request.method`, `http.request.resend_count`, `http.response.status_code`, `url.template`, `server.address`, `server.port`, `error.type` |
//!
//! No span or event contains the key, a search text, or anything that was said.
//!
//! The spans are children of the span of the code that polls the stream first, although a task sends the requests:
//!
//! ```
//! use conversations_api_ext::{Client, Error, Query};
//! use tracing::Instrument;
//!
//! async fn nightly_export(client: &Client) -> Result<usize, Error> {
//!     let span = tracing::info_span!("nightly export");
//!     async {
//!         let mut records = client.records(Query::v3());
//!         let mut count = 0;
//!         while records.next_record().await?.is_some() {
//!             count += 1;
//!         }
//!         Ok(count)
//!     }
//!     .instrument(span)
//!     .await
//! }
//! ```
//!
//! For metrics, set an [observer](crate::ClientBuilder::observer): it gets the bytes, the duration and the result of each
//! request. To see the requests on a terminal, a `tracing-subscriber` with
//! `conversations_api_ext=debug` is enough.
