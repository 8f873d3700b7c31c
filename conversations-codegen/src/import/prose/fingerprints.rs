//! Fingerprints of the vendor's prose, one line per location, stored next to the document as
//! `prose-*.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

/// The fingerprints of the vendor's prose by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fingerprints(BTreeMap<String, Fingerprint>);

/// The fingerprint of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fingerprint {
    /// The hash of the vendor's text.
    pub(crate) text: String,
    /// The names and numbers in it, which are facts independent of the wording.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    names: BTreeSet<String>,
    /// The hash of our text when the vendor's text last changed; while our text still has it, it has to
    /// be reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reword: Option<String>,
}

impl Fingerprint {
    pub(crate) fn of(words: &str) -> Self {
        Self {
            text: fingerprint(words),
            names: names(words),
            reword: None,
        }
    }

    pub(crate) fn with_rewording_due(mut self, ours: &str) -> Self {
        self.reword = Some(fingerprint(ours));
        self
    }

    /// Names and numbers that are missing from `other`.
    pub(crate) fn without(&self, other: &Self) -> Vec<String> {
        self.names.difference(&other.names).cloned().collect()
    }
}

impl Fingerprints {
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// Serializes one location per line, sorted, for a readable diff.
    pub(crate) fn lay_out(&self) -> String {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|(pointer, seen)| {
                let seen = serde_json::json!(seen);
                format!("  {}: {seen}", serde_json::json!(pointer))
            })
            .collect();
        if lines.is_empty() {
            "{}\n".to_owned()
        } else {
            format!("{{\n{}\n}}\n", lines.join(",\n"))
        }
    }

    pub(crate) fn get(&self, pointer: &str) -> Option<&Fingerprint> {
        self.0.get(pointer)
    }

    pub(crate) fn insert(&mut self, pointer: String, seen: Fingerprint) {
        self.0.insert(pointer, seen);
    }

    /// Removes every location that is not in `present`.
    pub(crate) fn keep(&mut self, present: &BTreeSet<&String>) {
        self.0.retain(|pointer, _| present.contains(pointer));
    }
}

/// The 64-bit FNV-1a hash of the words, ignoring white space: short, and the same on every machine.
pub(crate) fn fingerprint(words: &str) -> String {
    let mut hash = FnvHasher::default();
    for word in words.split_whitespace() {
        hash.write(word.as_bytes());
        hash.write(b" ");
    }
    format!("{:016x}", hash.finish())
}

/// Words that name or count something: code in backticks or quotes, `snake_case`, capitals, numbers.
fn names(words: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for quote in ['`', '"'] {
        let quoted = words.split(quote).skip(1).step_by(2);
        found.extend(
            quoted
                .filter(|text| !text.is_empty() && !text.contains(char::is_whitespace))
                .map(str::to_owned),
        );
    }
    for word in words.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))) {
        let word = word.trim_matches(['-', '.', '_']);
        let capitals = word.chars().filter(char::is_ascii_uppercase).count();
        let is_name = word.contains('_')
            || word.starts_with(|c: char| c.is_ascii_digit())
            || (capitals >= 2 && !word.contains(|c: char| c.is_ascii_lowercase()));
        if is_name {
            found.insert(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_distinguished_from_words() {
        let found = names(
            "Use `limit=5`, \"live\" or query_type; VOICE-SIP and a CHAT, up to 1000. See the API (v3)!",
        );
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [
                "1000",
                "5",
                "API",
                "CHAT",
                "VOICE-SIP",
                "limit=5",
                "live",
                "query_type"
            ]
        );
    }

    #[test]
    fn a_fingerprint_ignores_line_breaks() {
        assert_eq!(fingerprint("a  b\nc "), fingerprint("a b c"));
        assert_ne!(fingerprint("a b"), fingerprint("ab"));
    }

    #[test]
    fn fingerprints_survive_a_round_trip() {
        let mut fingerprints = Fingerprints::default();
        fingerprints.insert(
            "/a".into(),
            Fingerprint::of("the `X`").with_rewording_due("ours"),
        );
        fingerprints.insert("/b".into(), Fingerprint::of("plain"));
        let text = fingerprints.lay_out();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert_eq!(Fingerprints::parse(&text).unwrap(), fingerprints);
    }
}
