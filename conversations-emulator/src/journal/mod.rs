//! What was asked of an emulator, and how it answered.

mod assertion;

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{Request, StatusCode};

use crate::auth::keyring;

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
    at: SystemTime,
    method: String,
    path_and_query: String,
    headers: Vec<(String, String)>,
    plan: Option<String>,
    faults: Vec<String>,
    status: u16,
}

impl JournalEntry {
    /// When it arrived, by the emulator's clock.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }

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

    /// The path as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The parameters of the query, decoded, in the order sent.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.path_and_query.split_once('?');
        let query = query.map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
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

    /// The fault plan it came under.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.plan.as_deref()
    }

    /// The ids of the rules whose faults it was to meet. Whether they happened is
    /// [`Faults::met`](crate::fault::Faults::met)'s to say.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The status that was answered; 0 when no answer has been sent, or a fault keeps it from being
    /// sent.
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

/// The requests so far, in the order in which they arrived.
///
/// It is a copy: requests that arrive later are not in it. It can be used as a slice of
/// [`JournalEntry`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<JournalEntry>,
}

impl Journal {
    /// The requests that came under a fault plan.
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

/// The number of a request in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

/// Where requests are written down as they arrive, and their answers when they are known.
#[derive(Debug, Default)]
pub(crate) struct Log {
    state: Mutex<LogState>,
}

#[derive(Debug, Default)]
struct LogState {
    /// Entries forgotten or cleared: the number of the first one kept.
    first: u64,
    entries: VecDeque<JournalEntry>,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, LogState> {
        // An entry is pushed whole or not at all, so a panic elsewhere cannot have left half of one.
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

    pub(crate) fn answered(&self, ticket: Ticket, status: StatusCode) {
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
