//! [`Lenient`]: a deserializer that reads a number, a boolean or a text in whatever JSON type it was sent.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::sent::Sent;

/// Passes everything on to the deserializer within, but for requests for one scalar: these take any value, and
/// note in `sent` what the value alone does not tell.
pub(crate) struct Lenient<'a, D> {
    inner: D,
    sent: &'a Cell<Sent>,
}

impl<'a, D> Lenient<'a, D> {
    pub(crate) const fn new(inner: D, sent: &'a Cell<Sent>) -> Self {
        Self { inner, sent }
    }

    const fn scalar<V>(&self, wanted: Wanted, visitor: V) -> Scalar<'a, V> {
        Scalar {
            wanted,
            visitor,
            sent: self.sent,
        }
    }
}

macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<'_, D> {
    type Error = D::Error;

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.scalar(Wanted::Boolean, visitor);
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.scalar(Wanted::Number, visitor);
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.scalar(Wanted::Text, visitor);
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_str(visitor)
    }

    forward! {
        deserialize_any deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_char deserialize_bytes deserialize_byte_buf deserialize_option deserialize_unit
        deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

#[derive(Clone, Copy)]
enum Wanted {
    Boolean,
    Number,
    Text,
}

/// Gives `visitor` a scalar of the wanted kind.
struct Scalar<'a, V> {
    wanted: Wanted,
    visitor: V,
    sent: &'a Cell<Sent>,
}

impl<'de, V: Visitor<'de>> Scalar<'_, V> {
    fn other_type(&self, value: Value) {
        self.sent.set(Sent::OtherType(Box::new(value)));
    }

    /// Notes the value. The visitor must be given something of its kind, which is not used: an error here would
    /// leave the text of the record half read.
    fn unreadable<E: serde::de::Error>(self, value: Value) -> Result<V::Value, E> {
        self.sent.set(Sent::Unreadable(Box::new(value)));
        match self.wanted {
            Wanted::Boolean => self.visitor.visit_bool(false),
            Wanted::Number => self.visitor.visit_i64(0),
            Wanted::Text => self.visitor.visit_str(""),
        }
    }

    fn number<E: serde::de::Error>(self, value: Value) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Text => {
                let text = value.to_string();
                self.other_type(value);
                self.visitor.visit_string(text)
            }
            Wanted::Boolean | Wanted::Number => self.unreadable(value),
        }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Scalar<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Boolean => self.visitor.visit_bool(value),
            Wanted::Number | Wanted::Text => self.number(Value::Bool(value)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Number => self.visitor.visit_i64(value),
            Wanted::Boolean | Wanted::Text => self.number(value.into()),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Number => self.visitor.visit_u64(value),
            Wanted::Boolean | Wanted::Text => self.number(value.into()),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Number => self.visitor.visit_f64(value),
            Wanted::Boolean | Wanted::Text => {
                self.number(Number::from_f64(value).map_or(Value::Null, Value::Number))
            }
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        let trimmed = text.trim();
        match self.wanted {
            Wanted::Text => return self.visitor.visit_str(text),
            Wanted::Boolean => {
                for (word, truth) in [("true", true), ("false", false)] {
                    if trimmed.eq_ignore_ascii_case(word) {
                        self.other_type(text.into());
                        return self.visitor.visit_bool(truth);
                    }
                }
            }
            Wanted::Number => {
                if let Ok(whole) = trimmed.parse() {
                    self.other_type(text.into());
                    return self.visitor.visit_i64(whole);
                }
                if let Some(real) = trimmed.parse().ok().filter(|real: &f64| real.is_finite()) {
                    self.other_type(text.into());
                    return self.visitor.visit_f64(real);
                }
            }
        }
        self.unreadable(text.into())
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Text => self.visitor.visit_borrowed_str(text),
            Wanted::Boolean | Wanted::Number => self.visit_str(text),
        }
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<V::Value, E> {
        match self.wanted {
            Wanted::Text => self.visitor.visit_string(text),
            Wanted::Boolean | Wanted::Number => self.visit_str(&text),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(list))?;
        self.unreadable(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        self.unreadable(value)
    }
}
