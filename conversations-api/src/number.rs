//! A number that keeps the form in which it was written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Integer;

/// A number as written by the server.
///
/// The documents declare `number`, and servers write `4` as well as `4.5`. An `f64` would write the
/// first one back as `4.0`; this type writes both back unchanged.
///
/// ```
/// use conversations_api::Number;
///
/// let score: Number = serde_json::from_str("4")?;
/// assert_eq!(score.as_f64(), 4.0);
/// assert_eq!(serde_json::to_string(&score)?, "4");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(Integer);

impl Number {
    /// The value, rounded if it needs more than 53 bits.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0.as_f64()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(Integer::from_f64(value))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }
}
