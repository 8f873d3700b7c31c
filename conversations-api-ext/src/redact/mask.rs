//! Text without what it says.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A number of so many digits is taken for one of a person: a telephone, a card, a code.
pub(super) const LONG: usize = 4;

/// Every letter and digit becomes `*`; spaces and punctuation stay, so that words can be counted.
pub(super) fn words(text: &str) -> String {
    let mask = |letter: char| {
        if letter.is_alphanumeric() {
            '*'
        } else {
            letter
        }
    };
    text.chars().map(mask).collect()
}

/// Digits become `*` where [`LONG`] or more of them stand together, with two spaces, dashes, dots or brackets
/// in between at most. Times as servers write them stay.
pub(super) fn long_numbers(text: &str) -> String {
    if is_time(text) {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let mut end = at;
        let mut digits = 0;
        let mut last = at;
        while let Some(letter) = letters.get(end) {
            if letter.is_numeric() {
                digits += 1;
                last = end + 1;
            } else if digits == 0
                || end > last + 1
                || !matches!(letter, ' ' | '-' | '.' | '(' | ')' | '/')
            {
                break;
            }
            end += 1;
        }
        if digits == 0 {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        let hide = digits >= LONG;
        let number = letters[at..last].iter();
        out.extend(number.map(|letter| {
            if hide && letter.is_numeric() {
                '*'
            } else {
                *letter
            }
        }));
        at = last;
    }
    out
}

fn is_time(text: &str) -> bool {
    conversations_api::Timestamp::from(text).to_utc().is_some()
}

/// Writes a JSON string with its text masked.
pub(super) fn text(raw: &RawValue, mask: impl Fn(&str) -> String, out: &mut String) {
    match serde_json::from_str::<Cow<'_, str>>(raw.get()) {
        Ok(text) => string(&mask(&text), out),
        // Escapes that stand for no character: the text cannot be read, so none of it is shown.
        Err(_) => out.push_str("\"\""),
    }
}

/// Writes a JSON string.
pub(super) fn string(text: &str, out: &mut String) {
    let json = serde_json::to_string(text);
    out.push_str(&json.expect("a text is always JSON"));
}

/// The fields of an object in their order.
pub(super) struct Fields<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }

        json.deserialize_map(FieldsVisitor)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_lengths_and_nothing_else() {
        assert_eq!(words("I'm Zoë, 42!"), "*'* ***, **!");
        assert_eq!(words("住所は？"), "***？");
        assert_eq!(words(""), "");
    }

    #[test]
    fn long_numbers_are_masked_however_they_are_written() {
        for (text, masked) in [
            ("call +1 (202) 555-0137 now", "call +* (***) ***-**** now"),
            ("room 12 at 7 pm", "room 12 at 7 pm"),
            ("code 1234.", "code ****."),
            ("1-2-3-4", "*-*-*-*"),
            ("3 of 4 in 10", "3 of 4 in 10"),
            ("12   34", "12   34"),
            ("2026-04-01T09:00:00Z", "2026-04-01T09:00:00Z"),
        ] {
            assert_eq!(long_numbers(text), masked, "{text}");
        }
    }
}
