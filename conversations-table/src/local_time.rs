//! The local date and hour of a conversation in a time zone.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _};
use chrono_tz::Tz;

/// Returns the local date and hour (0 to 23) of a time given as microseconds since 1970.
///
/// The conversion from UTC to local time is never ambiguous, even when clocks change: an hour that occurs twice gets
/// the records of both.
pub(crate) fn date_and_hour(micros: i64, zone: Tz) -> Option<(NaiveDate, u8)> {
    let local = DateTime::from_timestamp_micros(micros)?.with_timezone(&zone);
    let hour = u8::try_from(local.hour()).expect("an hour is below 24");
    Some((local.date_naive(), hour))
}

/// Returns the days since 1970, the format of dates in tables.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - NaiveDate::default().num_days_from_ce()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: Tz) -> (String, u8) {
        let micros = text
            .parse::<DateTime<chrono::Utc>>()
            .unwrap()
            .timestamp_micros();
        let (date, hour) = date_and_hour(micros, zone).unwrap();
        (date.to_string(), hour)
    }

    #[test]
    fn a_local_day_begins_at_local_midnight() {
        let zone = chrono_tz::America::New_York;
        assert_eq!(at("2026-04-01T03:59:59Z", zone), ("2026-03-31".into(), 23));
        assert_eq!(at("2026-04-01T04:00:00Z", zone), ("2026-04-01".into(), 0));
    }

    #[test]
    fn on_the_days_when_clocks_change_an_hour_is_missing_or_lived_twice() {
        let zone = chrono_tz::Europe::London;
        assert_eq!(at("2026-03-29T00:30:00Z", zone), ("2026-03-29".into(), 0));
        assert_eq!(at("2026-03-29T01:30:00Z", zone), ("2026-03-29".into(), 2));
        assert_eq!(at("2026-10-25T00:30:00Z", zone), ("2026-10-25".into(), 1));
        assert_eq!(at("2026-10-25T01:30:00Z", zone), ("2026-10-25".into(), 1));
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days(NaiveDate::default()), 0);
        assert_eq!(days(NaiveDate::from_ymd_opt(2026, 4, 1).unwrap()), 20_544);
    }
}
