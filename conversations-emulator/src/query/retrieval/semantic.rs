//! `query_type=semantic`: a deterministic substitute that needs no model.
//!
//! The API compares meanings; this counts shared words. A conversation matches if either side said at
//! least one word of the query, in any case; the more distinct words of the query it contains, the
//! higher it ranks. Tests can rely on the ranking, not on its quality.

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

    /// The number of query words missing from a conversation; `None` if all are missing.
    pub(super) fn rank(&self, entry: &Entry) -> Option<u64> {
        let mut missing: Vec<&String> = self.lowered.iter().collect();
        for text in said(entry, &[b"user_input", b"agent_response"]) {
            missing.retain(|word| !in_a_row(std::slice::from_ref(word), &text));
        }
        (missing.len() < self.lowered.len()).then_some(missing.len() as u64)
    }
}
