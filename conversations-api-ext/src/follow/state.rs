//! [`FollowState`]: what is known of the conversations that are followed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
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
    /// When the first process began to follow: conversations that started earlier are none of its.
    start: DateTime<Utc>,
    /// The first day that was never read.
    next_day: NaiveDate,
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
    /// Whether the response for it, or for days read with it, had malformed records.
    has_malformed: bool,
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
    pub(super) fn new(query: u64, start: DateTime<Utc>) -> Self {
        Self {
            version: VERSION,
            query,
            start,
            next_day: start.date_naive(),
            days: BTreeMap::new(),
            undated: BTreeMap::new(),
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.version == VERSION
    }

    /// Returns the days to read now, oldest first, consecutive ones together.
    ///
    /// A day that was never read is a span of its own, so that a long past is read step by step. So is one with
    /// malformed records: nothing tells to which of several days they belong.
    pub(super) fn due(&self, now: DateTime<Utc>, policy: RereadPolicy) -> Vec<Span> {
        let is_due = |(date, day): (&NaiveDate, &Day)| day.is_due(*date, policy).then_some(*date);
        // The span of today has no end, and covers conversations with a later start.
        let today = now.date_naive();
        let known = self.days.range(..=today).filter_map(is_due);
        let new = self.next_day.iter_days().take_while(|day| *day <= today);
        let dates: BTreeSet<_> = known.chain(new).collect();
        let is_alone = |date: NaiveDate| {
            let day = self.days.get(&date);
            date >= self.next_day || day.is_some_and(|day| day.has_malformed)
        };
        let mut spans: Vec<Span> = Vec::new();
        for date in dates {
            match spans.last_mut() {
                Some((_, last))
                    if last.succ_opt() == Some(date) && !is_alone(*last) && !is_alone(date) =>
                {
                    *last = date;
                }
                _ => spans.push((date, date)),
            }
        }
        spans
    }

    /// Returns when a span starts: on the first day of all, where the first process began.
    pub(super) fn start_of(&self, (first, _): Span) -> DateTime<Utc> {
        match self.start.date_naive() == first {
            true => self.start,
            false => start_of(first),
        }
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
        let date = record.started_at().map(|start| start.date_naive());
        let records = match date {
            Some(date) => &mut self.days.entry(date).or_default().records,
            None => {
                undated.insert(id);
                &mut self.undated
            }
        };
        let in_progress = record.in_progress();
        let Some(Known(before, unsettled)) = records.insert(id, Known(content, in_progress)) else {
            return Some(match self.is_known_elsewhere(id, date) {
                true => Change::Updated(record),
                false => Change::New(record),
            });
        };
        if before == content {
            return None;
        }
        // One that has just ended is final only if a second read finds the same.
        records.insert(id, Known(content, in_progress || unsettled));
        Some(Change::Updated(record))
    }

    /// Returns whether a conversation was received with another date than this one, or without any.
    fn is_known_elsewhere(&self, id: u64, date: Option<NaiveDate>) -> bool {
        let mut others = self.days.iter().filter(|(other, _)| Some(**other) != date);
        (date.is_some() && self.undated.contains_key(&id))
            || others.any(|(_, day)| day.records.contains_key(&id))
    }

    /// Notes that all days of a span were read by requests sent from `at` on, and forgets those that are final.
    pub(super) fn span_ended(
        &mut self,
        (first, last): Span,
        at: DateTime<Utc>,
        has_malformed: bool,
        policy: RereadPolicy,
    ) {
        for date in first.iter_days().take_while(|date| *date <= last) {
            let day = self.days.entry(date).or_default();
            day.read_at = at;
            day.has_malformed = has_malformed;
            if !day.is_due(date, policy) {
                self.days.remove(&date);
            }
        }
        if (first..=last).contains(&self.next_day) {
            self.next_day = last.succ_opt().unwrap_or(last);
        }
    }

    /// Notes that all due days were read, and forgets the undated records that none of them had.
    pub(super) fn pass_ended(&mut self, undated: &BTreeSet<u64>) {
        self.undated.retain(|id, _| undated.contains(id));
    }
}

impl Day {
    fn is_due(&self, date: NaiveDate, policy: RereadPolicy) -> bool {
        let has_unsettled = || self.records.values().any(|Known(_, unsettled)| *unsettled);
        let due = || policy.due(end_of(date), self.read_at, has_unsettled());
        self.has_malformed || due().is_some()
    }
}

fn start_of(date: NaiveDate) -> DateTime<Utc> {
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
            state.span_ended(*span, now, false, POLICY);
        }
        state.pass_ended(&undated);
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
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        let first = vec![record("open", 1, true), record("done", 2, false)];
        assert_eq!(
            pass(&mut state, "2026-04-05T10:00:00Z", first),
            days(&["01", "02", "03", "04", "05"].map(|day| (day, day)))
        );
        // Days 2 and 3 are final; day 1 has a conversation in progress.
        let again = pass(&mut state, "2026-04-05T11:00:00Z", vec![]);
        assert_eq!(again, days(&[("01", "01"), ("03", "05")]));
        let ended = pass(
            &mut state,
            "2026-04-06T11:00:00Z",
            vec![record("open", 1, false)],
        );
        // Day 3 was last read before the end of its look-back, so it is read once more.
        assert_eq!(ended, days(&[("01", "01"), ("03", "05"), ("06", "06")]));
        // Day 1 changed at the last read, so it is read once more.
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
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        pass(
            &mut state,
            "2026-04-02T00:00:00Z",
            vec![record("open", 1, true)],
        );
        let caught_up = pass(&mut state, "2026-04-20T12:00:00Z", vec![]);
        assert_eq!(
            caught_up[..2],
            days(&[("01", "02"), ("03", "03")]),
            "day 2 was read before its end, and day 3 never"
        );
        assert_eq!(caught_up.len(), 19);
        assert_eq!(
            pass(&mut state, "2026-04-20T13:00:00Z", vec![]),
            days(&[("18", "20")]),
            "day 1 was read after the 14 days"
        );
    }

    #[test]
    fn a_first_pass_that_ends_early_is_resumed_and_keeps_only_what_may_change() {
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        let (now, mut undated) = (at("2026-04-09T10:00:00Z"), BTreeSet::new());
        let due = state.due(now, POLICY);
        for (day, span) in (1..).zip(&due[..3]) {
            state.receive(record("done", day, false), &mut undated);
            state.span_ended(*span, now, false, POLICY);
        }
        assert!(state.days.is_empty(), "{state:?}");
        assert_eq!(state.due(now, POLICY)[0], due[3]);
    }

    #[test]
    fn a_start_in_the_far_future_skips_no_day() {
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        let future = r#"{"id":"a","started_at":"2999-01-01T00:00:00Z"}"#;
        let future = Record::from_json(future).unwrap();
        pass(&mut state, "2026-04-01T10:00:00Z", vec![future]);
        assert_eq!(
            pass(&mut state, "2026-04-02T10:00:00Z", vec![]),
            days(&[("01", "01"), ("02", "02")])
        );
    }

    #[test]
    fn days_with_malformed_records_are_read_again_each_alone_until_they_have_none() {
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        pass(&mut state, "2026-04-02T10:00:00Z", vec![]);
        let both = ("2026-04-01".parse().unwrap(), "2026-04-02".parse().unwrap());
        let now = at("2026-04-03T10:00:00Z");
        state.span_ended(both, now, true, POLICY);
        let alone = days(&[("01", "01"), ("02", "02")]);
        let due = pass(&mut state.clone(), "2026-06-01T10:00:00Z", vec![]);
        assert_eq!(due[..2], alone, "however old they are");
        pass(&mut state, "2026-06-01T10:00:00Z", vec![]);
        let due = pass(&mut state, "2026-06-01T11:00:00Z", vec![]);
        assert_eq!(due, days(&[("30", "01")]));
    }

    #[test]
    fn a_record_is_new_then_unchanged_then_updated() {
        let mut state = FollowState::new(0, at("2026-04-01T00:00:00Z"));
        let mut undated = BTreeSet::new();
        let mut receive = |record| match state.receive(record, &mut undated) {
            None => "unchanged",
            Some(Change::New(_)) => "new",
            Some(Change::Updated(_)) => "updated",
        };
        let dateless = || Record::from_json(r#"{"id":"b"}"#).unwrap();
        let moved = || record("a", 2, false);
        assert_eq!(receive(record("a", 1, true)), "new");
        assert_eq!(receive(record("a", 1, true)), "unchanged");
        assert_eq!(receive(record("a", 1, false)), "updated");
        assert_eq!(receive(dateless()), "new");
        assert_eq!(receive(dateless()), "unchanged");
        assert_eq!(receive(moved()), "updated", "known on another day");
        assert_eq!(receive(moved()), "unchanged");
        assert_eq!(receive(record("b", 1, false)), "updated", "known undated");
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<FollowState>(&json).unwrap(), state);
        assert!(!json.contains("\"a\""), "{json}");
    }
}
