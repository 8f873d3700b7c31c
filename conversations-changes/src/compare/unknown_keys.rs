//! Compares keys without a rule, and reports a difference that no rule found.

use serde_json::{Map, Value};

use crate::change::Kind;
use crate::check::{EXTENSION_CHANGED, ORDER_CHANGED, OTHER_CHANGED, SPELLING_CHANGED};
use crate::compare::{Comparison, Context, shown, shown_option};
use crate::spec::escaped;

impl Comparison<'_> {
    /// Compares the keys of two objects that are not in `known`.
    pub(super) fn others(
        &mut self,
        at: &Context,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        known: &[&str],
    ) {
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (before, after) = (old.get(key), new.get(key));
            if before == after || known.contains(&key.as_str()) {
                continue;
            }
            let check = if key.starts_with("x-") {
                EXTENSION_CHANGED
            } else {
                OTHER_CHANGED
            };
            self.report(
                check,
                &at.below(&[key]),
                key,
                shown_option(before),
                shown_option(after),
            );
        }
    }

    /// Compares two nodes if one or both do not have the expected type.
    pub(super) fn odd(&mut self, at: &Context, facet: &str, old: &Value, new: &Value) {
        if old != new {
            self.report(OTHER_CHANGED, at, facet, Some(shown(old)), Some(shown(new)));
        }
    }

    /// Reports that the documents differ although no rule found a change: an order, or a location without a
    /// rule.
    pub(super) fn what_no_rule_saw(&mut self, old: &Value, new: &Value) {
        let (before, after) = (spread(old), spread(new));
        let mut differences = Vec::new();
        differing(&before, &after, String::new(), &mut differences);
        if differences.is_empty() {
            let at = Context::new("document", "/paths", Kind::Document);
            let (before, after) = ("said in one location", "said in another");
            let said = |text: &str| Some(text.to_owned());
            self.report(
                SPELLING_CHANGED,
                &at,
                "parameters of paths",
                said(before),
                said(after),
            );
        }
        for (pointer, old, new) in differences {
            let mut at = Context::new("document", &pointer, Kind::Document);
            at.old.clone_from(&pointer);
            let is_order = match (old, new) {
                (Some(Value::Array(old)), Some(Value::Array(new))) => {
                    old.len() == new.len() && old.iter().all(|element| new.contains(element))
                }
                _ => false,
            };
            let is_no = |value: Option<&Value>| matches!(value, None | Some(Value::Bool(false)));
            let check = match is_order {
                true => ORDER_CHANGED,
                false if is_no(old) && is_no(new) => SPELLING_CHANGED,
                false => OTHER_CHANGED,
            };
            self.report(check, &at, pointer, shown_option(old), shown_option(new));
        }
    }
}

/// The document with the parameters of each path moved into its operations, which is equivalent.
fn spread(tree: &Value) -> Value {
    let mut tree = tree.clone();
    let items = tree.get_mut("paths").and_then(Value::as_object_mut);
    for item in items
        .into_iter()
        .flatten()
        .filter_map(|(_, item)| item.as_object_mut())
    {
        let Some(Value::Array(shared)) = item.remove("parameters") else {
            continue;
        };
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            let own = operation
                .entry("parameters")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(own) = own {
                let key = |node: &Value| (node["name"].clone(), node["in"].clone());
                let new: Vec<Value> = shared
                    .iter()
                    .filter(|node| !own.iter().any(|other| key(other) == key(node)))
                    .cloned()
                    .collect();
                // In front, as documents usually have them.
                own.splice(0..0, new);
            }
        }
    }
    tree
}

type Difference<'v> = (String, Option<&'v Value>, Option<&'v Value>);

/// The smallest locations that differ; lists are compared as a whole.
fn differing<'v>(old: &'v Value, new: &'v Value, pointer: String, out: &mut Vec<Difference<'v>>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let below = format!("{pointer}/{}", escaped(key));
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => differing(old, new, below, out),
                    (old, new) => out.push((below, old, new)),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let reordered = one.iter().all(|element| other.contains(element));
            if reordered {
                out.push((pointer, Some(old), Some(new)));
                return;
            }
            for (index, (old, new)) in one.iter().zip(other).enumerate() {
                differing(old, new, format!("{pointer}/{index}"), out);
            }
        }
        _ => out.push((pointer, Some(old), Some(new))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_of_a_path_belong_to_its_operations() {
        let id = json!({"name": "id", "in": "path", "required": true});
        let limit = json!({"name": "limit", "in": "query"});
        let by_operation = json!({"paths": {"/a/{id}": {"get": {"parameters": [id, limit]}}}});
        let by_path =
            json!({"paths": {"/a/{id}": {"parameters": [id], "get": {"parameters": [limit]}}}});
        for (old, new) in [(&by_operation, &by_path), (&by_path, &by_operation)] {
            let changes = crate::changes(old, new, &[]);
            let ids: Vec<_> = changes.iter().map(|change| change.check.id).collect();
            assert_eq!(ids, [SPELLING_CHANGED.id]);
        }
    }
}
