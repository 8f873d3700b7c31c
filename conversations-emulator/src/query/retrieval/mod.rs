//! The ways to choose among the conversations that pass the filters: all, search, sampling.

mod sample;
mod semantic;
mod tokens;
mod transcript;

pub(crate) use semantic::Topic;
pub(crate) use transcript::{Phrase, Side};

use crate::data::entry::Entry;

/// How a request chooses among the conversations that pass its filters.
#[derive(Debug, Hash)]
pub(crate) enum Retrieval {
    All,
    Transcript(Phrase),
    Semantic(Topic),
    Sample,
}

impl Retrieval {
    /// Whether results come in an order of their own instead of by time.
    pub(crate) fn is_ranked(&self) -> bool {
        matches!(self, Self::Semantic(_) | Self::Sample)
    }

    /// The place of a conversation among the results, lowest first; `None` when it is not among them.
    /// Ties, and all results of a mode that is not ranked, are ordered by time.
    pub(crate) fn rank(&self, entry: &Entry, seed: u64) -> Option<u64> {
        match self {
            Self::All => Some(0),
            Self::Transcript(phrase) => phrase.occurs_in(entry).then_some(0),
            Self::Semantic(topic) => topic.rank(entry),
            Self::Sample => Some(sample::rank(entry, seed)),
        }
    }
}
