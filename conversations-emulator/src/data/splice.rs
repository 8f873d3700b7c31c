//! Changes members of a record and leaves every other byte as it was loaded.

use crate::data::spans::{self, Span};

/// Replaces a string in a redacted record.
const REDACTED: &[u8] = b"\"[redacted]\"";

/// The turn fields that hold the transcript.
const SPOKEN: [&[u8]; 5] = [
    b"user_input",
    b"user_input_dtmf",
    b"agent_response",
    b"translated_user_input",
    b"english_agent_response",
];

/// The fields that hold phone numbers.
const NUMBERS: [&[u8]; 2] = [b"from_number", b"to_number"];

/// Sets a member of the object at `object`, adding it if it is missing.
pub(crate) fn with_member(json: &[u8], object: &Span, name: &str, value: &[u8]) -> Vec<u8> {
    let mut members = spans::members(json, object);
    if let Some(member) = members.find(|member| member.name(json) == name.as_bytes()) {
        return spliced(json, vec![(member.value, value.to_vec())]);
    }
    let is_empty = spans::members(json, object).next().is_none();
    let separator: &[u8] = if is_empty { b"" } else { b"," };
    // A key of the JSON object is its name serialized as a JSON string.
    let key = serde_json::to_vec(name).expect("a string serializes to JSON");
    let added = [separator, &key, b":", value].concat();
    let brace = object.end - 1;
    spliced(json, vec![(brace..brace, added)])
}

/// The value of a member of the object at `object`.
pub(crate) fn member(json: &[u8], object: &Span, name: &str) -> Option<Span> {
    let mut members = spans::members(json, object);
    members
        .find(|member| member.name(json) == name.as_bytes())
        .map(|member| member.value)
}

/// Masks phone numbers and the transcript of a record; empty strings stay empty.
pub(crate) fn redacted(record: &[u8]) -> Vec<u8> {
    let whole = 0..record.len();
    let masked = |value: &Span| {
        let text = &record[value.clone()];
        (text.len() > 2 && text[0] == b'"').then(|| (value.clone(), REDACTED.to_vec()))
    };
    let mut edits = Vec::new();
    for member in spans::members(record, &whole) {
        let name = member.name(record);
        if NUMBERS.contains(&name) {
            edits.extend(masked(&member.value));
        } else if name == b"turns" {
            let turns = spans::elements(record, &member.value);
            let said = turns.flat_map(|turn| spans::members(record, &turn));
            edits.extend(
                said.filter(|said| SPOKEN.contains(&said.name(record)))
                    .filter_map(|said| masked(&said.value)),
            );
        }
    }
    spliced(record, edits)
}

/// Replaces parts of a text; they must be in order and must not overlap.
fn spliced(json: &[u8], edits: Vec<(Span, Vec<u8>)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + 64);
    let mut at = 0;
    for (span, value) in edits {
        out.extend_from_slice(&json[at..span.start]);
        out.extend_from_slice(&value);
        at = span.end;
    }
    out.extend_from_slice(&json[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(json: &str, name: &str, value: &str) -> String {
        let json = json.as_bytes();
        String::from_utf8(with_member(json, &(0..json.len()), name, value.as_bytes())).unwrap()
    }

    #[test]
    fn a_member_is_changed_in_place_or_added_at_the_end() {
        assert_eq!(
            set(r#"{ "a" : 1.50 ,"b":2}"#, "b", "[3]"),
            r#"{ "a" : 1.50 ,"b":[3]}"#
        );
        assert_eq!(set(r#"{"a":1}"#, "c\"d", "null"), r#"{"a":1,"c\"d":null}"#);
        assert_eq!(set("{}", "a", "1"), r#"{"a":1}"#);
    }

    #[test]
    fn redaction_masks_only_transcript_and_phone_numbers() {
        let record = br#"{"id":"CA1","from_number":"+1","to_number":"","turns":[{"user_input":"I am \"Ann\"","agent_response":"","user_input_datetime":"2026-04-01"}]}"#;
        assert_eq!(
            String::from_utf8(redacted(record)).unwrap(),
            r#"{"id":"CA1","from_number":"[redacted]","to_number":"","turns":[{"user_input":"[redacted]","agent_response":"","user_input_datetime":"2026-04-01"}]}"#
        );
    }
}
