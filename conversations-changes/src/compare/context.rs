//! The context of a comparison: location, JSON pointers into both documents, sides, and subject.

use crate::change::{Kind, Subject};
use crate::location::Location;
use crate::spec::{Sides, escaped};

#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) location: Location,
    pub(super) old: String,
    pub(super) new: String,
    pub(super) sides: Sides,
    pub(super) subject: Subject,
}

impl Context {
    pub(super) fn new(root: &str, pointer: &str, kind: Kind) -> Self {
        Self {
            location: Location::new(root),
            old: pointer.to_owned(),
            new: pointer.to_owned(),
            sides: Sides::default(),
            subject: Subject {
                kind,
                ..Subject::default()
            },
        }
    }

    /// A step to a location that reports show.
    pub(super) fn step(&self, step: impl Into<String>) -> Self {
        Self {
            location: self.location.step(step),
            ..self.clone()
        }
    }

    /// The same keys in both documents.
    pub(super) fn below(&self, keys: &[&str]) -> Self {
        self.below_each(keys, keys)
    }

    pub(super) fn below_each(&self, old: &[&str], new: &[&str]) -> Self {
        Self {
            old: extended(&self.old, old),
            new: extended(&self.new, new),
            ..self.clone()
        }
    }

    pub(super) fn sides(&self, sides: Sides) -> Self {
        Self {
            sides,
            ..self.clone()
        }
    }

    pub(super) fn about(&self, kind: Kind, old: Option<&str>, new: Option<&str>) -> Self {
        let mut at = self.clone();
        at.subject.kind = kind;
        at.subject.old = old.map(str::to_owned);
        at.subject.new = new.map(str::to_owned);
        at
    }

    /// A property of the current schema.
    pub(super) fn property(&self, old: &str, new: &str) -> Self {
        let mut at = self
            .step(format!(".{new}"))
            .below_each(&["properties", old], &["properties", new]);
        // In a parameter or an inline body, code knows the closest name.
        if at.subject.kind == Kind::Schema {
            at.subject.owner = at.subject.new.clone();
        }
        at.about(Kind::Property, Some(old), Some(new))
    }
}

fn extended(pointer: &str, keys: &[&str]) -> String {
    keys.iter().fold(pointer.to_owned(), |pointer, key| {
        format!("{pointer}/{}", escaped(key))
    })
}
