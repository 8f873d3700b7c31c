//! [`Dedup`]: returns each record once, whichever windows it arrives from.

use super::span::Span;
use crate::{Record, pager::dedup::DedupSet};

/// Tracks the records returned, in about 9 bytes each. Windows are disjoint, but a record may arrive from several: from
/// a server that filters by another time than the start, by less precise times or not at all; with another start each
/// time; without a start; or because the first page of a window was returned before its range was replanned.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    returned: DedupSet,
    /// The ids of the records that a window other than their own returned. They arrive from their own as well, or not.
    out_of_place: DedupSet,
    /// The ids of abandoned pages; each arrives once more.
    abandoned: DedupSet,
    /// The number of them that have not arrived again.
    expected: usize,
    /// The times from the first to the last start on the abandoned pages with expected records.
    abandoned_span: Option<Span>,
}

/// How a record arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    New,
    /// It was returned already, and was requested again on purpose or belongs to another window.
    Again,
    /// It was returned already, and the server should not have sent it again.
    Duplicate,
}

impl Dedup {
    /// Registers a record from the window of its start, or not `in_place`. Adds its id to `first_page`, if that page
    /// may still be abandoned.
    pub(super) fn arrived(
        &mut self,
        record: &Record,
        in_place: bool,
        first_page: Option<&mut Vec<u64>>,
    ) -> Arrival {
        let bits = self.returned.bits(record.id());
        if let Some(ids) = first_page {
            ids.push(bits);
        }
        if self.returned.insert(bits) {
            if !in_place {
                self.out_of_place.insert(bits);
            }
            return Arrival::New;
        }
        if self.expected > 0 && self.abandoned.remove(bits) {
            self.expected -= 1;
            if !in_place {
                self.out_of_place.insert(bits);
            }
            return Arrival::Again;
        }
        if !in_place || self.out_of_place.remove(bits) {
            return Arrival::Again;
        }
        Arrival::Duplicate
    }

    /// Returns whether records that were already returned will arrive again. A record may have been deleted meanwhile, so
    /// none is expected after the windows of its range: `is_unread` returns whether a part of a range is still to be
    /// read.
    pub(super) fn is_expecting(&mut self, is_unread: impl FnOnce(Span) -> bool) -> bool {
        if self.expected > 0 && !self.abandoned_span.is_some_and(is_unread) {
            self.expected = 0;
            self.abandoned = DedupSet::default();
        }
        self.expected > 0
    }

    /// Registers the ids of an abandoned page, whose records were returned and will arrive again, and its first and last
    /// start.
    pub(super) fn expect_again(&mut self, ids: Vec<u64>, span: Span) {
        let others = self.abandoned_span.filter(|_| self.expected > 0);
        let (start, end) = others.unwrap_or(span);
        self.abandoned_span = Some((start.min(span.0), end.max(span.1)));
        for bits in ids {
            self.expected += usize::from(self.abandoned.insert(bits));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytestring::ByteString;
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::record::metadata::RecordMetadata;

    const SPAN: Span = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);

    fn record(id: &'static str, is_timed: bool) -> Record {
        let metadata = RecordMetadata {
            id: id.into(),
            started_at: is_timed.then_some(DateTime::UNIX_EPOCH),
            in_progress: false,
        };
        Record::new(ByteString::new(), metadata, 0)
    }

    #[test]
    fn records_of_an_abandoned_page_are_expected_once_and_forgotten() {
        let mut dedup = Dedup::default();
        let (one, other) = (record("CA1", true), record("CA2", true));
        // Two windows are abandoned after they returned the same record.
        for expected in [Arrival::New, Arrival::Again] {
            let mut page = Vec::new();
            assert_eq!(dedup.arrived(&one, true, Some(&mut page)), expected);
            dedup.expect_again(page, SPAN);
        }
        assert_eq!(dedup.arrived(&other, true, None), Arrival::New);
        assert!(dedup.is_expecting(|span| span == SPAN));
        assert_eq!(dedup.arrived(&one, true, None), Arrival::Again);
        assert!(!dedup.is_expecting(|_| true));
        assert_eq!(dedup.arrived(&one, true, None), Arrival::Duplicate);
    }

    #[test]
    fn a_record_that_does_not_arrive_again_is_not_expected_after_its_range() {
        let mut dedup = Dedup::default();
        let mut page = Vec::new();
        let record = record("CA1", true);
        dedup.arrived(&record, true, Some(&mut page));
        dedup.expect_again(page, SPAN);
        assert!(dedup.is_expecting(|_| true));
        assert!(!dedup.is_expecting(|_| false));
        assert_eq!(dedup.arrived(&record, true, None), Arrival::Duplicate);
    }

    #[test]
    fn without_a_start_a_record_may_come_from_any_window() {
        let mut dedup = Dedup::default();
        let record = record("CA1", false);
        assert_eq!(dedup.arrived(&record, true, None), Arrival::New);
        assert_eq!(dedup.arrived(&record, true, None), Arrival::Duplicate);
    }

    #[test]
    fn a_record_out_of_place_is_returned_once_and_is_no_duplicate() {
        let record = record("CA1", true);
        for in_place in [[true, false], [false, true], [false, false]] {
            let mut dedup = Dedup::default();
            assert_eq!(dedup.arrived(&record, in_place[0], None), Arrival::New);
            assert_eq!(dedup.arrived(&record, in_place[1], None), Arrival::Again);
        }
    }
}
