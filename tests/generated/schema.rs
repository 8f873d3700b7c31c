//! *schema*: the JSON Schema of a page's conversations, for users who validate exports.

use schemars::{JsonSchema, generate::SchemaSettings};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

#[test]
fn the_json_schema_of_each_version_matches_its_snapshot() {
    assert_snapshot(
        "schema",
        "v1",
        &schema::<conversations_api::v1::types::ConversationPage>(),
    );
    assert_snapshot(
        "schema",
        "v2",
        &schema::<conversations_api::v2::types::ConversationPage>(),
    );
    assert_snapshot(
        "schema",
        "v3",
        &schema::<conversations_api::v3::types::ConversationPage>(),
    );
    assert_no_leftovers("schema", ["v1", "v2", "v3"]);
}

fn schema<T: JsonSchema>() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    strip_descriptions(schema.as_object_mut().unwrap());
    layout(schema.as_value(), 0)
}

/// Prose is reviewed in the documents; only the structure matters here.
fn strip_descriptions(object: &mut serde_json::Map<String, serde_json::Value>) {
    object.retain(|key, value| key != "description" || !value.is_string());
    object.values_mut().for_each(strip);
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => strip_descriptions(object),
        serde_json::Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Formats JSON with short values on one line, so that a field is a line of the diff.
fn layout(value: &serde_json::Value, depth: usize) -> String {
    const WIDTH: usize = 90;
    let inline = value.to_string();
    let indent = "  ".repeat(depth + 1);
    match value {
        serde_json::Value::Object(object) if inline.len() > WIDTH || depth == 0 => {
            let entries: Vec<String> = object
                .iter()
                .map(|(key, value)| format!("{indent}{key:?}: {}", layout(value, depth + 1)))
                .collect();
            format!("{{\n{}\n{}}}", entries.join(",\n"), "  ".repeat(depth))
        }
        _ => inline,
    }
}
