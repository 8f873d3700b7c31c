//! Formats a field as the text of a CSV cell.

use std::borrow::Cow;

use chrono::SecondsFormat;
use serde_json::value::RawValue;

use crate::{
    cell::{self, Cell},
    column::Kind,
    texts::Texts,
};

/// Returns the text of a field; empty if it is absent or null. A time is written in UTC with its original fractional
/// digits, a list by [`joined`], and a value that its column cannot hold as JSON.
pub(crate) fn text(kind: Kind, raw: Option<&RawValue>) -> Cow<'_, str> {
    let Some(json) = raw else {
        return Cow::Borrowed("");
    };
    let written = match kind {
        Kind::Time => match cell::instant(raw) {
            Cell::Value(time) => return time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
            _ => cell::text(raw),
        },
        Kind::Texts => match Texts::parse(raw) {
            Cell::Value(texts) => return joined(texts.to_vec()),
            _ => Cell::Mismatch,
        },
        Kind::Text | Kind::Integer | Kind::Boolean | Kind::Number | Kind::Latency => {
            cell::text(raw)
        }
        Kind::Summary => cell::summary(raw),
        Kind::Json | Kind::Metrics | Kind::Turns => Cell::Mismatch,
    };
    match written {
        Cell::Value(text) | Cell::Part(text) => text,
        _ if json.get() == "null" => Cow::Borrowed(""),
        _ => Cow::Borrowed(json.get()),
    }
}

/// Writes one value as it is, several as a JSON array. Any separator could occur in a value; and a single value that
/// itself looks like an array is written as an array of one, so that each cell can be parsed in one way only.
pub(crate) fn joined(mut texts: Vec<Cow<'_, str>>) -> Cow<'_, str> {
    match texts.len() {
        0 => Cow::Borrowed(""),
        1 if !texts[0].starts_with('[') => texts.swap_remove(0),
        _ => serde_json::to_string(&texts)
            .expect("a list of texts is always JSON")
            .into(),
    }
}

/// Adds an apostrophe before text that a spreadsheet would treat as a formula. A negative number is not a formula.
pub(crate) fn without_formula(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && !(text.starts_with('-') && text.parse::<f64>().is_ok()) {
        return format!("'{text}").into();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_values_are_told_from_one_whatever_they_hold() {
        let cell = |texts: &[&str]| {
            let texts = texts.iter().map(|text| Cow::Borrowed(*text));
            joined(texts.collect()).into_owned()
        };
        assert_eq!(cell(&["book; pay"]), "book; pay");
        assert_eq!(cell(&["book", "pay"]), r#"["book","pay"]"#);
        assert_eq!(cell(&[r#"["book","pay"]"#]), r#"["[\"book\",\"pay\"]"]"#);
        assert_eq!(cell(&[]), "");
    }

    #[test]
    fn a_time_is_written_in_utc_with_the_digits_that_it_has() {
        for (sent, written) in [
            (
                "2026-04-01T11:00:00.1234567+02:00",
                "2026-04-01T09:00:00.123456700Z",
            ),
            ("2026-04-01T11:00:00+02:00", "2026-04-01T09:00:00Z"),
            (
                "2026-04-01T11:00:00.0000000001+02:00",
                "2026-04-01T11:00:00.0000000001+02:00",
            ),
        ] {
            let json = serde_json::value::to_raw_value(sent).unwrap();
            assert_eq!(text(Kind::Time, Some(&json)), written);
        }
    }

    #[test]
    fn only_what_a_spreadsheet_would_compute_gets_an_apostrophe() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+15550100", "'+15550100"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("-2.5", "-2.5"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(without_formula(text.into()), safe, "{text}");
        }
    }
}
