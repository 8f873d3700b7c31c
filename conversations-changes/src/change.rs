//! A difference between two documents.

use std::hash::Hasher as _;

use fnv::FnvHasher;
use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::check::{Check, Level, Side};
use crate::location::Location;
use crate::revision::{Appearance, Seen};

/// A difference between two documents.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The kind of change, with its level and reason.
    pub check: &'static Check,
    /// The location in the document.
    pub location: Location,
    /// The keyword or part of the location, such as `maximum`; empty for the location itself.
    pub facet: String,
    /// Who is affected: `Both` where a schema is used in requests and responses.
    pub side: Side,
    /// The old value, if any.
    pub before: Option<String>,
    /// The new value, if any.
    pub after: Option<String>,
    /// JSON pointer into the old document.
    pub old_pointer: String,
    /// JSON pointer into the new document; for something removed, of its parent.
    pub new_pointer: String,
    /// The earlier revision that already had the new value, if any.
    pub seen: Option<Seen>,
    /// When what is added or removed was added and removed before, oldest first.
    pub past: Vec<Appearance>,
    pub(crate) subject: Subject,
}

impl Change {
    /// The level of its check.
    #[must_use]
    pub fn level(&self) -> Level {
        self.check.level
    }

    /// One line about what happened, without the location.
    #[must_use]
    pub fn message(&self) -> String {
        let none = "none";
        self.check
            .message
            .replace("{facet}", &self.facet)
            .replace("{before}", self.before.as_deref().unwrap_or(none))
            .replace("{after}", self.after.as_deref().unwrap_or(none))
    }

    /// What earlier revisions say about the change, if anything: that it reverts an earlier one, or how
    /// often its subject has come and gone.
    #[must_use]
    pub fn history(&self) -> Option<String> {
        if !self.past.is_empty() {
            let steps: Vec<String> = self
                .past
                .iter()
                .map(|step| {
                    let what = if step.added { "added" } else { "removed" };
                    format!("{what} on {} ({})", step.date, step.revision)
                })
                .collect();
            return Some(format!("was {}", steps.join(", ")));
        }
        let seen = self.seen.as_ref()?;
        Some(format!(
            "reverts a change: same value on {} ({})",
            seen.date, seen.revision
        ))
    }

    /// 16 hexadecimal digits computed from check, location and values: stable across runs and machines, and
    /// different if the same location changes to another value.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = FnvHasher::default();
        for part in [
            self.check.id,
            &self.location.to_string(),
            &self.facet,
            self.before.as_deref().unwrap_or("\u{1}"),
            self.after.as_deref().unwrap_or("\u{1}"),
        ] {
            hash.write(part.as_bytes());
            hash.write(&[0]);
        }
        format!("{:016x}", hash.finish())
    }
}

impl Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Change", 13)?;
        out.serialize_field("fingerprint", &self.fingerprint())?;
        out.serialize_field("check", self.check.id)?;
        out.serialize_field("level", &self.level())?;
        out.serialize_field("side", &self.side)?;
        out.serialize_field("location", &self.location)?;
        out.serialize_field("facet", &self.facet)?;
        out.serialize_field("message", &self.message())?;
        out.serialize_field("reason", self.check.reason)?;
        out.serialize_field("before", &self.before)?;
        out.serialize_field("after", &self.after)?;
        out.serialize_field("pointer", &self.new_pointer)?;
        out.serialize_field("seen_before", &self.seen)?;
        out.serialize_field("past", &self.past)?;
        out.end()
    }
}

/// The subject of a change, by its names in generated and hand-written code.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// The operation it belongs to, `GET /path`, in the old document.
    pub(crate) operation: Option<String>,
    /// The schema that has the property.
    pub(crate) owner: Option<String>,
    /// Its name in the old document.
    pub(crate) old: Option<String>,
    /// Its name in the new document.
    pub(crate) new: Option<String>,
}

/// The kind of a change's subject.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Document,
    Path,
    Operation,
    Parameter,
    Response,
    Schema,
    Property,
    Server,
}
