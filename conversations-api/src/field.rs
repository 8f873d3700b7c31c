//! An optional field that distinguishes absent from `null`.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An optional field: a value, `null`, or absent.
///
/// It dereferences to `Option<T>` and serializes back to what was read: v1 writes `null` where v3 writes
/// an empty string, and a project with field whitelisting omits fields (PolyAI docs, Conversations API
/// overview, API versions and Troubleshooting).
///
/// ```
/// use conversations_api::{Field, v1::types::Conversation};
///
/// let sent = r#"{"handoff_reason":null,"id":"CA1","num_turns":4}"#;
/// let conversation: Conversation = serde_json::from_str(sent)?;
/// assert_eq!(conversation.num_turns.and_then(|n| n.as_i64()), Some(4));
/// assert!(conversation.handoff_reason.is_null());
/// assert!(conversation.handoff_destination.is_absent());
/// assert_eq!(serde_json::to_value(&conversation)?, serde_json::from_str::<serde_json::Value>(sent)?);
///
/// let field: Field<String> = "text".to_owned().into();
/// assert_eq!(field.as_deref(), Some("text"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<T> {
    value: Option<T>,
    null: bool,
}

impl<T> Field<T> {
    /// The field was absent.
    pub const ABSENT: Self = Self {
        value: None,
        null: false,
    };

    /// The field was `null`.
    pub const NULL: Self = Self {
        value: None,
        null: true,
    };

    /// Whether the field was absent; it is then not serialized.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.value.is_none() && !self.null
    }

    /// Whether the field was `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.value.is_none() && self.null
    }

    /// Returns the value, if any.
    pub fn into_option(self) -> Option<T> {
        self.value
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl<T> Deref for Field<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.value
    }
}

impl<T> DerefMut for Field<T> {
    fn deref_mut(&mut self) -> &mut Option<T> {
        &mut self.value
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self {
            value: Some(value),
            null: false,
        }
    }
}

impl<T> From<Option<T>> for Field<T> {
    /// `None` becomes an absent field.
    fn from(value: Option<T>) -> Self {
        Self { value, null: false }
    }
}

impl<T> From<Field<T>> for Option<T> {
    fn from(field: Field<T>) -> Self {
        field.value
    }
}

impl<'a, T> IntoIterator for &'a Field<T> {
    type Item = &'a T;
    type IntoIter = std::option::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.value.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => value.fmt(f),
            None if self.null => f.write_str("null"),
            None => f.write_str("absent"),
        }
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only called for a field that is present: absence is handled by `serde(default)`.
        let value = Option::deserialize(deserializer)?;
        Ok(Self {
            null: value.is_none(),
            value,
        })
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
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
