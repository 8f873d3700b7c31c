//! Compares prose: descriptions, titles, examples. A value or a number that only prose contains is a
//! change of its own; other rewording is reported as such.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::check::{
    DESCRIPTION_CHANGED, EXAMPLE_CHANGED, PROSE_FIGURE_CHANGED, PROSE_VALUE_CHANGED,
};
use crate::compare::{Comparison, Context, cut, shown_option};
use crate::pairing::{alike, words};

impl Comparison<'_> {
    /// Compares the prose of two objects.
    pub(super) fn prose(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        for key in ["title", "summary", "description"] {
            let (before, after) = (old.get(key), new.get(key));
            if before != after {
                self.text(&at.below(&[key]), key, before, after);
            }
        }
        for key in ["example", "examples", "externalDocs"] {
            let (before, after) = (old.get(key), new.get(key));
            if before != after {
                self.report(
                    EXAMPLE_CHANGED,
                    &at.below(&[key]),
                    key,
                    shown_option(before),
                    shown_option(after),
                );
            }
        }
    }

    fn text(&mut self, at: &Context, key: &str, old: Option<&Value>, new: Option<&Value>) {
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let (before, after) = (text(old), text(new));
        for (check, tokens) in [
            (PROSE_VALUE_CHANGED, values as fn(&str) -> BTreeSet<String>),
            (PROSE_FIGURE_CHANGED, figures),
        ] {
            let (had, has) = (tokens(&before), tokens(&after));
            // The name of a parameter or a property is a reference to it, not a value.
            let is_value = |word: &&String| !self.names.contains(*word);
            let removed: Vec<_> = had.difference(&has).filter(is_value).cloned().collect();
            let added: Vec<_> = has.difference(&had).filter(is_value).cloned().collect();
            if removed.is_empty() && added.is_empty() {
                continue;
            }
            // A rewritten text mentions other things; only a replaced value, or one added to or removed
            // from an otherwise unchanged text, is reported. That includes a text that is added or
            // removed as a whole.
            let took_a_place = !removed.is_empty() && !added.is_empty();
            if !took_a_place && alike(&words(&before), &words(&after)) < 0.5 {
                continue;
            }
            let list = |tokens: Vec<String>| (!tokens.is_empty()).then(|| cut(&tokens.join(", ")));
            return self.report(check, at, key, list(removed), list(added));
        }
        let (before, after) = match (old, new) {
            (Some(Value::String(old)), Some(Value::String(new))) => {
                let (old, new) = around_the_difference(old, new);
                (Some(old), Some(new))
            }
            _ => (shown_option(old), shown_option(new)),
        };
        self.report(DESCRIPTION_CHANGED, at, key, before, after);
    }
}

/// Everything quoted in the prose of other fields.
const EVERYDAY: [&str; 6] = ["true", "false", "null", "None", "none", "Z"];

/// The quoted values of a text: a word in backticks or quotation marks, and capitals with a hyphen or an
/// underscore (`VOICE-SIP`).
fn values(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mark in ['`', '"', '\u{201c}', '\''] {
        let closing = if mark == '\u{201c}' { '\u{201d}' } else { mark };
        let mut rest = text;
        while let Some(start) = rest.find(mark) {
            let begins_a_word = rest[..start]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric());
            rest = &rest[start + mark.len_utf8()..];
            if !begins_a_word {
                continue;
            }
            let Some(end) = rest.find(closing) else { break };
            let quoted = &rest[..end];
            rest = &rest[end + closing.len_utf8()..];
            if !quoted.is_empty() && quoted.len() <= 60 && !quoted.contains(char::is_whitespace) {
                found.insert(quoted.trim_matches('"').to_owned());
            }
        }
    }
    let separators = |c: char| c.is_whitespace() || ",;:()`'\"\u{201c}\u{201d}".contains(c);
    for word in text.split(separators) {
        let word = word.trim_end_matches('.');
        let shouted = word.chars().any(|c| c.is_ascii_uppercase())
            && word.contains(['-', '_'])
            && word
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "-_".contains(c));
        if shouted {
            found.insert(word.to_owned());
        }
    }
    found.retain(|word| !word.is_empty() && !EVERYDAY.contains(&word.as_str()));
    found
}

/// The numbers of a text, without thousands separators; digits inside a name are not numbers, and
/// neither is the number of a standard.
fn figures(text: &str) -> BTreeSet<String> {
    let separators = |c: char| !(c.is_alphanumeric() || "_-.,:".contains(c));
    let words: Vec<&str> = text
        .split(separators)
        .filter(|word| !word.is_empty())
        .collect();
    let is_standard = |index: usize| index > 0 && ["ISO", "RFC"].contains(&words[index - 1]);
    (0..words.len())
        .filter(|index| !is_standard(*index))
        .map(|index| words[index])
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|word| {
            word.chars()
                .all(|c| c.is_ascii_digit() || ".,_".contains(c))
        })
        .map(|word| word.replace([',', '_'], ""))
        // Zero and one occur in most sentences, as digits or as words.
        .filter(|figure| !["0", "1"].contains(&figure.as_str()))
        .collect()
}

/// Both texts from the first differing word on.
fn around_the_difference(old: &str, new: &str) -> (String, String) {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        old.split_whitespace().collect(),
        new.split_whitespace().collect(),
    );
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same..], &new[same..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let middle = |words: &[&str]| {
        let text = words[..words.len() - tail].join(" ");
        let lead = if same > 0 { "… " } else { "" };
        match text.is_empty() {
            true => "nothing".to_owned(),
            false => crate::compare::cut(&format!("{lead}\u{201c}{text}\u{201d}")),
        }
    };
    (middle(old), middle(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn quoted_words_and_upper_case_names_are_values() {
        assert_eq!(
            values(
                "in most cases `VOICE-SIP` or \"chat.polyai\", the user's 'live' one: PRE-RELEASE."
            ),
            set(&["VOICE-SIP", "chat.polyai", "live", "PRE-RELEASE"])
        );
        assert_eq!(
            values("The customer's contact at PolyAI isn't 'one of two'."),
            set(&[])
        );
    }

    #[test]
    fn numbers_inside_names_are_ignored() {
        assert_eq!(
            figures("At most 5,000 a page (v3, ISO 8601), 1.5 seconds, `us-1`."),
            set(&["5000", "1.5"])
        );
    }

    #[test]
    fn a_reworded_text_is_shown_from_its_first_difference() {
        assert_eq!(
            around_the_difference("It is the length of a call", "It is the duration of a call"),
            ("… “length”".to_owned(), "… “duration”".to_owned())
        );
    }
}
