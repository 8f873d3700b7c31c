//! Compares paths and methods: removed, added, moved.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    OPERATION_ADDED, OPERATION_REMOVED, PATH_ADDED, PATH_MOVED, PATH_PARAMETER_RENAMED,
    PATH_REMOVED,
};
use crate::compare::document::requirements;
use crate::compare::{Comparison, Context};
use crate::pairing::{alike, form, pairs};
use crate::spec::{METHODS, Sides};

impl<'a> Comparison<'a> {
    pub(super) fn paths(&mut self) {
        let (old, new) = (self.old.part("paths"), self.new.part("paths"));
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return self.odd(
                &Context::new("paths", "/paths", Kind::Document),
                "paths",
                old,
                new,
            );
        };
        let missing = |of: &'a Map<String, Value>, from: &'a Map<String, Value>| -> Vec<&'a str> {
            let keys = of.keys().map(String::as_str);
            keys.filter(|path| !from.contains_key(*path)).collect()
        };
        let (removed, added) = (missing(old, new), missing(new, old));
        let moved = pairs(
            &removed,
            &added,
            0.6,
            (
                |path: &&'a str| (*path, features(self.old.resolve(&old[*path]))),
                |path: &&'a str| (*path, features(self.new.resolve(&new[*path]))),
            ),
            |(from, before), (to, after)| match (positions(from), positions(to)) {
                (from, to) if from == to => 1.0,
                // Another version of the same path, however different its operations are.
                (from, to) if unversioned(&from) == unversioned(&to) => 0.995,
                _ => 0.99 * alike(before, after),
            },
        );
        for (from, to) in &moved {
            self.moved_path(from, to);
            self.path(from, to, &old[*from], &new[*to]);
        }
        for path in removed
            .iter()
            .filter(|path| !moved.iter().any(|(from, _)| from == *path))
        {
            let at = path_at(path, path);
            let held = contents(self.old.resolve(&old[*path]));
            self.report(PATH_REMOVED, &at, "", Some(held), None);
        }
        for path in added
            .iter()
            .filter(|path| !moved.iter().any(|(_, to)| to == *path))
        {
            let at = path_at(path, path);
            let held = contents(self.new.resolve(&new[*path]));
            self.report(PATH_ADDED, &at, "", None, Some(held));
        }
        for (path, item) in old {
            if let Some(other) = new.get(path) {
                self.path(path, path, item, other);
            }
        }
    }

    fn moved_path(&mut self, from: &str, to: &str) {
        let at = path_at(from, to);
        if positions(from) != positions(to) {
            return self.report(
                PATH_MOVED,
                &at,
                "path",
                Some(from.to_owned()),
                Some(to.to_owned()),
            );
        }
        for (old, new) in names(from)
            .into_iter()
            .zip(names(to))
            .filter(|(old, new)| old != new)
        {
            let at = at.about(Kind::Parameter, Some(&old), Some(&new));
            self.report(
                PATH_PARAMETER_RENAMED,
                &at,
                new.clone(),
                Some(old),
                Some(new.clone()),
            );
        }
    }

    fn path(&mut self, from: &'a str, to: &'a str, old: &'a Value, new: &'a Value) {
        let at = path_at(from, to);
        let (old, new) = (self.old.resolve(old), self.new.resolve(new));
        if old == new && self.old.part("components") == self.new.part("components") {
            return;
        }
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return self.odd(&at, "path", old, new);
        };
        self.prose(&at, old, new);
        self.servers(
            &at.step("servers").below(&["servers"]),
            old.get("servers").unwrap_or(&Value::Null),
            new.get("servers").unwrap_or(&Value::Null),
        );
        let known = [
            &METHODS[..],
            &crate::pairing::PROSE,
            &["parameters", "servers"],
        ]
        .concat();
        self.others(&at, old, new, &known);
        for method in METHODS {
            let name = method.to_ascii_uppercase();
            let mut at = at
                .step(&name)
                .below(&[method])
                .about(Kind::Operation, None, None);
            at.subject.operation = Some(format!("{name} {from}"));
            match (old.get(method), new.get(method)) {
                (Some(before), Some(after)) => {
                    self.operation(&at, (from, old, before), (to, new, after));
                }
                (Some(_), None) => self.report(OPERATION_REMOVED, &at, "", None, None),
                (None, Some(_)) => {
                    at.subject.operation = Some(format!("{name} {to}"));
                    self.report(OPERATION_ADDED, &at, "", None, None);
                }
                (None, None) => {}
            }
        }
        self.unused_path_parameters(&at, old, new);
    }

    /// Parameters of a path without operations are in no request.
    fn unused_path_parameters(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        let is_used =
            |item: &Map<String, Value>| METHODS.iter().any(|method| item.contains_key(*method));
        if !is_used(old) || !is_used(new) {
            let nothing = Value::Null;
            let (old, new) = (
                old.get("parameters").unwrap_or(&nothing),
                new.get("parameters").unwrap_or(&nothing),
            );
            self.odd(&at.below(&["parameters"]), "parameters", old, new);
        }
    }
}

pub(super) fn path_at(from: &str, to: &str) -> Context {
    let mut at = Context::new(to, "/paths", Kind::Path)
        .below_each(&[from], &[to])
        .sides(Sides::REQUEST);
    at.subject.old = Some(from.to_owned());
    at.subject.new = Some(to.to_owned());
    at
}

/// A path without the names of its parameters.
fn positions(path: &str) -> String {
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect();
    segments.join("/")
}

/// A path without its version prefix.
fn unversioned(path: &str) -> &str {
    let rest = path
        .strip_prefix("/v")
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    match rest {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// The names of a path's parameters, in order.
pub(super) fn names(path: &str) -> Vec<String> {
    path.split('/')
        .filter_map(|segment| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
        .collect()
}

/// The features by which a path item is recognized under another path.
fn features(item: &Value) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    for method in METHODS {
        let Some(operation) = item.get(method) else {
            continue;
        };
        features.insert(method.to_owned());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            features.insert(format!(
                "{method} {} {}",
                parameter["name"],
                form(parameter)
            ));
        }
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            features.insert(format!("{method} {status} {}", form(response)));
        }
        if let Some(body) = operation.get("requestBody") {
            features.insert(format!("{method} {}", form(body)));
        }
    }
    features
}

/// A summary of an added or removed path: `GET (17 parameters, 6 statuses)`. Servers of its own mean
/// another client, and another host for the key; security of its own may mean another key.
fn contents(item: &Value) -> String {
    let shared = item["parameters"].as_array().map_or(0, Vec::len);
    let operations: Vec<String> = METHODS
        .iter()
        .filter_map(|method| {
            let operation = item.get(method)?;
            let parameters = operation["parameters"].as_array().map_or(0, Vec::len) + shared;
            let statuses = operation["responses"].as_object().map_or(0, Map::len);
            let servers = operation.get("servers").or(item.get("servers"));
            let servers = match servers {
                Some(_) => ", servers of its own",
                None => "",
            };
            let security = match operation.get("security").map(requirements) {
                Some(needed) if needed.is_empty() => ", security of its own: none".to_owned(),
                Some(needed) => format!(", security of its own: {needed}"),
                None => String::new(),
            };
            Some(format!(
                "{} ({}, {}{servers}{security})",
                method.to_ascii_uppercase(),
                counted(parameters, "parameter", "parameters"),
                counted(statuses, "status", "statuses")
            ))
        })
        .collect();
    if operations.is_empty() {
        return "no operation".to_owned();
    }
    operations.join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
