//! Published documents and edits of them.

use std::path::{Path, PathBuf};

use conversations_codegen::Document;
use serde_json::{Value, json};

/// The path of a published document. For v3 it is the one of 2026-05-11, not the current one: an update
/// of `openapi/` must not change what these tests compare.
pub(crate) fn path(version: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    match version {
        "v3" => tests.join("tests/documents/v3-2026-05-11.yaml"),
        _ => tests.join(format!("../openapi/conversations-{version}.yaml")),
    }
}

/// A published document.
pub(crate) fn published(version: &str) -> Value {
    Document::read(&path(version)).unwrap().tree().clone()
}

/// A document with edits by key, one line each.
#[derive(Clone)]
pub(crate) struct Edited(pub(crate) Value);

impl Edited {
    pub(crate) fn v3() -> Self {
        Self(published("v3"))
    }

    pub(crate) fn v1() -> Self {
        Self(published("v1"))
    }

    /// The only path.
    pub(crate) fn path(&self) -> String {
        self.0["paths"]
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap()
            .clone()
    }

    pub(crate) fn item(&mut self) -> &mut Value {
        let path = self.path();
        &mut self.0["paths"][path]
    }

    pub(crate) fn get(&mut self) -> &mut Value {
        &mut self.item()["get"]
    }

    pub(crate) fn parameters(&mut self) -> &mut Vec<Value> {
        self.get()["parameters"].as_array_mut().unwrap()
    }

    pub(crate) fn parameter(&mut self, name: &str) -> &mut Value {
        let found = self
            .parameters()
            .iter_mut()
            .find(|parameter| parameter["name"] == name);
        found.unwrap_or_else(|| panic!("no parameter {name}"))
    }

    pub(crate) fn responses(&mut self) -> &mut Value {
        &mut self.get()["responses"]
    }

    pub(crate) fn page(&mut self) -> &mut Value {
        &mut self.responses()["200"]["content"]["application/json"]["schema"]
    }

    pub(crate) fn schemas(&mut self) -> &mut Value {
        &mut self.0["components"]["schemas"]
    }

    pub(crate) fn property(&mut self, schema: &str, name: &str) -> &mut Value {
        let property = &mut self.schemas()[schema]["properties"][name];
        assert!(property.is_object(), "no property {name} in {schema}");
        property
    }

    pub(crate) fn moved(map: &mut Value, from: &str, to: &str) {
        let value = take(map, from);
        map[to] = value;
    }

    /// Replaces every reference to one component with another.
    pub(crate) fn redirect(&mut self, from: &str, to: &str) {
        let text = self.0.to_string().replace(
            &format!("\"#/components/schemas/{from}\""),
            &format!("\"#/components/schemas/{to}\""),
        );
        self.0 = serde_json::from_str(&text).unwrap();
    }
}

pub(crate) fn take(map: &mut Value, key: &str) -> Value {
    let value = map.as_object_mut().unwrap().remove(key);
    value.unwrap_or_else(|| panic!("no key {key}"))
}

pub(crate) fn optional_text(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": {"type": "string"}})
}
