//! Compares two documents location by location.
//!
//! A component is compared once and not again at each use, so that one edit is one change; something
//! added or removed as a whole is not broken down. Keys without a rule are still compared, so that
//! nothing changes unnoticed.

mod components;
mod context;
mod document;
mod operation;
mod paths;
mod prose;
mod reworded;
mod schema;
mod unknown_keys;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::Change;
use crate::check::{Check, Side, UNUSED_CHANGED};
use crate::spec::{Component, Sides, Spec};
use context::Context;
pub use reworded::Reworded;
pub(crate) use reworded::add_reworded;

/// Every difference from `old` to `new`, most severe first.
pub(crate) fn compare(old: &Value, new: &Value) -> Vec<Change> {
    let mut comparison = Comparison {
        old: Spec::new(old),
        new: Spec::new(new),
        renamed: BTreeMap::new(),
        changes: Vec::new(),
        visited: BTreeSet::new(),
        names: names(old).chain(names(new)).collect(),
        depth: 0,
    };
    if old != new {
        comparison.pair_components();
        comparison.document();
        comparison.paths();
        comparison.components();
        if comparison.changes.is_empty() {
            comparison.what_no_rule_saw(old, new);
        }
    }
    sort(&mut comparison.changes);
    comparison.changes.dedup();
    comparison.changes
}

/// Sorts by level, most severe first, then by check and location.
fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        b.level()
            .cmp(&a.level())
            .then_with(|| a.check.id.cmp(b.check.id))
            .then_with(|| (&a.location, &a.facet).cmp(&(&b.location, &b.facet)))
    });
}

/// The nesting depth of schemas below which the rest is compared as a whole.
const DEPTH: usize = 48;

struct Comparison<'a> {
    old: Spec<'a>,
    new: Spec<'a>,
    /// Components of the old document with their names in the new one.
    renamed: BTreeMap<Component, String>,
    changes: Vec<Change>,
    visited: BTreeSet<(String, String, Sides)>,
    /// Every name that either document defines.
    names: BTreeSet<String>,
    depth: usize,
}

impl Comparison<'_> {
    fn report(
        &mut self,
        check: &'static Check,
        at: &Context,
        facet: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) {
        let side = match (check.side, at.sides) {
            (
                _,
                Sides {
                    request: true,
                    response: true,
                },
            ) => Side::Both,
            (Side::Document | Side::Both, Sides { request: true, .. }) => Side::Request,
            (Side::Document | Side::Both, Sides { response: true, .. }) => Side::Response,
            (side, _) => side,
        };
        self.changes.push(Change {
            check,
            location: at.location.clone(),
            facet: facet.into(),
            side,
            before,
            after,
            old_pointer: at.old.clone(),
            new_pointer: at.new.clone(),
            seen: None,
            past: Vec::new(),
            subject: at.subject.clone(),
        });
    }

    /// Reports the check for the side of this location; the more severe of the two for both sides.
    fn report_by_side(
        &mut self,
        (request, response): (&'static Check, &'static Check),
        at: &Context,
        facet: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) {
        let check = match at.sides {
            Sides {
                request: true,
                response: false,
            } => request,
            Sides {
                request: false,
                response: true,
            } => response,
            Sides {
                request: true,
                response: true,
            } if request.level >= response.level => request,
            Sides {
                request: true,
                response: true,
            } => response,
            Sides {
                request: false,
                response: false,
            } => {
                let facet = match facet.into() {
                    facet if facet.is_empty() => {
                        response.id.trim_start_matches("response-").to_owned()
                    }
                    facet => facet,
                };
                return self.report(UNUSED_CHANGED, at, facet, before, after);
            }
        };
        self.report(check, at, facet, before, after);
    }
}

/// The names of parameters, properties and schemas of a document, and its enum values, which are
/// compared as such.
fn names(document: &Value) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    let mut work = vec![document];
    while let Some(node) = work.pop() {
        if let (Some(Value::String(name)), true) = (node.get("name"), node.get("in").is_some()) {
            names.push(name.clone());
        }
        for key in ["properties", "schemas"] {
            let map = node.get(key).and_then(Value::as_object);
            names.extend(map.into_iter().flat_map(|map| map.keys().cloned()));
        }
        let values = node
            .get("enum")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        names.extend(values.filter_map(Value::as_str).map(str::to_owned));
        match node {
            Value::Object(map) => work.extend(map.values()),
            Value::Array(list) => work.extend(list),
            _ => {}
        }
    }
    names.into_iter()
}

/// Formats a value for reports: a string as it is, anything else as JSON, shortened.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        Value::Null => "none".to_owned(),
        other => cut(&other.to_string()),
    }
}

fn shown_option(value: Option<&Value>) -> Option<String> {
    value.map(shown)
}

fn cut(text: &str) -> String {
    const WIDTH: usize = 60;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= WIDTH {
        return text;
    }
    let mut kept: String = text.chars().take(WIDTH - 1).collect();
    kept.push('…');
    kept
}
