//! What was asked of an emulator, and how it answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::keyring;

/// Requests remembered; older ones are forgotten, so that a long-running server does not grow.
const CAPACITY: usize = 10_000;

/// One request and the status it got.
///
/// `Debug` shows neither the query nor header values, which can hold a search text.
///
/// ```
/// # use conversations_emulator::{Dataset, Emulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder().data(Dataset::generate(7, 1)).start().await?;
/// reqwest::get(format!("{}/nowhere?a=%20b", emulator.base_url())).await?;
///
/// let journal = emulator.journal();
/// assert_eq!(journal[0].method(), "GET");
/// assert_eq!(journal[0].path_and_query(), "/nowhere?a=%20b");
/// assert_eq!(journal[0].header("accept"), Some("*/*"));
/// assert_eq!(journal[0].status(), 404);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JournalEntry {
    method: String,
    path_and_query: String,
    headers: Vec<(String, String)>,
    status: u16,
}

impl JournalEntry {
    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path and query as they were sent, nothing decoded.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The request's headers, except the key, as `(name in lower case, value)` in the order they were
    /// sent.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first value of a header, by its name in any case; never the key's.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The status that was answered.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl fmt::Debug for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        f.debug_struct("JournalEntry")
            .field("method", &self.method)
            .field("path", &path)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The requests of one emulator, in the order they were answered.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<VecDeque<JournalEntry>>,
}

impl Journal {
    pub(crate) fn record(&self, request: &Parts, status: StatusCode) {
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| name.as_str() != keyring::HEADER);
        let entry = JournalEntry {
            method: request.method.as_str().into(),
            path_and_query: request
                .uri
                .path_and_query()
                .map_or("", |sent| sent.as_str())
                .into(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.as_str().into(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            status: status.as_u16(),
        };
        // An entry is pushed whole or not at all, so a panic elsewhere cannot have left half of one.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }
}
