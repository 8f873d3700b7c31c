//! [`Sent`]: the JSON that was sent for a field.

use serde_json::Value;

/// The JSON that was sent for a field, if it differs from the field's value.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The value, or nothing at all.
    #[default]
    AsValue,
    Null,
    /// The value, as another JSON type.
    OtherType(Box<Value>),
    /// Something that has no value of the field's type.
    Unreadable(Box<Value>),
}
