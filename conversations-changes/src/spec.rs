//! A document prepared for comparison: references resolved, components by name, and their uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The methods of a path item.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Where a location is used: in requests, in responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sides {
    pub(crate) request: bool,
    pub(crate) response: bool,
}

impl Sides {
    pub(crate) const REQUEST: Self = Self {
        request: true,
        response: false,
    };
    pub(crate) const RESPONSE: Self = Self {
        request: false,
        response: true,
    };

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            request: self.request || other.request,
            response: self.response || other.response,
        }
    }
}

/// A component: its kind (`schemas`, `responses` …) and name.
pub(crate) type Component = (String, String);

pub(crate) struct Spec<'a> {
    tree: &'a Value,
    reached: BTreeMap<Component, Sides>,
}

/// `Null`, for missing keys.
const NOTHING: &Value = &Value::Null;

/// An empty object, for missing keys.
pub(crate) static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl<'a> Spec<'a> {
    pub(crate) fn new(tree: &'a Value) -> Self {
        let mut spec = Self {
            tree,
            reached: BTreeMap::new(),
        };
        spec.reach();
        spec
    }

    pub(crate) fn root(&self) -> &'a Value {
        self.tree
    }

    pub(crate) fn part(&self, key: &str) -> &'a Value {
        self.tree.get(key).unwrap_or(NOTHING)
    }

    pub(crate) fn components(&self, kind: &str) -> Option<&'a Map<String, Value>> {
        self.part("components").get(kind)?.as_object()
    }

    /// Follows references until another value is found. A cycle, a dangling reference and one to another
    /// file are returned unchanged.
    pub(crate) fn resolve(&self, node: &'a Value) -> &'a Value {
        let mut found = node;
        for _ in 0..32 {
            match reference(found).map(|target| self.target(target)) {
                Some(Some(target)) => found = target,
                _ => return found,
            }
        }
        node
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        self.tree.pointer(reference.strip_prefix('#')?)
    }

    /// Where a component is used; nowhere if it is unused or missing.
    pub(crate) fn sides(&self, kind: &str, name: &str) -> Sides {
        self.reached
            .get(&(kind.to_owned(), name.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    /// Marks the components that operations use, following references.
    fn reach(&mut self) {
        let mut work: Vec<(&'a Value, Sides)> = Vec::new();
        for item in self
            .part("paths")
            .as_object()
            .into_iter()
            .flat_map(Map::values)
        {
            let item = self.resolve(item);
            work.push((item.get("parameters").unwrap_or(NOTHING), Sides::REQUEST));
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                for key in ["parameters", "requestBody"] {
                    work.push((operation.get(key).unwrap_or(NOTHING), Sides::REQUEST));
                }
                work.push((
                    operation.get("responses").unwrap_or(NOTHING),
                    Sides::RESPONSE,
                ));
            }
        }
        let mut seen: BTreeSet<(Component, Sides)> = BTreeSet::new();
        while let Some((node, sides)) = work.pop() {
            match node {
                Value::Object(map) => {
                    if let Some(target) = reference(node) {
                        if let Some(component) = component(target) {
                            let entry = self.reached.entry(component.clone()).or_default();
                            *entry = entry.or(sides);
                            if !seen.insert((component, sides)) {
                                continue;
                            }
                        }
                        if let Some(below) = self.target(target)
                            && reference(below) != Some(target)
                            && component(target).is_some()
                        {
                            work.push((below, sides));
                        }
                    } else {
                        work.extend(map.values().map(|below| (below, sides)));
                    }
                }
                Value::Array(list) => work.extend(list.iter().map(|below| (below, sides))),
                _ => {}
            }
        }
    }
}

/// The target of a reference object.
pub(crate) fn reference(node: &Value) -> Option<&str> {
    node.get("$ref")?.as_str()
}

/// The component that a reference names.
pub(crate) fn component(reference: &str) -> Option<Component> {
    let (kind, name) = reference.strip_prefix("#/components/")?.split_once('/')?;
    (!name.contains('/')).then(|| (kind.to_owned(), name.replace("~1", "/").replace("~0", "~")))
}

/// The name of the component of this `kind` that `node` refers to.
pub(crate) fn named<'a>(node: &'a Value, kind: &str) -> Option<&'a str> {
    let name = reference(node)?
        .strip_prefix("#/components/")?
        .strip_prefix(kind)?
        .strip_prefix('/')?;
    (!name.contains(['/', '~'])).then_some(name)
}

/// Escapes a key for a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_on_the_sides_that_use_it() {
        let tree = json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Sent"}}}},
                "responses": {"200": {"$ref": "#/components/responses/Ok"}},
            }}},
            "components": {
                "responses": {"Ok": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Read"}}}}},
                "schemas": {
                    "Sent": {"properties": {"a": {"$ref": "#/components/schemas/Shared"}}},
                    "Read": {"items": {"$ref": "#/components/schemas/Shared"}},
                    "Shared": {"properties": {"me": {"$ref": "#/components/schemas/Shared"}}},
                    "Unused": {},
                },
            },
        });
        let spec = Spec::new(&tree);
        assert_eq!(spec.sides("schemas", "Sent"), Sides::REQUEST);
        assert_eq!(spec.sides("schemas", "Read"), Sides::RESPONSE);
        assert_eq!(
            spec.sides("schemas", "Shared"),
            Sides::REQUEST.or(Sides::RESPONSE)
        );
        assert_eq!(spec.sides("schemas", "Unused"), Sides::default());
    }

    #[test]
    fn dangling_references_are_not_resolved() {
        let tree = json!({"components": {"schemas": {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"$ref": "#/components/schemas/A"},
            "C": {"$ref": "other.yaml#/C"},
            "D": {"$ref": "#/components/schemas/C"},
        }}});
        let spec = Spec::new(&tree);
        let schemas = &tree["components"]["schemas"];
        assert_eq!(spec.resolve(&schemas["A"]), &schemas["A"]);
        assert_eq!(spec.resolve(&schemas["D"]), &schemas["C"]);
    }
}
