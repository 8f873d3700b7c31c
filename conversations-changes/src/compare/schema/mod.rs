//! Compares schemas: type, format, nullability, then keyword by keyword.

mod bounds;
mod enumeration;
mod object;
mod variants;

use serde_json::{Map, Value};

use crate::check::{
    ACCESS_CHANGED, OTHER_CHANGED, REQUEST_DEFAULT_CHANGED, REQUEST_FORMAT_CHANGED,
    REQUEST_FORMAT_REMOVED, REQUEST_NULLABLE_GAINED, REQUEST_NULLABLE_LOST,
    REQUEST_PATTERN_CHANGED, REQUEST_PATTERN_REMOVED, REQUEST_TYPE_CHANGED, REQUEST_TYPE_WIDENED,
    RESPONSE_DEFAULT_CHANGED, RESPONSE_FORMAT_ADDED, RESPONSE_FORMAT_CHANGED,
    RESPONSE_NULLABLE_GAINED, RESPONSE_NULLABLE_LOST, RESPONSE_PATTERN_ADDED,
    RESPONSE_PATTERN_CHANGED, RESPONSE_TYPE_CHANGED, RESPONSE_TYPE_NARROWED, SCHEMA_EXTRACTED,
    SCHEMA_INLINED, SCHEMA_REPLACED, SCHEMA_WRAPPED,
};
use crate::compare::{Comparison, Context, DEPTH, shown, shown_option};
use crate::pairing::PROSE;
use crate::spec::named;

const KNOWN: [&str; 25] = [
    "type",
    "format",
    "nullable",
    "enum",
    "pattern",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "discriminator",
    "readOnly",
    "writeOnly",
    "deprecated",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
];

const KNOWN_COUNTS: [&str; 5] = [
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
];

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn schema(&mut self, at: &Context, old: &'a Value, new: &'a Value) {
        let (old, new) = self.unwrapped(at, old, new);
        let (before, after) = (named(old, "schemas"), named(new, "schemas"));
        match (before, after) {
            (Some(before), Some(after)) if self.is_paired("schemas", before, after) => return,
            (Some(before), Some(after)) => {
                let pair = (before.to_owned(), after.to_owned(), at.sides);
                if !self.visited.insert(pair) {
                    return;
                }
                self.report(
                    SCHEMA_REPLACED,
                    at,
                    "schema",
                    Some(before.to_owned()),
                    Some(after.to_owned()),
                );
            }
            (Some(name), None) => {
                self.report(SCHEMA_INLINED, at, "schema", Some(name.to_owned()), None);
            }
            (None, Some(name)) => {
                self.report(SCHEMA_EXTRACTED, at, "schema", None, Some(name.to_owned()));
            }
            (None, None) => {}
        }
        let (old, new) = (self.old.resolve(old), self.new.resolve(new));
        if self.depth >= DEPTH {
            return self.odd(at, "schema", old, new);
        }
        self.depth += 1;
        match (old, new) {
            (Value::Object(before), Value::Object(after)) => self.keywords(at, before, after),
            _ => self.odd(at, "schema", old, new),
        }
        self.depth -= 1;
    }

    /// An `allOf` with one member is equivalent to the member; it allows a reference to have a
    /// description. If only one side has it, its member is compared.
    fn unwrapped(
        &mut self,
        at: &Context,
        old: &'a Value,
        new: &'a Value,
    ) -> (&'a Value, &'a Value) {
        let (before, after) = match (only_member(old), only_member(new)) {
            (Some(member), None) => (member, new),
            (None, Some(member)) => (old, member),
            _ => return (old, new),
        };
        let name = |node: &Value| Some(sketch(node));
        self.report(SCHEMA_WRAPPED, at, "allOf", name(old), name(new));
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            self.prose(at, old, new);
        }
        (before, after)
    }

    fn keywords(&mut self, at: &Context, old: &'a Map<String, Value>, new: &'a Map<String, Value>) {
        self.prose(at, old, new);
        self.deprecation(at, old, new);
        if self.kind(at, old, new) {
            // All other differences follow from the type.
            return;
        }
        self.format(at, old, new);
        self.nullable(at, old, new);
        self.pattern(at, old, new);
        self.enumeration(at, old, new);
        self.bounds(at, old, new);
        self.object(at, old, new);
        self.variants(at, old, new);
        if old.get("default") != new.get("default") {
            self.report_by_side(
                (REQUEST_DEFAULT_CHANGED, RESPONSE_DEFAULT_CHANGED),
                &at.below(&["default"]),
                "default",
                shown_option(old.get("default")),
                shown_option(new.get("default")),
            );
        }
        for key in ["readOnly", "writeOnly"] {
            let is = |map: &Map<String, Value>| map.get(key) == Some(&Value::Bool(true));
            if is(old) != is(new) {
                let (before, after) = (is(old).to_string(), is(new).to_string());
                self.report(ACCESS_CHANGED, at, key, Some(before), Some(after));
            }
        }
        match (old.get("items"), new.get("items")) {
            (Some(before), Some(after)) => {
                self.schema(&at.step("[]").below(&["items"]), before, after);
            }
            (None, None) => {}
            (before, after) => {
                let sketched = |node: Option<&Value>| node.map(sketch);
                self.report(
                    OTHER_CHANGED,
                    at,
                    "items",
                    sketched(before),
                    sketched(after),
                );
            }
        }
        self.others(at, old, new, &[&KNOWN[..], &KNOWN_COUNTS, &PROSE].concat());
    }

    /// Compares the type; returns whether it changed.
    fn kind(&mut self, at: &Context, old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
        let (before, after) = (old.get("type"), new.get("type"));
        if before == after {
            return false;
        }
        let name = |value: Option<&Value>| value.map_or_else(|| "any".to_owned(), shown);
        let (before, after) = (name(before), name(after));
        let wider = |from: &str, to: &str| to == "any" || (from, to) == ("integer", "number");
        let request = if wider(&before, &after) {
            REQUEST_TYPE_WIDENED
        } else {
            REQUEST_TYPE_CHANGED
        };
        let response = if wider(&after, &before) {
            RESPONSE_TYPE_NARROWED
        } else {
            RESPONSE_TYPE_CHANGED
        };
        self.report_by_side((request, response), at, "type", Some(before), Some(after));
        true
    }

    fn format(&mut self, at: &Context, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (before, after) = (old.get("format"), new.get("format"));
        if before == after {
            return;
        }
        let request = if after.is_none() {
            REQUEST_FORMAT_REMOVED
        } else {
            REQUEST_FORMAT_CHANGED
        };
        let response = if before.is_none() {
            RESPONSE_FORMAT_ADDED
        } else {
            RESPONSE_FORMAT_CHANGED
        };
        let (before, after) = (shown_option(before), shown_option(after));
        self.report_by_side((request, response), at, "format", before, after);
    }

    fn nullable(&mut self, at: &Context, old: &Map<String, Value>, new: &Map<String, Value>) {
        let is = |map: &Map<String, Value>| map.get("nullable") == Some(&Value::Bool(true));
        let checks = match (is(old), is(new)) {
            (false, true) => (REQUEST_NULLABLE_GAINED, RESPONSE_NULLABLE_GAINED),
            (true, false) => (REQUEST_NULLABLE_LOST, RESPONSE_NULLABLE_LOST),
            _ => return,
        };
        let (before, after) = (is(old).to_string(), is(new).to_string());
        self.report_by_side(checks, at, "nullable", Some(before), Some(after));
    }

    fn pattern(&mut self, at: &Context, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (before, after) = (old.get("pattern"), new.get("pattern"));
        if before == after {
            return;
        }
        let request = if after.is_none() {
            REQUEST_PATTERN_REMOVED
        } else {
            REQUEST_PATTERN_CHANGED
        };
        let response = if before.is_none() {
            RESPONSE_PATTERN_ADDED
        } else {
            RESPONSE_PATTERN_CHANGED
        };
        let (before, after) = (shown_option(before), shown_option(after));
        self.report_by_side((request, response), at, "pattern", before, after);
    }
}

/// The member of an `allOf` with a single member and no other keys but prose.
fn only_member(node: &Value) -> Option<&Value> {
    let is_alone = node
        .as_object()?
        .keys()
        .all(|key| key == "allOf" || PROSE.contains(&key.as_str()));
    match node.get("allOf")?.as_array()?.as_slice() {
        [member] if is_alone => Some(member),
        _ => None,
    }
}

/// A short description of a schema.
pub(in crate::compare) fn sketch(node: &Value) -> String {
    if let Some(name) = named(node, "schemas") {
        return name.to_owned();
    }
    if let Some(member) = only_member(node) {
        return format!("all of {}", named(member, "schemas").unwrap_or("one"));
    }
    let kind = node.get("type").map_or_else(|| "any".to_owned(), shown);
    match (node.get("format"), node.get("items")) {
        (Some(format), _) => format!("{kind} ({})", shown(format)),
        (_, Some(items)) if kind == "array" && items.get("items").is_none() => {
            format!("array of {}", sketch(items))
        }
        _ => kind,
    }
}
