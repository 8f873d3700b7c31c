//! Compares two texts as times, and reports how their formats differ.

use chrono::{DateTime, Utc};
use conversations_api::Timestamp;

use super::Rule;

/// Returns the rule by which two different texts are the same time, or `None` if they differ.
pub(super) fn same(one: &str, two: &str) -> Option<Rule> {
    if !(likely(one) && likely(two)) {
        return None;
    }
    let (ours, theirs) = (
        Timestamp::from(one).to_utc()?,
        Timestamp::from(two).to_utc()?,
    );
    let zones = (has_zone(one), has_zone(two));
    if ours == theirs {
        return Some(if zones.0 == zones.1 {
            Rule::TimeForm
        } else {
            Rule::ZonelessTime
        });
    }
    let digits = digits(one).min(digits(two));
    (cut(ours, digits) == cut(theirs, digits)).then_some(Rule::TimePrecision)
}

/// Returns whether a text may be a time, as a cheap check before parsing.
fn likely(text: &str) -> bool {
    (10..=40).contains(&text.len()) && text.contains(':')
}

/// Returns whether a time has a zone. Both formats without one have only digits and separators after the date.
fn has_zone(text: &str) -> bool {
    let text = text.trim();
    text.get(11..)
        .is_some_and(|time| time.contains(|c: char| c.is_ascii_alphabetic() || "+-".contains(c)))
}

/// Returns the number of fractional digits of the second.
fn digits(text: &str) -> u32 {
    let Some((_, rest)) = text.split_once('.') else {
        return 0;
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).take(9).count();
    u32::try_from(digits).expect("nine at most")
}

fn cut(time: DateTime<Utc>, digits: u32) -> (i64, u32) {
    let nanos = time.timestamp_subsec_nanos();
    let unit = 10_u32.pow(9 - digits);
    (time.timestamp(), nanos / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_time_is_told_in_every_form() {
        let zoned = "2026-04-07T21:27:33.800419Z";
        for (other, rule) in [
            ("2026-04-07T21:27:33.800419", Some(Rule::ZonelessTime)),
            ("2026-04-07 21:27:33.800419", Some(Rule::ZonelessTime)),
            ("2026-04-07T21:27:33.800419+00:00", Some(Rule::TimeForm)),
            ("2026-04-07T23:27:33.800419+02:00", Some(Rule::TimeForm)),
            ("2026-04-07T21:27:33.800Z", Some(Rule::TimePrecision)),
            ("2026-04-07T21:27:33", Some(Rule::TimePrecision)),
            ("Tue, 07 Apr 2026 21:27:33 GMT", Some(Rule::TimePrecision)),
            ("2026-04-07T22:27:33.800419", None),
            ("2026-04-07T21:27:33.801Z", None),
            ("2026-04-07", None),
            ("30", None),
            ("", None),
        ] {
            assert_eq!(same(zoned, other), rule, "{other}");
            assert_eq!(same(other, zoned), rule, "{other}");
        }
    }
}
