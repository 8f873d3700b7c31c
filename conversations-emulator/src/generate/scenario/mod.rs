//! The building blocks of dialogues.

pub(in crate::generate) mod billing;
pub(in crate::generate) mod delivery;
pub(in crate::generate) mod hotel;
pub(in crate::generate) mod smalltalk;

use crate::generate::values::Slot;

/// A sentence in each language it exists in; `de` is empty if no German variant uses it.
#[derive(Clone, Copy)]
pub(in crate::generate) struct Line {
    pub(in crate::generate) en: &'static str,
    pub(in crate::generate) de: &'static str,
}

/// A line in English only.
pub(in crate::generate) const fn en(en: &'static str) -> Line {
    Line { en, de: "" }
}

/// A line in English and German.
pub(in crate::generate) const fn both(en: &'static str, de: &'static str) -> Line {
    Line { en, de }
}

/// A question of the agent and the user's reply.
pub(in crate::generate) struct Exchange {
    pub(in crate::generate) ask: &'static [Line],
    pub(in crate::generate) reply: &'static [Line],
    /// The values that the reply contains.
    pub(in crate::generate) told: &'static [Slot],
}

/// A reason to call, played as a sequence of exchanges.
pub(in crate::generate) struct Scenario {
    pub(in crate::generate) intent: &'static str,
    pub(in crate::generate) opening: &'static [Line],
    pub(in crate::generate) exchanges: &'static [Exchange],
    /// The agent's closing line.
    pub(in crate::generate) settled: &'static [Line],
    /// The tool that the agent calls to resolve the topic.
    pub(in crate::generate) tool: &'static str,
}

/// The reason and destination of a handoff.
pub(in crate::generate) struct Handoff {
    pub(in crate::generate) reason: &'static str,
    pub(in crate::generate) destination: &'static str,
    pub(in crate::generate) user: Line,
    pub(in crate::generate) agent: Line,
}
