//! The byte ranges of object members and array elements in JSON text.
//!
//! Records are stored and served as loaded, so an edit selects byte ranges instead of parsing and
//! reserializing. The functions here rely on input that was validated as JSON when it was loaded; on
//! other input the iterators end early instead of failing.

use std::borrow::Cow;
use std::ops::Range;

/// A byte range within one record.
pub(crate) type Span = Range<usize>;

/// A member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// The key with its quotes.
    pub(crate) key: Span,
    /// The value without surrounding white space.
    pub(crate) value: Span,
}

impl Member {
    /// The key as spelled between its quotes.
    pub(crate) fn name<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        &json[self.key.start + 1..self.key.end - 1]
    }
}

/// Iterates over the members of the object at `value`; empty if it is not an object.
pub(crate) fn members<'a>(json: &'a [u8], value: &Span) -> impl Iterator<Item = Member> + use<'a> {
    let mut at = opened_by(json, value, b'{');
    std::iter::from_fn(move || {
        let start = at.map(|at| past_separators(json, at))?;
        at = None;
        if json.get(start) != Some(&b'"') {
            return None;
        }
        let key = start..end_of_string(json, start);
        let value_start = past_separators(json, key.end);
        let value = value_start..end_of_value(json, value_start);
        if value.is_empty() {
            return None;
        }
        at = Some(value.end);
        Some(Member { key, value })
    })
}

/// Iterates over the elements of the array at `value`; empty if it is not an array.
pub(crate) fn elements<'a>(json: &'a [u8], value: &Span) -> impl Iterator<Item = Span> + use<'a> {
    let mut at = opened_by(json, value, b'[');
    std::iter::from_fn(move || {
        let start = at.map(|at| past_separators(json, at))?;
        at = None;
        let element = start..end_of_value(json, start);
        if element.is_empty() {
            return None;
        }
        at = Some(element.end);
        Some(element)
    })
}

/// Decodes the string at `value`; `None` if it is not a valid string.
pub(crate) fn text<'a>(json: &'a [u8], value: &Span) -> Option<Cow<'a, str>> {
    let quoted = json.get(value.clone())?;
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice(quoted).ok().map(Cow::Owned)
}

fn opened_by(json: &[u8], value: &Span, bracket: u8) -> Option<usize> {
    (json.get(value.start) == Some(&bracket)).then_some(value.start + 1)
}

/// The first byte at or after `at` that is not white space, a comma or a colon.
pub(crate) fn past_separators(json: &[u8], at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    let skipped = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':'))
        .count();
    at + skipped
}

/// The index after the closing quote of the string that opens at `start`.
fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = json
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        if json[at + found] == b'"' {
            return at + found + 1;
        }
        at += found + 2;
    }
    json.len()
}

fn end_of_value(json: &[u8], start: usize) -> usize {
    match json.get(start) {
        Some(b'"') => end_of_string(json, start),
        Some(b'{' | b'[') => end_of_nested(json, start),
        Some(_) => {
            let rest = &json[start..];
            let is_end =
                |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            start + rest.iter().position(is_end).unwrap_or(rest.len())
        }
        None => json.len(),
    }
}

fn end_of_nested(json: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(json, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn json_value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-zé \"\\\\\\[\\]{}:,]{0,8}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Rebuilds a value from the spans in its text alone.
    fn rebuilt(json: &[u8], value: &Span) -> Value {
        match json[value.start] {
            b'{' => members(json, value)
                .map(|member| {
                    let name = text(json, &member.key).unwrap().into_owned();
                    (name, rebuilt(json, &member.value))
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
            b'[' => elements(json, value)
                .map(|element| rebuilt(json, &element))
                .collect(),
            b'"' => text(json, value).unwrap().into_owned().into(),
            _ => serde_json::from_slice(&json[value.clone()]).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn spans_cover_a_value_exactly(value in json_value(), spaced in any::<bool>()) {
            let written = if spaced {
                serde_json::to_vec_pretty(&value).unwrap()
            } else {
                serde_json::to_vec(&value).unwrap()
            };
            prop_assert_eq!(rebuilt(&written, &(0..written.len())), value);
        }

        #[test]
        fn invalid_json_ends_the_iteration_without_a_panic(value in json_value(), keep in 0_usize..200) {
            let mut written = serde_json::to_vec(&value).unwrap();
            written.truncate(keep);
            let whole = 0..written.len();
            for member in members(&written, &whole) {
                let _ = text(&written, &member.value);
            }
            for element in elements(&written, &whole) {
                let _ = text(&written, &element);
            }
        }
    }
}
