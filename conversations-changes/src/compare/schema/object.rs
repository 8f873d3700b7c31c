//! Compares properties: removed, added, renamed, required, and additional properties.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{
    ORDER_CHANGED, REQUEST_EXTRA_CLOSED, REQUEST_EXTRA_OPENED, REQUEST_PROPERTY_ADDED,
    REQUEST_PROPERTY_ADDED_REQUIRED, REQUEST_PROPERTY_OPTIONAL, REQUEST_PROPERTY_REMOVED,
    REQUEST_PROPERTY_RENAMED, REQUEST_PROPERTY_REQUIRED, RESPONSE_EXTRA_CLOSED,
    RESPONSE_EXTRA_OPENED, RESPONSE_PROPERTY_ADDED, RESPONSE_PROPERTY_OPTIONAL,
    RESPONSE_PROPERTY_REMOVED, RESPONSE_PROPERTY_RENAMED, RESPONSE_PROPERTY_REQUIRED,
};
use crate::compare::{Comparison, Context, shown};
use crate::pairing::{Features, pairs};
use crate::spec::EMPTY;

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn object(
        &mut self,
        at: &Context,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
    ) {
        let properties = |map: &'a Map<String, Value>| {
            map.get("properties")
                .and_then(Value::as_object)
                .unwrap_or(&EMPTY)
        };
        let (before, after) = (properties(old), properties(new));
        let (needed, needs) = (required(old), required(new));
        let removed: Vec<String> = before
            .keys()
            .filter(|name| !after.contains_key(*name))
            .cloned()
            .collect();
        let added: Vec<String> = after
            .keys()
            .filter(|name| !before.contains_key(*name))
            .cloned()
            .collect();
        let moved = pairs(
            &removed,
            &added,
            0.5,
            (
                |name: &String| Features::of(name, &before[name]),
                |name: &String| Features::of(name, &after[name]),
            ),
            Features::likeness,
        );
        for (from, to) in &moved {
            let at = at.property(from, to);
            let checks = (REQUEST_PROPERTY_RENAMED, RESPONSE_PROPERTY_RENAMED);
            self.report_by_side(checks, &at, "name", Some(from.clone()), Some(to.clone()));
            self.property_required(
                &at,
                needed.contains(from.as_str()),
                needs.contains(to.as_str()),
            );
            self.schema(&at, &before[from], &after[to]);
        }
        for name in removed
            .iter()
            .filter(|name| !moved.iter().any(|(from, _)| from == *name))
        {
            let here = at.property(name, name);
            let here = Context {
                new: at.new.clone(),
                ..here
            }
            .about(Kind::Property, Some(name), None);
            let checks = (REQUEST_PROPERTY_REMOVED, RESPONSE_PROPERTY_REMOVED);
            self.report_by_side(checks, &here, "", None, None);
        }
        for name in added
            .iter()
            .filter(|name| !moved.iter().any(|(_, to)| to == *name))
        {
            let here = at
                .property(name, name)
                .about(Kind::Property, None, Some(name));
            let request = match needs.contains(name.as_str()) {
                true => REQUEST_PROPERTY_ADDED_REQUIRED,
                false => REQUEST_PROPERTY_ADDED,
            };
            self.report_by_side((request, RESPONSE_PROPERTY_ADDED), &here, "", None, None);
        }
        for (name, before) in before {
            if let Some(after) = after.get(name) {
                let at = at.property(name, name);
                self.property_required(
                    &at,
                    needed.contains(name.as_str()),
                    needs.contains(name.as_str()),
                );
                self.schema(&at, before, after);
            }
        }
        // Names that are required without being declared.
        for name in needed.symmetric_difference(&needs) {
            if !before.contains_key(*name) && !after.contains_key(*name) {
                self.property_required(
                    &at.property(name, name),
                    needed.contains(name),
                    needs.contains(name),
                );
            }
        }
        if needed == needs && old.get("required") != new.get("required") {
            self.report(
                ORDER_CHANGED,
                &at.below(&["required"]),
                "required",
                None,
                None,
            );
        }
        self.extra(
            at,
            old.get("additionalProperties"),
            new.get("additionalProperties"),
        );
    }

    fn property_required(&mut self, at: &Context, was: bool, is: bool) {
        let checks = match (was, is) {
            (false, true) => (REQUEST_PROPERTY_REQUIRED, RESPONSE_PROPERTY_REQUIRED),
            (true, false) => (REQUEST_PROPERTY_OPTIONAL, RESPONSE_PROPERTY_OPTIONAL),
            _ => return,
        };
        let word = |required: bool| Some(if required { "required" } else { "optional" }.to_owned());
        self.report_by_side(checks, at, "required", word(was), word(is));
    }

    /// Compares `additionalProperties`: forbidden, any, or a schema.
    fn extra(&mut self, at: &Context, old: Option<&'a Value>, new: Option<&'a Value>) {
        if old == new {
            return;
        }
        if let (Some(before @ Value::Object(_)), Some(after @ Value::Object(_))) = (old, new) {
            return self.schema(
                &at.step("{}").below(&["additionalProperties"]),
                before,
                after,
            );
        }
        let (before, after) = (openness(old), openness(new));
        let checks = match after.0 < before.0 {
            true => (REQUEST_EXTRA_CLOSED, RESPONSE_EXTRA_CLOSED),
            false => (REQUEST_EXTRA_OPENED, RESPONSE_EXTRA_OPENED),
        };
        if before == after {
            return;
        }
        self.report_by_side(
            checks,
            at,
            "additionalProperties",
            Some(before.1),
            Some(after.1),
        );
    }
}

fn openness(extra: Option<&Value>) -> (u8, String) {
    match extra {
        Some(Value::Bool(false)) => (0, "none".to_owned()),
        None | Some(Value::Bool(true)) => (2, "any".to_owned()),
        Some(schema @ Value::Object(_)) => (1, crate::compare::schema::sketch(schema)),
        Some(other) => (1, shown(other)),
    }
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
