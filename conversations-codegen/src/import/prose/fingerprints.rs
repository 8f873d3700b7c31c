//! Fingerprints of the vendor's words, a line a place, kept beside the document as `prose-*.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What is remembered of the vendor's words, by place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger(BTreeMap<String, Seen>);

/// What is remembered of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// Fingerprint of the vendor's text.
    pub(crate) text: String,
    /// The names and figures in it: facts, whatever the words around them are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    names: BTreeSet<String>,
    /// Fingerprint that our text had when the vendor's last changed; while it still has it, our text is to
    /// be read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reword: Option<String>,
}

impl Seen {
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

    /// Names and figures that `other` has not.
    pub(crate) fn without(&self, other: &Self) -> Vec<String> {
        self.names.difference(&other.names).cloned().collect()
    }
}

impl Ledger {
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// A line a place, in order, so that its diff is read like a list.
    pub(crate) fn lay_out(&self) -> String {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|(place, seen)| {
                let seen = serde_json::json!(seen);
                format!("  {}: {seen}", serde_json::json!(place))
            })
            .collect();
        if lines.is_empty() {
            "{}\n".to_owned()
        } else {
            format!("{{\n{}\n}}\n", lines.join(",\n"))
        }
    }

    pub(crate) fn get(&self, place: &str) -> Option<&Seen> {
        self.0.get(place)
    }

    pub(crate) fn insert(&mut self, place: String, seen: Seen) {
        self.0.insert(place, seen);
    }

    /// Forgets every place that is not in `present`.
    pub(crate) fn keep(&mut self, present: &BTreeSet<&String>) {
        self.0.retain(|place, _| present.contains(place));
    }
}

/// 64 bits of FNV-1a over the words, white space aside: short, and the same on every machine.
pub(crate) fn fingerprint(words: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in words
        .split_whitespace()
        .flat_map(|word| word.bytes().chain([b' ']))
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Words that name something or count something: code in backticks or quotes, `snake_case`, capitals,
/// figures.
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
    fn names_and_figures_are_told_from_words() {
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
    fn a_fingerprint_does_not_see_line_breaks() {
        assert_eq!(fingerprint("a  b\nc "), fingerprint("a b c"));
        assert_ne!(fingerprint("a b"), fingerprint("ab"));
    }

    #[test]
    fn a_ledger_is_read_back_as_it_was_laid_out() {
        let mut ledger = Ledger::default();
        ledger.insert("/a".into(), Seen::of("the `X`").with_rewording_due("ours"));
        ledger.insert("/b".into(), Seen::of("plain"));
        let text = ledger.lay_out();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert_eq!(Ledger::parse(&text).unwrap(), ledger);
    }
}
