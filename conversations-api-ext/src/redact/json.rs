//! Splits JSON and writes it again, preserving order and format.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use conversations_api::LossyText;
use serde_json::value::RawValue;

use crate::record::fields::Fields;

/// Decodes a JSON string. A lone surrogate becomes U+FFFD, so that it does not hide the words around it.
pub(super) fn decoded(json: &str) -> Cow<'_, str> {
    let text: Option<LossyText<'_>> = serde_json::from_str(json).ok();
    text.map(|text| text.0).unwrap_or_default()
}

/// Writes a JSON string with its text masked.
pub(super) fn text(json: &str, mask: impl Fn(&str) -> String, out: &mut String) {
    string(&mask(&decoded(json)), out);
}

/// Returns whether a JSON string is a number, `true` or `false`: some servers quote them.
pub(super) fn is_number_or_flag(json: &str) -> bool {
    let text = decoded(json);
    let text = text.trim();
    let is_flag = ["true", "false"]
        .iter()
        .any(|flag| text.eq_ignore_ascii_case(flag));
    is_flag || text.parse().is_ok_and(f64::is_finite)
}

/// Writes a JSON string.
pub(super) fn string(text: &str, out: &mut String) {
    let json = serde_json::to_string(text);
    out.push_str(&json.expect("a text is always JSON"));
}

/// The keys of an object as written: two that are masked to the same text would be one field to most readers.
#[derive(Default)]
pub(super) struct Keys {
    written: HashSet<String>,
    /// How many keys were masked to a text that was written before. Objects have thousands of keys.
    repeats: HashMap<String, usize>,
}

impl Keys {
    pub(super) fn write(&mut self, original: &str, mut masked: String, out: &mut String) {
        // A key that occurs twice in the original is kept twice.
        if masked != original && self.written.contains(&masked) {
            let repeats = self.repeats.entry(masked.clone()).or_default();
            masked = loop {
                *repeats += 1;
                let distinct = format!("{masked}{}", marks(*repeats));
                if !self.written.contains(&distinct) {
                    break distinct;
                }
            };
        }
        string(&masked, out);
        self.written.insert(masked);
    }
}

/// Returns the `number`-th text of punctuation marks, which masking the result again leaves as they are.
fn marks(mut number: usize) -> String {
    let mut marks = String::new();
    while number > 0 {
        number -= 1;
        marks.push(if number.is_multiple_of(2) { '\'' } else { '-' });
        number /= 2;
    }
    marks
}

/// Returns the items of a list; empty if it is no list.
pub(super) fn items(raw: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// Returns the fields of an object in order; empty if it is no object.
pub(super) fn fields(raw: &RawValue) -> Vec<(Cow<'_, str>, &RawValue)> {
    let fields: Option<Fields<'_>> = serde_json::from_str(raw.get()).ok();
    fields.map(|fields| fields.0).unwrap_or_default()
}

/// A string or a number, as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Key(&'a str),
    Text(&'a str),
    Number(&'a str),
}

/// Returns the strings and numbers in a value, at any depth: in one pass, because a value may be nested without a limit.
pub(super) fn scalars(raw: &RawValue) -> impl Iterator<Item = Scalar<'_>> {
    let mut rest = raw.get();
    std::iter::from_fn(move || {
        let start = rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9'))?;
        rest = &rest[start..];
        let is_text = rest.starts_with('"');
        let end = if is_text {
            let mut is_escaped = false;
            let is_end = |c: char| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            };
            rest[1..].find(is_end).map(|end| end + 2)
        } else {
            rest.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'))
        };
        let scalar;
        (scalar, rest) = rest.split_at(end.unwrap_or(rest.len()));
        Some(match rest.trim_start().starts_with(':') {
            true => Scalar::Key(scalar),
            false if is_text => Scalar::Text(scalar),
            false => Scalar::Number(scalar),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_costs_neither_the_words_around_it_nor_the_other_fields() {
        let text = decoded(r#""Ann \ud83d Lee \u00eb \ud83d\ude00""#);
        assert!(
            text.starts_with("Ann \u{fffd}") && text.ends_with(" Lee ë 😀"),
            "{text}"
        );
        let raw = serde_json::from_str(r#"{"a":1,"\udc00b":[2],"a":3}"#).unwrap();
        let fields = fields(raw);
        let values: Vec<_> = fields.iter().map(|(_, value)| value.get()).collect();
        assert_eq!(values, ["1", "[2]", "3"]);
        assert!(fields[1].0.ends_with('b'), "{}", fields[1].0);
    }

    #[test]
    fn scalars_are_those_of_every_level() {
        let json = r#"{"a\"b" : [-1.5e+3,true,{"k":"\\"},["x,\":1"],null], "":0}"#;
        let raw = serde_json::from_str(json).unwrap();
        assert_eq!(
            scalars(raw).collect::<Vec<_>>(),
            [
                Scalar::Key(r#""a\"b""#),
                Scalar::Number("-1.5e+3"),
                Scalar::Key(r#""k""#),
                Scalar::Text(r#""\\""#),
                Scalar::Text(r#""x,\":1""#),
                Scalar::Key(r#""""#),
                Scalar::Number("0"),
            ]
        );
        assert_eq!(scalars(serde_json::from_str("42").unwrap()).count(), 1);
    }
}
