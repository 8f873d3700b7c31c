//! What a dialogue is made of.

use super::values::Slot;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

/// One thing to say, in the languages it can be said in; German is empty where no German variant says
/// it.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) en: &'static str,
    pub(super) de: &'static str,
}

/// A line of an English variant.
pub(super) const fn en(en: &'static str) -> Line {
    Line { en, de: "" }
}

/// A line in English and German.
pub(super) const fn both(en: &'static str, de: &'static str) -> Line {
    Line { en, de }
}

/// The agent asks and the caller replies.
pub(super) struct Exchange {
    pub(super) ask: &'static [Line],
    pub(super) reply: &'static [Line],
    /// What the reply tells.
    pub(super) told: &'static [Slot],
}

/// One matter a caller has.
pub(super) struct Scenario {
    pub(super) intent: &'static str,
    pub(super) opening: &'static [Line],
    pub(super) exchanges: &'static [Exchange],
    /// What the agent says when the matter is settled.
    pub(super) settled: &'static [Line],
    /// The tool the agent calls to settle it.
    pub(super) tool: &'static str,
}

/// Why and where the agent passes a conversation on.
pub(super) struct Handoff {
    pub(super) reason: &'static str,
    pub(super) destination: &'static str,
    pub(super) user: Line,
    pub(super) agent: Line,
}
