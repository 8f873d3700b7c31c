//! The three fields of a record that are read without decoding the rest.
//!
//! They are parsed by hand rather than derived, so that a repeated key or a value of an unexpected type does not
//! invalidate the record.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The fields of a record that are read. The last of repeated keys wins, as in most JSON parsers.
pub(crate) struct Fields<'a> {
    pub(crate) id: Scalar<'a>,
    pub(crate) started_at: Scalar<'a>,
    pub(crate) in_progress: Scalar<'a>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields {
                    id: Scalar::Absent,
                    started_at: Scalar::Absent,
                    in_progress: Scalar::Absent,
                };
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::Id => fields.id = map.next_value()?,
                        Key::StartedAt => fields.started_at = map.next_value()?,
                        Key::InProgress => fields.in_progress = map.next_value()?,
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }

        json.deserialize_map(FieldsVisitor)
    }
}

/// A key of a record, read without copying it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Key {
    Id,
    StartedAt,
    InProgress,
    #[serde(other)]
    Other,
}

/// A value whose text or boolean is kept; any other type is skipped instead of rejected.
pub(crate) enum Scalar<'a> {
    Absent,
    Text(Cow<'a, str>),
    Bool(bool),
    Other,
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Bool(truth))
            }

            // A null means the same as a missing key.
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Absent)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }

        json.deserialize_any(ScalarVisitor)
    }
}
