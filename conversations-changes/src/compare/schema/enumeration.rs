//! Compares enum values.

use serde_json::{Map, Value};

use crate::check::{
    ENUM_REORDERED, REQUEST_ENUM_INTRODUCED, REQUEST_ENUM_LIFTED, REQUEST_ENUM_VALUE_ADDED,
    REQUEST_ENUM_VALUE_REMOVED, REQUEST_ENUM_VALUE_RENAMED, RESPONSE_ENUM_INTRODUCED,
    RESPONSE_ENUM_LIFTED, RESPONSE_ENUM_VALUE_ADDED, RESPONSE_ENUM_VALUE_REMOVED,
    RESPONSE_ENUM_VALUE_RENAMED,
};
use crate::compare::{Comparison, Context, cut, shown};
use crate::pairing::{alike, words};

impl Comparison<'_> {
    pub(in crate::compare) fn enumeration(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        let (before, after) = (old.get("enum"), new.get("enum"));
        if before == after {
            return;
        }
        let at = &at.below(if after.is_some() { &["enum"] } else { &[] });
        let (before, after) = match (before, after) {
            (Some(Value::Array(before)), Some(Value::Array(after))) => (before, after),
            (None, Some(after)) => {
                let checks = (REQUEST_ENUM_INTRODUCED, RESPONSE_ENUM_INTRODUCED);
                return self.report_by_side(checks, at, "enum", None, Some(listed(after)));
            }
            (Some(before), None) => {
                let checks = (REQUEST_ENUM_LIFTED, RESPONSE_ENUM_LIFTED);
                return self.report_by_side(checks, at, "enum", Some(listed(before)), None);
            }
            (before, after) => {
                let (before, after) = (
                    before.unwrap_or(&Value::Null),
                    after.unwrap_or(&Value::Null),
                );
                return self.odd(at, "enum", before, after);
            }
        };
        let removed: Vec<&Value> = before
            .iter()
            .filter(|value| !after.contains(value))
            .collect();
        let added: Vec<&Value> = after
            .iter()
            .filter(|value| !before.contains(value))
            .collect();
        if removed.is_empty() && added.is_empty() {
            let (before, after) = (&old["enum"], &new["enum"]);
            return self.report(
                ENUM_REORDERED,
                at,
                "enum",
                Some(listed(before)),
                Some(listed(after)),
            );
        }
        if let ([from], [to]) = (&removed[..], &added[..])
            && is_renamed(from, to, before, after)
        {
            return self.report_by_side(
                (REQUEST_ENUM_VALUE_RENAMED, RESPONSE_ENUM_VALUE_RENAMED),
                at,
                format!("enum {}", shown(to)),
                Some(shown(from)),
                Some(shown(to)),
            );
        }
        for value in removed {
            let checks = (REQUEST_ENUM_VALUE_REMOVED, RESPONSE_ENUM_VALUE_REMOVED);
            let value = shown(value);
            self.report_by_side(checks, at, format!("enum {value}"), Some(value), None);
        }
        for value in added {
            let checks = (REQUEST_ENUM_VALUE_ADDED, RESPONSE_ENUM_VALUE_ADDED);
            let value = shown(value);
            self.report_by_side(checks, at, format!("enum {value}"), None, Some(value));
        }
    }
}

/// One removed and one added: a rename if they share a word or have the same index.
fn is_renamed(from: &Value, to: &Value, before: &[Value], after: &[Value]) -> bool {
    let index_of = |list: &[Value], value: &Value| list.iter().position(|other| other == value);
    index_of(before, from) == index_of(after, to)
        || alike(&words(&shown(from)), &words(&shown(to))) > 0.0
}

fn listed(values: &Value) -> String {
    match values {
        Value::Array(values) => cut(&values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => shown(other),
    }
}
