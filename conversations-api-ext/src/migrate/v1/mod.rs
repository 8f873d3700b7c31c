//! The interface of the generated v1 client, backed by v3.
//!
//! To migrate code written for `conversations_api::v1`, change the module it imports `v1` from, and the key:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # use conversations_emulator::{Dataset, Emulator};
//! # let emulator = Emulator::builder().data(Dataset::generate(7, 60)).start().await?;
//! # let (base_url, v3_key) = (emulator.base_url(), emulator.api_key());
//! # let (account, project) = (emulator.data().account_id(), emulator.data().project_id());
//! # let http = reqwest::Client::builder().no_proxy().build()?;
//! // Before: use conversations_api::{ApiKey, v1};
//! use conversations_api_ext::{api::{ApiKey, Integer}, migrate::v1};
//!
//! let client = v1::Client::new_with_client(base_url, http, ApiKey::new(v3_key)?);
//! let mut offset = 0;
//! loop {
//!     let page = client
//!         .list_conversations()
//!         .account_id(account)
//!         .project_id(project)
//!         .limit(20_u64)
//!         .offset(offset)
//!         .send()
//!         .await?;
//!     for conversation in page.conversations.iter().flatten() {
//!         // Null where v3 has "", as it was on v1.
//!         assert_ne!(conversation.handoff_reason.as_deref(), Some(""));
//!     }
//!     match page.next_offset.and_then(Integer::as_i64) {
//!         Some(next) => offset = u64::try_from(next)?,
//!         None => break,
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is the same
//!
//! The builder's methods and the values they accept, the response types, the error type, `limit` up to 5000 with 5 as
//! the default, and `next_offset` until the last page. Conversations have the form of v1: see [`to_v1`](super::to_v1).
//! `latency` is requested, because v1 includes it in turns.
//!
//! # What is different
//!
//! - The key is a v3 key, issued for one project in one region.
//! - The order is that of v3, which documents none. Within a response, conversations are in ascending order, as on v1.
//! - `include_context_state` has no counterpart: it is ignored, with one `tracing` event. `state` is the nearest.
//! - `state` and `variant_name` may be absent.
//! - There are no `descriptions`.
//!
//! # Paging
//!
//! A client and its clones remember the cursors of the last 256 responses. An offset named in one of these responses
//! resumes from its cursor, which does not drift and costs the same at any depth. Any other offset is sent to v3 as it
//! is (PolyAI docs, API reference, v3 conversations). A limit above 1000 takes several requests.

pub mod builder;
mod cursor_cache;
mod fetch;
mod parameters;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use conversations_api::{ApiKey, v3};
pub use conversations_api::{ByteStream, Error, ResponseValue, v1::types};
use cursor_cache::CursorCache;

/// A drop-in replacement for `conversations_api::v1::Client`, backed by v3. See the [module](self).
#[derive(Clone)]
pub struct Client {
    v3: v3::Client,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    cursors: Mutex<CursorCache>,
    /// Whether the missing context state was already logged.
    said: AtomicBool,
}

impl Client {
    /// Creates a client from the generated client's arguments: base URL, HTTP client and key. The key is a v3 key.
    ///
    /// The HTTP client must not follow redirects, which would take the key to another host.
    #[must_use]
    pub fn new_with_client(baseurl: &str, client: reqwest::Client, inner: ApiKey) -> Self {
        Self {
            v3: v3::Client::new_with_client(baseurl, client, inner),
            shared: Arc::default(),
        }
    }

    /// Requests a page of conversations, decoded.
    pub fn list_conversations(&self) -> builder::ListConversations<'_> {
        builder::ListConversations::new(self)
    }

    /// Requests the same page as bytes: JSON in the form of v1, in one chunk.
    pub fn list_conversations_stream(&self) -> builder::ListConversationsStream<'_> {
        builder::ListConversationsStream::new(self)
    }

    /// Ignores poisoning: no update can be left half done, so a panic elsewhere does no harm.
    fn cursors(&self) -> std::sync::MutexGuard<'_, CursorCache> {
        self.shared
            .cursors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn say_there_is_no_context_state(&self) {
        if !self.shared.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "conversations_api_ext::migrate",
                "`include_context_state` has no counterpart on v3 and is left out; `state` is the nearest"
            );
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("v3", &self.v3)
            .finish_non_exhaustive()
    }
}
