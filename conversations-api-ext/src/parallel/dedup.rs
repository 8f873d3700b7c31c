//! [`Dedup`]: gives each record once although windows are fetched again.

use crate::{Record, seen::Seen};

/// Windows are disjoint, and a window drops what started outside it and what it had before. So a record comes from two
/// windows only if its start cannot be read, or if the first page of a window was given before its range was planned
/// anew. Only the ids of these are remembered: memory does not grow with the number of records.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    /// The ids of records without a start.
    untimed: Seen,
    /// The ids of abandoned pages; each arrives once more.
    abandoned: Seen,
    is_expecting: bool,
}

impl Dedup {
    /// Whether a record is given for the first time. Its id is added to `first_page`, if the page may be abandoned.
    pub(super) fn is_new(&mut self, record: &Record, first_page: Option<&mut Vec<u64>>) -> bool {
        if record.started_at().is_none() {
            let bits = self.untimed.bits(record.id());
            return self.untimed.insert(bits);
        }
        if first_page.is_none() && !self.is_expecting {
            return true;
        }
        let bits = self.abandoned.bits(record.id());
        if let Some(ids) = first_page {
            ids.push(bits);
        }
        !self.abandoned.remove(bits)
    }

    /// The records with these ids were given, and their page is abandoned.
    pub(super) fn expect_again(&mut self, ids: Vec<u64>) {
        self.is_expecting |= !ids.is_empty();
        for bits in ids {
            self.abandoned.insert(bits);
        }
    }
}
