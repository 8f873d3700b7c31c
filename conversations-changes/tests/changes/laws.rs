//! Properties that hold for every document and every edit.

use conversations_changes::{Change, Revision, changes};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::documents::{Edited, published};
use crate::kinds::{PATHS, V3};

/// Every JSON pointer into a tree except the root.
fn locations(node: &Value, pointer: &str, out: &mut Vec<String>) {
    let mut below = |key: &str, child: &Value| {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        out.push(pointer.clone());
        locations(child, &pointer, out);
    };
    match node {
        Value::Object(map) => map.iter().for_each(|(key, child)| below(key, child)),
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                below(&index.to_string(), child);
            }
        }
        _ => {}
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Remove,
    Replace(Value),
    Duplicate,
}

fn edits() -> impl Strategy<Value = Edit> {
    let odd = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(7)),
        Just(json!("text")),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["a"])),
        Just(json!({"type": "string"})),
        Just(json!({"$ref": "#/components/schemas/Conversation"})),
        Just(json!({"$ref": "#/components/schemas/Missing"})),
        Just(json!({"$ref": "#"})),
    ];
    prop_oneof![
        2 => Just(Edit::Remove),
        4 => odd.prop_map(Edit::Replace),
        1 => Just(Edit::Duplicate),
    ]
}

fn edited(mut tree: Value, pointer: &str, edit: &Edit) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match (tree.pointer_mut(parent).unwrap(), edit) {
        (Value::Object(map), Edit::Remove) => drop(map.remove(&key)),
        (Value::Object(map), Edit::Replace(value)) => drop(map.insert(key, value.clone())),
        (Value::Object(map), Edit::Duplicate) => {
            let value = map[&key].clone();
            map.insert(format!("{key}_too"), value);
        }
        (Value::Array(list), edit) => {
            let index: usize = key.parse().unwrap();
            match edit {
                Edit::Remove => drop(list.remove(index)),
                Edit::Replace(value) => list[index] = value.clone(),
                Edit::Duplicate => list.push(list[index].clone()),
            }
        }
        _ => unreachable!("a location is in an object or a list"),
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_edit_is_reported_and_none_fails_the_comparison(
        version in prop_oneof![Just("v1"), Just("v3"), Just("v9")],
        location in any::<proptest::sample::Index>(),
        edit in edits(),
    ) {
        let old = published_once(version);
        let mut all = Vec::new();
        locations(old, "", &mut all);
        let pointer = &all[location.index(all.len())];
        let new = edited(old.clone(), pointer, &edit);
        for (before, after) in [(old, &new), (&new, old)] {
            let reported = changes(before, after, &[]);
            prop_assert_eq!(reported.is_empty(), before == after, "{} {:?}", pointer, edit);
        }
        prop_assert!(changes(&new, &new, &[]).is_empty());
    }

    #[test]
    fn two_edits_are_both_reported(
        places_of in proptest::collection::vec((any::<proptest::sample::Index>(), edits()), 2..5),
    ) {
        let old = published_once("v3");
        let mut new = old.clone();
        for (location, edit) in &places_of {
            let mut all = Vec::new();
            locations(&new, "", &mut all);
            if !all.is_empty() {
                let pointer = all[location.index(all.len())].clone();
                new = edited(new, &pointer, edit);
            }
        }
        prop_assert_eq!(changes(old, &new, &[]).is_empty(), *old == new);
    }
}

fn published_once(version: &str) -> &'static Value {
    use std::sync::LazyLock;
    static V1: LazyLock<Value> = LazyLock::new(|| published("v1"));
    static V3: LazyLock<Value> = LazyLock::new(|| published("v3"));
    static V9: LazyLock<Value> = LazyLock::new(crate::coming::document);
    match version {
        "v1" => &V1,
        "v3" => &V3,
        _ => &V9,
    }
}

#[test]
fn a_document_equals_itself() {
    for version in ["v1", "v3"] {
        let document = published(version);
        assert_eq!(changes(&document, &document, &[]), []);
    }
}

#[test]
fn recursive_schemas_are_compared_completely() {
    let tree = |kind: &str, name: &str| {
        let node = format!("#/components/schemas/{name}");
        json!({
            "openapi": "3.0.1",
            "paths": {"/trees": {"get": {"responses": {"200": {"description": "", "content": {
                "application/json": {"schema": {"$ref": node}}}}}}}},
            "components": {"schemas": {
                name: {"type": "object", "properties": {
                    "left": {"$ref": node}, "right": {"$ref": node}, "value": {"type": kind}}},
                "Loop": {"$ref": "#/components/schemas/Loop"},
                "Inline": {"allOf": [{"$ref": "#/components/schemas/Inline"}]},
            }},
        })
    };
    let reported = changes(&tree("string", "Node"), &tree("integer", "Node"), &[]);
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert_eq!(reported[0].location.to_string(), "Node.value");
    // Renamed and changed at once: the comparison still ends and reports it.
    let reported = changes(&tree("string", "Node"), &tree("integer", "Vertex"), &[]);
    assert!(!reported.is_empty());
    assert_eq!(
        reported,
        changes(&tree("string", "Node"), &tree("integer", "Vertex"), &[])
    );
}

#[test]
fn the_comparison_accepts_any_json() {
    let odd = [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({"paths": []}),
        json!({"paths": {"/a": null, "/b": {"get": 7}}}),
        json!({"paths": {"/a": {"get": {"parameters": {"name": 1}, "responses": []}}}}),
        json!({"components": {"schemas": {"A": {"properties": [], "required": "a", "enum": {}}}}}),
        json!({"servers": {"url": 7}, "security": {"a": 1}, "info": 3}),
    ];
    for old in &odd {
        for new in &odd {
            assert_eq!(changes(old, new, &[]).is_empty(), old == new, "{old} {new}");
        }
    }
}

/// The report of one edit, which must be one change.
fn the_one_change(document: &Edited, edit: impl FnOnce(&mut Edited)) -> Change {
    let mut new = document.clone();
    edit(&mut new);
    let mut reported = changes(&document.0, &new.0, &[]);
    assert_eq!(reported.len(), 1, "{reported:#?}");
    reported.remove(0)
}

fn required<'d>(document: &'d mut Edited, schema: &str) -> Option<&'d mut Vec<Value>> {
    document.schemas()[schema]
        .get_mut("required")?
        .as_array_mut()
}

#[test]
fn every_removal_is_one_change() {
    for document in [Edited::v1(), Edited::v3()] {
        let parameters = document.clone().parameters().clone();
        for name in parameters.iter().map(|parameter| &parameter["name"]) {
            let reported =
                the_one_change(&document, |d| d.parameters().retain(|p| p["name"] != *name));
            assert_eq!(reported.check.id, "parameter-removed");
        }
        for (schema, node) in document.clone().schemas().as_object().unwrap() {
            for name in node["properties"].as_object().unwrap().keys() {
                let reported = the_one_change(&document, |d| {
                    d.schemas()[schema]["properties"]
                        .as_object_mut()
                        .unwrap()
                        .remove(name);
                    if let Some(required) = required(d, schema) {
                        required.retain(|other| other != name);
                    }
                });
                assert_eq!(reported.check.id, "response-property-removed");
            }
        }
        let statuses = document.clone().responses().clone();
        for status in statuses.as_object().unwrap().keys() {
            the_one_change(&document, |d| {
                d.responses().as_object_mut().unwrap().remove(status);
            });
        }
    }
}

#[test]
fn every_rename_is_one_change() {
    for document in [Edited::v1(), Edited::v3()] {
        for (schema, node) in document.clone().schemas().as_object().unwrap() {
            let reported = the_one_change(&document, |d| {
                Edited::moved(d.schemas(), schema, "Entirely");
                d.redirect(schema, "Entirely");
            });
            assert_eq!(reported.check.id, "schema-renamed");
            for name in node["properties"].as_object().unwrap().keys() {
                let reported = the_one_change(&document, |d| {
                    Edited::moved(&mut d.schemas()[schema]["properties"], name, "entirely");
                    for required in required(d, schema).into_iter().flatten() {
                        if required == name {
                            *required = json!("entirely");
                        }
                    }
                });
                assert_eq!(reported.check.id, "response-property-renamed");
            }
        }
        for index in 0..document.clone().parameters().len() {
            if document.clone().parameters()[index]["in"] == "query" {
                let reported = the_one_change(&document, |d| {
                    d.parameters()[index]["name"] = json!("entirely");
                });
                assert_eq!(reported.check.id, "parameter-renamed");
            }
        }
    }
}

#[test]
fn a_reverted_change_is_marked() {
    let first = published("v3");
    for (_, edit) in V3.iter().chain(&PATHS) {
        let mut second = Edited(first.clone());
        edit(&mut second);
        let history = [Revision::new("r0", "2026-01-01", first.clone())];
        for change in changes(&second.0, &first, &history) {
            assert!(change.seen.is_some(), "{change:#?}");
        }
        // A change made for the first time is not a revert.
        for change in changes(&first, &second.0, &history) {
            assert!(change.seen.is_none(), "{change:#?}");
        }
    }
}
