//! [`Object`]: splits a JSON object into the fields with columns and the others.

use std::{borrow::Cow, fmt};

use conversations_api::LossyText;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
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

    /// Parses an object and, in the same pass, the objects of the list in its field `list`, which is the index of the
    /// column; the cell stays empty. Returns `None` if that field is not a list of objects: [`read`](Self::read) and
    /// the parser of its cell accept more, but read most of a record three times.
    pub(crate) fn read_with_list<const M: usize>(
        json: &'a str,
        columns: &'static [Column; N],
        list: usize,
        items: &'static [Column; M],
    ) -> Option<(Self, Vec<Object<'a, M>>)> {
        let mut json = serde_json::Deserializer::from_str(json);
        let fields = FieldsWithList {
            fields: Fields(columns),
            list,
            items,
        };
        let (object, items) = json.deserialize_map(fields).ok()?;
        json.end().ok()?;
        Some((object, items?))
    }
}

struct Fields<const N: usize>(&'static [Column; N]);

struct FieldsWithList<const N: usize, const M: usize> {
    fields: Fields<N>,
    list: usize,
    items: &'static [Column; M],
}

impl<'de, const N: usize, const M: usize> Visitor<'de> for FieldsWithList<N, M> {
    type Value = (Object<'de, N>, Option<Vec<Object<'de, M>>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut items = None;
        let object = self.fields.visit(map, |position, map| {
            if position != Some(self.list) {
                return Ok(false);
            }
            items = Some(map.next_value_seed(Items(self.items))?);
            Ok(true)
        })?;
        Ok((object, items))
    }
}

/// A list of objects.
#[derive(Clone, Copy)]
struct Items<const M: usize>(&'static [Column; M]);

impl<'de, const M: usize> DeserializeSeed<'de> for Items<M> {
    type Value = Vec<Object<'de, M>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, const M: usize> Visitor<'de> for Items<M> {
    type Value = Vec<Object<'de, M>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        // An item is large to copy while the list grows.
        let mut items = Vec::with_capacity(16);
        while let Some(item) = list.next_element_seed(Fields(self.0))? {
            items.push(item);
        }
        Ok(items)
    }
}

impl<'de, const N: usize> DeserializeSeed<'de> for Fields<N> {
    type Value = Object<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Fields<N> {
    type Value = Object<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.visit(map, |_, _| Ok(false))
    }
}

impl<const N: usize> Fields<N> {
    /// Reads the fields. `take` may consume the value of a column, and returns whether it did.
    fn visit<'de, A: MapAccess<'de>>(
        &self,
        mut map: A,
        mut take: impl FnMut(Option<usize>, &mut A) -> Result<bool, A::Error>,
    ) -> Result<Object<'de, N>, A::Error> {
        let mut object = Object {
            cells: [None; N],
            others: Vec::new(),
        };
        let mut expected = 0;
        while let Some(LossyText(key)) = map.next_key()? {
            let position = self.find(&key, expected);
            expected = position.map_or(expected, |position| position + 1);
            if take(position, &mut map)? {
                continue;
            }
            let value: &RawValue = map.next_value()?;
            match position {
                Some(position) => object.cells[position] = Some(value),
                None => object.others.push((key, value)),
            }
        }
        Ok(object)
    }

    /// Finds the column of a key. Fields have much the same order in every record, so the search begins after the last
    /// one found.
    fn find(&self, key: &str, expected: usize) -> Option<usize> {
        (0..N)
            .map(|step| (expected + step) % N)
            .find(|index| self.0[*index].name == key)
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
        let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
        if key.bytes().all(is_plain) {
            self.text.extend(["\"", key, "\""]);
        } else {
            let key = serde_json::to_string(key).expect("a text is always JSON");
            self.text.push_str(&key);
        }
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
    use crate::column::{CONVERSATION, ID, TURN, TURNS};

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
    fn half_of_a_surrogate_pair_in_a_key_costs_no_record() {
        let json = r#"{"id":"a","\ud83dkey":1,"turns":[{"\udc00":2}]}"#;
        let object = Object::read(json, &CONVERSATION).unwrap();
        assert_eq!(object.others[0].0, "\u{fffd}\u{fffd}\u{fffd}key");
        let (_, turns) = Object::read_with_list(json, &CONVERSATION, TURNS, &TURN).unwrap();
        assert_eq!(turns[0].others[0].0, "\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_list_of_objects_is_read_in_the_same_pass_and_anything_else_is_left_to_its_cell() {
        let read = |json| Object::read_with_list(json, &CONVERSATION, TURNS, &TURN);
        let (object, turns) =
            read(r#"{"id":"a","turns":[{}],"x":1,"turns":[ {"user_input":"b","y":[2]}, {}]}"#)
                .unwrap();
        assert_eq!(object.cells[ID].unwrap().get(), r#""a""#);
        assert_eq!(object.others[0].0, "x");
        assert_eq!(turns.len(), 2);
        assert_eq!(turns[0].cells[0].unwrap().get(), r#""b""#);
        assert_eq!(turns[0].others[0].0, "y");
        for json in [
            r#"{"id":"a"}"#,
            r#"{"turns":null}"#,
            r#"{"turns":{}}"#,
            r#"{"turns":[{},null]}"#,
            r#"{"turns":[]}x"#,
        ] {
            assert!(read(json).is_none(), "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "null", "{", "{}x", r#"{"id":}"#] {
            assert!(Object::read(text, &CONVERSATION).is_none(), "{text}");
        }
    }
}
