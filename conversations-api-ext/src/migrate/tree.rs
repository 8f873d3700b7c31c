//! [`Tree`]: a record's JSON for comparison, with its texts borrowed from the record.

use std::{borrow::Cow, fmt};

use conversations_api::LossyText;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    /// Sorted by key; of a duplicate key only the later value is kept.
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Tree<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .binary_search_by(|(name, _)| name.as_ref().cmp(key))
                .ok()
                .map(|at| &members[at].1),
            _ => None,
        }
    }

    /// Returns whether the value is null or empty.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    pub(super) fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns every key of the two objects once, with their values for it.
    pub(super) fn union<'b>(
        &'b self,
        other: &'b Self,
    ) -> impl Iterator<Item = (&'b str, Option<&'b Self>, Option<&'b Self>)> {
        let (mut ours, mut theirs) = (self.members(), other.members());
        std::iter::from_fn(move || {
            let order = match (ours.first(), theirs.first()) {
                (None, None) => return None,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((one, _)), Some((two, _))) => one.cmp(two),
            };
            let mut found = ("", None, None);
            if order.is_le()
                && let [(name, value), rest @ ..] = ours
            {
                (found.0, found.1) = (name.as_ref(), Some(value));
                ours = rest;
            }
            if order.is_ge()
                && let [(name, value), rest @ ..] = theirs
            {
                (found.0, found.2) = (name.as_ref(), Some(value));
                theirs = rest;
            }
            Some(found)
        })
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Tree::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Tree<'de>)> = Vec::new();
        while let Some((LossyText(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        // Stable, so that of equal keys the later one is the last.
        members.sort_by(|one, two| one.0.cmp(&two.0));
        members.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(&mut later.1, &mut earlier.1);
            }
            same
        });
        Ok(Tree::Object(members))
    }
}

/// Writes the value as JSON.
impl fmt::Display for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(list) => {
                f.write_str("[")?;
                for (index, item) in list.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{}:{value}", quoted(key))?;
                }
                f.write_str("}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(json: &str) -> Tree<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn of_a_key_that_stands_twice_the_later_one_holds() {
        let object = tree(r#"{"b":1,"a":2,"b":3,"b":[]}"#);
        assert_eq!(object.to_string(), r#"{"a":2,"b":[]}"#);
        assert_eq!(object.get("b"), Some(&Tree::List(Vec::new())));
        assert_eq!(object.get("c"), None);
    }

    #[test]
    fn the_union_has_every_key_once() {
        let (one, two) = (tree(r#"{"a":1,"c":2}"#), tree(r#"{"b":3,"c":4,"d":5}"#));
        let keys: Vec<_> = one
            .union(&two)
            .map(|(key, ours, theirs)| (key, ours.is_some(), theirs.is_some()))
            .collect();
        assert_eq!(
            keys,
            [
                ("a", true, false),
                ("b", false, true),
                ("c", true, true),
                ("d", false, true)
            ]
        );
    }

    #[test]
    fn escapes_are_undone_and_written_again() {
        let json = r#"{"k\"ey":"line\nend","n":-1.5,"t":[true,null]}"#;
        assert_eq!(tree(json).to_string(), json);
    }
}
