//! `query_type=semantic`: a stand-in that needs no model.
//!
//! The API compares meanings; this counts shared words. A conversation is found when at least one
//! word of the query was said in it, by either side, in any case; the more of the query's distinct
//! words were said, the earlier it comes. Tests can rely on the ranking, not on its being clever.

use std::collections::BTreeSet;

use super::tokens::{in_a_row, said, tokens};
use crate::data::entry::Entry;

/// The distinct words of a query.
#[derive(Debug, Hash)]
pub(crate) struct Topic {
    lowered: BTreeSet<String>,
}

impl Topic {
    pub(crate) fn new(query: &str) -> Self {
        Self {
            lowered: tokens(query).map(str::to_lowercase).collect(),
        }
    }

    /// How many of the words are missing from a conversation; `None` when all are.
    pub(super) fn rank(&self, entry: &Entry) -> Option<u64> {
        let mut missing: Vec<&String> = self.lowered.iter().collect();
        for text in said(entry, &[b"user_input", b"agent_response"]) {
            missing.retain(|word| !in_a_row(std::slice::from_ref(word), &text));
        }
        (missing.len() < self.lowered.len()).then_some(missing.len() as u64)
    }
}
