//! [`Object`]: splits a JSON object into the fields with columns and the others.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::column::Column;

/// The fields of an object as raw JSON.
#[derive(Debug)]
pub(crate) struct Object<'a, const N: usize> {
    /// One per column; `None` if the object has no such field.
    pub(crate) cells: [Option<&'a RawValue>; N],
    /// The fields without a column, in their order.
    pub(crate) others: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a, const N: usize> Object<'a, N> {
    /// Parses an object. Returns `None` if `json` is not a JSON object. A key that occurs twice has the later value.
    pub(crate) fn read(json: &'a str, columns: &'static [Column; N]) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(json);
        let object = json.deserialize_map(Fields(columns)).ok()?;
        json.end().ok()?;
        Some(object)
    }
}

struct Fields<const N: usize>(&'static [Column; N]);

impl<'de, const N: usize> Visitor<'de> for Fields<N> {
    type Value = Object<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object {
            cells: [None; N],
            others: Vec::new(),
        };
        let mut expected = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            let value: &RawValue = map.next_value()?;
            match self.find(&key, expected) {
                Some(place) => {
                    object.cells[place] = Some(value);
                    expected = place + 1;
                }
                None => object.others.push((key, value)),
            }
        }
        Ok(object)
    }
}

impl<const N: usize> Fields<N> {
    /// Finds the column of a key. Fields have much the same order in every record, so the search begins after the last
    /// one found.
    fn find(&self, key: &str, expected: usize) -> Option<usize> {
        (0..N)
            .map(|step| (expected + step) % N)
            .find(|place| self.0[*place].name == key)
    }
}

/// A key, borrowed unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(Self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Fields without a column, combined into the text of one JSON object.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    text: String,
}

impl Leftovers {
    pub(crate) fn add(&mut self, key: &str, value: &RawValue) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        let key = serde_json::to_string(key).expect("a text is always JSON");
        self.text.push_str(&key);
        self.text.push(':');
        self.text.push_str(value.get());
    }

    /// Passes the object to `write`, or `None` if there are no fields, and clears it.
    pub(crate) fn drain<T>(&mut self, write: impl FnOnce(Option<&str>) -> T) -> T {
        if !self.text.is_empty() {
            self.text.push('}');
        }
        let written = write(Some(self.text.as_str()).filter(|text| !text.is_empty()));
        self.text.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{CONVERSATION, ID};

    #[test]
    fn fields_are_found_in_any_order_and_the_later_of_two_counts() {
        let object = Object::read(
            r#"{"new":[1 ],"state":{},"id":"a","\u0069d":"b"}"#,
            &CONVERSATION,
        )
        .unwrap();
        assert_eq!(object.cells[ID].unwrap().get(), r#""b""#);
        assert_eq!(object.others.len(), 1);
        assert_eq!(object.others[0].0, "new");
        assert_eq!(object.others[0].1.get(), "[1 ]");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "null", "{", "{}x", r#"{"id":}"#] {
            assert!(Object::read(text, &CONVERSATION).is_none(), "{text}");
        }
    }
}
