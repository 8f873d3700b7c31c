//! [`FollowState`]: what is known of the conversations that are followed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Change, Record, RereadPolicy, stable_hash::stable_hash};

/// The position of a [`Follow`](crate::Follow), to save and to resume from in another process.
///
/// It has serde's traits. For each conversation that may still change it has a hash of its id and one of its JSON, about
/// 40 bytes of JSON text; of the conversations it contains nothing else, and no key. Its format is private, and later
/// versions of this crate read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowState {
    version: u32,
    /// The fingerprint of query and project.
    pub(super) query: u64,
    /// The first day that was never read.
    pub(super) next_day: NaiveDate,
    /// The days that will be read again.
    days: BTreeMap<NaiveDate, Day>,
    /// Conversations without a readable start, from the last pass.
    undated: BTreeMap<u64, Known>,
}

/// A day, by the start of conversations in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    /// When it was last requested and read to the end; 1970 if never.
    read_at: DateTime<Utc>,
    /// The conversations by the hash of their ids.
    records: BTreeMap<u64, Known>,
}

/// What is known of a conversation: the hash of its JSON, and whether it may still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known(u64, bool);

/// The version of the format; an incompatible format gets a new one.
const VERSION: u32 = 1;

/// Consecutive days, both included.
pub(super) type Span = (NaiveDate, NaiveDate);

impl FollowState {
    pub(super) fn new(query: u64, first_day: NaiveDate) -> Self {
        Self {
            version: VERSION,
            query,
            next_day: first_day,
            days: BTreeMap::new(),
            undated: BTreeMap::new(),
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.version == VERSION
    }

    /// Returns the days to read now, oldest first, consecutive ones together.
    pub(super) fn due(&self, now: DateTime<Utc>, policy: RereadPolicy) -> Vec<Span> {
        let is_due =
            |(date, day): (&NaiveDate, &Day)| day.is_due(*date, now, policy).then_some(*date);
        let known = self.days.iter().filter_map(is_due);
        let new = self
            .next_day
            .iter_days()
            .take_while(|day| *day <= now.date_naive());
        let dates: BTreeSet<_> = known.chain(new).collect();
        let mut spans: Vec<Span> = Vec::new();
        for date in dates {
            match spans.last_mut() {
                Some((_, last)) if last.succ_opt() == Some(date) => *last = date,
                _ => spans.push((date, date)),
            }
        }
        spans
    }

    /// Notes a record that was received, and returns it if it is new or has changed. `undated` are the ids of records
    /// without a start in this pass.
    pub(super) fn receive(
        &mut self,
        record: Record,
        undated: &mut BTreeSet<u64>,
    ) -> Option<Change> {
        let id = stable_hash(record.id().as_bytes());
        let content = stable_hash(record.raw_bytes());
        let records = match record.started_at() {
            Some(start) => &mut self.days.entry(start.date_naive()).or_default().records,
            None => {
                undated.insert(id);
                &mut self.undated
            }
        };
        let in_progress = record.in_progress();
        match records.insert(id, Known(content, in_progress)) {
            None => Some(Change::New(record)),
            Some(Known(before, _)) if before == content => None,
            Some(Known(_, unsettled)) => {
                // One that has just ended is final only if a second read finds the same.
                records.insert(id, Known(content, in_progress || unsettled));
                Some(Change::Updated(record))
            }
        }
    }

    /// Notes that all days of a span were read by requests sent from `at` on.
    pub(super) fn span_ended(&mut self, (first, last): Span, at: DateTime<Utc>) {
        for date in first.iter_days().take_while(|date| *date <= last) {
            self.days.entry(date).or_default().read_at = at;
        }
    }

    /// Notes that all due days were read, and forgets the days that are final.
    pub(super) fn pass_ended(
        &mut self,
        at: DateTime<Utc>,
        policy: RereadPolicy,
        undated: &BTreeSet<u64>,
    ) {
        let tomorrow = at.date_naive() + Days::new(1);
        self.next_day = self.next_day.max(tomorrow);
        self.days.retain(|date, day| day.is_due(*date, at, policy));
        self.undated.retain(|id, _| undated.contains(id));
    }
}

impl Day {
    fn is_due(&self, date: NaiveDate, now: DateTime<Utc>, policy: RereadPolicy) -> bool {
        let has_unsettled = self.records.values().any(|Known(_, unsettled)| *unsettled);
        policy
            .due(end_of(date), self.read_at, has_unsettled, now)
            .is_some()
    }
}

pub(super) fn start_of(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

pub(super) fn end_of(date: NaiveDate) -> DateTime<Utc> {
    start_of(date.succ_opt().unwrap_or(NaiveDate::MAX))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const POLICY: RereadPolicy = RereadPolicy {
        settle: TimeDelta::hours(2),
        look_back: TimeDelta::days(2),
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn record(id: &str, day: u32, in_progress: bool) -> Record {
        Record::from_json(format!(
            r#"{{"id":"{id}","started_at":"2026-04-{day:02}T09:00:00Z","in_progress":{in_progress}}}"#
        ))
        .unwrap()
    }

    /// Reads what is due, and returns the days.
    fn pass(state: &mut FollowState, now: &str, records: Vec<Record>) -> Vec<(String, String)> {
        let (now, mut undated) = (at(now), BTreeSet::new());
        let due = state.due(now, POLICY);
        for record in records {
            state.receive(record, &mut undated);
        }
        for span in &due {
            state.span_ended(*span, now);
        }
        state.pass_ended(now, POLICY, &undated);
        let text = |date: NaiveDate| date.format("%d").to_string();
        due.into_iter()
            .map(|(first, last)| (text(first), text(last)))
            .collect()
    }

    fn days(spans: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(first, last): &(&str, &str)| (String::from(*first), String::from(*last));
        spans.iter().map(owned).collect()
    }

    #[test]
    fn recent_days_and_days_in_progress_are_read_again_and_then_forgotten() {
        let mut state = FollowState::new(0, "2026-04-01".parse().unwrap());
        let first = vec![record("open", 1, true), record("done", 2, false)];
        assert_eq!(
            pass(&mut state, "2026-04-05T10:00:00Z", first),
            days(&[("01", "05")])
        );
        // Days 2 and 3 are final; day 1 has a conversation in progress.
        let again = pass(&mut state, "2026-04-05T11:00:00Z", vec![]);
        assert_eq!(again, days(&[("01", "01"), ("03", "05")]));
        let ended = pass(
            &mut state,
            "2026-04-06T11:00:00Z",
            vec![record("open", 1, false)],
        );
        assert_eq!(ended, days(&[("01", "01"), ("04", "06")]));
        // It changed at the last read, so it is read once more.
        let last = pass(
            &mut state,
            "2026-04-06T12:00:00Z",
            vec![record("open", 1, false)],
        );
        assert_eq!(last, days(&[("01", "01"), ("04", "06")]));
        assert_eq!(
            pass(&mut state, "2026-04-06T13:00:00Z", vec![]),
            days(&[("04", "06")])
        );
        assert!(
            !state
                .days
                .contains_key(&"2026-04-01".parse::<NaiveDate>().unwrap())
        );
    }

    #[test]
    fn a_conversation_that_never_ends_is_abandoned_and_days_off_are_caught_up() {
        let mut state = FollowState::new(0, "2026-04-01".parse().unwrap());
        pass(
            &mut state,
            "2026-04-02T00:00:00Z",
            vec![record("open", 1, true)],
        );
        assert_eq!(
            pass(&mut state, "2026-04-15T12:00:00Z", vec![]),
            days(&[("01", "15")]),
            "day 2 was read before its end, days 3 to 15 never"
        );
        assert_eq!(
            pass(&mut state, "2026-04-16T12:00:00Z", vec![]),
            days(&[("14", "16")])
        );
    }

    #[test]
    fn a_record_is_new_then_unchanged_then_updated() {
        let mut state = FollowState::new(0, "2026-04-01".parse().unwrap());
        let mut undated = BTreeSet::new();
        let mut receive = |record| match state.receive(record, &mut undated) {
            None => "unchanged",
            Some(Change::New(_)) => "new",
            Some(Change::Updated(_)) => "updated",
        };
        let dateless = || Record::from_json(r#"{"id":"b"}"#).unwrap();
        assert_eq!(receive(record("a", 1, true)), "new");
        assert_eq!(receive(record("a", 1, true)), "unchanged");
        assert_eq!(receive(record("a", 1, false)), "updated");
        assert_eq!(receive(dateless()), "new");
        assert_eq!(receive(dateless()), "unchanged");
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<FollowState>(&json).unwrap(), state);
        assert!(!json.contains("\"a\""), "{json}");
    }
}
