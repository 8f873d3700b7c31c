//! Compares components: pairs renamed ones, and compares each once.

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    COMPONENT_ADDED, COMPONENT_REMOVED, COMPONENT_RENAMED, SCHEMA_RENAMED, SECURITY_SCHEME_CHANGED,
};
use crate::compare::operation::body::keys;
use crate::compare::{Comparison, Context, shown_option};
use crate::pairing::{Content, PROSE, pairs};
use crate::spec::{EMPTY, Sides};

/// The kinds of components that operations refer to, with their names in reports.
const KINDS: [(&str, &str); 5] = [
    ("schemas", "schema"),
    ("responses", "response"),
    ("parameters", "parameter"),
    ("requestBodies", "request body"),
    ("headers", "header"),
];

/// The name of this kind of component in reports.
pub(super) fn noun(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(other, _)| *other == kind);
    known.map_or("component", |(_, noun)| noun)
}

impl<'a> Comparison<'a> {
    fn both(&self, kind: &str) -> (&'a Map<String, Value>, &'a Map<String, Value>) {
        (
            self.old.components(kind).unwrap_or(&EMPTY),
            self.new.components(kind).unwrap_or(&EMPTY),
        )
    }

    /// Pairs the components that were renamed.
    pub(super) fn pair_components(&mut self) {
        for (kind, _) in KINDS {
            let (old, new) = self.both(kind);
            let removed: Vec<String> = old
                .keys()
                .filter(|name| !new.contains_key(*name))
                .cloned()
                .collect();
            let added: Vec<String> = new
                .keys()
                .filter(|name| !old.contains_key(*name))
                .cloned()
                .collect();
            let renamed = pairs(
                &removed,
                &added,
                0.6,
                (
                    |name: &String| Content::of(&old[name]),
                    |name: &String| Content::of(&new[name]),
                ),
                Content::likeness,
            );
            for (from, to) in renamed {
                self.renamed.insert((kind.to_owned(), from), to);
            }
        }
    }

    /// Whether `old` of the old document is `new` of the new one.
    pub(super) fn is_paired(&self, kind: &str, old: &str, new: &str) -> bool {
        match self.renamed.get(&(kind.to_owned(), old.to_owned())) {
            Some(renamed) => renamed == new,
            None => {
                let (before, after) = self.both(kind);
                old == new && before.contains_key(old) && after.contains_key(new)
            }
        }
    }

    pub(super) fn components(&mut self) {
        let (old, new) = (self.old.part("components"), self.new.part("components"));
        if old == new {
            return;
        }
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            let known: Vec<&str> = KINDS
                .iter()
                .map(|(kind, _)| *kind)
                .chain(["securitySchemes"])
                .collect();
            let at = Context::new("components", "/components", Kind::Document);
            self.others(&at, old, new, &known);
        }
        for (kind, noun) in KINDS {
            let (old, new) = self.both(kind);
            for (name, node) in old {
                let key = (kind.to_owned(), name.clone());
                let (to, other) = match (self.renamed.get(&key).cloned(), new.get(name)) {
                    (Some(to), _) => (to.clone(), new.get(&to)),
                    (None, other) => (name.clone(), other),
                };
                match other {
                    Some(other) => self.component((kind, noun), (name, node), (&to, other)),
                    None if self.old.sides(kind, name) == Sides::default() => {
                        let at = component_at((kind, noun), name, name);
                        self.report(COMPONENT_REMOVED, &at, noun, None, None);
                    }
                    // Where it was used, another value was already reported.
                    None => {}
                }
            }
            for name in new.keys() {
                let is_known = old.contains_key(name)
                    || self
                        .renamed
                        .iter()
                        .any(|((k, _), to)| k == kind && to == name);
                if !is_known && self.new.sides(kind, name) == Sides::default() {
                    let mut at = component_at((kind, noun), name, name);
                    at.subject.old = None;
                    self.report(COMPONENT_ADDED, &at, noun, None, None);
                }
            }
        }
        self.security_schemes();
    }

    fn component(
        &mut self,
        (kind, noun): (&str, &str),
        (from, old): (&str, &'a Value),
        (to, new): (&str, &'a Value),
    ) {
        let sides = self.old.sides(kind, from).or(self.new.sides(kind, to));
        let at = component_at((kind, noun), from, to).sides(sides);
        if from != to {
            let check = if kind == "schemas" {
                SCHEMA_RENAMED
            } else {
                COMPONENT_RENAMED
            };
            self.report(check, &at, noun, Some(from.to_owned()), Some(to.to_owned()));
        }
        if old == new {
            return;
        }
        match kind {
            "schemas" => self.schema(&at, old, new),
            "responses" => self.response_content(&at, old, new),
            "requestBodies" => self.request_body_content(&at, old, new),
            _ => {
                let at = Context {
                    sides: if kind == "headers" {
                        Sides::RESPONSE
                    } else {
                        Sides::REQUEST
                    },
                    ..at
                };
                self.named_parameter(&at, old, new);
            }
        }
    }

    /// A parameter component may also have another name or location.
    fn named_parameter(&mut self, at: &Context, old: &'a Value, new: &'a Value) {
        for key in ["name", "in"] {
            if old.get(key) != new.get(key) {
                let check = match key {
                    "name" => crate::check::PARAMETER_RENAMED,
                    _ => crate::check::PARAMETER_MOVED,
                };
                self.report(
                    check,
                    at,
                    key,
                    shown_option(old.get(key)),
                    shown_option(new.get(key)),
                );
            }
        }
        self.parameter_content(at, old, new);
    }

    fn security_schemes(&mut self) {
        let (old, new) = self.both("securitySchemes");
        for name in keys(old, new) {
            let at = Context::new(name, "/components/securitySchemes", Kind::Document)
                .below(&[name])
                .sides(Sides::REQUEST);
            match (old.get(name), new.get(name)) {
                (Some(Value::Object(old)), Some(Value::Object(new))) => {
                    self.prose(&at, old, new);
                    for key in keys(old, new) {
                        if old.get(key) != new.get(key) && !PROSE.contains(&key.as_str()) {
                            let (before, after) =
                                (shown_option(old.get(key)), shown_option(new.get(key)));
                            self.report(
                                SECURITY_SCHEME_CHANGED,
                                &at.below(&[key]),
                                key,
                                before,
                                after,
                            );
                        }
                    }
                }
                (Some(old), Some(new)) => self.odd(&at, "security scheme", old, new),
                // A scheme that is used is reported where it is used.
                (Some(_), None) if !needs(self.old.root(), name) => {
                    self.report(COMPONENT_REMOVED, &at, "security scheme", None, None);
                }
                (None, Some(_)) if !needs(self.new.root(), name) => {
                    self.report(COMPONENT_ADDED, &at, "security scheme", None, None);
                }
                _ => {}
            }
        }
    }
}

/// Whether a document, or an operation of it, needs a security scheme.
fn needs(document: &Value, scheme: &str) -> bool {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.filter_map(|(_, item)| item.as_object()).flatten();
    operations
        .map(|(_, operation)| operation)
        .chain([document])
        .filter_map(|holder| holder.get("security")?.as_array())
        .flatten()
        .any(|alternative| alternative.get(scheme).is_some())
}

pub(super) fn component_at((kind, noun): (&str, &str), old: &str, new: &str) -> Context {
    let subject = match kind {
        "schemas" => Kind::Schema,
        "responses" | "headers" => Kind::Response,
        "parameters" => Kind::Parameter,
        _ => Kind::Document,
    };
    let root = match kind {
        "schemas" => new.to_owned(),
        _ => format!("{noun} {new}"),
    };
    let mut at = Context::new(&root, "", subject)
        .below_each(&["components", kind, old], &["components", kind, new]);
    at.subject.old = Some(old.to_owned());
    at.subject.new = Some(new.to_owned());
    at
}
