//! Detects renames: pairs of something removed and something added with the same structure, name or
//! description.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keys that contain prose only.
pub(crate) const PROSE: [&str; 6] = [
    "description",
    "title",
    "summary",
    "example",
    "examples",
    "externalDocs",
];

/// Pairs removed and added items, most similar first, each used once. `of_removed` and `of_added` compute the
/// features of each item once; `score` compares them, 0 to 1, and pairs below `least` are dropped.
pub(crate) fn pairs<K: Clone + Ord, T>(
    removed: &[K],
    new: &[K],
    least: f64,
    (of_removed, of_added): (impl Fn(&K) -> T, impl Fn(&K) -> T),
    score: impl Fn(&T, &T) -> f64,
) -> Vec<(K, K)> {
    let removed: Vec<(&K, T)> = removed.iter().map(|key| (key, of_removed(key))).collect();
    let new: Vec<(&K, T)> = new.iter().map(|key| (key, of_added(key))).collect();
    let mut scored: Vec<(f64, &K, &K)> = removed
        .iter()
        .flat_map(|g| new.iter().map(move |n| (g, n)))
        .map(|(g, n)| (score(&g.1, &n.1), g.0, n.0))
        .filter(|(score, ..)| *score >= least)
        .collect();
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let (mut used_gone, mut used_new) = (BTreeSet::new(), BTreeSet::new());
    let mut pairs = Vec::new();
    for (_, g, n) in scored {
        if !used_gone.contains(g) && !used_new.contains(n) {
            used_gone.insert(g.clone());
            used_new.insert(n.clone());
            pairs.push((g.clone(), n.clone()));
        }
    }
    pairs
}

/// The features by which a renamed parameter or property is recognized.
#[derive(Debug)]
pub(crate) struct Features {
    form: String,
    name: BTreeSet<String>,
    description: BTreeSet<String>,
    is_distinctive: bool,
}

impl Features {
    pub(crate) fn of(name: &str, node: &Value) -> Self {
        let description = node.get("description").and_then(Value::as_str);
        Self {
            form: form(node),
            name: words(name),
            description: description.map(words).unwrap_or_default(),
            is_distinctive: is_distinctive(node),
        }
    }

    /// The likelihood that `other` is this item renamed; 0 if the structure differs. A common structure
    /// (any string) also requires a similar name or description.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        if self.form != other.form {
            return 0.0;
        }
        let distinct = if self.is_distinctive { 0.6 } else { 0.0 };
        alike(&self.name, &other.name)
            .max(alike(&self.description, &other.description))
            .max(distinct)
    }
}

/// Whether a structure is rare enough to identify the item by itself.
fn is_distinctive(node: &Value) -> bool {
    let schema = node.get("schema").unwrap_or(node);
    let count = |key: &str, least: usize| match schema.get(key) {
        Some(Value::Array(list)) => list.len() >= least,
        Some(Value::Object(map)) => map.len() >= least,
        _ => false,
    };
    count("enum", 2) || count("properties", 3) || schema.get("pattern").is_some()
}

/// The features by which a renamed component is recognized.
#[derive(Debug)]
pub(crate) struct Content {
    form: String,
    properties: BTreeSet<String>,
    /// An object without any content equals every other one.
    is_empty: bool,
}

impl Content {
    pub(crate) fn of(node: &Value) -> Self {
        let properties = node.get("properties").and_then(Value::as_object);
        Self {
            form: form(node),
            properties: properties
                .into_iter()
                .flatten()
                .map(|(name, property)| format!("{name} {}", form(property)))
                .collect(),
            is_empty: node.as_object().is_none_or(|map| map.len() < 2),
        }
    }

    /// 1 for the same structure, less for objects that share most of their properties.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        match self.form == other.form {
            true if self.is_empty => 0.0,
            true => 1.0,
            false if self.properties.len() < 3 => 0.0,
            false => alike(&self.properties, &other.properties),
        }
    }
}

/// The schema without prose: two nodes with the same result are the same on the wire. Component names
/// are omitted, because a rename changes them.
pub(crate) fn form(node: &Value) -> String {
    shape(node, 0).to_string()
}

fn shape(node: &Value, depth: usize) -> Value {
    match node {
        _ if depth > 64 => Value::Null,
        Value::Object(map) => map
            .iter()
            .filter(|(key, value)| {
                // A property may be called `title`; its value is then a schema instead of a string.
                let is_prose = PROSE.contains(&key.as_str()) && !is_schema(value);
                !is_prose && !key.starts_with("x-")
            })
            .map(|(key, value)| match key.as_str() {
                "name" if map.contains_key("in") => (key.clone(), Value::Null),
                "$ref" => (key.clone(), Value::Null),
                _ => (key.clone(), shape(value, depth + 1)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(|node| shape(node, depth + 1)).collect(),
        other => other.clone(),
    }
}

fn is_schema(value: &Value) -> bool {
    ["type", "$ref", "allOf", "oneOf", "anyOf"]
        .iter()
        .any(|key| value.get(key).is_some())
}

/// The words of a name or a text in lower case: `client_env`, `clientEnv` and `Client-Env` are equal.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    word_list(text).into_iter().collect()
}

/// As [`words`], in order.
pub(crate) fn word_list(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut last_was_lower = false;
    for c in text.chars() {
        if (!c.is_alphanumeric() || (c.is_uppercase() && last_was_lower)) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        last_was_lower = c.is_lowercase() || c.is_numeric();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The similarity of two sets, 0 to 1.
pub(crate) fn alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    let shared = one.intersection(other).count();
    let union = one.len() + other.len() - shared;
    if union == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
    let share = shared as f64 / union as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_compared_by_their_words() {
        assert_eq!(word_list("clientEnv"), ["client", "env"]);
        assert_eq!(word_list("client-env"), ["client", "env"]);
        assert_eq!(word_list("v3_limits"), ["v3", "limits"]);
    }

    fn renamed((old_name, old): (&str, &Value), (new_name, new): (&str, &Value)) -> f64 {
        Features::of(old_name, old).likeness(&Features::of(new_name, new))
    }

    #[test]
    fn two_string_fields_are_a_rename_only_if_name_or_prose_is_similar() {
        let text = json!({"type": "string"});
        assert!(renamed(("cursor", &text), ("language", &text)) < 0.5);
        assert!(renamed(("variant_name", &text), ("variant_title", &text)) < 0.5);
        assert!(renamed(("query", &text), ("query_text", &text)) >= 0.5);
        let said = json!({"type": "string", "description": "Number the call came from."});
        assert!(renamed(("from_number", &said), ("caller", &said)) >= 0.5);
    }

    #[test]
    fn an_enum_is_recognized_under_any_name() {
        let values =
            json!({"in": "query", "name": "a", "schema": {"type": "string", "enum": ["a", "b"]}});
        assert!(renamed(("client_env", &values), ("deployment", &values)) >= 0.5);
    }

    #[test]
    fn a_property_named_title_is_not_prose() {
        let with = json!({"properties": {"title": {"type": "string"}}});
        let without = json!({"properties": {}});
        assert_ne!(form(&with), form(&without));
    }
}
