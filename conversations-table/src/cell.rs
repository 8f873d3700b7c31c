//! [`Cell`]: the value of a field, parsed for the type of its column.
//!
//! Servers are looser than their document (a number as a text, a number where an object is documented), so each parser
//! accepts every form with the same meaning. Anything else is a [`Cell::Mismatch`], which a caller keeps as JSON instead
//! of dropping it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use conversations_api::{ShortSummary, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A field parsed for the type of its column.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell<T> {
    /// Absent or null.
    Empty,
    Value(T),
    /// The column holds the value, but the JSON object around it has more data.
    Part(T),
    /// The column holds the value with less precision.
    Rounded(T),
    /// A value that the column cannot hold.
    Mismatch,
}

/// Returns the text of a JSON string; `None` for other JSON, and for escapes that are no valid character.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Parses `raw` unless it is absent or null.
pub(crate) fn read<'a, T>(
    raw: Option<&'a RawValue>,
    read: impl FnOnce(&'a RawValue) -> Option<T>,
) -> Cell<T> {
    match raw {
        None => Cell::Empty,
        Some(raw) if raw.get() == "null" => Cell::Empty,
        Some(raw) => read(raw).map_or(Cell::Mismatch, Cell::Value),
    }
}

/// Parses a string; numbers and booleans as they are written.
pub(crate) fn text(raw: Option<&RawValue>) -> Cell<Cow<'_, str>> {
    read(raw, |raw| match raw.get().as_bytes()[0] {
        b'"' => string(raw),
        b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(raw.get())),
    })
}

/// Parses a whole number, possibly written as `12.0` or as a text; rounds `73.5`. An empty text is an empty cell.
pub(crate) fn integer(raw: Option<&RawValue>) -> Cell<i64> {
    // 2^53: from it on, a float no longer represents every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = scalar(raw, |text| text.parse().ok());
    let Cell::Mismatch = whole else {
        return whole;
    };
    #[expect(clippy::cast_possible_truncation, reason = "checked")]
    match number(raw) {
        Cell::Value(real) | Cell::Rounded(real) if real.abs() >= EXACT => Cell::Mismatch,
        Cell::Value(real) if real.fract() == 0.0 => Cell::Value(real as i64),
        Cell::Value(real) | Cell::Rounded(real) => Cell::Rounded(real.round() as i64),
        _ => Cell::Mismatch,
    }
}

/// Parses `true` or `false`, possibly as a text. An empty text is an empty cell.
pub(crate) fn boolean(raw: Option<&RawValue>) -> Cell<bool> {
    scalar(raw, |text| {
        let words = [("true", true), ("false", false)];
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, truth)| *truth)
    })
}

fn scalar<T>(raw: Option<&RawValue>, parse: impl FnOnce(&str) -> Option<T>) -> Cell<T> {
    match text(raw) {
        Cell::Value(text) if text.trim().is_empty() => Cell::Empty,
        Cell::Value(text) => parse(text.trim()).map_or(Cell::Mismatch, Cell::Value),
        Cell::Empty => Cell::Empty,
        Cell::Mismatch | Cell::Part(_) | Cell::Rounded(_) => Cell::Mismatch,
    }
}

/// Parses a time to microseconds since 1970; rounds down one with more digits. An empty text is an empty cell.
pub(crate) fn time(raw: Option<&RawValue>) -> Cell<i64> {
    let micros = |time: DateTime<Utc>| time.timestamp_micros();
    match instant(raw) {
        Cell::Value(time) if time.timestamp_subsec_nanos().is_multiple_of(1000) => {
            Cell::Value(micros(time))
        }
        Cell::Value(time) | Cell::Rounded(time) => Cell::Rounded(micros(time)),
        Cell::Empty => Cell::Empty,
        Cell::Mismatch | Cell::Part(_) => Cell::Mismatch,
    }
}

/// Parses a time; rounds down one with digits below nanoseconds. An empty text is an empty cell.
pub(crate) fn instant(raw: Option<&RawValue>) -> Cell<DateTime<Utc>> {
    const NANOSECONDS: usize = 9;
    let mut is_exact = true;
    let time = scalar(raw, |text| {
        let (_, fraction) = text.split_once(['.', ',']).unwrap_or_default();
        let digits = fraction.bytes().take_while(u8::is_ascii_digit);
        is_exact = digits.skip(NANOSECONDS).all(|digit| digit == b'0');
        let quick = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        quick.ok().or_else(|| Timestamp::from(text).to_utc())
    });
    match time {
        Cell::Value(time) if !is_exact => Cell::Rounded(time),
        time => time,
    }
}

/// Parses a finite number, possibly written as a text; rounds one with more digits than a float has. An empty text is
/// an empty cell.
pub(crate) fn number(raw: Option<&RawValue>) -> Cell<f64> {
    let mut is_exact = true;
    let number = scalar(raw, |text| {
        let number = text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())?;
        is_exact = is_held(text, number);
        Some(number)
    });
    match number {
        Cell::Value(number) if !is_exact => Cell::Rounded(number),
        number => number,
    }
}

/// Returns whether `number`, as parsed from `text`, is written with the same digits.
fn is_held(text: &str, number: f64) -> bool {
    // A float always holds 15 digits.
    const HELD: usize = 15;
    let is_short = text.len() <= HELD && !text.contains(['e', 'E']);
    is_short || decimal(text).is_some_and(|it| Some(it) == decimal(&format!("{number:e}")))
}

/// Returns the digits of a decimal number without zeros around them, and the power of ten of the last one.
fn decimal(text: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (text, 0_i64),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches(['-', '+']));
    let held = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - held.len()).ok()?;
    let last = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = held.trim_start_matches('0');
    let last = if digits.is_empty() {
        0
    } else {
        last.checked_add(dropped)?
    };
    Some((digits.to_owned(), last))
}

/// Parses a summary: a text, or an object with the text in `content`.
pub(crate) fn summary(raw: Option<&RawValue>) -> Cell<Cow<'_, str>> {
    match raw {
        Some(raw) if raw.get().starts_with('{') => {
            let summary = serde_json::from_str::<ShortSummary>(raw.get()).ok();
            let content = summary.as_ref().and_then(ShortSummary::content);
            content.map_or(Cell::Mismatch, |text| Cell::Part(text.to_owned().into()))
        }
        raw => text(raw),
    }
}

/// Parses seconds: a number, or the object that some servers send around it.
pub(crate) fn latency(raw: Option<&RawValue>) -> Cell<f64> {
    #[derive(Deserialize)]
    struct Around {
        perceived_latency: f64,
    }
    match raw {
        Some(raw) if raw.get().starts_with('{') => serde_json::from_str::<Around>(raw.get())
            .map_or(Cell::Mismatch, |around| {
                Cell::Part(around.perceived_latency)
            }),
        raw => number(raw),
    }
}

/// Returns the text, or the JSON of a value that is no text, so that nothing is lost.
pub(crate) fn text_or_json(raw: &RawValue) -> Cow<'_, str> {
    string(raw).unwrap_or(Cow::Borrowed(raw.get()))
}

/// Returns any value as the JSON that arrived.
pub(crate) fn json(raw: Option<&RawValue>) -> Cell<&str> {
    read(raw, |raw| Some(raw.get()))
}

/// Returns the JSON of a list's items; anything else is a [`Cell::Mismatch`].
pub(crate) fn items(raw: Option<&RawValue>) -> Cell<Vec<&RawValue>> {
    read(raw, |raw| serde_json::from_str(raw.get()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect(json)
    }

    #[test]
    fn a_text_is_unescaped_and_other_scalars_are_taken_as_written() {
        for (json, expected) in [
            (r#""plain""#, "plain"),
            (r#""caf\u00e9 \"x\"\n""#, "café \"x\"\n"),
            ("1.50", "1.50"),
            ("true", "true"),
            (r#""""#, ""),
        ] {
            assert_eq!(
                text(Some(&raw(json))),
                Cell::Value(expected.into()),
                "{json}"
            );
        }
        assert_eq!(text(None), Cell::Empty);
        assert_eq!(text(Some(&raw("null"))), Cell::Empty);
        for json in ["{}", "[]", r#""\ud800""#] {
            assert_eq!(text(Some(&raw(json))), Cell::Mismatch, "{json}");
        }
    }

    #[test]
    fn numbers_come_in_several_forms() {
        for json in ["84", "84.0", r#""84""#, "8.4e1"] {
            assert_eq!(integer(Some(&raw(json))), Cell::Value(84), "{json}");
        }
        for (json, rounded) in [
            ("84.4", 84),
            (r#""84.5""#, 85),
            ("-0.5", -1),
            ("84.00000000000000001", 84),
        ] {
            assert_eq!(integer(Some(&raw(json))), Cell::Rounded(rounded), "{json}");
        }
        for json in [
            r#""soon""#,
            r#""NaN""#,
            r#""inf""#,
            "1e300",
            "9007199254740993.0",
            "99999999999999999999",
            "true",
            "[]",
        ] {
            assert_eq!(integer(Some(&raw(json))), Cell::Mismatch, "{json}");
        }
        for json in ["null", r#""""#] {
            assert_eq!(integer(Some(&raw(json))), Cell::Empty, "{json}");
            assert_eq!(boolean(Some(&raw(json))), Cell::Empty, "{json}");
        }
        assert_eq!(boolean(Some(&raw(r#""true""#))), Cell::Value(true));
        assert_eq!(boolean(Some(&raw(r#""False""#))), Cell::Value(false));
        assert_eq!(boolean(Some(&raw("1"))), Cell::Mismatch);
    }

    #[test]
    fn a_number_with_more_digits_than_a_float_is_rounded() {
        for json in [
            "0.7",
            "-0.0",
            "0.30000000000000004",
            "1.7976931348623157e308",
            "5e-324",
            "100000000000000000000000",
            r#""1.50E+3""#,
            "0.000",
            "4.9406564584124654e-324",
        ] {
            let shortest = json.contains("4.94");
            let held = matches!(number(Some(&raw(json))), Cell::Value(_));
            assert_eq!(held, !shortest, "{json}");
        }
        for json in ["0.1234567890123456789", "9007199254740993", "1e-400"] {
            assert!(
                matches!(number(Some(&raw(json))), Cell::Rounded(_)),
                "{json}"
            );
        }
    }

    #[test]
    fn a_time_with_digits_below_microseconds_is_rounded() {
        for (json, rounded) in [
            (r#""2026-04-01T09:00:00.1234561Z""#, true),
            (r#""2026-04-01T09:00:00.123456000000Z""#, false),
            (r#""2026-04-01T09:00:00.0000000001Z""#, true),
        ] {
            let time = time(Some(&raw(json)));
            assert_eq!(matches!(time, Cell::Rounded(_)), rounded, "{json}");
            assert_eq!(matches!(time, Cell::Value(_)), !rounded, "{json}");
        }
    }

    #[test]
    fn times_are_read_in_every_form_that_servers_send() {
        let expected = Cell::Value(1_775_034_000_123_456);
        for json in [
            r#""2026-04-01T09:00:00.123456Z""#,
            r#""2026-04-01T09:00:00.123456+00:00""#,
            r#""2026-04-01T11:00:00.123456+02:00""#,
            r#""2026-04-01T09:00:00.123456""#,
        ] {
            assert_eq!(time(Some(&raw(json))), expected, "{json}");
        }
        assert_eq!(time(Some(&raw(r#""yesterday""#))), Cell::Mismatch);
        assert_eq!(time(Some(&raw(r#""""#))), Cell::Empty);
    }

    #[test]
    fn a_latency_is_a_number_or_an_object_around_one() {
        assert_eq!(latency(Some(&raw("0.7"))), Cell::Value(0.7));
        let around = r#"{"label":"low","perceived_latency":0.7}"#;
        assert_eq!(latency(Some(&raw(around))), Cell::Part(0.7));
        assert_eq!(latency(Some(&raw(r#"{"label":"low"}"#))), Cell::Mismatch);
        assert_eq!(latency(Some(&raw("1e999"))), Cell::Mismatch);
        assert_eq!(latency(Some(&raw("null"))), Cell::Empty);
    }

    #[test]
    fn a_summary_is_a_text_or_an_object_around_one() {
        let text = |text: &str| Cow::<str>::Owned(text.to_owned());
        assert_eq!(
            summary(Some(&raw(r#""Paid.""#))),
            Cell::Value(text("Paid."))
        );
        let around = r#"{"heading":"Bill","content":"Paid."}"#;
        assert_eq!(summary(Some(&raw(around))), Cell::Part(text("Paid.")));
        assert_eq!(summary(Some(&raw(r#"{"heading":"x"}"#))), Cell::Mismatch);
        assert_eq!(summary(Some(&raw("null"))), Cell::Empty);
    }
}
