//! Which days a run looks at.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::state::{Day, State};

/// How long things may change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// A conversation is looked at again until it is this old.
    pub(crate) settle: TimeDelta,
    /// A day is looked at again until it has been over for this long, whatever was found.
    pub(crate) look_back: TimeDelta,
}

/// Why a day is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Never looked at.
    New,
    /// Something in it may still change.
    Unsettled,
    /// It is recent.
    LookBack,
    /// What was known of it no longer holds.
    Doubtful,
}

/// The days to look at, oldest first.
pub(crate) fn days(
    state: &State,
    until: NaiveDate,
    now: DateTime<Utc>,
    patience: Patience,
) -> Vec<(NaiveDate, Reason)> {
    let all = state.start.iter_days().take_while(|day| *day <= until);
    all.filter_map(|date| Some((date, reason(state.days.get(&date), date, now, patience)?)))
        .collect()
}

fn reason(
    day: Option<&Day>,
    date: NaiveDate,
    now: DateTime<Utc>,
    patience: Patience,
) -> Option<Reason> {
    let Some(day) = day else {
        return Some(Reason::New);
    };
    let end = end_of(date);
    if day.is_doubtful() {
        return Some(Reason::Doubtful);
    }
    if day.unsettled > 0 || day.looked_at < end + patience.settle {
        Some(Reason::Unsettled)
    } else if now < end + patience.look_back {
        Some(Reason::LookBack)
    } else {
        None
    }
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
    use super::*;

    const PATIENCE: Patience = Patience {
        settle: TimeDelta::hours(2),
        look_back: TimeDelta::days(2),
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn looked(at_time: &str, unsettled: u64) -> Day {
        Day {
            looked_at: at(at_time),
            unsettled,
            records: 0,
            data: None,
            index: None,
        }
    }

    fn why(day: Option<Day>, now: &str) -> Option<Reason> {
        reason(
            day.as_ref(),
            "2026-04-01".parse().unwrap(),
            at(now),
            PATIENCE,
        )
    }

    #[test]
    fn a_day_is_looked_at_until_nothing_in_it_can_change_any_more() {
        let later = "2026-05-01T00:00:00Z";
        assert_eq!(why(None, later), Some(Reason::New));
        assert_eq!(
            why(Some(looked("2026-04-20T00:00:00Z", 1)), later),
            Some(Reason::Unsettled)
        );
        assert_eq!(
            why(Some(looked("2026-04-01T12:00:00Z", 0)), later),
            Some(Reason::Unsettled)
        );
        assert_eq!(
            why(Some(looked("2026-04-02T01:59:59Z", 0)), later),
            Some(Reason::Unsettled)
        );
        assert_eq!(why(Some(looked("2026-04-02T02:00:00Z", 0)), later), None);
    }

    #[test]
    fn a_day_that_is_doubted_is_looked_at_whatever_the_time_is() {
        let doubted = looked("1970-01-01T00:00:00Z", 0);
        assert_eq!(
            why(Some(doubted), "2027-05-01T00:00:00Z"),
            Some(Reason::Doubtful)
        );
    }

    #[test]
    fn a_recent_day_is_looked_at_for_what_comes_late() {
        let settled = || Some(looked("2026-04-02T03:00:00Z", 0));
        assert_eq!(
            why(settled(), "2026-04-03T23:59:59Z"),
            Some(Reason::LookBack)
        );
        assert_eq!(why(settled(), "2026-04-04T00:00:00Z"), None);
    }
}
