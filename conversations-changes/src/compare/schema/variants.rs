//! Compares `oneOf`, `anyOf`, `allOf`, `not` and the discriminator.

use serde_json::{Map, Value};

use crate::check::{
    COMPOSITION_CHANGED, DISCRIMINATOR_CHANGED, REQUEST_VARIANT_ADDED, REQUEST_VARIANT_REMOVED,
    RESPONSE_VARIANT_ADDED, RESPONSE_VARIANT_REMOVED,
};
use crate::compare::schema::sketch;
use crate::compare::{Comparison, Context, shown_option};
use crate::pairing::pairs;
use crate::spec::named;

impl<'a> Comparison<'a> {
    pub(in crate::compare) fn variants(
        &mut self,
        at: &Context,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
    ) {
        for key in ["oneOf", "anyOf", "allOf"] {
            let (before, after) = (old.get(key), new.get(key));
            if before == after {
                continue;
            }
            let list = |node: Option<&'a Value>| node.and_then(Value::as_array).map(Vec::as_slice);
            match (list(before), list(after)) {
                (Some(before), Some(after)) => self.members(at, key, before, after),
                (None, None) => {}
                _ => {
                    let (before, after) = (before.map(sketches), after.map(sketches));
                    self.report(COMPOSITION_CHANGED, at, key, before, after);
                }
            }
        }
        match (old.get("not"), new.get("not")) {
            (before, after) if before == after => {}
            (before, after) => {
                let (before, after) = (before.map(sketch), after.map(sketch));
                self.report(COMPOSITION_CHANGED, at, "not", before, after);
            }
        }
        let (before, after) = (old.get("discriminator"), new.get("discriminator"));
        if before != after {
            let (before, after) = (shown_option(before), shown_option(after));
            self.report(DISCRIMINATOR_CHANGED, at, "discriminator", before, after);
        }
    }

    fn members(&mut self, at: &Context, key: &str, old: &'a [Value], new: &'a [Value]) {
        let indices = |list: &[Value]| (0..list.len()).collect::<Vec<_>>();
        let matched = pairs(
            &indices(old),
            &indices(new),
            0.1,
            (|index: &usize| &old[*index], |index: &usize| &new[*index]),
            |old, new| self.likeness(old, new),
        );
        for (a, b) in &matched {
            let step = match sketch(&new[*b]) {
                name if name == "any" => format!("{key} {}", b + 1),
                name => format!("{key} {name}"),
            };
            let at = at
                .step(step)
                .below_each(&[key, &a.to_string()], &[key, &b.to_string()]);
            self.schema(&at, &old[*a], &new[*b]);
        }
        let checks = match key {
            "allOf" => [(COMPOSITION_CHANGED, COMPOSITION_CHANGED); 2],
            _ => [
                (REQUEST_VARIANT_REMOVED, RESPONSE_VARIANT_REMOVED),
                (REQUEST_VARIANT_ADDED, RESPONSE_VARIANT_ADDED),
            ],
        };
        for (index, member) in old.iter().enumerate() {
            if !matched.iter().any(|(a, _)| *a == index) {
                self.report_by_side(checks[0], at, key, Some(sketch(member)), None);
            }
        }
        for (index, member) in new.iter().enumerate() {
            if !matched.iter().any(|(_, b)| *b == index) {
                let at = at.below_each(&[], &[key, &index.to_string()]);
                self.report_by_side(checks[1], &at, key, None, Some(sketch(member)));
            }
        }
    }

    fn likeness(&self, old: &Value, new: &Value) -> f64 {
        match (named(old, "schemas"), named(new, "schemas")) {
            (Some(old), Some(new)) if self.is_paired("schemas", old, new) => 1.0,
            (Some(_), Some(_)) => 0.0,
            _ if old == new => 1.0,
            (None, None) if old.get("type") == new.get("type") => 0.5,
            _ => 0.0,
        }
    }
}

fn sketches(list: &Value) -> String {
    let names: Vec<String> = list.as_array().into_iter().flatten().map(sketch).collect();
    names.join(", ")
}
