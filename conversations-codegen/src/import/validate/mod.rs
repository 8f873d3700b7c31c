//! Validates an OpenAPI 3.0 document and its references. Each error points at its location in the text.

mod openapi_objects;

use std::collections::HashSet;

use crate::keywords::{holds_names, is_data};

use crate::import::source::{DEPTH_LIMIT, ImportError, Source};
use crate::import::tree::{Entry, Kind, Node};
use crate::import::validate::openapi_objects::{OPENAPI, Object, Shape};

/// Rejects a document that is not valid.
pub(crate) fn check(source: &Source, root: &Node) -> Result<(), ImportError> {
    kind_of_document(source, root)?;
    let check = Check { source, root };
    check.object(root, &OPENAPI)?;
    check.references()?;
    check.parameters()
}

fn kind_of_document(source: &Source, root: &Node) -> Result<(), ImportError> {
    if root.map().is_none() {
        return Err(source.refuse(
            root.at,
            format!(
                "an OpenAPI document is an object, this is {}",
                root.kind_name()
            ),
        ));
    }
    if let Some(swagger) = root.entry("swagger") {
        return Err(source.refuse(
            swagger.at,
            "Swagger 2 is not OpenAPI 3.0: ask the vendor for a 3.0 document, or convert this one",
        ));
    }
    let Some(version) = root.get("openapi") else {
        return Err(source.refuse(
            root.at,
            "no `openapi` field: this is not an OpenAPI document",
        ));
    };
    match version.text() {
        Some(text) if text.starts_with("3.0.") => Ok(()),
        Some(text) if text.starts_with("3.1") || text.starts_with("3.2") => Err(source.refuse(
            version.at,
            format!(
                "OpenAPI {text}; the generator reads 3.0.x only. Ask the vendor for a 3.0 document, or \
                 convert this one (3.1 differs in `nullable`, `type` lists and `exclusiveMinimum`)"
            ),
        )),
        _ => Err(source.refuse(
            version.at,
            "`openapi` must be a string such as 3.0.1; the generator supports 3.0.x only",
        )),
    }
}

struct Check<'a> {
    source: &'a Source,
    root: &'a Node,
}

impl Check<'_> {
    fn object(&self, node: &Node, object: &Object) -> Result<(), ImportError> {
        let Some(entries) = node.map() else {
            return Err(self.wrong(node, &format!("{} is an object", object.name)));
        };
        // A reference stands for its target; the specification says that other keys next to it are
        // ignored.
        if let Some(reference) = node.get("$ref") {
            return match reference.text() {
                Some(_) => Ok(()),
                None => Err(self.wrong(reference, "`$ref` is a string")),
            };
        }
        if let Some(missing) = object.required.iter().find(|key| node.get(key).is_none()) {
            return Err(self
                .source
                .refuse(node.at, format!("{} needs `{missing}`", object.name)));
        }
        for entry in entries.iter().filter(|entry| !entry.key.starts_with("x-")) {
            let known = object.fields.iter().find(|(name, _)| *name == entry.key);
            let Some((_, shape)) = known else {
                return Err(self.unknown(entry, object));
            };
            self.shape(entry, *shape)?;
        }
        self.items_of_an_array(node, object)
    }

    fn items_of_an_array(&self, node: &Node, object: &Object) -> Result<(), ImportError> {
        let is_array = node.get("type").and_then(Node::text) == Some("array");
        if object.name == "a schema" && is_array && node.get("items").is_none() {
            return Err(self
                .source
                .refuse(node.at, "a schema of `type: array` needs `items`"));
        }
        Ok(())
    }

    fn unknown(&self, entry: &Entry, object: &Object) -> ImportError {
        const NEW_IN_3_1: [&str; 9] = [
            "const",
            "$defs",
            "examples",
            "if",
            "then",
            "else",
            "patternProperties",
            "prefixItems",
            "webhooks",
        ];
        let nearest = object
            .fields
            .iter()
            .map(|(name, _)| (strsim::damerau_levenshtein(name, &entry.key), name))
            .min();
        let hint = match nearest {
            Some((distance, name)) if distance <= 2 => format!(": is `{name}` meant?"),
            _ if NEW_IN_3_1.contains(&entry.key.as_str()) => {
                ": it was added in 3.1, and this document is 3.0".to_owned()
            }
            _ => ": extensions must be named `x-…`".to_owned(),
        };
        self.source.refuse(
            entry.at,
            format!(
                "{} has no field `{}` in OpenAPI 3.0{hint}",
                object.name, entry.key
            ),
        )
    }

    fn wrong(&self, node: &Node, rule: &str) -> ImportError {
        self.source
            .refuse(node.at, format!("{rule}, this is {}", node.kind_name()))
    }

    fn shape(&self, entry: &Entry, shape: Shape) -> Result<(), ImportError> {
        let (key, node) = (&entry.key, &entry.value);
        let must = |rule: &str| Err(self.wrong(node, &format!("`{key}` is {rule}")));
        match shape {
            Shape::Any => Ok(()),
            Shape::Text if node.text().is_none() => must("a text"),
            Shape::Flag if !matches!(node.kind, Kind::Bool(_)) => must("true or false"),
            Shape::Number if !matches!(node.kind, Kind::Number(_)) => must("a number"),
            Shape::Count if !matches!(&node.kind, Kind::Number(n) if n.is_u64()) => {
                must("a whole number from 0")
            }
            Shape::OneOf(values) => match node.text() {
                Some(text) if values.contains(&text) => Ok(()),
                Some(text) => Err(self.source.refuse(
                    node.at,
                    format!("`{key}` is one of {}, not `{text}`", values.join(", ")),
                )),
                None => must(&format!("one of {}", values.join(", "))),
            },
            Shape::Texts => match node.list() {
                Some(items) => items
                    .iter()
                    .find(|item| item.text().is_none())
                    .map_or(Ok(()), |item| {
                        Err(self.wrong(item, &format!("`{key}` lists texts")))
                    }),
                None => must("a list"),
            },
            Shape::List if node.list().is_none() => must("a list"),
            Shape::Object(object) => self.object(node, object),
            Shape::Objects(object) => match node.list() {
                Some(items) => items.iter().try_for_each(|item| self.object(item, object)),
                None => must("a list"),
            },
            Shape::Named(object) => match node.map() {
                Some(entries) => entries
                    .iter()
                    .filter(|entry| !entry.key.starts_with("x-"))
                    .try_for_each(|entry| self.object(&entry.value, object)),
                None => must("an object"),
            },
            Shape::FlagOr(_) if matches!(node.kind, Kind::Bool(_)) => Ok(()),
            Shape::FlagOr(object) => self.object(node, object),
            _ => Ok(()),
        }
    }

    /// Checks that every reference resolves, and that chains of references end.
    fn references(&self) -> Result<(), ImportError> {
        let mut sound = HashSet::new();
        for reference in references(self.root) {
            let target = reference.text().unwrap_or_default();
            if !sound.insert(target) {
                continue;
            }
            let Some(pointer) = target.strip_prefix('#') else {
                return Err(self.source.refuse(
                    reference.at,
                    format!(
                        "`{target}` refers to another document; bundle everything into one file"
                    ),
                ));
            };
            if self.root.pointer(pointer).is_none() {
                return Err(self.source.refuse(
                    reference.at,
                    format!("`{target}` leads nowhere{}", self.nearest(pointer)),
                ));
            }
            let mut path = vec![target.to_owned()];
            if let Some(round) = self.circle(pointer, &mut path, &mut HashSet::new()) {
                return Err(self.source.refuse(
                    reference.at,
                    format!(
                        "circular reference that no type can express: {round} (a circle through `properties` or \
                         `items` is fine, this one refers only to itself)"
                    ),
                ));
            }
        }
        Ok(())
    }

    fn nearest(&self, pointer: &str) -> String {
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        self.root
            .pointer(parent)
            .and_then(Node::map)
            .into_iter()
            .flatten()
            .map(|entry| (strsim::jaro_winkler(name, &entry.key), &entry.key))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or_else(String::new, |(_, key)| {
                format!("; the nearest that exists is `#{parent}/{key}`")
            })
    }

    /// The cycle, if resolving the node at `pointer` leads back to it.
    fn circle(
        &self,
        pointer: &str,
        path: &mut Vec<String>,
        done: &mut HashSet<String>,
    ) -> Option<String> {
        if path.len() > DEPTH_LIMIT {
            return Some(format!("a chain of more than {DEPTH_LIMIT} references"));
        }
        let mut left = vec![self.root.pointer(pointer)?];
        while let Some(node) = left.pop() {
            if let Some(target) = node.get("$ref").and_then(Node::text) {
                if let Some(start) = path.iter().position(|seen| seen == target) {
                    path.push(target.to_owned());
                    return Some(path[start..].join(" -> "));
                }
                if done.insert(target.to_owned()) {
                    path.push(target.to_owned());
                    let round = self.circle(target.strip_prefix('#')?, path, done);
                    if round.is_some() {
                        return round;
                    }
                    path.pop();
                }
            } else {
                for key in ["allOf", "oneOf", "anyOf"] {
                    left.extend(node.get(key).and_then(Node::list).into_iter().flatten());
                }
            }
        }
        None
    }

    /// Checks that a path's placeholders and path parameters have the same names, and that each is
    /// required.
    fn parameters(&self) -> Result<(), ImportError> {
        let paths = self.root.get("paths").and_then(Node::map).unwrap_or(&[]);
        for path in paths.iter().filter(|path| path.key.starts_with('/')) {
            let shared = self.path_parameters(&path.value)?;
            for operation in path.value.map().unwrap_or(&[]) {
                if operation.value.get("responses").is_none() {
                    continue;
                }
                let mut declared = self.path_parameters(&operation.value)?;
                declared.extend(shared.iter().cloned());
                let wanted = placeholders(&path.key);
                if let Some(missing) = wanted.iter().find(|name| !declared.contains(**name)) {
                    return Err(self.source.refuse(
                        path.at,
                        format!(
                            "`{{{missing}}}` is not declared as a path parameter of `{}`",
                            operation.key
                        ),
                    ));
                }
                if let Some(surplus) = declared
                    .iter()
                    .find(|name| !wanted.contains(&name.as_str()))
                {
                    return Err(self.source.refuse(
                        path.at,
                        format!(
                            "the path parameter `{surplus}` of `{}` is not in the path",
                            operation.key
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    fn path_parameters(&self, node: &Node) -> Result<HashSet<String>, ImportError> {
        let mut names = HashSet::new();
        let mut seen = HashSet::new();
        for parameter in node.get("parameters").and_then(Node::list).unwrap_or(&[]) {
            let resolved = parameter
                .get("$ref")
                .and_then(Node::text)
                .and_then(|target| self.root.pointer(target.strip_prefix('#')?))
                .unwrap_or(parameter);
            let text = |key| resolved.get(key).and_then(Node::text).unwrap_or_default();
            let (name, location) = (text("name"), text("in"));
            if !seen.insert((name, location)) {
                return Err(self.source.refuse(
                    parameter.at,
                    format!("the {location} parameter `{name}` is declared twice"),
                ));
            }
            if location == "path" {
                if !matches!(
                    resolved.get("required").map(|node| &node.kind),
                    Some(Kind::Bool(true))
                ) {
                    return Err(self.source.refuse(
                        resolved.at,
                        format!("the path parameter `{name}` needs `required: true`"),
                    ));
                }
                names.insert(name.to_owned());
            }
        }
        Ok(names)
    }
}

fn placeholders(path: &str) -> Vec<&str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect()
}

/// Every `$ref` that is a reference and not example data, in document order.
fn references(root: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    let mut left = vec![(root, false)];
    while let Some((node, names)) = left.pop() {
        match &node.kind {
            Kind::List(items) => left.extend(items.iter().map(|item| (item, false))),
            Kind::Map(entries) => {
                for entry in entries {
                    if !names && entry.key == "$ref" {
                        found.push(&entry.value);
                    } else if names || !is_data(&entry.key) {
                        left.push((&entry.value, !names && holds_names(&entry.key)));
                    }
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|reference| reference.at);
    found
}

#[cfg(test)]
mod tests;
