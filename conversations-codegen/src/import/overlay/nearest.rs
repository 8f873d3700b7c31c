//! Suggests replacements for the target of a stale overlay action: a renamed key, or a new location.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::keywords::{holds_names, is_data};

use crate::import::overlay::jsonpath::{of_pointer, select, step, steps};

/// Minimum similarity, by name and content, of a renamed key; 0 to 1.
const ALIKE: f64 = 0.55;
/// Minimum lead over the second-best candidate.
const AHEAD: f64 = 0.15;
/// Minimum similarity of the content of something found elsewhere, under any name.
const SAME: f64 = 0.9;

/// Candidates for one target.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Nearest {
    /// The replacement, if only one is possible.
    pub(crate) sure: Option<String>,
    /// Candidates that match something, best first.
    pub(crate) near: Vec<String>,
    /// The longest prefix of the target that still matches.
    pub(crate) matches: String,
}

/// Finds what `target`, which matches in `old`, corresponds to in `new`.
pub(crate) fn nearest(target: &str, old: &Value, new: &Value) -> Nearest {
    let mut candidates = Nearest {
        matches: "$".to_owned(),
        ..Nearest::default()
    };
    let Some(all) = steps(target) else {
        return candidates;
    };
    let prefix = |count: usize| &target[..count.checked_sub(1).map_or(1, |i| all[i].range.end)];
    let Some(lost) = (1..=all.len()).find(|count| select(prefix(*count), new).is_empty()) else {
        return candidates;
    };
    prefix(lost - 1).clone_into(&mut candidates.matches);
    let rest = &target[all[lost - 1].range.end..];

    let mut found = behind_reference(
        &candidates.matches,
        &target[all[lost - 1].range.start..],
        new,
    );
    if let Some(name) = &all[lost - 1].name {
        let sought = content_of(prefix(lost), old);
        found.extend(renamed(
            &candidates.matches,
            name,
            rest,
            sought.as_ref(),
            old,
            new,
        ));
        if let Some(sought) = &sought
            && found.iter().all(|(score, _)| *score < ALIKE)
        {
            found.extend(moved(sought, rest, new));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.dedup_by(|a, b| a.1 == b.1);
    let second = found.get(1).map_or(0.0, |(score, _)| *score);
    candidates.sure = found
        .first()
        .filter(|(score, _)| *score >= ALIKE && score - second >= AHEAD)
        .map(|(_, path)| path.clone());
    candidates.near = found.into_iter().map(|(_, path)| path).take(3).collect();
    candidates
}

/// If the parent has become a reference: the same steps behind it.
fn behind_reference(parent: &str, steps: &str, new: &Value) -> Vec<(f64, String)> {
    let targets: BTreeSet<&str> = select(parent, new)
        .iter()
        .filter_map(|pointer| new.pointer(pointer)?.get("$ref")?.as_str())
        .collect();
    targets
        .into_iter()
        .filter_map(|target| target.strip_prefix('#'))
        .map(|pointer| of_pointer(pointer) + steps)
        .filter(|path| !select(path, new).is_empty())
        .map(|path| (1.0, path))
        .collect()
}

/// New keys, where `name` is gone, under which the remaining steps match.
fn renamed(
    parent: &str,
    name: &str,
    rest: &str,
    sought: Option<&BTreeSet<String>>,
    old: &Value,
    new: &Value,
) -> Vec<(f64, String)> {
    let known: BTreeSet<String> = names_at(parent, old);
    names_at(parent, new)
        .into_iter()
        .filter_map(|candidate| {
            let pointer = format!("{parent}{}", step(&candidate));
            let path = format!("{pointer}{rest}");
            if select(&path, new).is_empty() {
                return None;
            }
            let by_name = strsim::jaro_winkler(name, &candidate);
            let by_content = match (sought, content_of(&pointer, new)) {
                (Some(sought), Some(found)) => alike(sought, &found),
                _ => by_name,
            };
            // A key that existed before is something else, however similar.
            let score = if known.contains(&candidate) {
                0.3 * by_name
            } else {
                0.4 * by_name + 0.6 * by_content
            };
            Some((score, path))
        })
        .collect()
}

fn names_at(parent: &str, tree: &Value) -> BTreeSet<String> {
    select(parent, tree)
        .iter()
        .filter_map(|pointer| tree.pointer(pointer)?.as_object())
        .flat_map(|object| object.keys().cloned())
        // The meaning of an extension is unknown.
        .filter(|name| !name.starts_with("x-"))
        .collect()
}

/// Objects anywhere with similar content.
fn moved(sought: &BTreeSet<String>, rest: &str, new: &Value) -> Vec<(f64, String)> {
    // An object of only a few lines occurs everywhere.
    if sought.len() < 3 {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut left = vec![(String::new(), new)];
    while let Some((pointer, value)) = left.pop() {
        let Some(object) = value.as_object() else {
            continue;
        };
        let score = alike(sought, &content(value));
        if score >= SAME {
            let path = of_pointer(&pointer) + rest;
            if !select(&path, new).is_empty() {
                found.push((score, path));
            }
            continue;
        }
        left.extend(object.iter().map(|(key, value)| {
            (
                format!("{pointer}/{}", crate::json_pointer::escaped(key)),
                value,
            )
        }));
    }
    found
}

fn content_of(path: &str, tree: &Value) -> Option<BTreeSet<String>> {
    let pointer = select(path, tree).into_iter().next()?;
    tree.pointer(&pointer).map(content)
}

/// Every leaf with its path, except prose.
fn content(value: &Value) -> BTreeSet<String> {
    let mut leaves = BTreeSet::new();
    let mut left = vec![(String::new(), value, false)];
    while let Some((way, value, names)) = left.pop() {
        match value {
            Value::Object(object) => {
                leaves.insert(way.clone());
                for (key, value) in object {
                    let is_wording = !names
                        && (matches!(key.as_str(), "description" | "summary") || is_data(key));
                    if !is_wording {
                        left.push((format!("{way}/{key}"), value, !names && holds_names(key)));
                    }
                }
            }
            Value::Array(items) => {
                left.extend(items.iter().map(|item| (way.clone() + "/-", item, false)));
            }
            leaf => {
                leaves.insert(format!("{way}={leaf}"));
            }
        }
    }
    leaves
}

/// The share of entries that both have, from 0 to 1.
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let common = u32::try_from(a.intersection(b).count()).unwrap_or(u32::MAX);
    let all = u32::try_from(a.union(b).count()).unwrap_or(u32::MAX);
    f64::from(common) / f64::from(all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn turn() -> Value {
        json!({"type": "object", "properties": {"id": {"type": "string"}, "latency": {"type": "number"}, "text": {"type": "string"}}})
    }

    #[test]
    fn a_renamed_schema_is_recognized_by_its_content() {
        let old = json!({"schemas": {"ConversationTurn": turn(), "Error": {"type": "object"}}});
        let new = json!({"schemas": {"Exchange": turn(), "Error": {"type": "object"}}});
        let candidates = nearest(
            "$.schemas.ConversationTurn.properties[?@.type != '']",
            &old,
            &new,
        );
        assert_eq!(
            candidates.sure.as_deref(),
            Some("$.schemas.Exchange.properties[?@.type != '']")
        );
        assert_eq!(candidates.matches, "$.schemas");
    }

    #[test]
    fn a_moved_path_is_recognized_by_its_operations() {
        let operation =
            json!({"get": {"parameters": [{"name": "a"}], "responses": {"200": {"x": 1}}}});
        let old = json!({"paths": {"/v3/{account_id}/conversations": operation}});
        let new = json!({"paths": {"/v3/accounts/{account_id}/conversations": operation, "/v3/health": {"get": {}}}});
        assert_eq!(
            nearest("$.paths['/v3/{account_id}/conversations'].get", &old, &new)
                .sure
                .as_deref(),
            Some("$.paths['/v3/accounts/{account_id}/conversations'].get")
        );
    }

    #[test]
    fn an_inline_schema_that_became_a_reference_is_resolved() {
        let old = json!({"get": {"schema": turn()}});
        let new =
            json!({"get": {"schema": {"$ref": "#/schemas/Page"}}, "schemas": {"Page": turn()}});
        assert_eq!(
            nearest("$.get.schema.properties.latency", &old, &new)
                .sure
                .as_deref(),
            Some("$.schemas.Page.properties.latency")
        );
    }

    #[test]
    fn a_moved_object_is_found_at_its_new_location() {
        let old = json!({"a": {"Turn": turn()}, "b": {}});
        let new = json!({"a": {}, "b": {"deep": {"Turn": turn()}}});
        assert_eq!(
            nearest("$.a.Turn.properties.id", &old, &new)
                .sure
                .as_deref(),
            Some("$.b.deep.Turn.properties.id")
        );
    }

    #[test]
    fn two_equal_candidates_are_not_corrected() {
        let old = json!({"schemas": {"Turn": turn()}});
        let new = json!({"schemas": {"TurnA": turn(), "TurnB": turn()}});
        let candidates = nearest("$.schemas.Turn.type", &old, &new);
        assert_eq!(candidates.sure, None);
        assert_eq!(candidates.near.len(), 2, "{candidates:?}");
    }

    #[test]
    fn a_key_that_existed_before_is_not_a_rename() {
        let old = json!({"properties": {"num_ood": {"type": "integer"}, "num_turns": {"type": "integer"}}});
        let new = json!({"properties": {"num_turns": {"type": "integer"}}});
        let candidates = nearest("$.properties.num_ood", &old, &new);
        assert_eq!(candidates.sure, None);
        assert_eq!(candidates.near, ["$.properties.num_turns"]);
    }
}
