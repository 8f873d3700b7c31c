//! The function calls of a conversation, by turn.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Nullable, Number, Timestamp};

/// The function calls of a conversation, by the number of their turn.
///
/// The document declares an object without members. Responses contain a map from the turn number, as a
/// string, to a list of events.
///
/// ```
/// use conversations_api::FunctionEvents;
///
/// let events: FunctionEvents =
///     serde_json::from_str(r#"{"10": [{"name": "book"}], "9": [{"name": "find"}]}"#)?;
/// let names: Vec<_> = events.iter().map(|(turn, event)| (turn, event.name.as_deref())).collect();
/// assert_eq!(names, [(Some(9), Some("find")), (Some(10), Some("book"))]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FunctionEvents {
    /// The events of each turn, in the order of the calls.
    ByTurn(BTreeMap<String, Vec<FunctionEvent>>),
    /// Any other value, unchanged.
    Other(Value),
}

/// A function call.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FunctionEvent {
    /// The function's name.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub name: Nullable<String>,
    /// The function's ID.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub function_id: Nullable<String>,
    /// The duration of the call in milliseconds.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub duration: Nullable<Number>,
    /// The arguments.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub arguments: Nullable<Value>,
    /// The changes of the dialogue state.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub state_changes: Nullable<Value>,
    /// The start of the call; RFC 2822 in most responses.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub start_time: Nullable<Timestamp>,
    /// Undocumented members, such as an error.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl FunctionEvents {
    /// Each event with the number of its turn, in the order of the turns; `None` for a key that is not a
    /// number, after all others. Empty if the value has another form.
    pub fn iter(&self) -> impl Iterator<Item = (Option<u64>, &FunctionEvent)> {
        let turns = match self {
            Self::ByTurn(turns) => Some(turns),
            Self::Other(_) => None,
        };
        let mut events: Vec<_> = turns
            .into_iter()
            .flatten()
            .flat_map(|(turn, events)| {
                let turn = turn.parse::<u64>().ok();
                events.iter().map(move |event| (turn, event))
            })
            .collect();
        events.sort_by_key(|(turn, _)| (turn.is_none(), *turn));
        events.into_iter()
    }
}

impl fmt::Debug for FunctionEvents {
    /// Prints the number of events only, because arguments may be what a caller said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByTurn(_) => write!(f, "FunctionEvents({} events)", self.iter().count()),
            Self::Other(_) => f.write_str("Other(..)"),
        }
    }
}

impl fmt::Debug for FunctionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionEvent")
            .field("duration", &self.duration)
            .field("start_time", &self.start_time)
            .finish_non_exhaustive()
    }
}

impl JsonSchema for FunctionEvents {
    fn schema_name() -> Cow<'static, str> {
        "FunctionEvents".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let event = generator.subschema_for::<FunctionEvent>();
        json_schema!({
            "description": "Function calls by the number of their turn; other values are possible.",
            "anyOf": [{"type": "object", "additionalProperties": {"type": "array", "items": event}}, true]
        })
    }
}
