//! The journal: the requests that an emulator received and their statuses.

mod assertion;

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{Request, StatusCode};

use crate::auth::keyring;

/// Maximum number of remembered requests, so that a long-running server does not grow.
const CAPACITY: usize = 10_000;

/// One request and the status of its response.
///
/// `Debug` prints neither the query nor header values, which may contain search text.
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
    at: SystemTime,
    method: String,
    path_and_query: String,
    headers: Vec<(String, String)>,
    plan: Option<String>,
    faults: Vec<String>,
    status: u16,
}

impl JournalEntry {
    /// The time of arrival, by the emulator's clock.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// The request method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path and query as sent, without decoding.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The path as sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The query parameters, decoded, in the order sent.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.path_and_query.split_once('?');
        let query = query.map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The request headers except the API key, as `(lower-case name, value)`, in the order sent.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first value of a header, by its name in any case; never the API key.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The fault plan that applied to the request.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.plan.as_deref()
    }

    /// The names of the rules selected for the request. [`Faults::triggered`](crate::fault::Faults::triggered)
    /// reports whether their faults were actually applied.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The status of the response; 0 if none has been sent yet, or if a fault prevents it.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl fmt::Debug for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalEntry")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("plan", &self.plan)
            .field("faults", &self.faults)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The requests received so far, in order of arrival.
///
/// A snapshot: it does not contain requests that arrive later. It dereferences to a slice of
/// [`JournalEntry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<JournalEntry>,
}

impl Journal {
    /// The requests under one fault plan.
    #[must_use]
    pub fn of_plan(mut self, name: &str) -> Self {
        self.entries.retain(|entry| entry.plan() == Some(name));
        self
    }
}

impl Deref for Journal {
    type Target = [JournalEntry];

    fn deref(&self) -> &[JournalEntry] {
        &self.entries
    }
}

impl IntoIterator for Journal {
    type Item = JournalEntry;
    type IntoIter = std::vec::IntoIter<JournalEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Journal {
    type Item = &'a JournalEntry;
    type IntoIter = std::slice::Iter<'a, JournalEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

/// The index of a request in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

/// Records requests when they arrive and their statuses once they are known.
#[derive(Debug, Default)]
pub(crate) struct Log {
    state: Mutex<LogState>,
}

#[derive(Debug, Default)]
struct LogState {
    /// Number of forgotten or cleared entries: the index of the first one kept.
    first: u64,
    entries: VecDeque<JournalEntry>,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, LogState> {
        // An entry is pushed as a whole, so a panic elsewhere cannot leave a partial one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open<B>(
        &self,
        request: &Request<B>,
        plan: Option<&str>,
        at: SystemTime,
    ) -> Ticket {
        let headers = request
            .headers()
            .iter()
            .filter(|(name, _)| name.as_str() != keyring::HEADER);
        let path_and_query = request.uri().path_and_query();
        let entry = JournalEntry {
            at,
            method: request.method().as_str().into(),
            path_and_query: path_and_query.map_or("", |sent| sent.as_str()).into(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.as_str().into(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            plan: plan.map(Into::into),
            faults: Vec::new(),
            status: 0,
        };
        let mut state = self.state();
        if state.entries.len() == CAPACITY {
            state.entries.pop_front();
            state.first += 1;
        }
        state.entries.push_back(entry);
        Ticket(state.first + state.entries.len() as u64 - 1)
    }

    pub(crate) fn decided(&self, ticket: Ticket, faults: impl Iterator<Item = String>) {
        self.change(ticket, |entry| entry.faults = faults.collect());
    }

    pub(crate) fn record_status(&self, ticket: Ticket, status: StatusCode) {
        self.change(ticket, |entry| entry.status = status.as_u16());
    }

    /// Changes an entry unless it has been forgotten.
    fn change(&self, ticket: Ticket, change: impl FnOnce(&mut JournalEntry)) {
        let mut state = self.state();
        let index = ticket.0.checked_sub(state.first).map(usize::try_from);
        if let Some(Ok(index)) = index
            && let Some(entry) = state.entries.get_mut(index)
        {
            change(entry);
        }
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.first += state.entries.len() as u64;
        state.entries.clear();
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal {
            entries: self.state().entries.iter().cloned().collect(),
        }
    }
}
