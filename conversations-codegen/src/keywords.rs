//! Classifies the keys of an OpenAPI document: keywords, names, and data of the API.

use serde_json::{Map, Value};

use crate::json_pointer::escaped;

/// Keywords whose value is data of the API instead of part of the description.
pub(crate) fn is_data(key: &str) -> bool {
    matches!(
        key,
        "example" | "examples" | "default" | "enum" | "mapping" | "scopes"
    ) || key.starts_with("x-")
}

/// Keywords whose keys are names instead of keywords.
pub(crate) fn holds_names(key: &str) -> bool {
    matches!(
        key,
        "paths"
            | "properties"
            | "parameters"
            | "schemas"
            | "responses"
            | "headers"
            | "content"
            | "requestBodies"
            | "securitySchemes"
            | "callbacks"
            | "links"
            | "variables"
    )
}

/// Calls `f` with each object of the description and its JSON pointer; data is skipped.
pub(crate) fn objects_mut(tree: &mut Value, f: &mut impl FnMut(&str, &mut Map<String, Value>)) {
    below(tree, &mut String::new(), false, f);
}

fn below(
    value: &mut Value,
    pointer: &mut String,
    names: bool,
    f: &mut impl FnMut(&str, &mut Map<String, Value>),
) {
    let length = pointer.len();
    match value {
        Value::Object(object) => {
            if !names {
                f(pointer, object);
            }
            for (key, value) in object {
                if names || !is_data(key) {
                    pointer.push('/');
                    pointer.push_str(&escaped(key));
                    below(value, pointer, !names && holds_names(key), f);
                    pointer.truncate(length);
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                below(value, pointer, false, f);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}
