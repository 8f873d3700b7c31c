//! Possible future documents: bodies, several operations, composed schemas. A table of edits of one sample
//! document, which together with the edits of our own documents covers every check.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use conversations_changes::{changes, checks};
use serde_json::{Value, json};

use crate::documents::{Edited, take};
use crate::kinds::{PATHS, V3, reported};

type Edit = fn(&mut Value);

pub(crate) fn document() -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "Calls", "version": "1"},
        "tags": [{"name": "calls"}],
        "servers": [{"url": "https://api.example.com"}],
        "paths": {"/v9/calls": {
            "parameters": [{"name": "trace", "in": "query", "schema": {"type": "string"}}],
            "get": {
                "operationId": "list_calls",
                "deprecated": true,
                "parameters": [{"name": "since", "in": "query", "required": true, "schema": {"type": "integer"}}],
                "responses": {
                    "200": {
                        "description": "Calls.",
                        "headers": {"x-total": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Call"}},
                            "text/csv": {"schema": {"type": "string"}},
                        },
                    },
                    "202": {"description": "Later."},
                    "404": {"description": "None."},
                },
            },
            "post": {
                "security": [{"Key": []}],
                "requestBody": {
                    "required": true,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/NewCall"}},
                        "text/plain": {"schema": {"type": "string"}},
                    },
                },
                "responses": {"201": {"description": "Made."}},
            },
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"description": "Changed."}},
            },
        }},
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "responses": {"Gone": {"description": "Gone.", "content": {"text/plain": {}}}},
            "schemas": {
                "Call": {
                    "type": "object",
                    "required": ["id"],
                    "additionalProperties": false,
                    "properties": {
                        "id": {"type": "string", "maxLength": 20, "pattern": "^CA", "nullable": true},
                        "kind": {"type": "string", "enum": ["voice", "chat"]},
                        "seconds": {"type": "number", "minimum": 0, "default": 0},
                        "at": {"type": "string"},
                        "who": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                        "all": {"allOf": [{"type": "object"}, {"$ref": "#/components/schemas/Agent"}]},
                        "agent": {"$ref": "#/components/schemas/Agent"},
                        "inline": {"type": "object", "properties": {
                            "a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "integer"}}},
                    },
                },
                "NewCall": {
                    "type": "object",
                    "required": ["to"],
                    "properties": {
                        "to": {"type": "string", "pattern": "^\\+", "nullable": true},
                        "from": {"type": "string"},
                        "note": {"type": "string"},
                        "agent": {"$ref": "#/components/schemas/Agent"},
                        "kind": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                        "size": {"type": "integer", "format": "int32"},
                        "mode": {"type": "string", "enum": ["fast", "slow"]},
                    },
                },
                "Agent": {"type": "object", "properties": {"name": {"type": "string"}}},
                "Other": {"type": "object", "properties": {"name": {"type": "string"}}},
                "Spare": {"type": "object", "properties": {"a": {"type": "string"}}},
            },
        },
    })
}

fn schema<'d>(document: &'d mut Value, name: &str) -> &'d mut Value {
    &mut document["components"]["schemas"][name]
}

fn property<'d>(document: &'d mut Value, schema: &str, name: &str) -> &'d mut Value {
    &mut document["components"]["schemas"][schema]["properties"][name]
}

fn path(document: &mut Value) -> &mut Value {
    &mut document["paths"]["/v9/calls"]
}

fn push(list: &mut Value, value: Value) {
    list.as_array_mut().unwrap().push(value);
}

const EDITS: [(&str, Edit); 63] = [
    ("operation removed", |d| drop(take(path(d), "put"))),
    ("operation added", |d| {
        path(d)["delete"] = json!({"responses": {}});
    }),
    ("withdrawal called off", |d| {
        drop(take(&mut path(d)["get"], "deprecated"));
    }),
    ("parameter no longer required", |d| {
        path(d)["get"]["parameters"][0]["required"] = json!(false);
    }),
    ("parameter of the whole path", |d| {
        path(d)["parameters"][0]["schema"]["type"] = json!("integer");
    }),
    ("wider parameter", |d| {
        path(d)["get"]["parameters"][0]["schema"]["type"] = json!("number");
    }),
    ("body no longer required", |d| {
        path(d)["post"]["requestBody"]["required"] = json!(false);
    }),
    ("body required", |d| {
        path(d)["put"]["requestBody"]["required"] = json!(true);
    }),
    ("body removed", |d| {
        drop(take(&mut path(d)["put"], "requestBody"));
    }),
    ("body added", |d| {
        path(d)["get"]["requestBody"] = json!({"content": {}});
    }),
    ("required body added", |d| {
        path(d)["get"]["requestBody"] = json!({"required": true, "content": {}});
    }),
    ("form of a body removed", |d| {
        drop(take(
            &mut path(d)["post"]["requestBody"]["content"],
            "text/plain",
        ));
    }),
    ("form of a body added", |d| {
        path(d)["post"]["requestBody"]["content"]["text/html"] = json!({});
    }),
    ("form of a body changed", |d| {
        Edited::moved(
            &mut path(d)["put"]["requestBody"]["content"],
            "application/json",
            "text/json",
        );
    }),
    ("form of an answer removed", |d| {
        drop(take(
            &mut path(d)["get"]["responses"]["200"]["content"],
            "text/csv",
        ));
    }),
    ("success removed", |d| {
        drop(take(&mut path(d)["get"]["responses"], "202"));
    }),
    ("success added", |d| {
        path(d)["get"]["responses"]["206"] = json!({"description": "Part."});
    }),
    ("error removed", |d| {
        drop(take(&mut path(d)["get"]["responses"], "404"));
    }),
    ("header removed", |d| {
        drop(take(&mut path(d)["get"]["responses"]["200"], "headers"));
    }),
    ("header added", |d| {
        path(d)["get"]["responses"]["200"]["headers"]["x-page"] = json!({});
    }),
    ("host removed", |d| d["servers"] = json!([])),
    ("host moved", |d| {
        d["servers"][0]["url"] = json!("https://api.eu.example.com");
    }),
    ("key needed", |d| d["security"] = json!([{"Key": []}])),
    ("another key", |d| {
        path(d)["post"]["security"] = json!([{"Token": ["write"]}]);
    }),
    ("path with another key added", |d| {
        d["components"]["securitySchemes"]["Bearer"] = json!({"type": "http", "scheme": "bearer"});
        d["paths"]["/v9/export"] = json!({"get": {"security": [{"Bearer": []}], "responses": {}}});
    }),
    ("reference to another schema", |d| {
        *property(d, "Call", "agent") = json!({"$ref": "#/components/schemas/Other"});
    }),
    ("reference with a description", |d| {
        *property(d, "Call", "agent") = json!({"allOf": [{"$ref": "#/components/schemas/Agent"}]});
    }),
    ("inline schema named", |d| {
        let inline = std::mem::replace(
            property(d, "Call", "inline"),
            json!({"$ref": "#/components/schemas/Inline"}),
        );
        d["components"]["schemas"]["Inline"] = inline;
    }),
    ("unused schema removed", |d| {
        drop(take(&mut d["components"]["schemas"], "Spare"));
    }),
    ("unused schema added", |d| {
        d["components"]["schemas"]["More"] = json!({"type": "string"});
    }),
    ("unused schema changed", |d| {
        property(d, "Spare", "a")["type"] = json!("integer");
    }),
    ("unused answer renamed", |d| {
        Edited::moved(&mut d["components"]["responses"], "Gone", "Away");
    }),
    ("narrower field", |d| {
        property(d, "Call", "seconds")["type"] = json!("integer");
    }),
    ("form of a field promised", |d| {
        property(d, "Call", "at")["format"] = json!("date-time");
    }),
    ("form of a sent value", |d| {
        property(d, "NewCall", "size")["format"] = json!("int64");
    }),
    ("sent value may be null", |d| {
        property(d, "NewCall", "note")["nullable"] = json!(true);
    }),
    ("sent value may not be null", |d| {
        property(d, "NewCall", "to")["nullable"] = json!(false);
    }),
    ("field is never null", |d| {
        drop(take(property(d, "Call", "id"), "nullable"));
    }),
    ("value of a field added", |d| {
        push(&mut property(d, "Call", "kind")["enum"], json!("text"));
    }),
    ("value of a field removed", |d| {
        property(d, "Call", "kind")["enum"] = json!(["voice"]);
    }),
    ("value of a field renamed", |d| {
        property(d, "Call", "kind")["enum"] = json!(["phone", "chat"]);
    }),
    ("values of a field in another order", |d| {
        property(d, "Call", "kind")["enum"] = json!(["chat", "voice"]);
    }),
    ("field no longer of a list", |d| {
        drop(take(property(d, "Call", "kind"), "enum"));
    }),
    ("sent value of a list", |d| {
        property(d, "NewCall", "note")["enum"] = json!(["a", "b"]);
    }),
    ("sent value no longer of a list", |d| {
        drop(take(property(d, "NewCall", "mode"), "enum"));
    }),
    ("field may be longer", |d| {
        property(d, "Call", "id")["maxLength"] = json!(40);
    }),
    ("field is shorter", |d| {
        property(d, "Call", "id")["maxLength"] = json!(10);
    }),
    ("pattern of a field", |d| {
        property(d, "Call", "id")["pattern"] = json!("^(CA|OUT)");
    }),
    ("pattern of a field promised", |d| {
        property(d, "Call", "at")["pattern"] = json!("Z$");
    }),
    ("pattern of a sent value", |d| {
        property(d, "NewCall", "note")["pattern"] = json!("^[a-z]");
    }),
    ("pattern of a sent value lifted", |d| {
        drop(take(property(d, "NewCall", "to"), "pattern"));
    }),
    ("default of a field", |d| {
        property(d, "Call", "seconds")["default"] = json!(1);
    }),
    ("property to be sent added", |d| {
        schema(d, "NewCall")["properties"]["extra"] = json!({"type": "boolean"});
    }),
    ("property that must be sent", |d| {
        schema(d, "NewCall")["properties"]["extra"] = json!({"type": "boolean"});
        push(&mut schema(d, "NewCall")["required"], json!("extra"));
    }),
    ("property to be sent removed", |d| {
        drop(take(&mut schema(d, "NewCall")["properties"], "size"));
    }),
    ("property to be sent renamed", |d| {
        Edited::moved(&mut schema(d, "NewCall")["properties"], "mode", "speed");
    }),
    ("property to be sent required", |d| {
        push(&mut schema(d, "NewCall")["required"], json!("from"));
    }),
    ("property to be sent optional", |d| {
        schema(d, "NewCall")["required"] = json!([]);
    }),
    ("field always there", |d| {
        push(&mut schema(d, "Call")["required"], json!("at"));
    }),
    ("further fields", |d| {
        drop(take(schema(d, "Call"), "additionalProperties"));
    }),
    ("no further fields", |d| {
        property(d, "Call", "inline")["additionalProperties"] = json!(false);
    }),
    ("no further properties to be sent", |d| {
        schema(d, "NewCall")["additionalProperties"] = json!(false);
    }),
    ("a form of a field less", |d| {
        property(d, "Call", "who")["oneOf"] = json!([{"type": "string"}]);
    }),
];

const MORE: [(&str, Edit); 12] = [
    ("a form of a sent value less", |d| {
        property(d, "NewCall", "kind")["anyOf"] = json!([{"type": "string"}]);
    }),
    ("a form of a sent value more", |d| {
        push(
            &mut property(d, "NewCall", "kind")["anyOf"],
            json!({"type": "boolean"}),
        );
    }),
    ("parts that hold together", |d| {
        push(
            &mut property(d, "Call", "all")["allOf"],
            json!({"type": "string"}),
        );
    }),
    ("forms distinguished by a field", |d| {
        property(d, "Call", "who")["discriminator"] = json!({"propertyName": "type"});
    }),
    ("sent and read alike", |d| {
        property(d, "Agent", "name")["nullable"] = json!(true);
    }),
    ("only to be read", |d| {
        property(d, "Call", "id")["readOnly"] = json!(true);
    }),
    ("tags", |d| d["tags"][0]["name"] = json!("all calls")),
    ("title", |d| d["info"]["title"] = json!("All calls")),
    ("key of the vendor's own", |d| {
        d["x-audience"] = json!("public");
    }),
    ("required names in another order", |d| {
        schema(d, "Call")["required"] = json!(["id", "id"]);
    }),
    ("a false written down", |d| {
        property(d, "Call", "at")["nullable"] = json!(false);
    }),
    ("a keyword nobody knows", |d| {
        property(d, "Call", "at")["contentEncoding"] = json!("base64");
    }),
];

fn all() -> impl Iterator<Item = (&'static str, Edit)> {
    EDITS.into_iter().chain(MORE)
}

#[test]
fn each_possible_kind_of_change_is_reported_in_one_line() {
    let mut table = String::new();
    for (kind, edit) in all() {
        let old = document();
        let mut new = old.clone();
        edit(&mut new);
        writeln!(table, "{kind}\n{}", reported(&old, &new, &[]).trim_end()).unwrap();
    }
    insta::assert_snapshot!("coming", table);
}

#[test]
fn every_check_is_covered_by_an_edit() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut see = |old: &Value, new: &Value| {
        seen.extend(changes(old, new, &[]).iter().map(|change| change.check.id));
    };
    for (_, edit) in V3.iter().chain(&PATHS) {
        let old = Edited::v3();
        let mut new = old.clone();
        edit(&mut new);
        see(&old.0, &new.0);
    }
    for (_, edit) in all() {
        let old = document();
        let mut new = old.clone();
        edit(&mut new);
        see(&old, &new);
    }
    // A document that forbids additional request properties, and allows them again.
    let mut closed = document();
    schema(&mut closed, "NewCall")["additionalProperties"] = json!(false);
    see(&closed, &document());
    let unseen: Vec<&str> = checks()
        .iter()
        .map(|check| check.id)
        .filter(|id| !seen.contains(id))
        .collect();
    assert_eq!(unseen, [] as [&str; 0]);
}
