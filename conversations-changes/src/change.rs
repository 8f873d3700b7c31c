//! One difference between two documents.

use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::check::{Check, Level, Side};
use crate::history::Seen;
use crate::place::Place;

/// One difference between two documents, as a maintainer would tell it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Which kind of change it is, with its level and reason.
    pub check: &'static Check,
    /// Where.
    pub place: Place,
    /// Which keyword or part of the place, such as `maximum`; empty if it is the place itself.
    pub facet: String,
    /// Who feels it. `Both` where a schema is sent and answered.
    pub side: Side,
    /// What stood there, if anything did.
    pub before: Option<String>,
    /// What stands there now, if anything does.
    pub after: Option<String>,
    /// JSON pointer of the place in the older document.
    pub old_pointer: String,
    /// JSON pointer of the place in the newer document; for what is gone, of what held it.
    pub new_pointer: String,
    /// When the document said the same as the newer one before, if it did.
    pub seen: Option<Seen>,
    pub(crate) subject: Subject,
}

impl Change {
    /// How severe it is: its check's level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.check.level
    }

    /// What happened, in a line, without the place.
    #[must_use]
    pub fn message(&self) -> String {
        let none = "none";
        self.check
            .message
            .replace("{facet}", &self.facet)
            .replace("{before}", self.before.as_deref().unwrap_or(none))
            .replace("{after}", self.after.as_deref().unwrap_or(none))
    }

    /// Sixteen hexadecimal digits made of check, place and values: the same in every run and on every
    /// machine, different if the vendor changes the same place to something else.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Fnv::default();
        for part in [
            self.check.id,
            &self.place.to_string(),
            &self.facet,
            self.before.as_deref().unwrap_or("\u{1}"),
            self.after.as_deref().unwrap_or("\u{1}"),
        ] {
            hash.write(part.as_bytes());
            hash.write(&[0]);
        }
        format!("{:016x}", hash.0)
    }
}

impl Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Change", 12)?;
        out.serialize_field("fingerprint", &self.fingerprint())?;
        out.serialize_field("check", self.check.id)?;
        out.serialize_field("level", &self.level())?;
        out.serialize_field("side", &self.side)?;
        out.serialize_field("place", &self.place)?;
        out.serialize_field("facet", &self.facet)?;
        out.serialize_field("message", &self.message())?;
        out.serialize_field("reason", self.check.reason)?;
        out.serialize_field("before", &self.before)?;
        out.serialize_field("after", &self.after)?;
        out.serialize_field("pointer", &self.new_pointer)?;
        out.serialize_field("seen_before", &self.seen)?;
        out.end()
    }
}

/// What a change is about, by the names under which generated and hand-written code knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// The operation it belongs to, `GET /path`, in the older document.
    pub(crate) operation: Option<String>,
    /// The schema that has the property.
    pub(crate) owner: Option<String>,
    /// Its name in the older document.
    pub(crate) old: Option<String>,
    /// Its name in the newer document.
    pub(crate) new: Option<String>,
}

/// What kind of thing a change is about.
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

/// FNV-1a, 64 bits: the standard library's hasher may change from release to release.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
