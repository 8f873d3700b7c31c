//! Timestamps in microseconds since the Unix epoch, and the accepted formats.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Parses RFC 3339, the same without a zone (as UTC), or a date alone (midnight UTC).
pub(crate) fn parse(text: &str) -> Option<i64> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.timestamp_micros());
    }
    if let Ok(naive) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(naive.and_utc().timestamp_micros());
    }
    let midnight = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()?
        .and_hms_opt(0, 0, 0)?;
    Some(midnight.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn equivalent_time_formats_are_equal() {
        let noon = Some(1_775_044_800_000_000);
        for text in [
            "2026-04-01T12:00:00Z",
            "2026-04-01T12:00:00.000000+00:00",
            "2026-04-01T14:00:00+02:00",
            "2026-04-01T12:00:00",
            "2026-04-01T12:00:00.000",
        ] {
            assert_eq!(parse(text), noon, "{text}");
        }
        assert_eq!(parse("2026-04-01"), Some(1_775_001_600_000_000));
        assert_eq!(
            parse("2026-04-01T12:00:00.000007Z"),
            noon.map(|noon| noon + 7)
        );
    }

    #[test]
    fn other_strings_are_not_times() {
        for text in [
            "",
            "yesterday",
            "1775044800",
            "2026-04-31",
            "2026-04-01T12:00:00 00:00",
            "2026-4-1x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
