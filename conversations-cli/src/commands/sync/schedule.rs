//! Determines which days a run reads.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use conversations_api_ext::{Reread, RereadPolicy};

use super::state::{Day, State};

/// Why a day is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It was never read.
    New,
    /// It has records that may still change.
    Unsettled,
    /// It was last read within the look-back.
    LookBack,
    /// What is known of it is no longer valid.
    Invalidated,
    /// Fetching it failed.
    Failed,
    /// The server returned malformed records, or records of other days.
    Incomplete,
    /// The server no longer sent many of its records, which were kept.
    HeldBack,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "never read",
            Self::Unsettled => "may still change",
            Self::LookBack => "last read within --look-back",
            Self::Invalidated => "its file is missing or damaged, or a clock was wrong",
            Self::Failed => "failed when it was last read",
            Self::Incomplete => "malformed records, or records of other days",
            Self::HeldBack => "conversations are missing, see --accept-vanished",
        })
    }
}

/// Returns the days to read, oldest first, failed days last.
pub(crate) fn days(
    state: &State,
    until: NaiveDate,
    policy: RereadPolicy,
) -> Vec<(NaiveDate, Reason)> {
    let all = state.start.iter_days().take_while(|day| *day <= until);
    let mut due: Vec<_> = all
        .filter_map(|date| {
            let reason = reason(state.days.get(&date), date, policy);
            let failed = state.failed.contains_key(&date).then_some(Reason::Failed);
            Some((date, failed.or(reason)?))
        })
        .collect();
    // Failed days come last, those attempted longest ago first: if days keep failing and end the run, the other days
    // must still have been read.
    due.sort_by_key(|(date, reason)| {
        let missed = state.failed.get(date).and_then(|missed| missed.attempted);
        (*reason == Reason::Failed, missed, *date)
    });
    due
}

/// Returns the number of records that are no longer re-read although the server has not ended them.
pub(crate) fn abandoned(state: &State, policy: RereadPolicy) -> u64 {
    let days = state.days.iter();
    days.filter(|(date, day)| day.unsettled > 0 && reason(Some(day), **date, policy).is_none())
        .map(|(_, day)| day.unsettled)
        .sum()
}

fn reason(day: Option<&Day>, date: NaiveDate, policy: RereadPolicy) -> Option<Reason> {
    let Some(day) = day else {
        return Some(Reason::New);
    };
    if day.is_invalid() {
        return Some(Reason::Invalidated);
    }
    if day.is_incomplete() {
        return Some(Reason::Incomplete);
    }
    if day.held_back > 0 {
        return Some(Reason::HeldBack);
    }
    let due = policy.due(end_of(date), day.read_at, day.unsettled > 0)?;
    Some(match due {
        Reread::Unsettled => Reason::Unsettled,
        _ => Reason::LookBack,
    })
}

/// Returns whether a day that was read need not be re-read.
pub(crate) fn is_final(day: &Day, date: NaiveDate, policy: RereadPolicy) -> bool {
    reason(Some(day), date, policy).is_none()
}

pub(crate) fn start_of(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

pub(crate) fn end_of(date: NaiveDate) -> DateTime<Utc> {
    start_of(
        date.checked_add_days(Days::new(1))
            .unwrap_or(NaiveDate::MAX),
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const PATIENCE: RereadPolicy = RereadPolicy {
        settle: TimeDelta::hours(2),
        look_back: TimeDelta::days(2),
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn read(at_time: &str, unsettled: u64) -> Day {
        Day {
            read_at: at(at_time),
            unsettled,
            records: 0,
            data: None,
            index: None,
            malformed: 0,
            outside_range: 0,
            held_back: 0,
        }
    }

    fn why(day: Option<Day>) -> Option<Reason> {
        reason(day.as_ref(), "2026-04-01".parse().unwrap(), PATIENCE)
    }

    #[test]
    fn a_day_is_re_read_until_nothing_in_it_can_change() {
        assert_eq!(why(None), Some(Reason::New));
        for (read_at, unsettled) in [
            ("2026-04-14T00:00:00Z", 1),
            ("2026-04-01T12:00:00Z", 0),
            ("2026-04-02T01:59:59Z", 0),
        ] {
            let day = read(read_at, unsettled);
            assert_eq!(why(Some(day)), Some(Reason::Unsettled), "{read_at}");
        }
        assert_eq!(why(Some(read("2026-04-04T00:00:00Z", 0))), None);
    }

    #[test]
    fn conversations_in_progress_for_fourteen_days_are_abandoned() {
        let open = |read_at| Some(read(read_at, 1));
        assert_eq!(
            why(open("2026-04-15T23:59:59Z")),
            Some(Reason::Unsettled),
            "it may have ended since, however long ago that was"
        );
        assert_eq!(why(open("2026-04-16T00:00:00Z")), None);
    }

    #[test]
    fn a_day_with_records_that_were_held_back_is_read_by_every_run() {
        let day = Day {
            held_back: 1,
            ..read("2026-04-14T00:00:00Z", 0)
        };
        assert_eq!(why(Some(day)), Some(Reason::HeldBack));
    }

    #[test]
    fn a_day_with_records_that_are_in_no_file_is_read_until_there_are_none() {
        for (malformed, outside_range) in [(1, 0), (0, 1)] {
            let day = Day {
                malformed,
                outside_range,
                ..read("2026-04-14T00:00:00Z", 0)
            };
            assert_eq!(why(Some(day)), Some(Reason::Incomplete));
        }
    }

    #[test]
    fn an_invalidated_day_is_re_read_at_any_time() {
        let doubted = read("1970-01-01T00:00:00Z", 0);
        assert_eq!(why(Some(doubted)), Some(Reason::Invalidated));
    }

    #[test]
    fn a_day_is_re_read_for_late_records_until_it_was_read_after_the_look_back() {
        let settled = |read_at| Some(read(read_at, 0));
        for read_at in ["2026-04-02T02:00:00Z", "2026-04-03T23:59:59Z"] {
            assert_eq!(why(settled(read_at)), Some(Reason::LookBack));
        }
        assert_eq!(why(settled("2026-04-04T00:00:00Z")), None);
    }
}
