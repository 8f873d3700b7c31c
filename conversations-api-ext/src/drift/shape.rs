//! [`Shape`]: the shape of a conversation in the API document.
//!
//! It is derived from the JSON Schema of the generated types, so it follows the document automatically.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value;

use super::JsonType;
use crate::Conversation;

/// The documented shape of a value.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The allowed types; empty if any.
    types: Vec<JsonType>,
    /// The fields of an object; `None` if they may have any name.
    pub(super) fields: Option<HashMap<String, Self>>,
    /// The shape of the elements of a list.
    pub(super) items: Option<Box<Self>>,
    /// The documented names; empty if any is allowed.
    pub(super) names: &'static [&'static str],
}

/// The documented names from PolyAI docs, Conversations API overview, "Conversation object". Both sets are open:
/// another name is not an error, but worth reporting.
const NAMES: [(&str, &[&str]); 2] = [
    ("channel", &["VOICE-SIP", "WEBCHAT", "CHAT"]),
    ("environment", &["live", "sandbox", "pre-release"]),
];

/// Deeper than any document; bounds a schema that refers to itself.
const MAX_DEPTH: usize = 16;

/// The shape of a conversation.
pub(super) static CONVERSATION: LazyLock<Shape> = LazyLock::new(|| {
    let schema = schemars::schema_for!(Conversation);
    let mut shape = shape(schema.as_value(), schema.as_value(), 0);
    for (field, names) in NAMES {
        if let Some(field) = shape
            .fields
            .as_mut()
            .and_then(|fields| fields.get_mut(field))
        {
            field.names = names;
        }
    }
    shape
});

impl Shape {
    pub(super) fn allows(&self, kind: JsonType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }
}

fn shape(schema: &Value, root: &Value, depth: usize) -> Shape {
    if depth > MAX_DEPTH {
        return Shape::default();
    }
    if let Some(name) = schema["$ref"].as_str() {
        let target = name.strip_prefix('#').and_then(|path| root.pointer(path));
        return target.map_or_else(Shape::default, |target| shape(target, root, depth + 1));
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let choices = choices.iter().map(|choice| shape(choice, root, depth + 1));
        return choices.reduce(either).unwrap_or_default();
    }
    let fields = schema["properties"].as_object().map(|properties| {
        let field =
            |(name, schema): (&String, &Value)| (name.clone(), shape(schema, root, depth + 1));
        properties.iter().map(field).collect()
    });
    let items = schema.get("items").filter(|items| items.is_object());
    Shape {
        types: types(&schema["type"]),
        fields,
        items: items.map(|items| Box::new(shape(items, root, depth + 1))),
        names: &[],
    }
}

/// Merges two alternative shapes.
fn either(one: Shape, other: Shape) -> Shape {
    let any = one.types.is_empty() || other.types.is_empty();
    Shape {
        types: if any {
            Vec::new()
        } else {
            [one.types, other.types].concat()
        },
        fields: one.fields.or(other.fields),
        items: one.items.or(other.items),
        names: &[],
    }
}

fn types(names: &Value) -> Vec<JsonType> {
    match names {
        Value::String(name) => JsonType::of_schema(name).into_iter().collect(),
        Value::Array(names) => names
            .iter()
            .filter_map(|name| JsonType::of_schema(name.as_str()?))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_that_of_the_generated_types() {
        let fields = CONVERSATION.fields.as_ref().unwrap();
        assert!(fields["id"].allows(JsonType::Text) && !fields["id"].allows(JsonType::Null));
        assert!(fields["state"].fields.is_none(), "a free map");
        let turn = fields["turns"].items.as_ref().unwrap();
        let latency = &turn.fields.as_ref().unwrap()["latency"];
        assert!(latency.allows(JsonType::Number) && latency.allows(JsonType::Object));
        assert!(
            latency
                .fields
                .as_ref()
                .unwrap()
                .contains_key("perceived_latency")
        );
        for (field, names) in NAMES {
            assert_eq!(fields[field].names, names);
        }
    }
}
