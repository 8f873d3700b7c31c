//! Checks as data: which kinds of change there are, how bad each is, and why.

mod document;
mod operation;
mod prose;
mod schema;

use std::fmt;

use serde::Serialize;

pub(crate) use document::*;
pub(crate) use operation::*;
pub(crate) use prose::*;
pub(crate) use schema::*;

/// How much a change on the wire matters to who calls the API or reads its answers. Ordered: the most
/// severe is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Words only: descriptions, examples, titles.
    Prose,
    /// Something more is possible; what worked goes on working.
    Additive,
    /// Nothing on the wire: names that only generated code shows.
    Surface,
    /// Nothing is refused, yet something answers differently from before.
    Behaviour,
    /// A request that was accepted is refused, or an answer can no longer be read as before.
    Breaking,
}

impl Level {
    /// Every level, the most severe first.
    pub const ALL: [Self; 5] = [
        Self::Breaking,
        Self::Behaviour,
        Self::Surface,
        Self::Additive,
        Self::Prose,
    ];

    /// The word that reports use: `breaking`, `behaviour`, `surface`, `additive` or `prose`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Behaviour => "behaviour",
            Self::Surface => "surface",
            Self::Additive => "additive",
            Self::Prose => "prose",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The direction in which a change is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What callers send.
    Request,
    /// What callers read.
    Response,
    /// What is sent and read alike.
    Both,
    /// Neither: the document itself.
    Document,
}

impl Side {
    /// The word that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "both",
            Self::Document => "document",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One kind of change. `message` has the places `{facet}`, `{before}` and `{after}`.
///
/// ```
/// let check = conversations_changes::check("request-bound-tightened").unwrap();
/// assert_eq!(check.level, conversations_changes::Level::Breaking);
/// assert!(check.reason.contains("refused"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The name by which waivers and other programs know it; never reused for something else.
    pub id: &'static str,
    /// How severe every change of this kind is.
    pub level: Level,
    /// The direction it is about.
    pub side: Side,
    /// What happened, in a few words.
    pub message: &'static str,
    /// Why it has this level.
    pub reason: &'static str,
}

/// Every check, the most severe first, then by id.
#[must_use]
pub fn checks() -> Vec<&'static Check> {
    let mut all: Vec<&'static Check> =
        [document::ALL, operation::ALL, schema::ALL, prose::ALL].concat();
    all.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.id.cmp(b.id)));
    all
}

/// The check named `id`.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    checks().into_iter().find(|check| check.id == id)
}

/// Rows of a table: constant, id, level, side, message, reason.
macro_rules! table {
    ($($name:ident = $id:literal, $level:ident, $side:ident, $message:literal, $reason:literal;)*) => {
        $(pub(crate) const $name: &crate::check::Check = &crate::check::Check {
            id: $id,
            level: crate::check::Level::$level,
            side: crate::check::Side::$side,
            message: $message,
            reason: $reason,
        };)*
        pub(super) const ALL: &[&crate::check::Check] = &[$($name),*];
    };
}
use table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_an_id_of_its_own_and_a_reason() {
        let all = checks();
        let mut ids: Vec<_> = all.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        for check in all {
            assert!(check.reason.ends_with('.'), "{}", check.id);
            assert!(
                check.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                check.id
            );
        }
    }

    #[test]
    fn a_direction_turns_the_level_of_the_same_edit() {
        for (edit, request, response) in [
            ("bound-tightened", Level::Breaking, Level::Additive),
            ("bound-loosened", Level::Additive, Level::Behaviour),
            ("enum-value-added", Level::Additive, Level::Behaviour),
            ("property-made-optional", Level::Additive, Level::Breaking),
            ("nullable-gained", Level::Additive, Level::Breaking),
        ] {
            assert_eq!(check(&format!("request-{edit}")).unwrap().level, request);
            assert_eq!(check(&format!("response-{edit}")).unwrap().level, response);
        }
    }
}
