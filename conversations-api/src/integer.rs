//! An integer that servers sometimes write as `12.0`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An integer as written by the server.
///
/// The documents declare `integer`, but `12.0` occurs too, and one such value must not fail a page. The
/// number keeps its form, so that it serializes back unchanged.
///
/// ```
/// use conversations_api::Integer;
///
/// let seconds: Integer = serde_json::from_str("12.0")?;
/// assert_eq!(seconds.as_i64(), Some(12));
/// assert_eq!(serde_json::to_string(&seconds)?, "12.0");
/// assert_eq!(Integer::from(12_u64).to_string(), "12");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Integer(Form);

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Signed(i64),
    /// A value above `i64::MAX`.
    Unsigned(u64),
    Float(f64),
}

impl Integer {
    /// The value, if it is an integer that fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        // 2^63 is exact in an f64, and the first value that no longer fits.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match self.0 {
            Form::Signed(value) => Some(value),
            Form::Unsigned(value) => i64::try_from(value).ok(),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and within range, checked"
            )]
            Form::Float(value) => {
                (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
            }
        }
    }

    /// The value as a floating-point number, rounded if it needs more than 53 bits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Form::Signed(value) => value as f64,
            Form::Unsigned(value) => value as f64,
            Form::Float(value) => value,
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Signed(value) => value.fmt(f),
            Form::Unsigned(value) => value.fmt(f),
            Form::Float(value) => fmt::Debug::fmt(&value, f),
        }
    }
}

impl Integer {
    /// A number that need not be an integer, for [`Number`](crate::Number).
    pub(crate) const fn from_f64(value: f64) -> Self {
        Self(Form::Float(value))
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self(Form::Signed(value))
    }
}

impl From<u64> for Integer {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Form::Unsigned(value), Form::Signed))
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Form::Signed(value) => serializer.serialize_i64(value),
            Form::Unsigned(value) => serializer.serialize_u64(value),
            Form::Float(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Integer, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Integer, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Integer, E> {
                Ok(Integer(Form::Float(value)))
            }
        }

        // The one hint under which every deserializer gives whole numbers and others alike.
        deserializer.deserialize_f64(Visitor)
    }
}

impl JsonSchema for Integer {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Integer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // JSON Schema counts 12.0 as an integer.
        json_schema!({"type": "integer"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_in_range_are_integers() {
        for (text, expected) in [
            ("-3", Some(-3)),
            ("12.0", Some(12)),
            ("12.5", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("9223372036854775808.0", None),
            ("-9223372036854775808.0", Some(i64::MIN)),
        ] {
            let number: Integer = serde_json::from_str(text).unwrap();
            assert_eq!(number.as_i64(), expected, "{text}");
        }
    }
}
