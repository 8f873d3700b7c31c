//! `query_type=transcript`: the words of the query, in a row, within one side of one turn.
//!
//! Case makes no difference, nor does what stands between the words. A query without a single word
//! finds nothing. Only the words as spoken or typed are searched, not their translations.

use super::tokens::{in_a_row, said, tokens};
use crate::data::entry::Entry;

/// Words that must follow each other.
#[derive(Debug, Hash)]
pub(crate) struct Phrase {
    lowered: Vec<String>,
    side: Side,
}

/// Whose words are searched.
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
    fn a_phrase_is_its_words_in_a_row_whatever_their_case() {
        let finds = |query: &str, text| in_a_row(&Phrase::new(query, Side::Both).lowered, text);
        assert!(finds("cancel reservation", "Please CANCEL: reservation 7!"));
        assert!(finds("ÜBER köln", "über Köln hinaus"));
        assert!(!finds("cancel reservation", "cancel my reservation"));
        assert!(!finds("reserv", "reservation"));
        assert!(!finds("two words", "two"));
    }
}
