//! Compares parameters: removed, added, renamed, moved, and their schemas.

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    PARAMETER_ADDED, PARAMETER_ADDED_REQUIRED, PARAMETER_MOVED, PARAMETER_OPTIONAL,
    PARAMETER_REMOVED, PARAMETER_RENAMED, PARAMETER_REQUIRED, PARAMETER_STYLE_CHANGED,
};
use crate::compare::paths::names;
use crate::compare::{Comparison, Context, shown_option};
use crate::location::Location;
use crate::pairing::{Features, PROSE, form, pairs};
use crate::spec::{Sides, Spec, named};

/// A parameter of an operation or of its path.
#[derive(Clone, Copy)]
pub(in crate::compare) struct Found<'a> {
    node: &'a Value,
    component: Option<&'a str>,
    /// In the operation or in the path item, and at which index.
    is_own: bool,
    index: usize,
}

impl<'a> Found<'a> {
    fn name(&self) -> &'a str {
        self.node.get("name").and_then(Value::as_str).unwrap_or("?")
    }

    fn location(&self) -> &'a str {
        self.node.get("in").and_then(Value::as_str).unwrap_or("?")
    }

    fn is_required(&self) -> bool {
        self.node.get("required") == Some(&Value::Bool(true))
    }

    fn pointer(&self, operation: &str) -> String {
        let holder = match self.is_own {
            true => operation,
            false => operation.rsplit_once('/').map_or("", |(item, _)| item),
        };
        format!("{holder}/parameters/{}", self.index)
    }
}

/// The parameters of an operation, including those of the path that it does not override.
pub(in crate::compare) fn listed<'a>(
    spec: &Spec<'a>,
    item: &'a Map<String, Value>,
    operation: &'a Value,
) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for (list, is_own) in [
        (operation.get("parameters"), true),
        (item.get("parameters"), false),
    ] {
        for (index, node) in list
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let parameter = Found {
                node: spec.resolve(node),
                component: named(node, "parameters"),
                is_own,
                index,
            };
            let is_known = |other: &Found<'_>| {
                (other.name(), other.location()) == (parameter.name(), parameter.location())
            };
            if is_own || !found.iter().any(is_known) {
                found.push(parameter);
            }
        }
    }
    found
}

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn parameters(
        &mut self,
        at: &Context,
        (from, old): (&str, Vec<Found<'a>>),
        (to, new): (&str, Vec<Found<'a>>),
    ) {
        // By position in the path: a renamed path parameter was reported with the path.
        let position = |path: &str, parameter: &Found<'_>| {
            (parameter.location() == "path")
                .then(|| names(path).iter().position(|name| name == parameter.name()))
                .flatten()
        };
        let is_same = |a: &Found<'a>, b: &Found<'a>| match (position(from, a), position(to, b)) {
            (Some(a), Some(b)) => a == b,
            _ => (a.name(), a.location()) == (b.name(), b.location()),
        };
        let removed: Vec<usize> = (0..old.len())
            .filter(|a| !new.iter().any(|b| is_same(&old[*a], b)))
            .collect();
        let added: Vec<usize> = (0..new.len())
            .filter(|b| !old.iter().any(|a| is_same(a, &new[*b])))
            .collect();
        let moved = pairs(
            &removed,
            &added,
            0.5,
            (
                |index: &usize| known_by(&old[*index]),
                |index: &usize| known_by(&new[*index]),
            ),
            likeness,
        );
        for (index, parameter) in old.iter().enumerate() {
            if let Some(other) = new.iter().find(|other| is_same(parameter, other)) {
                self.parameter(at, parameter, other);
            } else if let Some((_, to)) = moved.iter().find(|(from, _)| *from == index) {
                self.parameter(at, parameter, &new[*to]);
            } else {
                let at = parameter_at(at, parameter, None);
                self.report(PARAMETER_REMOVED, &at, "", None, None);
            }
        }
        for index in added
            .iter()
            .filter(|index| !moved.iter().any(|(_, to)| to == *index))
        {
            let parameter = &new[*index];
            let mut here = parameter_at(at, parameter, Some(parameter));
            here.old.clone_from(&at.old);
            here.subject.old = None;
            let check = if parameter.is_required() {
                PARAMETER_ADDED_REQUIRED
            } else {
                PARAMETER_ADDED
            };
            self.report(check, &here, "", None, None);
        }
    }

    fn parameter(&mut self, at: &Context, old: &Found<'a>, new: &Found<'a>) {
        let at = parameter_at(at, old, Some(new));
        if old.name() != new.name() && old.location() != "path" {
            let (before, after) = (old.name().to_owned(), new.name().to_owned());
            self.report(PARAMETER_RENAMED, &at, "name", Some(before), Some(after));
        }
        if old.location() != new.location() {
            let (before, after) = (old.location().to_owned(), new.location().to_owned());
            self.report(PARAMETER_MOVED, &at, "in", Some(before), Some(after));
        }
        // A component on both sides is compared once, with the components.
        if let (Some(before), Some(after)) = (old.component, new.component)
            && self.is_paired("parameters", before, after)
        {
            return;
        }
        self.parameter_content(&at, old.node, new.node);
    }

    /// Compares a parameter, except its name and location.
    pub(in crate::compare) fn parameter_content(
        &mut self,
        at: &Context,
        old: &'a Value,
        new: &'a Value,
    ) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.odd(at, "parameter", old, new);
        };
        let is_required =
            |map: &Map<String, Value>| map.get("required") == Some(&Value::Bool(true));
        match (is_required(before), is_required(after)) {
            (false, true) => self.report(PARAMETER_REQUIRED, at, "required", None, None),
            (true, false) => self.report(PARAMETER_OPTIONAL, at, "required", None, None),
            _ => {}
        }
        self.prose(at, before, after);
        self.deprecation(at, before, after);
        for key in ["style", "explode", "allowReserved"] {
            if before.get(key) != after.get(key) {
                let (old, new) = (shown_option(before.get(key)), shown_option(after.get(key)));
                self.report(PARAMETER_STYLE_CHANGED, &at.below(&[key]), key, old, new);
            }
        }
        let known = [
            &PROSE[..],
            &["name", "in", "required", "deprecated", "schema", "content"],
            &["style", "explode", "allowReserved"],
        ]
        .concat();
        self.others(at, before, after, &known);
        self.optional_schema(
            &at.below(&["schema"]),
            before.get("schema"),
            after.get("schema"),
        );
        self.media_types(at, before.get("content"), after.get("content"));
    }
}

type KnownBy<'a> = (Found<'a>, Features, Option<String>);

fn known_by<'a>(found: &Found<'a>) -> KnownBy<'a> {
    let schema = found.node.get("schema").map(form);
    (*found, Features::of(found.name(), found.node), schema)
}

/// The likelihood that one parameter is the other one renamed or moved.
fn likeness(
    (old, old_features, old_schema): &KnownBy<'_>,
    (new, new_features, new_schema): &KnownBy<'_>,
) -> f64 {
    match old.location() == new.location() {
        true if old.location() != "path" => old_features.likeness(new_features),
        false if old.name() == new.name() && old_schema == new_schema => 1.0,
        _ => 0.0,
    }
}

fn parameter_at(operation: &Context, old: &Found<'_>, new: Option<&Found<'_>>) -> Context {
    let shown = new.unwrap_or(old);
    // A parameter of the path is the same one for all its operations.
    let mut here = operation.clone();
    if !old.is_own && !shown.is_own {
        here.location = Location::new(operation.location.root());
        here.subject.operation = None;
    }
    let mut at = here
        .step(format!("{} {}", shown.location(), shown.name()))
        .sides(Sides::REQUEST)
        .about(Kind::Parameter, Some(old.name()), new.map(Found::name));
    at.old = old.pointer(&operation.old);
    // A removed parameter is reported at its old location.
    at.new = new.map_or_else(|| operation.new.clone(), |new| new.pointer(&operation.new));
    at
}
