//! Corrupts a record.

use crate::data::spans;
use crate::fault::options::Malformation;

impl Malformation {
    /// Returns `record` with this malformation.
    pub(crate) fn of(self, record: &[u8]) -> Vec<u8> {
        match self {
            Self::Unclosed => without_last_brace(record).to_vec(),
            Self::CutInHalf => record[..record.len() / 2].to_vec(),
            Self::TrailingComma => [without_last_brace(record), b",}"].concat(),
            Self::BadEscape => with_note(record, br#""\q""#),
            Self::NotUtf8 => with_note(record, b"\"\xff\""),
            Self::ControlCharacter => with_note(record, b"\"\x01\""),
            Self::LoneSurrogate => with_note(record, br#""\ud83d""#),
            Self::NotAnObject => b"42".to_vec(),
            Self::Null => b"null".to_vec(),
            Self::NoId => rewritten(record, b"id", None),
            Self::NumericId => rewritten(record, b"id", Some(b"7")),
            Self::BadStartedAt => rewritten(record, b"started_at", Some(b"\"the day before\"")),
            Self::DeepNesting => {
                let depth = 200;
                with_note(record, &[b"[".repeat(depth), b"]".repeat(depth)].concat())
            }
            Self::HugeNumber => with_note(record, &b"9".repeat(400)),
            Self::DuplicateKey => {
                [br#"{"id":"another-id","#.as_slice(), after_brace(record)].concat()
            }
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Unclosed => "without its closing brace",
            Self::CutInHalf => "cut in half",
            Self::TrailingComma => "with a comma before its closing brace",
            Self::BadEscape => "with an escape that JSON does not have",
            Self::NotUtf8 => "with a byte that is not UTF-8",
            Self::ControlCharacter => "with a raw control character",
            Self::LoneSurrogate => "with half of a surrogate pair",
            Self::NotAnObject => "as a number",
            Self::Null => "as null",
            Self::NoId => "without an id",
            Self::NumericId => "with a number as its id",
            Self::BadStartedAt => "with an invalid started_at",
            Self::DeepNesting => "with 200 nested arrays",
            Self::HugeNumber => "with a number of 400 digits",
            Self::DuplicateKey => "with two ids",
        }
    }
}

fn without_last_brace(record: &[u8]) -> &[u8] {
    record.strip_suffix(b"}").unwrap_or(record)
}

fn after_brace(record: &[u8]) -> &[u8] {
    record.strip_prefix(b"{").unwrap_or(record)
}

/// Adds a member at the front with this raw value.
fn with_note(record: &[u8], value: &[u8]) -> Vec<u8> {
    [
        br#"{"spoiled":"#.as_slice(),
        value,
        b",",
        after_brace(record),
    ]
    .concat()
}

/// Replaces the value of a member, or removes the member.
fn rewritten(record: &[u8], name: &[u8], value: Option<&[u8]>) -> Vec<u8> {
    let mut members: Vec<Vec<u8>> = Vec::new();
    for member in spans::members(record, &(0..record.len())) {
        let key = &record[member.key.clone()];
        let kept = match value {
            _ if member.name(record) != name => &record[member.value.clone()],
            Some(value) => value,
            None => continue,
        };
        members.push([key, b":", kept].concat());
    }
    [b"{".to_vec(), members.join(b",".as_slice()), b"}".to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] = br#"{"id":"CA1","started_at":"2026-04-01T09:00:00Z","turns":[{}]}"#;

    #[test]
    fn only_malformations_of_syntax_are_rejected_by_a_parser() {
        use Malformation::*;
        for how in [
            Unclosed,
            CutInHalf,
            TrailingComma,
            BadEscape,
            NotUtf8,
            ControlCharacter,
            LoneSurrogate,
            DeepNesting,
            HugeNumber,
        ] {
            let spoiled = how.of(RECORD);
            let parsed = serde_json::from_slice::<serde_json::Value>(&spoiled);
            assert!(parsed.is_err(), "{how:?}");
        }
        for (how, id) in [
            (NoId, "null"),
            (NumericId, "7"),
            (BadStartedAt, "\"CA1\""),
            (DuplicateKey, "\"CA1\""),
        ] {
            let spoiled = how.of(RECORD);
            let parsed: serde_json::Value = serde_json::from_slice(&spoiled).unwrap();
            assert_eq!(parsed["id"].to_string(), id, "{how:?}");
            assert_eq!(parsed["turns"].to_string(), "[{}]", "{how:?}");
        }
    }
}
