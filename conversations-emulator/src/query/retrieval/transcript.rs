//! `query_type=transcript`: the words of the query in sequence, within one side of one turn.
//!
//! Case and anything between the words are ignored. A query without words matches nothing. Only the
//! original text is searched, not its translation.

use super::tokens::{in_a_row, said, tokens};
use crate::data::entry::Entry;

/// The word sequence.
#[derive(Debug, Hash)]
pub(crate) struct Phrase {
    lowered: Vec<String>,
    side: Side,
}

/// The side of the conversation to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    User,
    Agent,
    Both,
}

impl Side {
    fn fields(self) -> &'static [&'static [u8]] {
        match self {
            Self::User => &[b"user_input"],
            Self::Agent => &[b"agent_response"],
            Self::Both => &[b"user_input", b"agent_response"],
        }
    }
}

impl Phrase {
    pub(crate) fn new(query: &str, side: Side) -> Self {
        Self {
            lowered: tokens(query).map(str::to_lowercase).collect(),
            side,
        }
    }

    pub(super) fn occurs_in(&self, entry: &Entry) -> bool {
        !self.lowered.is_empty()
            && said(entry, self.side.fields()).any(|text| in_a_row(&self.lowered, &text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_matches_its_words_in_sequence_in_any_case() {
        let finds = |query: &str, text| in_a_row(&Phrase::new(query, Side::Both).lowered, text);
        assert!(finds("cancel reservation", "Please CANCEL: reservation 7!"));
        assert!(finds("ÜBER köln", "über Köln hinaus"));
        assert!(!finds("cancel reservation", "cancel my reservation"));
        assert!(!finds("reserv", "reservation"));
        assert!(!finds("two words", "two"));
    }
}
