//! Edits conversations while clients page through them.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::data::dataset::{Dataset, Inner};
use crate::data::entry::{Entry, Owner};
use crate::data::line_problem::LineProblem;
use crate::data::splice;

/// Number of single lookups before building an index of all conversations pays off.
const FEW: usize = 4;

/// The conversations of an emulator during an edit.
///
/// Passed to the closure of [`Emulator::edit`](crate::Emulator::edit). Clients see all of its changes at
/// once, or none if the edit fails.
///
/// ```
/// # use conversations_emulator::{Dataset, Emulator};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder().data(Dataset::generate(7, 3)).start().await?;
/// emulator.edit(|edit| {
///     edit.add(r#"{"id":"CA-late","started_at":"2026-04-02T08:00:00Z","in_progress":true}"#)?;
///     edit.set("CA-late", "total_duration", "31")?;
///     edit.finish("CA-late")
/// })?;
/// assert_eq!(emulator.current_data().len(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Edit<'a> {
    inner: &'a mut Inner,
    looked_up: usize,
    index: Option<HashMap<Box<str>, (usize, i64)>>,
}

/// Why an edit failed. Errors never contain record content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The value is not a conversation.
    #[error("the record {0}")]
    NotARecord(LineProblem),
    /// A conversation with this id exists.
    #[error("a conversation with the id {0:?} exists; use `put` to replace it")]
    Exists(String),
    /// No conversation has this id.
    #[error("no conversation has the id {0:?}")]
    Unknown(String),
    /// The value is not JSON.
    #[error("the value of {0:?} is not JSON; a string must be quoted")]
    NotJson(String),
}

impl Edit<'_> {
    /// Adds a conversation, given as a JSON object as in [`Dataset::from_jsonl`]. Without account and
    /// project it is added to the first project.
    ///
    /// # Errors
    ///
    /// [`EditError::NotARecord`], and [`EditError::Exists`] if its id is taken.
    pub fn add(&mut self, record: impl AsRef<str>) -> Result<(), EditError> {
        let (entry, owner) = self.read(record.as_ref().as_bytes().to_vec())?;
        if self.find(&entry.id).is_some() {
            return Err(EditError::Exists(entry.id.into()));
        }
        let project = self.inner.project_of(owner);
        self.insert(project, entry);
        Ok(())
    }

    /// Adds a conversation, or replaces the one with its id.
    ///
    /// # Errors
    ///
    /// [`EditError::NotARecord`].
    pub fn put(&mut self, record: impl AsRef<str>) -> Result<(), EditError> {
        let (entry, owner) = self.read(record.as_ref().as_bytes().to_vec())?;
        if let Some(found) = self.find(&entry.id) {
            self.take(found, &entry.id);
        }
        let project = self.inner.project_of(owner);
        self.insert(project, entry);
        Ok(())
    }

    /// Sets a member of a conversation to a JSON value; all other bytes are unchanged.
    ///
    /// # Errors
    ///
    /// [`EditError::Unknown`], [`EditError::NotJson`], and [`EditError::NotARecord`] or
    /// [`EditError::Exists`] if the result cannot be served.
    pub fn set(&mut self, id: &str, member: &str, value: &str) -> Result<(), EditError> {
        check(member, value)?;
        self.change(id, |raw| {
            splice::with_member(raw, &(0..raw.len()), member, value.as_bytes())
        })
    }

    /// Sets a metric of a conversation to a JSON value.
    ///
    /// # Errors
    ///
    /// [`EditError::Unknown`] and [`EditError::NotJson`].
    pub fn set_metric(&mut self, id: &str, metric: &str, value: &str) -> Result<(), EditError> {
        check(metric, value)?;
        self.change(id, |raw| {
            let whole = 0..raw.len();
            let metrics = splice::member(raw, &whole, "metrics");
            match metrics.filter(|metrics| raw[metrics.start] == b'{') {
                Some(metrics) => splice::with_member(raw, &metrics, metric, value.as_bytes()),
                None => {
                    let only = splice::with_member(b"{}", &(0..2), metric, value.as_bytes());
                    splice::with_member(raw, &whole, "metrics", &only)
                }
            }
        })
    }

    /// Ends a call: sets `in_progress` to false.
    ///
    /// # Errors
    ///
    /// [`EditError::Unknown`].
    pub fn finish(&mut self, id: &str) -> Result<(), EditError> {
        self.set(id, "in_progress", "false")
    }

    /// Masks the transcript and the phone numbers of a conversation, as the vendor's redaction does:
    /// non-empty strings become `[redacted]`.
    ///
    /// # Errors
    ///
    /// [`EditError::Unknown`].
    pub fn redact(&mut self, id: &str) -> Result<(), EditError> {
        self.change(id, splice::redacted)
    }

    /// Removes a conversation.
    ///
    /// # Errors
    ///
    /// [`EditError::Unknown`].
    pub fn remove(&mut self, id: &str) -> Result<(), EditError> {
        let found = self.find(id).ok_or_else(|| EditError::Unknown(id.into()))?;
        self.take(found, id);
        Ok(())
    }

    /// The current record.
    #[must_use]
    pub fn record(&mut self, id: &str) -> Option<&[u8]> {
        let (project, started_at) = self.find(id)?;
        let entries = &self.inner.projects[project].entries;
        let at = entries.binary_search_by(|entry| entry.key().cmp(&(started_at, id)));
        at.ok().map(|at| entries[at].raw.as_ref())
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<(), EditError> {
        let found = self.find(id).ok_or_else(|| EditError::Unknown(id.into()))?;
        let raw = self.record(id).map(change).unwrap_or_default();
        let (entry, _) = self.read(raw)?;
        if *entry.id != *id && self.find(&entry.id).is_some() {
            return Err(EditError::Exists(entry.id.into()));
        }
        self.take(found, id);
        // The record stays in its project even if an edited member names another one.
        self.insert(found.0, entry);
        Ok(())
    }

    fn read(&mut self, raw: Vec<u8>) -> Result<(Entry, Owner), EditError> {
        if serde_json::from_slice::<IgnoredAny>(&raw).is_err() {
            return Err(EditError::NotARecord(LineProblem::NotAnObject));
        }
        let raw = Bytes::from(raw.trim_ascii().to_vec());
        Entry::read(raw, &mut self.inner.labels).map_err(EditError::NotARecord)
    }

    /// The project and start time of a conversation.
    fn find(&mut self, id: &str) -> Option<(usize, i64)> {
        if let Some(index) = &self.index {
            return index.get(id).copied();
        }
        let projects = self.inner.projects.iter().enumerate();
        let all = projects.flat_map(|(number, project)| {
            let entries = project.entries.iter();
            entries.map(move |entry| (&entry.id, (number, entry.started_at)))
        });
        self.looked_up += 1;
        if self.looked_up <= FEW {
            let mut all = all;
            return all
                .find(|(known, _)| ***known == *id)
                .map(|(_, found)| found);
        }
        let index: HashMap<_, _> = all.map(|(id, found)| (id.clone(), found)).collect();
        let found = index.get(id).copied();
        self.index = Some(index);
        found
    }

    fn take(&mut self, (project, started_at): (usize, i64), id: &str) {
        let entries = &mut self.inner.projects[project].entries;
        if let Ok(at) = entries.binary_search_by(|entry| entry.key().cmp(&(started_at, id))) {
            entries.remove(at);
        }
        if let Some(index) = &mut self.index {
            index.remove(id);
        }
    }

    fn insert(&mut self, project: usize, entry: Entry) {
        if let Some(index) = &mut self.index {
            index.insert(entry.id.clone(), (project, entry.started_at));
        }
        let entries = &mut self.inner.projects[project].entries;
        let at = entries.partition_point(|other| other.key() < entry.key());
        entries.insert(at, Arc::new(entry));
    }
}

fn check(member: &str, value: &str) -> Result<(), EditError> {
    serde_json::from_str::<IgnoredAny>(value)
        .map(|_| ())
        .map_err(|_| EditError::NotJson(member.into()))
}

impl Dataset {
    /// Copies the data set with these changes; unchanged records are shared.
    pub(crate) fn edited<T>(
        &self,
        change: impl FnOnce(&mut Edit<'_>) -> Result<T, EditError>,
    ) -> Result<(Self, T), EditError> {
        let mut copy = self.clone();
        let mut edit = Edit {
            inner: copy.inner_mut(),
            looked_up: 0,
            index: None,
        };
        let result = change(&mut edit)?;
        Ok((copy, result))
    }
}
