//! A check: id, level, side, message and reason.

use std::fmt;

use serde::Serialize;

/// The severity of a change for API callers and readers of responses, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Prose only: descriptions, examples, titles.
    Prose,
    /// Something new is possible; existing uses keep working.
    Additive,
    /// No effect on the wire: names that only generated code uses.
    Surface,
    /// Nothing is rejected, but responses change.
    Behavior,
    /// Previously valid requests are rejected, or responses can no longer be decoded.
    Breaking,
}

impl Level {
    /// Every level, most severe first.
    pub const ALL: [Self; 5] = [
        Self::Breaking,
        Self::Behavior,
        Self::Surface,
        Self::Additive,
        Self::Prose,
    ];

    /// The name in reports: `breaking`, `behavior`, `surface`, `additive` or `prose`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Behavior => "behavior",
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

/// The direction of data that a change affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Requests.
    Request,
    /// Responses.
    Response,
    /// Requests and responses.
    Both,
    /// Neither: the document itself.
    Document,
}

impl Side {
    /// The name in reports.
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

/// A kind of change. `message` has the placeholders `{facet}`, `{before}` and `{after}`.
///
/// ```
/// let check = conversations_changes::check("request-bound-tightened").unwrap();
/// assert_eq!(check.level, conversations_changes::Level::Breaking);
/// assert!(check.reason.contains("rejected"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The id in waivers and other programs; never reused for another check.
    pub id: &'static str,
    /// The level of every change of this kind.
    pub level: Level,
    /// The direction it affects.
    pub side: Side,
    /// A short description of what happened.
    pub message: &'static str,
    /// Why it has this level.
    pub reason: &'static str,
}

/// Rows of a table: constant, id, level, side, message, reason.
macro_rules! table {
    ($($name:ident = $id:literal, $level:ident, $side:ident, $message:literal, $reason:literal;)*) => {
        $(pub(crate) const $name: &crate::check::definition::Check = &crate::check::definition::Check {
            id: $id,
            level: crate::check::definition::Level::$level,
            side: crate::check::definition::Side::$side,
            message: $message,
            reason: $reason,
        };)*
        pub(in crate::check) const ALL: &[&crate::check::definition::Check] = &[$($name),*];
    };
}
pub(super) use table;
