//! [`Dedup`]: returns each record once although windows are fetched again.

use crate::{Record, pager::dedup::DedupSet};

/// Tracks the records that can arrive twice. Windows are disjoint, and each window drops records outside it and its
/// own duplicates. So a record arrives from two windows only if its start cannot be parsed, or if the first page of a
/// window was returned before its range was replanned. Only these ids are stored: memory does not grow with the number
/// of records.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    /// The ids of records without a start.
    untimed: DedupSet,
    /// The ids of abandoned pages; each arrives once more.
    abandoned: DedupSet,
    /// The number of them that have not arrived again.
    expected: usize,
}

impl Dedup {
    /// Returns whether a record is new. Adds its id to `first_page`, if that page may still be abandoned.
    pub(super) fn is_new(&mut self, record: &Record, first_page: Option<&mut Vec<u64>>) -> bool {
        if record.started_at().is_none() {
            let bits = self.untimed.bits(record.id());
            return self.untimed.insert(bits);
        }
        if first_page.is_none() && self.expected == 0 {
            return true;
        }
        let bits = self.abandoned.bits(record.id());
        if let Some(ids) = first_page {
            ids.push(bits);
        }
        let is_known = self.abandoned.remove(bits);
        self.expected -= usize::from(is_known);
        !is_known
    }

    /// Returns whether records that were already returned will arrive again.
    pub(super) fn is_expecting(&self) -> bool {
        self.expected > 0
    }

    /// Registers the ids of an abandoned page, whose records were returned and will arrive again.
    pub(super) fn expect_again(&mut self, ids: Vec<u64>) {
        for bits in ids {
            self.expected += usize::from(self.abandoned.insert(bits));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;

    use super::*;
    use crate::record::metadata::RecordMetadata;

    fn record(id: &'static str, is_timed: bool) -> Record {
        let metadata = RecordMetadata {
            id: Bytes::from_static(id.as_bytes()),
            started_at: is_timed.then_some(DateTime::UNIX_EPOCH),
            in_progress: false,
        };
        Record::new(Bytes::new(), metadata, 0)
    }

    #[test]
    fn what_an_abandoned_page_gave_is_dropped_once_and_forgotten() {
        let mut dedup = Dedup::default();
        let (one, other) = (record("CA1", true), record("CA2", true));
        // Two windows are abandoned after they returned the same record.
        for is_new in [true, false] {
            let mut page = Vec::new();
            assert_eq!(dedup.is_new(&one, Some(&mut page)), is_new);
            dedup.expect_again(page);
        }
        assert!(dedup.is_new(&other, None) && dedup.is_expecting());
        assert!(!dedup.is_new(&one, None) && !dedup.is_expecting());
        let bits = dedup.abandoned.bits("CA1");
        assert!(!dedup.abandoned.remove(bits), "its memory is not released");
    }

    #[test]
    fn without_a_start_a_record_may_come_from_any_window() {
        let mut dedup = Dedup::default();
        assert!(dedup.is_new(&record("CA1", false), None));
        assert!(!dedup.is_new(&record("CA1", false), None));
    }
}
