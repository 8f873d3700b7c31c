//! A timestamp as written by the server.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A timestamp: the original text and the parsed time.
///
/// The documents declare RFC 3339. Responses also contain times without a zone (parsed as UTC), RFC 2822
/// in tool events, and empty strings; none of them fails the record.
///
/// ```
/// use conversations_api::Timestamp;
///
/// let naive: Timestamp = serde_json::from_str(r#""2026-04-07T21:27:33.800419""#)?;
/// assert_eq!(naive.to_utc().unwrap().to_rfc3339(), "2026-04-07T21:27:33.800419+00:00");
/// assert_eq!(naive.as_str(), "2026-04-07T21:27:33.800419");
/// assert_eq!(Timestamp::from("").to_utc(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The original text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time it means, or `None` if it is in no known format.
    ///
    /// Accepted are RFC 3339, ISO 8601 in its extended and basic formats (also with a space for the `T`, without
    /// seconds, without a zone as UTC, and a date alone as its midnight UTC), and RFC 2822. A format that can be
    /// read in two ways, such as `04/05/2026`, is not accepted.
    #[must_use]
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        let text = self.0.trim();
        let common = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        common.ok().or_else(|| uncommon(text))
    }
}

/// Every time of day that may follow a date, but for the offset.
const CLOCKS: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%H%M%S%.f", "%H%M"];

/// The formats other than RFC 3339.
fn uncommon(text: &str) -> Option<DateTime<Utc>> {
    // chrono takes any number of digits for a year or a month, in which a typing error is likelier.
    let is_date = |digits: &[usize], dashes: &[usize], text: &str| {
        digits
            .iter()
            .all(|at| text.as_bytes()[*at].is_ascii_digit())
            && dashes.iter().all(|at| text.as_bytes()[*at] == b'-')
    };
    let split = |length: usize| Some((text.get(..length)?, text.get(length..)?));
    let extended = split(10).filter(|(date, _)| is_date(&[0, 1, 2, 3, 5, 6, 8, 9], &[4, 7], date));
    let basic = || split(8).filter(|(date, _)| is_date(&[0, 1, 2, 3, 4, 5, 6, 7], &[], date));
    let (date, rest, format) = match extended {
        Some((date, rest)) => (date, rest, "%Y-%m-%d"),
        None => match basic() {
            Some((date, rest)) => (date, rest, "%Y%m%d"),
            None => {
                return DateTime::parse_from_rfc2822(text)
                    .ok()
                    .map(|time| time.to_utc());
            }
        },
    };
    let date = NaiveDate::parse_from_str(date, format).ok()?;
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?.replace(',', ".");
    let end = clock.find(['Z', 'z', '+', '-', ' ']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(end);
    let mut times = CLOCKS
        .iter()
        .filter_map(|format| NaiveTime::parse_from_str(clock, format).ok());
    let local = date.and_time(times.next()?);
    let offset = offset.trim();
    if offset.is_empty()
        || ["Z", "UTC", "GMT"]
            .iter()
            .any(|utc| utc.eq_ignore_ascii_case(offset))
    {
        return Some(local.and_utc());
    }
    let offset = DateTime::parse_from_str(
        &format!("2026-04-01 00:00:00{offset}"),
        "%Y-%m-%d %H:%M:%S%#z",
    );
    local
        .and_local_timezone(*offset.ok()?.offset())
        .single()
        .map(|time| time.to_utc())
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    /// Prints the parsed time, and never text that is not a time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None if self.0.is_empty() => f.write_str("empty"),
            None => f.write_str("unreadable"),
        }
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Formats as RFC 3339 with `Z` and as many fractional digits as needed.
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Timestamp {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // No `format: date-time`: a validator would reject what servers send.
        json_schema!({
            "type": "string",
            "description": "Usually RFC 3339; UTC if it has no zone."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    #[test]
    fn every_known_form_is_accepted() {
        let expected = Utc.with_ymd_and_hms(2026, 4, 7, 21, 27, 33).unwrap();
        for text in [
            "2026-04-07T21:27:33Z",
            "2026-04-07T21:27:33.000000+00:00",
            "2026-04-07T23:27:33+02:00",
            "2026-04-07T23:27:33+0200",
            "2026-04-07T21:27:33",
            "2026-04-07T21:27:33.000000",
            "2026-04-07 21:27:33",
            "2026-04-07 21:27:33+00:00",
            "Tue, 07 Apr 2026 21:27:33 GMT",
            "Tue, 07 Apr 2026 23:27:33 +0200",
        ] {
            assert_eq!(Timestamp::from(text).to_utc(), Some(expected), "{text}");
        }
    }

    #[test]
    fn every_unambiguous_format_is_read() {
        let minute = Utc.with_ymd_and_hms(2026, 4, 7, 21, 27, 0).unwrap();
        for text in [
            "2026-04-07T21:27Z",
            "2026-04-07T21:27",
            "2026-04-07 21:27",
            "2026-04-07 21:27 UTC",
            "2026-04-07T23:27+02:00",
            "2026-04-07T23:27+02",
            "2026-04-07t21:27:00z",
            "2026-04-07T21:27:00,000Z",
            "2026-04-07 21:27:00 +00:00",
            "20260407T212700Z",
            "20260407T2127Z",
            "20260407T172700-0400",
        ] {
            assert_eq!(Timestamp::from(text).to_utc(), Some(minute), "{text}");
        }
        let midnight = Utc.with_ymd_and_hms(2026, 4, 7, 0, 0, 0).unwrap();
        for text in ["2026-04-07", "20260407"] {
            assert_eq!(Timestamp::from(text).to_utc(), Some(midnight), "{text}");
        }
        for text in [
            "",
            "04/05/2026",
            "5.4.2026",
            "2026-4-7",
            "2026-04",
            "2026-13-01",
            "2026-04-07T",
            "2026-04-07T21",
            "2026-04-07T25:00",
            "2026-04-07T21:27+99:00",
            "2026-04-07T21:27 CET",
            "2026-04-07x",
            "1775597253",
            "177559725",
            "é026-04-07",
        ] {
            assert_eq!(Timestamp::from(text).to_utc(), None, "{text}");
        }
    }

    #[test]
    fn an_invalid_time_is_kept_and_not_printed() {
        let odd = Timestamp::from("call me on +12025550137");
        assert_eq!(odd.to_utc(), None);
        assert_eq!(odd.as_str(), "call me on +12025550137");
        assert_eq!(format!("{odd:?}"), "unreadable");
    }

    proptest! {
        #[test]
        fn a_time_survives_a_round_trip(micros in -62_000_000_000_000_000_i64..253_000_000_000_000_000) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            prop_assert_eq!(Timestamp::from(time).to_utc(), Some(time));
        }

        #[test]
        fn any_string_is_preserved(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            let timestamp: Timestamp = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(timestamp.as_str(), &text);
            prop_assert_eq!(serde_json::to_string(&timestamp).unwrap(), json);
        }
    }
}
