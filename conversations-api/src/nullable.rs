//! An optional field that keeps what was sent: absent, `null` or a value of another type.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::lenient::Lenient;
use crate::sent::Sent;
use crate::{Integer, Latency, Number, Timestamp};

/// An optional field: a value, `null`, or absent.
///
/// It dereferences to `Option<T>` and serializes back to what was read: v1 writes `null` where v3 writes
/// an empty string, and a project with field whitelisting omits fields (PolyAI docs, Conversations API
/// overview, API versions and Troubleshooting).
///
/// Numbers, booleans and texts are read leniently, so that one odd value does not cost the record: `"80"` is
/// the number 80, `"true"` the boolean, and the number 15550100 a text. A value of yet another type leaves the
/// field without a value; [`unreadable`](Self::unreadable) gives it as it was sent. Any mutable access, such as assigning
/// `None` to mask a field, drops what was sent instead of the value.
///
/// ```
/// use conversations_api::{Nullable, v1::types::Conversation};
///
/// let sent = r#"{"handoff_reason":null,"id":"CA1","num_turns":4}"#;
/// let conversation: Conversation = serde_json::from_str(sent)?;
/// assert_eq!(conversation.num_turns.and_then(|n| n.as_i64()), Some(4));
/// assert!(conversation.handoff_reason.is_null());
/// assert!(conversation.handoff_destination.is_absent());
/// assert_eq!(serde_json::to_value(&conversation)?, serde_json::from_str::<serde_json::Value>(sent)?);
///
/// let field: Nullable<String> = "text".to_owned().into();
/// assert_eq!(field.as_deref(), Some("text"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Nullable<T> {
    value: Option<T>,
    sent: Sent,
}

impl<T> Nullable<T> {
    /// The field was absent.
    pub const ABSENT: Self = Self {
        value: None,
        sent: Sent::AsValue,
    };

    /// The field was `null`.
    pub const NULL: Self = Self {
        value: None,
        sent: Sent::Null,
    };

    /// Whether the field was absent; it is then not serialized.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.value.is_none() && matches!(self.sent, Sent::AsValue)
    }

    /// Whether the field was `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.value.is_none() && matches!(self.sent, Sent::Null)
    }

    /// The JSON that was sent, if it has no value of the field's type: an object where a number belongs, or
    /// text that is no number.
    ///
    /// ```
    /// use conversations_api::v3::types::Conversation;
    ///
    /// let sent = r#"{"id":"CA1","total_duration":"80","polyai_duration":"a while"}"#;
    /// let conversation: Conversation = serde_json::from_str(sent)?;
    /// assert_eq!(conversation.total_duration.and_then(|n| n.as_i64()), Some(80));
    /// assert!(conversation.polyai_duration.is_none());
    /// assert_eq!(conversation.polyai_duration.unreadable(), Some(&"a while".into()));
    /// assert_eq!(serde_json::to_value(&conversation)?, serde_json::from_str::<serde_json::Value>(sent)?);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn unreadable(&self) -> Option<&Value> {
        match &self.sent {
            Sent::Unreadable(value) if self.value.is_none() => Some(value),
            _ => None,
        }
    }

    /// Converts the value; a field without one stays as it was sent.
    pub fn map_value<U>(self, convert: impl FnOnce(T) -> U) -> Nullable<U> {
        match self.value {
            Some(value) => convert(value).into(),
            None => Nullable {
                value: None,
                sent: self.sent,
            },
        }
    }

    /// Returns the value, if any.
    pub fn into_option(self) -> Option<T> {
        self.value
    }
}

impl<T> Default for Nullable<T> {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl<T> Deref for Nullable<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.value
    }
}

impl<T> DerefMut for Nullable<T> {
    fn deref_mut(&mut self) -> &mut Option<T> {
        // The value may be changed, and then what was sent for it no longer holds: kept, it would be written where a
        // caller has assigned `None` to remove it.
        if let Sent::OtherType(_) | Sent::Unreadable(_) = self.sent {
            self.sent = Sent::AsValue;
        }
        &mut self.value
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self {
            value: Some(value),
            sent: Sent::AsValue,
        }
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    /// `None` becomes an absent field.
    fn from(value: Option<T>) -> Self {
        Self {
            value,
            sent: Sent::AsValue,
        }
    }
}

impl<T> From<Nullable<T>> for Option<T> {
    fn from(field: Nullable<T>) -> Self {
        field.value
    }
}

impl From<&str> for Nullable<String> {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&str> for Nullable<Timestamp> {
    fn from(text: &str) -> Self {
        Timestamp::from(text).into()
    }
}

impl From<DateTime<Utc>> for Nullable<Timestamp> {
    fn from(time: DateTime<Utc>) -> Self {
        Timestamp::from(time).into()
    }
}

impl From<i64> for Nullable<Integer> {
    fn from(number: i64) -> Self {
        Integer::from(number).into()
    }
}

impl From<i32> for Nullable<Integer> {
    fn from(number: i32) -> Self {
        i64::from(number).into()
    }
}

impl From<f64> for Nullable<Latency> {
    fn from(seconds: f64) -> Self {
        Latency::from(seconds).into()
    }
}

impl<T: PartialEq> PartialEq<Option<T>> for Nullable<T> {
    fn eq(&self, other: &Option<T>) -> bool {
        self.value == *other
    }
}

impl<T> IntoIterator for Nullable<T> {
    type Item = T;
    type IntoIter = std::option::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.value.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Nullable<T> {
    type Item = &'a T;
    type IntoIter = std::option::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.value.iter()
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Nullable<T> {
    /// Prints flags, numbers and times, and `hidden` for any other value: a text may be a phone number, and a list or a
    /// map may hold what a caller said. To print the value itself, print `as_ref()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |value: &dyn Any| {
            value.is::<bool>()
                || value.is::<Integer>()
                || value.is::<Latency>()
                || value.is::<Number>()
                || value.is::<Timestamp>()
        };
        match &self.value {
            Some(value) if is_plain(value) => value.fmt(f),
            Some(_) => f.write_str("hidden"),
            None => f.write_str(match self.sent {
                Sent::Null => "null",
                Sent::Unreadable(_) => "unreadable",
                Sent::AsValue | Sent::OtherType(_) => "absent",
            }),
        }
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.value, &self.sent) {
            (Some(_), Sent::OtherType(sent)) | (None, Sent::Unreadable(sent)) => {
                sent.serialize(serializer)
            }
            (value, _) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldVisitor<T> {
            type Value = Nullable<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Nullable<T>, E> {
                Ok(Nullable::NULL)
            }

            fn visit_unit<E>(self) -> Result<Nullable<T>, E> {
                Ok(Nullable::NULL)
            }

            fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Nullable<T>, D::Error> {
                let sent = Cell::default();
                let read = T::deserialize(Lenient::new(value, &sent));
                Ok(match sent.into_inner() {
                    sent @ Sent::Unreadable(_) => Nullable { value: None, sent },
                    sent => Nullable {
                        value: Some(read?),
                        sent,
                    },
                })
            }
        }

        // Only reached for a field that is there: absence is `serde(default)`.
        deserializer.deserialize_option(FieldVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Option::<T>::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Serialize, PartialEq, Debug)]
    struct Fields {
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        number: Nullable<Integer>,
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        flag: Nullable<bool>,
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        text: Nullable<String>,
        #[serde(default, skip_serializing_if = "Nullable::is_absent")]
        after: Nullable<String>,
    }

    fn read(json: &str) -> Fields {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn a_scalar_of_another_json_type_is_read_and_written_back_as_it_was() {
        for (json, expected) in [
            (r#"{"number":"80"}"#, Some(80.0)),
            (r#"{"number":"-7.5"}"#, Some(-7.5)),
            (r#"{"number":73.5}"#, Some(73.5)),
            (r#"{"number":"a while"}"#, None),
            (r#"{"number":"NaN"}"#, None),
            (r#"{"number":""}"#, None),
            (r#"{"number":{"value":[1]}}"#, None),
            (r#"{"number":true}"#, None),
            (r#"{"number":null}"#, None),
        ] {
            let fields = read(json);
            assert_eq!(fields.number.map(Integer::as_f64), expected, "{json}");
            assert_eq!(serde_json::to_string(&fields).unwrap(), json);
        }
        for (json, expected) in [
            (r#"{"flag":"true"}"#, Some(true)),
            (r#"{"flag":"False"}"#, Some(false)),
            (r#"{"flag":"maybe"}"#, None),
            (r#"{"flag":1}"#, None),
            (r#"{"flag":[true]}"#, None),
        ] {
            let fields = read(json);
            assert_eq!(*fields.flag, expected, "{json}");
            assert_eq!(serde_json::to_string(&fields).unwrap(), json);
        }
        for (json, expected) in [
            (r#"{"text":15550100}"#, Some("15550100")),
            (r#"{"text":1.5}"#, Some("1.5")),
            (r#"{"text":false}"#, Some("false")),
            (r#"{"text":{}}"#, None),
        ] {
            let fields = read(json);
            assert_eq!(fields.text.as_deref(), expected, "{json}");
            assert_eq!(serde_json::to_string(&fields).unwrap(), json);
        }
    }

    #[test]
    fn what_follows_an_unreadable_value_is_read() {
        let json = r#"{"number":{"a":[1,{"b":"}"}]},"flag":["x","\""],"text":{},"after":"here"}"#;
        let fields = read(json);
        assert_eq!(fields.after.as_deref(), Some("here"));
        assert!(fields.number.unreadable().is_some() && fields.flag.unreadable().is_some());
        assert_eq!(serde_json::to_string(&fields).unwrap(), json);
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_value::<Fields>(value).unwrap(), fields);
        assert_eq!(format!("{:?}", fields.number), "unreadable");
    }

    #[test]
    fn debug_of_a_field_shows_flags_numbers_and_times_only() {
        let plain = (Nullable::from(true), Nullable::from(Integer::from(3_i64)));
        let time = Nullable::from(Timestamp::from(DateTime::UNIX_EPOCH));
        assert_eq!(format!("{plain:?}"), "(true, 3)");
        assert!(format!("{time:?}").contains("1970"), "{time:?}");
        let text = (
            Nullable::<String>::from("+15550100"),
            Nullable::from(vec!["said"]),
        );
        assert_eq!(format!("{text:?}"), "(hidden, hidden)");
        let none = (Nullable::<String>::NULL, Nullable::<String>::ABSENT);
        assert_eq!(format!("{none:?}"), "(null, absent)");
    }

    #[test]
    fn it_compares_and_iterates_as_an_option_does() {
        let field: Nullable<String> = "a".into();
        assert_eq!(field, Some("a".to_owned()));
        assert_ne!(Nullable::<String>::NULL, Some(String::new()));
        assert_eq!(Nullable::<bool>::NULL, None);
        assert!(!Nullable::<bool>::ABSENT.unwrap_or_default());
        assert_eq!(field.into_iter().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn a_changed_value_is_written_instead_of_what_was_sent() {
        let mut fields = read(r#"{"number":"80","flag":"maybe"}"#);
        *fields.number = Some(Integer::from(81_i64));
        *fields.flag = Some(true);
        assert_eq!(
            serde_json::to_string(&fields).unwrap(),
            r#"{"number":81,"flag":true}"#
        );
    }

    #[test]
    fn a_removed_value_is_not_written_whatever_was_sent() {
        let mut fields = read(r#"{"number":"80","flag":true,"text":{"raw":"+15550100"}}"#);
        *fields.number = None;
        *fields.flag = None;
        *fields.text = None;
        assert_eq!(serde_json::to_string(&fields).unwrap(), "{}");
    }
}
