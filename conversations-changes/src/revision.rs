//! Earlier revisions of a document.

use serde::Serialize;
use serde_json::Value;

/// An earlier revision of a document.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Revision {
    /// The identifier, such as a short commit hash.
    pub id: String,
    /// The date, `2026-04-20`.
    pub date: String,
    /// The document.
    pub document: Value,
}

impl Revision {
    /// Creates a revision as known to version control.
    pub fn new(id: impl Into<String>, date: impl Into<String>, document: Value) -> Self {
        Self {
            id: id.into(),
            date: date.into(),
            document,
        }
    }
}

/// The last revision in which the document had the same value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The revision's identifier.
    pub revision: String,
    /// The revision's date.
    pub date: String,
}

/// An earlier addition or removal of what a change adds or removes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Appearance {
    /// Whether it was added; otherwise it was removed.
    pub added: bool,
    /// The identifier of the revision that added or removed it.
    pub revision: String,
    /// The revision's date.
    pub date: String,
}
