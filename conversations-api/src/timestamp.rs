//! A timestamp as written by the server.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
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

    /// The parsed time, or `None` if the format is unknown.
    ///
    /// Supported are RFC 3339, the same with a space for the `T` or without a zone (as UTC), and RFC
    /// 2822.
    #[must_use]
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        let text = self.0.trim();
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
            .map(|time| time.to_utc())
            .or_else(|_| {
                NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
                    .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
                    .map(|naive| naive.and_utc())
            })
            .or_else(|_| DateTime::parse_from_rfc2822(text).map(|time| time.to_utc()))
            .ok()
    }
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
