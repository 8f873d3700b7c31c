//! Loosens the schemas of responses: servers send what no document says, and one unexpected value must not cost the
//! record and the page that it is in.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::Document;
use crate::json_pointer::unescaped;
use crate::operation::operations;
use crate::replaced::is_replaced;
use crate::rewrite::UNKNOWN_FIELDS;
use crate::unsupported::rust_name;

/// Marks a property that every response has, never as null. An overlay sets it, with the reason.
const CERTAIN: &str = "x-certain";

/// What becomes a check in Rust (a closed enum, a `NonZeroU64`, a set), or a value that was not sent.
const LIMITS: [&str; 14] = [
    "default",
    "discriminator",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxProperties",
    "maximum",
    "minItems",
    "minProperties",
    "minimum",
    "multipleOf",
    "required",
    "uniqueItems",
];

/// More references than that are a circle.
const DEEPEST: usize = 16;

/// Returns a copy of `document` with responses as servers send them, which is what the clients are generated from.
///
/// In each schema that a response reaches, properties are optional and may be null, except those that an overlay marks
/// with `x-certain: true`; properties that are not listed are kept; limits, enums and defaults are removed; and a choice
/// (`oneOf`, `anyOf`) is any JSON, because its first variant without a required property would take every value and
/// drop the rest of it.
#[must_use]
pub fn with_lenient_responses(document: &Document) -> Document {
    let mut lenient = document.clone();
    let mut schemas = Schemas {
        whole: document.tree(),
        seen: BTreeSet::new(),
        left: Vec::new(),
    };
    let tree = lenient.tree_mut();
    let items = tree.get_mut("paths").and_then(Value::as_object_mut);
    let items = items.into_iter().flatten();
    for (_, operation) in items
        .filter_map(|(_, item)| item.as_object_mut())
        .flat_map(operations)
    {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            responses
                .values_mut()
                .for_each(|response| schemas.response(response));
        }
    }
    if let Some(Value::Object(responses)) = tree.pointer_mut("/components/responses") {
        responses
            .values_mut()
            .for_each(|response| schemas.response(response));
    }
    while let Some(name) = schemas.left.pop() {
        let components = tree.pointer_mut("/components/schemas");
        if let Some(schema) = components.and_then(|components| components.get_mut(&name)) {
            schemas.loosen(schema);
        }
    }
    lenient
}

struct Schemas<'a> {
    /// The document as it was, for what references lead to.
    whole: &'a Value,
    /// The components that were reached.
    seen: BTreeSet<String>,
    /// Those that are still to be loosened.
    left: Vec<String>,
}

impl<'a> Schemas<'a> {
    fn response(&mut self, response: &mut Value) {
        if let Some(Value::Object(content)) = response.get_mut("content") {
            let schemas = content.values_mut().filter_map(|of| of.get_mut("schema"));
            schemas.for_each(|schema| self.loosen(schema));
        }
    }

    fn loosen(&mut self, schema: &mut Value) {
        if let Some(target) = schema["$ref"].as_str() {
            match self.followed(target) {
                // The component stays an enum: for requests, and for programs that know its values.
                Some(component)
                    if component["type"] == "string" && component["enum"].is_array() =>
                {
                    let description = component.get("description").cloned();
                    *schema = json!({"type": "string"});
                    if let Some(description) = description {
                        schema["description"] = description;
                    }
                }
                _ => {
                    let name = target.strip_prefix("#/components/schemas/").map(unescaped);
                    if let Some(name) = name
                        && self.seen.insert(name.clone())
                    {
                        self.left.push(name);
                    }
                }
            }
            return;
        }
        let composed = self.composed(schema);
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        match composed {
            Composed::No => {}
            Composed::Of(properties) => {
                object.retain(|key, _| matches!(key.as_str(), "description" | "nullable"));
                object.insert("type".to_owned(), json!("object"));
                object.insert("properties".to_owned(), Value::Object(properties));
            }
            Composed::AnyJson => {
                object.retain(|key, _| matches!(key.as_str(), "description" | "nullable"));
            }
        }
        let had_properties = self.properties(object);
        object.retain(|key, _| !LIMITS.contains(&key.as_str()));
        if let Some(required) = had_properties {
            if !required.is_empty() {
                object.insert("required".to_owned(), required.into());
            }
            object.insert("type".to_owned(), json!("object"));
            object.insert(
                "additionalProperties".to_owned(),
                json!({"description": "Fields that the document does not list, as they arrived."}),
            );
        } else if let Some(values) = object.get_mut("additionalProperties") {
            if values.is_object() {
                self.loosen(values);
                make_nullable(values);
            } else {
                object.remove("additionalProperties");
            }
        }
        if let Some(items) = object.get_mut("items") {
            self.loosen(items);
        }
        let parts = object.get_mut("allOf").and_then(Value::as_array_mut);
        parts
            .into_iter()
            .flatten()
            .for_each(|part| self.loosen(part));
    }

    /// Loosens the properties of an object and returns the required ones; `None` if it has no properties.
    fn properties(&mut self, object: &mut Map<String, Value>) -> Option<Vec<String>> {
        let properties = object.get_mut("properties")?.as_object_mut()?;
        if properties.is_empty() {
            return None;
        }
        // A field of that name would be there twice in Rust; without its own type it is kept as an unlisted one.
        properties.retain(|name, _| rust_name(name, ToSnakeCase::to_snake_case) != UNKNOWN_FIELDS);
        let mut required = Vec::new();
        for (name, property) in properties {
            let is_certain = property[CERTAIN] == true;
            self.loosen(property);
            if is_certain {
                required.push(name.clone());
            } else if property.get("$ref").is_none() {
                // A list or a map that may not be null would be read strictly; what a reference leads to is optional.
                make_nullable(property);
            }
        }
        Some(required)
    }

    /// What a schema is if it is made of several.
    fn composed(&self, schema: &Value) -> Composed {
        let has = |keyword: &str| schema.get(keyword).is_some();
        if has("oneOf") || has("anyOf") {
            return Composed::AnyJson;
        }
        match schema["allOf"].as_array().map(Vec::as_slice) {
            None => Composed::No,
            // The usual way to say more about a reference.
            Some([_]) if !has("properties") => Composed::No,
            Some(_) => self
                .all_properties(schema, 0)
                .map_or(Composed::AnyJson, Composed::Of),
        }
    }

    /// The properties of an object and of all that it is composed of; `None` if a part is not an object.
    fn all_properties(&self, schema: &Value, depth: usize) -> Option<Map<String, Value>> {
        if depth > DEEPEST || schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            return None;
        }
        if let Some(target) = schema["$ref"].as_str() {
            return self.all_properties(self.followed(target)?, depth + 1);
        }
        if !matches!(schema["type"].as_str(), None | Some("object")) {
            return None;
        }
        let mut all = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            all.extend(self.all_properties(part, depth + 1)?);
        }
        all.extend(
            schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
        );
        Some(all)
    }

    fn followed(&self, target: &str) -> Option<&'a Value> {
        self.whole.pointer(target.strip_prefix('#')?)
    }
}

enum Composed {
    No,
    Of(Map<String, Value>),
    AnyJson,
}

/// Lets a schema be null. Keys next to `$ref` are ignored, so that a reference is wrapped, unless it leads to a type of
/// ours, which takes any value.
fn make_nullable(schema: &mut Value) {
    if let Some(target) = schema["$ref"].as_str() {
        if target.rsplit('/').next().is_some_and(is_replaced) {
            return;
        }
        *schema = json!({"allOf": [schema.take()]});
    }
    if let Some(object) = schema.as_object_mut() {
        object.insert("nullable".to_owned(), json!(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema `A`, which a response reaches, after it was loosened.
    fn loosened(schemas: &str) -> Value {
        let document = Document::parse(
            "api.yaml",
            &format!(
                "openapi: 3.0.1
paths:
  /a:
    post:
      requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Asked'}}}}}}}}
      responses: {{'200': {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}
components:
  schemas:
    Asked: {{type: object, required: [kind], properties: {{kind: {{$ref: '#/components/schemas/Kind'}}}}}}
    Kind: {{type: string, enum: [a, b]}}
{schemas}"
            ),
        )
        .unwrap();
        let lenient = with_lenient_responses(&document);
        for asked in ["Asked", "Kind"] {
            let schema =
                |document: &Document| document.tree()["components"]["schemas"][asked].clone();
            assert_eq!(
                schema(&lenient),
                schema(&document),
                "requests stay as they are"
            );
        }
        assert_eq!(
            with_lenient_responses(&lenient).tree(),
            lenient.tree(),
            "there is nothing left to loosen"
        );
        lenient.tree()["components"]["schemas"].clone()
    }

    const ANY: &str = "Fields that the document does not list, as they arrived.";

    #[test]
    fn limits_of_a_response_go_and_what_is_not_certain_may_be_null() {
        let schemas = loosened(
            "    A: {type: object, additionalProperties: false, required: [id, n], properties: {
      id: {type: string, x-certain: true}, n: {type: integer, minimum: 1, default: 3}, kind: {$ref: '#/components/schemas/Kind'},
      list: {type: array, uniqueItems: true, minItems: 2, items: {$ref: '#/components/schemas/B'}},
      by_name: {type: object, additionalProperties: {type: number}}, free: {type: object, additionalProperties: false}}}
    B: {properties: {mood: {type: string, enum: [good]}, a: {$ref: '#/components/schemas/A'}, extra: {type: string}}}",
        );
        assert_eq!(
            schemas["A"],
            json!({"type": "object", "required": ["id"], "additionalProperties": {"description": ANY}, "properties": {
                "id": {"type": "string", "x-certain": true},
                "n": {"type": "integer", "nullable": true},
                "kind": {"type": "string", "nullable": true},
                "list": {"type": "array", "items": {"$ref": "#/components/schemas/B"}, "nullable": true},
                "by_name": {"type": "object", "additionalProperties": {"type": "number", "nullable": true}, "nullable": true},
                "free": {"type": "object", "nullable": true},
            }})
        );
        assert_eq!(
            schemas["B"],
            json!({"type": "object", "additionalProperties": {"description": ANY}, "properties": {
                "mood": {"type": "string", "nullable": true}, "a": {"$ref": "#/components/schemas/A"},
            }})
        );
    }

    #[test]
    fn a_choice_is_any_json_and_a_composition_one_object() {
        let schemas = loosened(
            "    A: {allOf: [{$ref: '#/components/schemas/B'}, {type: object, required: [c], properties: {c: {type: string, enum: [x]}}}]}
    B: {type: object, properties: {b: {description: One or other., oneOf: [{type: object}, {type: string}]},
      not_all: {allOf: [{$ref: '#/components/schemas/A'}, {type: string}]}}}",
        );
        assert_eq!(
            schemas["A"],
            json!({"type": "object", "additionalProperties": {"description": ANY}, "properties": {
                "b": {"description": "One or other.", "nullable": true},
                "not_all": {"nullable": true},
                "c": {"type": "string", "nullable": true},
            }})
        );
    }
}
