//! The value of a metric or an entity: a string, a list, or the other forms that servers send.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A single value, or the values logged under one name.
///
/// The documents declare a string or a list of strings. Responses also contain numbers, and lists of
/// objects with `timestamp` and `value`; both are kept unchanged.
///
/// ```
/// use conversations_api::OneOrMany;
///
/// let many: OneOrMany = serde_json::from_str(r#"["a", 2, {"timestamp": "t", "value": "c"}]"#)?;
/// assert_eq!(many.texts().collect::<Vec<_>>(), ["a", "2", "c"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum OneOrMany {
    /// A single string.
    One(String),
    /// Several values in the order they were logged.
    Many(Vec<Value>),
    /// A number, an object or another value, unchanged.
    Other(Value),
}

impl OneOrMany {
    /// Each value as a string, in order: strings unchanged, numbers and booleans as in JSON, objects by
    /// their `value`. Other values (`null`, nested lists) are skipped.
    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let (one, many, other) = match self {
            Self::One(text) => (Some(Cow::Borrowed(text.as_str())), &[][..], None),
            Self::Many(values) => (None, values.as_slice(), None),
            Self::Other(value) => (None, &[][..], Some(value)),
        };
        one.into_iter()
            .chain(many.iter().chain(other).filter_map(text))
    }
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
        Value::Object(object) => text(object.get("value")?),
        Value::Null | Value::Array(_) => None,
    }
}

impl From<&str> for OneOrMany {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for OneOrMany {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl fmt::Debug for OneOrMany {
    /// Prints only the number of values, because they may be transcript text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(_) | Self::Other(_) => f.write_str("OneOrMany(1 value)"),
            Self::Many(values) => write!(f, "OneOrMany({} values)", values.len()),
        }
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A single value, or the values logged under one name; usually strings.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": true}, true]
        })
    }
}
