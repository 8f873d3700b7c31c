//! Retrieval modes: all conversations, search, sampling.

mod sample;
mod semantic;
mod tokens;
mod transcript;

pub(crate) use semantic::Topic;
pub(crate) use transcript::{Phrase, Side};

use crate::data::entry::Entry;

/// How a request selects among the conversations that pass its filters.
#[derive(Debug, Hash)]
pub(crate) enum Retrieval {
    All,
    Transcript(Phrase),
    Semantic(Topic),
    Sample,
}

impl Retrieval {
    /// Whether results are ranked instead of sorted by time.
    pub(crate) fn is_ranked(&self) -> bool {
        matches!(self, Self::Semantic(_) | Self::Sample)
    }

    /// The rank of a conversation, lowest first; `None` if it is not a result. Ties, and all results of
    /// unranked modes, are sorted by time.
    pub(crate) fn rank(&self, entry: &Entry, seed: u64) -> Option<u64> {
        match self {
            Self::All => Some(0),
            Self::Transcript(phrase) => phrase.occurs_in(entry).then_some(0),
            Self::Semantic(topic) => topic.rank(entry),
            Self::Sample => Some(sample::rank(entry, seed)),
        }
    }
}
