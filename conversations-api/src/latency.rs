//! The latency of an agent's turn, in the two forms that servers send.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::Nullable;

/// The agent latency of one turn.
///
/// The documents declare a number of seconds; responses also contain an object with details. Both are
/// only present with `include_latency=true` (PolyAI docs, Conversations API overview, Optional response
/// fields).
///
/// ```
/// use conversations_api::Latency;
///
/// let plain: Latency = serde_json::from_str("1.25")?;
/// assert_eq!(plain.seconds(), Some(1.25));
/// let detailed: Latency = serde_json::from_str(r#"{"label":"good","perceived_latency":0.8}"#)?;
/// assert_eq!(detailed.seconds(), Some(0.8));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Latency {
    /// Seconds.
    Seconds(Number),
    /// The object form.
    Detailed(Box<LatencyDetail>),
    /// Any other value, unchanged.
    Other(Value),
}

/// The object form of a turn's [`Latency`].
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct LatencyDetail {
    /// The server's rating.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub label: Nullable<String>,
    /// The latency perceived by the caller, in seconds.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub perceived_latency: Nullable<Number>,
    /// The percentile of that latency among the turns of one day.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub perceived_latency_percentile_1d: Nullable<Number>,
    /// Undocumented members.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Latency {
    /// The latency in seconds: the number, also as text, or the object's `perceived_latency`.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        match self {
            Self::Seconds(number) => number.as_f64(),
            Self::Detailed(detail) => detail.perceived_latency.as_ref()?.as_f64(),
            Self::Other(Value::String(text)) => {
                let seconds = text.trim().parse().ok();
                seconds.filter(|seconds: &f64| seconds.is_finite())
            }
            Self::Other(_) => None,
        }
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(number) => write!(f, "{number}"),
            Self::Detailed(detail) => detail.fmt(f),
            Self::Other(_) => f.write_str("Other(..)"),
        }
    }
}

impl fmt::Debug for LatencyDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatencyDetail")
            .field("perceived_latency", &self.perceived_latency)
            .finish_non_exhaustive()
    }
}

impl From<f64> for Latency {
    /// Seconds; a number that JSON cannot represent (NaN, infinite) becomes `null`.
    fn from(seconds: f64) -> Self {
        Number::from_f64(seconds).map_or(Self::Other(Value::Null), Self::Seconds)
    }
}

impl JsonSchema for Latency {
    fn schema_name() -> Cow<'static, str> {
        "Latency".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let detail = generator.subschema_for::<LatencyDetail>();
        json_schema!({
            "description": "Seconds as a number, or an object with details; other values are possible.",
            "anyOf": [{"type": "number"}, detail, true]
        })
    }
}
