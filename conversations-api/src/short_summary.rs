//! The summary of a conversation: a string or an object.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Nullable;

/// The short summary of a conversation.
///
/// The document declares a string; responses also contain an object with `heading` and `content`.
///
/// ```
/// use conversations_api::ShortSummary;
///
/// let plain: ShortSummary = serde_json::from_str(r#""Room booked.""#)?;
/// assert_eq!((plain.heading(), plain.content()), (None, Some("Room booked.")));
/// let detailed: ShortSummary =
///     serde_json::from_str(r#"{"heading":"Booking","content":"Room booked."}"#)?;
/// assert_eq!((detailed.heading(), detailed.content()), (Some("Booking"), Some("Room booked.")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ShortSummary {
    /// The summary alone.
    Text(String),
    /// The object form.
    Detailed(Box<SummaryDetail>),
    /// Any other value, unchanged.
    Other(Value),
}

/// The object form of a [`ShortSummary`].
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SummaryDetail {
    /// A title.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub heading: Nullable<String>,
    /// The summary.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub content: Nullable<String>,
    /// Undocumented members.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ShortSummary {
    /// The title, if the summary has one.
    #[must_use]
    pub fn heading(&self) -> Option<&str> {
        match self {
            Self::Detailed(detail) => detail.heading.as_deref(),
            Self::Text(_) | Self::Other(_) => None,
        }
    }

    /// The summary without its title.
    #[must_use]
    pub fn content(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Detailed(detail) => detail.content.as_deref(),
            Self::Other(_) => None,
        }
    }
}

impl From<&str> for ShortSummary {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ShortSummary {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Debug for ShortSummary {
    /// Prints the form only, because a summary retells the conversation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Detailed(_) => "Detailed(..)",
            Self::Other(_) => "Other(..)",
        })
    }
}

impl fmt::Debug for SummaryDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SummaryDetail").finish_non_exhaustive()
    }
}

impl JsonSchema for ShortSummary {
    fn schema_name() -> Cow<'static, str> {
        "ShortSummary".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let detail = generator.subschema_for::<SummaryDetail>();
        json_schema!({
            "description": "The summary as a string, or an object with details; other values are possible.",
            "anyOf": [{"type": "string"}, detail, true]
        })
    }
}
