//! [`TimeArgument`]: a time given on the command line.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use conversations_api_ext::TimeRange;
use conversations_table::Tz;

use crate::failure::Failure;

/// The accepted time formats, for `--help`.
pub(crate) const FORMATS: &str = "2026-04-01, 2026-04, today, yesterday, 7d (midnight 7 days ago), 12h (12 hours ago) or RFC 3339";

/// A time given by a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeArgument {
    /// The first instant of a day, which depends on the time zone.
    Day(NaiveDate),
    /// A date and time of day in the time zone.
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

impl TimeArgument {
    /// Parses `text`. `now` and `zone` determine the date of today.
    pub(crate) fn read(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<Self, String> {
        let trimmed = text.trim();
        let today = now.with_timezone(&zone).date_naive();
        let ago = |days: u64| today.checked_sub_days(Days::new(days)).map(Self::Day);
        let found = match trimmed.to_ascii_lowercase().as_str() {
            "now" => Some(Self::Instant(now)),
            "today" => ago(0),
            "yesterday" => ago(1),
            word => match days(word) {
                Some(days) => ago(days),
                None => absolute(trimmed).or_else(|| before(word, now)),
            },
        };
        found.ok_or_else(|| format!("invalid time {text:?}: use {FORMATS}"))
    }

    /// Returns the instant in the time zone. A time in a DST gap becomes the first instant after it; an ambiguous
    /// time becomes the earlier instant, so the end of one range equals the start of the next.
    pub(crate) fn at(self, zone: Tz) -> DateTime<Utc> {
        /// The lengths of DST gaps are multiples of this.
        const STEP: TimeDelta = TimeDelta::minutes(15);
        let mut local = match self {
            Self::Instant(instant) => return instant,
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Local(local) => local,
        };
        // The longest gap was a whole day, when Samoa crossed the date line.
        for _ in 0..=100 {
            if let Some(time) = zone.from_local_datetime(&local).earliest() {
                return time.to_utc();
            }
            local += STEP;
        }
        local.and_utc()
    }
}

/// Returns the time range of `--start` and `--end`.
pub(crate) fn range(
    start: Option<&str>,
    end: Option<&str>,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<TimeRange, Failure> {
    let read = |flag: &str, text: Option<&str>| {
        let time = text
            .map(|text| TimeArgument::read(text, zone, now))
            .transpose();
        let time = time.map_err(|why| Failure::usage(format!("{flag}: {why}")))?;
        Ok::<_, Failure>(time.map(|time| time.at(zone)))
    };
    Ok(TimeRange::new(
        read("--start", start)?,
        read("--end", end)?,
    )?)
}

/// Parses `7d` or `2w` as a number of days. A run repeated later on the same day then requests the same range.
fn days(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = is_number.then(|| number.parse().ok())??;
    match unit {
        "d" => Some(number),
        "w" => number.checked_mul(7),
        _ => None,
    }
}

/// Parses a duration and returns the instant that long before now.
fn before(text: &str, now: DateTime<Utc>) -> Option<TimeArgument> {
    let length = TimeDelta::from_std(humantime::parse_duration(text).ok()?).ok()?;
    now.checked_sub_signed(length).map(TimeArgument::Instant)
}

fn absolute(text: &str) -> Option<TimeArgument> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(TimeArgument::Instant(time.to_utc()));
    }
    for format in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(TimeArgument::Local(time));
        }
    }
    // chrono also accepts `2026-4-1` and `+12026-04-01`, which are more likely typing errors.
    let day = match text.len() {
        10 => text.parse(),
        7 => format!("{text}-01").parse(),
        _ => return None,
    };
    day.ok().map(TimeArgument::Day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 00:30 in London, the previous evening in UTC.
    const NOW: &str = "2026-04-07T23:30:00Z";

    fn at(text: &str, zone: Tz) -> String {
        let time = TimeArgument::read(text, zone, NOW.parse().unwrap()).unwrap();
        time.at(zone)
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn a_date_begins_at_midnight_of_the_time_zone() {
        for (text, utc, london) in [
            ("2026-04-01", "2026-04-01T00:00:00Z", "2026-03-31T23:00:00Z"),
            ("2026-04", "2026-04-01T00:00:00Z", "2026-03-31T23:00:00Z"),
            (
                "2026-04-01T09:00",
                "2026-04-01T09:00:00Z",
                "2026-04-01T08:00:00Z",
            ),
            (
                " 2026-04-01 09:00:00 ",
                "2026-04-01T09:00:00Z",
                "2026-04-01T08:00:00Z",
            ),
            ("today", "2026-04-07T00:00:00Z", "2026-04-07T23:00:00Z"),
            ("Yesterday", "2026-04-06T00:00:00Z", "2026-04-06T23:00:00Z"),
            ("7d", "2026-03-31T00:00:00Z", "2026-03-31T23:00:00Z"),
            ("0d", "2026-04-07T00:00:00Z", "2026-04-07T23:00:00Z"),
            ("1w", "2026-03-31T00:00:00Z", "2026-03-31T23:00:00Z"),
        ] {
            assert_eq!(at(text, Tz::UTC), utc, "{text}");
            assert_eq!(at(text, Tz::Europe__London), london, "{text}");
        }
        for (text, either) in [
            ("2026-04-01T09:00:00+02:00", "2026-04-01T07:00:00Z"),
            ("2026-04-01T09:00:00Z", "2026-04-01T09:00:00Z"),
            ("now", NOW),
            ("12h", "2026-04-07T11:30:00Z"),
            ("90m", "2026-04-07T22:00:00Z"),
        ] {
            assert_eq!(at(text, Tz::UTC), either, "{text}");
            assert_eq!(at(text, Tz::Europe__London), either, "{text}");
        }
    }

    #[test]
    fn a_midnight_that_clocks_skip_is_the_first_instant_of_the_day() {
        // Cairo's clocks skip from 0:00 to 1:00 on April 24, 2026.
        assert_eq!(at("2026-04-24", Tz::Africa__Cairo), "2026-04-23T22:00:00Z");
        // Samoa had no December 30, 2011.
        assert_eq!(at("2011-12-30", Tz::Pacific__Apia), "2011-12-30T10:00:00Z");
        assert_eq!(at("2011-12-31", Tz::Pacific__Apia), "2011-12-30T10:00:00Z");
        // Havana's clocks repeat the hour after midnight on November 1, 2026.
        assert_eq!(
            at("2026-11-01", Tz::America__Havana),
            "2026-11-01T04:00:00Z"
        );
    }

    #[test]
    fn other_text_is_rejected_with_the_accepted_formats() {
        for text in [
            "",
            "d",
            "yesteryear",
            "2026-13-01",
            "2026-02-30",
            "01.04.2026",
            "2026-4-1",
            "2026-13",
            "-7d",
            "99999999999999999999d",
        ] {
            let refused = TimeArgument::read(text, Tz::UTC, NOW.parse().unwrap()).unwrap_err();
            assert!(refused.contains(&format!("{text:?}")), "{refused}");
            assert!(
                refused.contains("use 2026-04-01, 2026-04, today"),
                "{refused}"
            );
        }
        let range = |start, end| range(start, end, Tz::UTC, NOW.parse().unwrap());
        let refused = range(Some("today"), Some("soon")).unwrap_err().to_string();
        assert!(refused.starts_with("--end: "), "{refused}");
        assert!(range(Some("today"), Some("yesterday")).is_err());
        assert!(range(Some("yesterday"), Some("today")).is_ok());
    }
}
