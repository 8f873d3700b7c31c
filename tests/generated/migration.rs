//! *migration*: every field and parameter of v1 and v3 side by side, with what `migrate::to_v3` and
//! `migrate::to_v1` do to the values that servers send, and whether tables have a column for it. Names
//! and types come from the prepared documents and the changes from running the conversions, so that a
//! changed document or conversion shows up here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use conversations_api::{v1, v3};
use conversations_api_ext::migrate;
use conversations_codegen::{ClientModule, OpenapiDir};
use serde_json::{Map, Value, json};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

#[test]
fn fields_and_parameters_of_v1_and_v3_match_their_snapshot() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    let tree = |version| dir.document(version).unwrap().tree().clone();
    let documents = [tree(ClientModule::V1), tree(ClientModule::V3)];
    assert_snapshot("migration", "fields", &fields(&documents));
    assert_snapshot("migration", "parameters", &parameters(&documents));
    assert_no_leftovers("migration", ["fields", "parameters"]);
}

#[test]
fn the_v1_drop_in_accepts_every_parameter_of_v1() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    let document = dir.document(ClientModule::V1).unwrap();
    let paths = document.tree()["paths"].as_object().unwrap();
    let parameters = &paths.values().next().unwrap()["get"]["parameters"];
    let builder = include_str!("../../conversations-api-ext/src/migrate/v1/builder.rs");
    for parameter in parameters.as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let kind = if parameter["required"] == true {
            "required"
        } else {
            "optional"
        };
        assert!(builder.contains(&format!("@{kind} {name},")), "{name}");
    }
}

fn fields(documents: &[Value; 2]) -> String {
    let mut rows = vec![["field", "v1", "v3", "v1 to v3", "v3 to v1", "table"].map(str::to_owned)];
    for (prefix, schema_name) in [("", "Conversation"), ("turns.", "ConversationTurn")] {
        let properties = |document: &'_ Value, name: &str| {
            document["components"]["schemas"][name]["properties"]
                .as_object()
                .unwrap()
                .clone()
        };
        // The v3 document has its own name for it; in Rust both are `Conversation`.
        let name_in_v3 = match schema_name {
            "Conversation" => "ConversationSummaryResponse",
            other => other,
        };
        let v1 = properties(&documents[0], schema_name);
        let v3 = properties(&documents[1], name_in_v3);
        let names: BTreeSet<&String> = v1.keys().chain(v3.keys()).collect();
        for name in names {
            let schema = v1.get(name).or_else(|| v3.get(name)).unwrap();
            let mut changes = changes(name, schema, !prefix.is_empty());
            if !is_named(schema_name, name) {
                changes = [NO_RULE, NO_RULE].map(str::to_owned);
            }
            let [to_v3, to_v1] = changes;
            rows.push([
                format!("{prefix}{name}"),
                v1.get(name).map_or_else(none, shape),
                v3.get(name).map_or_else(none, shape),
                to_v3,
                to_v1,
                column(schema_name, name),
            ]);
        }
    }
    table(&rows)
}

/// Marks a field that the conversions do not name, such as one that a new document added: it is copied,
/// but whether null and absence mean the same on both sides has to be reviewed.
const NO_RULE: &str = "NO RULE YET, as it is";

/// Whether the conversions name a field of a conversation or of a turn.
fn is_named(schema: &str, field: &str) -> bool {
    let source = match schema {
        "Conversation" => include_str!("../../conversations-api-ext/src/migrate/conversation.rs"),
        _ => include_str!("../../conversations-api-ext/src/migrate/turn.rs"),
    };
    source.contains(&format!("from.{field})"))
}

/// The table columns of a field.
fn column(schema: &str, field: &str) -> String {
    let source = include_str!("../../conversations-table/src/column.rs");
    let (conversation, turn) = source.split_once("const TURN").unwrap();
    let columns = match schema {
        "Conversation" => conversation,
        _ => turn,
    };
    let is_there = columns.contains(&format!("column({field:?},"));
    if is_there { "column" } else { "in extra" }.to_owned()
}

fn none() -> String {
    "-".to_owned()
}

/// A short description of a field's type.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"]
        .as_str()
        .or(schema["allOf"][0]["$ref"].as_str())
    {
        return reference.rsplit('/').next().unwrap().to_owned();
    }
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "date-time" => "time".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => format!("list of {}", shape(&schema["items"])),
        Some("object") if schema["additionalProperties"]["$ref"].is_string() => {
            format!("map to {}", shape(&schema["additionalProperties"]))
        }
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

/// What each direction changes, tested with every form that occurs.
fn changes(name: &str, schema: &Value, in_turn: bool) -> [String; 2] {
    if name == "id" {
        return ["", ""].map(str::to_owned);
    }
    let mut changed = [Vec::new(), Vec::new()];
    for probe in probes(name, schema) {
        let conversation = conversation(name, probe.clone(), in_turn);
        let to_v3: v1::types::Conversation = serde_json::from_value(conversation.clone()).unwrap();
        let to_v1: v3::types::Conversation = serde_json::from_value(conversation).unwrap();
        let results = [
            serde_json::to_value(migrate::to_v3(to_v3)).unwrap(),
            serde_json::to_value(migrate::to_v1(to_v1)).unwrap(),
        ];
        for (changed, result) in changed.iter_mut().zip(results) {
            let holder = if in_turn {
                &result["turns"][0]
            } else {
                &result
            };
            let became = holder.get(name);
            if became != probe.as_ref() {
                changed.push(format!("{} -> {}", form(probe.as_ref()), form(became)));
            }
        }
    }
    changed.map(|changed| changed.join("; "))
}

fn form(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), Value::to_string)
}

/// Absence, null, and the forms in which a field of this type occurs.
fn probes(name: &str, schema: &Value) -> Vec<Option<Value>> {
    let mut probes = vec![None, Some(Value::Null)];
    let forms = match (name, schema["type"].as_str()) {
        ("latency", _) => {
            json!([0.8, {"perceived_latency": 0.8}, {"label": "good", "perceived_latency": 0.8}])
        }
        ("metrics", _) => {
            json!([{}, {"M": "1"}, {"M": ["1"]}, {"M": 1}, {"M": [{"timestamp": "t", "value": "1"}]}])
        }
        ("entities", _) => json!([[], [{"E": "1"}], [{"E": ["1"]}]]),
        (_, Some("string")) if schema["format"] == "date-time" => {
            json!([
                "2026-04-07T21:27:33Z",
                "2026-04-07T21:27:33",
                "2026-04-07T21:27:33+00:00",
                ""
            ])
        }
        (_, Some("string")) => json!(["", "x"]),
        (_, Some("integer")) => json!([1, 1.0]),
        (_, Some("boolean")) => json!([true]),
        (_, Some("array")) => json!([[]]),
        _ => json!([{}]),
    };
    let Value::Array(forms) = forms else {
        unreachable!("every arm is a list")
    };
    probes.extend(forms.into_iter().map(Some));
    probes
}

fn conversation(name: &str, value: Option<Value>, in_turn: bool) -> Value {
    let mut holder = Map::new();
    if let Some(value) = value {
        holder.insert(name.to_owned(), value);
    }
    let mut conversation = if in_turn {
        Map::from_iter([("turns".to_owned(), json!([holder]))])
    } else {
        holder
    };
    conversation.insert("id".to_owned(), json!("CA1"));
    conversation.into()
}

fn parameters(documents: &[Value; 2]) -> String {
    let [v1, v3] = documents.each_ref().map(|document| {
        let paths = document["paths"].as_object().unwrap();
        let path = paths.values().next().unwrap();
        path["get"]["parameters"].as_array().unwrap()
    });
    let find = |list: &[Value], name: &str| {
        let parameter = list.iter().find(|parameter| parameter["name"] == name);
        parameter.map_or_else(none, described)
    };
    let names: BTreeSet<&str> = v1
        .iter()
        .chain(v3)
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    let mut rows = vec![["parameter", "v1", "v3"].map(str::to_owned)];
    rows.extend(
        names
            .into_iter()
            .map(|name| [name.to_owned(), find(v1, name), find(v3, name)]),
    );
    table(&rows)
}

fn described(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    let mut out = shape(schema);
    for limit in ["minimum", "maximum", "default", "enum"] {
        if let Some(value) = schema.get(limit) {
            let _ = write!(out, ", {limit} {value}");
        }
    }
    out
}

/// Pads columns to their longest cell.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let mut out = String::new();
    for row in rows {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column).unwrap_or(0)));
        let line = cells.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
