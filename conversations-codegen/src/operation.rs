//! The operations of a document, and the kinds of calls generated for them.

use serde_json::{Map, Value, json};

/// The kind of call that an operation is prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The success response decodes into its type.
    Typed,
    /// The success response is returned as a byte stream, and the call is named `…_stream`.
    Stream,
}

impl Call {
    /// The suffix of a stream call's name.
    pub(crate) const STREAM_SUFFIX: &'static str = "_stream";
}

/// The object under `key`, inserted if it is missing.
pub(crate) fn entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value
        .as_object_mut()
        .expect("the value was just made an object")
}

pub(crate) fn pascal_case(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The operations of a path, with their methods.
pub(crate) fn operations(
    item: &mut Map<String, Value>,
) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
    item.iter_mut()
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(method, operation)| Some((method.as_str(), operation.as_object_mut()?)))
}

/// Whether an operation has an optional body.
pub(crate) fn has_optional_body(operation: &Map<String, Value>) -> bool {
    operation
        .get("requestBody")
        .is_some_and(|body| body["required"] != true && body["content"].is_object())
}
