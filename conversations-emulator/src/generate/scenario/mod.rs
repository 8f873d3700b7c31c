//! What a dialogue is made of.

pub(in crate::generate) mod billing;
pub(in crate::generate) mod delivery;
pub(in crate::generate) mod hotel;
pub(in crate::generate) mod smalltalk;

use crate::generate::values::Slot;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Language {
    English,
    German,
}

/// One thing to say, in the languages it can be said in; German is empty where no German variant says
/// it.
#[derive(Clone, Copy)]
pub(in crate::generate) struct Line {
    pub(in crate::generate) en: &'static str,
    pub(in crate::generate) de: &'static str,
}

/// A line of an English variant.
pub(in crate::generate) const fn en(en: &'static str) -> Line {
    Line { en, de: "" }
}

/// A line in English and German.
pub(in crate::generate) const fn both(en: &'static str, de: &'static str) -> Line {
    Line { en, de }
}

/// The agent asks and the caller replies.
pub(in crate::generate) struct Exchange {
    pub(in crate::generate) ask: &'static [Line],
    pub(in crate::generate) reply: &'static [Line],
    /// What the reply tells.
    pub(in crate::generate) told: &'static [Slot],
}

/// One matter a caller has.
pub(in crate::generate) struct Scenario {
    pub(in crate::generate) intent: &'static str,
    pub(in crate::generate) opening: &'static [Line],
    pub(in crate::generate) exchanges: &'static [Exchange],
    /// What the agent says when the matter is settled.
    pub(in crate::generate) settled: &'static [Line],
    /// The tool the agent calls to settle it.
    pub(in crate::generate) tool: &'static str,
}

/// Why and where the agent passes a conversation on.
pub(in crate::generate) struct Handoff {
    pub(in crate::generate) reason: &'static str,
    pub(in crate::generate) destination: &'static str,
    pub(in crate::generate) user: Line,
    pub(in crate::generate) agent: Line,
}
