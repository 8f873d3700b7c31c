//! [`Texts`]: a field with a list of texts, or a single one.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::cell::{self, Cell, text_or_json};

/// A list of texts, parsed while it is read: most are short, and a vector for each would cost more than parsing it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Texts<'a> {
    Empty,
    One(&'a RawValue),
    List(&'a RawValue),
}

impl<'a> Texts<'a> {
    /// Parses a list of texts; other items are kept as JSON. A single text is a list of one.
    pub(crate) fn parse(raw: Option<&'a RawValue>) -> Cell<Self> {
        cell::read(raw, |raw| match raw.get().as_bytes()[0] {
            b'[' => Some(Self::List(raw)),
            b'{' => None,
            _ => Some(Self::One(raw)),
        })
    }

    pub(crate) fn for_each(self, mut each: impl FnMut(Cow<'a, str>)) {
        match self {
            Self::Empty => {}
            Self::One(raw) => each(text_or_json(raw)),
            Self::List(raw) => {
                let parsed = serde_json::Deserializer::from_str(raw.get())
                    .deserialize_seq(Items(|item| each(text_or_json(item))));
                debug_assert!(parsed.is_ok(), "a raw value is valid JSON");
            }
        }
    }

    pub(crate) fn to_vec(self) -> Vec<Cow<'a, str>> {
        let mut texts = Vec::new();
        self.for_each(|text| texts.push(text));
        texts
    }
}

/// Passes on the items of a list.
struct Items<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element()? {
            (self.0)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect(json)
    }

    #[test]
    fn a_list_keeps_items_that_are_no_text_as_json() {
        for (json, expected) in [
            (
                r#"["a",{"timestamp":"t","value":1}, 7 ]"#,
                &["a", r#"{"timestamp":"t","value":1}"#, "7"][..],
            ),
            (r#""a""#, &["a"]),
            ("[]", &[]),
        ] {
            let raw = raw(json);
            let Cell::Value(texts) = Texts::parse(Some(&raw)) else {
                panic!("{json} is a list of texts")
            };
            assert_eq!(texts.to_vec(), expected);
        }
        assert!(matches!(Texts::parse(Some(&raw("{}"))), Cell::Mismatch));
    }
}
