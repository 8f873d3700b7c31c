//! Changes of the vendor's prose where the compared document has this project's own wording. The
//! documents do not show them, so the caller supplies them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Change, Kind};
use crate::check::{DESCRIPTION_CHANGED, PROSE_FIGURE_CHANGED, PROSE_VALUE_CHANGED, Side};
use crate::compare::components::component_at;
use crate::compare::paths::path_at;
use crate::compare::{Context, names, sort};
use crate::spec::{Sides, Spec, escaped};

/// A changed text of the vendor: its location, and the names and numbers that changed.
///
/// ```
/// use conversations_changes::Reworded;
///
/// let channel = Reworded {
///     pointer: "/components/schemas/Conversation/properties/channel/description".into(),
///     removed: vec!["WEBCHAT".into()],
///     added: vec!["chat.polyai".into()],
/// };
/// # let _ = channel;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reworded {
    /// JSON pointer into the new document; a parameter may be given by name instead of index, as in
    /// `…/parameters/query:limit/description`.
    pub pointer: String,
    /// Names and numbers that were removed.
    pub removed: Vec<String>,
    /// Names and numbers that were added.
    pub added: Vec<String>,
}

/// Adds a change for each reworded text that is not among the changes yet.
pub(crate) fn add_reworded(
    changes: &mut Vec<Change>,
    (old, new): (&Value, &Value),
    reworded: &[Reworded],
) {
    let spec = Spec::new(new);
    // The name of a parameter or a property is a reference to it, not a value.
    let references: BTreeSet<String> = names(old).chain(names(new)).collect();
    for text in reworded {
        let values = |words: &[String]| -> Vec<String> {
            let values = words.iter().filter(|word| !references.contains(*word));
            values.cloned().collect()
        };
        let (removed, added) = (values(&text.removed), values(&text.added));
        let (at, facet) = location(&spec, &text.pointer);
        let is_told = |change: &Change| change.location == at.location && change.facet == facet;
        if changes.iter().any(is_told) {
            continue;
        }
        let words = || removed.iter().chain(&added);
        let is_figure = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
        let check = match words().next() {
            None => DESCRIPTION_CHANGED,
            Some(_) if words().all(is_figure) => PROSE_FIGURE_CHANGED,
            Some(_) => PROSE_VALUE_CHANGED,
        };
        let listed = |words: &[String], otherwise: &str| match (
            words.is_empty(),
            check == DESCRIPTION_CHANGED,
        ) {
            (_, true) => Some(otherwise.to_owned()),
            (true, false) => None,
            (false, false) => Some(crate::compare::cut(&words.join(", "))),
        };
        changes.push(Change {
            check,
            location: at.location,
            facet,
            side: side(at.sides),
            before: listed(&removed, "the vendor's words"),
            after: listed(&added, "others, to be said in ours"),
            old_pointer: at.old,
            new_pointer: at.new,
            seen: None,
            past: Vec::new(),
            subject: at.subject,
        });
    }
    sort(changes);
}

fn side(sides: Sides) -> Side {
    match (sides.request, sides.response) {
        (true, true) => Side::Both,
        (true, false) => Side::Request,
        (false, true) => Side::Response,
        (false, false) => Side::Document,
    }
}

/// The location that a pointer refers to, as a comparison would name it, and the key of the text.
fn location(spec: &Spec<'_>, pointer: &str) -> (Context, String) {
    let keys = counted(spec.root(), pointer);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let facet = keys.last().copied().unwrap_or_default().to_owned();
    let mut at = match keys[..] {
        ["components", kind, name, ref rest @ ..] => {
            let noun = crate::compare::components::noun(kind);
            let at = component_at((kind, noun), name, name).sides(spec.sides(kind, name));
            below(at, rest)
        }
        ["paths", path, operation, ref rest @ ..] if !rest.is_empty() => {
            let method = operation.to_ascii_uppercase();
            let mut at = path_at(path, path)
                .step(&method)
                .about(Kind::Operation, None, None);
            at.subject.operation = Some(format!("{method} {path}"));
            in_operation(spec, at, &spec.part("paths")[path][operation], rest)
        }
        ["paths", path, ..] => path_at(path, path),
        [first, ..] => Context::new(first, "", Kind::Document),
        [] => Context::new("document", "", Kind::Document),
    };
    at.new = keys
        .iter()
        .map(|key| format!("/{}", escaped(key)))
        .collect();
    at.old.clone_from(&at.new);
    (at, facet)
}

/// The keys of a pointer, with the names of parameters replaced by their indices.
fn counted(tree: &Value, pointer: &str) -> Vec<String> {
    let mut node = Some(tree);
    let mut keys = Vec::new();
    for key in pointer.split('/').skip(1) {
        let mut key = key.replace("~1", "/").replace("~0", "~");
        if let (Some(Value::Array(list)), Some((location, name))) = (node, key.split_once(':')) {
            let is_it = |element: &Value| element["in"] == location && element["name"] == name;
            if let Some(index) = list.iter().position(is_it) {
                key = index.to_string();
            }
        }
        node = match node {
            Some(Value::Array(list)) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
            Some(node) => node.get(&key),
            None => None,
        };
        keys.push(key);
    }
    keys
}

fn in_operation<'a>(spec: &Spec<'a>, at: Context, operation: &'a Value, keys: &[&str]) -> Context {
    match keys {
        ["parameters", index, rest @ ..] => {
            let node = operation["parameters"]
                .get(index.parse::<usize>().unwrap_or(usize::MAX))
                .map_or(&Value::Null, |node| spec.resolve(node));
            let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or(index);
            let at = at
                .step(format!("{} {}", text("in"), text("name")))
                .sides(Sides::REQUEST)
                .about(Kind::Parameter, Some(text("name")), Some(text("name")));
            below(at, rest)
        }
        ["responses", status, rest @ ..] => {
            let at = at.step(*status).sides(Sides::RESPONSE).about(
                Kind::Response,
                Some(status),
                Some(status),
            );
            below(at, rest)
        }
        ["requestBody", rest @ ..] => below(at.step("body").sides(Sides::REQUEST), rest),
        _ => at,
    }
}

/// Follows the keys of a response, a body or a schema.
fn below(mut at: Context, mut keys: &[&str]) -> Context {
    loop {
        (at, keys) = match keys {
            ["content", _, "schema", rest @ ..] if at.subject.kind == Kind::Response => {
                (at.step("body"), rest)
            }
            ["content", _, rest @ ..] => (at, rest),
            ["schema", rest @ ..] => (at, rest),
            ["properties", name, rest @ ..] => (at.property(name, name), rest),
            ["items", rest @ ..] => (at.step("[]"), rest),
            ["additionalProperties", rest @ ..] => (at.step("{}"), rest),
            ["headers", name, rest @ ..] => (at.step(format!("header {name}")), rest),
            [key @ ("oneOf" | "anyOf" | "allOf"), index, rest @ ..] => {
                let number = index.parse::<usize>().map_or(0, |index| index + 1);
                (at.step(format!("{key} {number}")), rest)
            }
            _ => return at,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reworded_text_has_the_place_that_a_comparison_would_give_it() {
        let tree = |said: &str| {
            json!({
                "paths": {"/v3/calls": {"get": {
                    "description": said,
                    "parameters": [{"name": "limit", "in": "query", "description": said}],
                    "responses": {"200": {"description": said, "content": {"application/json": {"schema": {
                        "properties": {"calls": {"type": "array", "items": {"description": said}}}}}}}},
                }}},
                "components": {"schemas": {"Call": {"properties": {
                    "channel": {"description": said},
                    "metrics": {"additionalProperties": {"oneOf": [{"type": "string", "description": said}]}},
                }}}},
            })
        };
        let (old, new) = (tree("`one` a"), tree("`two` a"));
        for change in crate::compare::compare(&old, &new) {
            let reported = Reworded {
                pointer: change.new_pointer.clone(),
                removed: vec!["one".into()],
                added: vec!["two".into()],
            };
            let mut alone = Vec::new();
            add_reworded(&mut alone, (&old, &new), std::slice::from_ref(&reported));
            if !change.location.to_string().contains("oneOf") {
                assert_eq!(alone[0].location, change.location);
                assert_eq!(alone[0].fingerprint(), change.fingerprint());
            }
            let by_name = Reworded {
                pointer: reported
                    .pointer
                    .replace("parameters/0/", "parameters/query:limit/"),
                ..reported.clone()
            };
            let mut named = Vec::new();
            add_reworded(&mut named, (&old, &new), &[by_name]);
            assert_eq!(named, alone);
            let mut both = vec![change.clone()];
            add_reworded(&mut both, (&old, &new), &[reported]);
            assert_eq!(
                both.len(),
                if alone[0].location == change.location {
                    1
                } else {
                    2
                }
            );
        }
    }

    #[test]
    fn a_text_that_no_longer_names_another_parameter_is_only_reworded() {
        let tree = json!({"paths": {"/v3/calls": {"get": {"parameters": [
            {"name": "offset", "in": "query", "description": "How many to leave out."},
            {"name": "cursor", "in": "query"},
        ]}}}});
        let reported = |removed: &str| {
            let text = Reworded {
                pointer: "/paths/~1v3~1calls/get/parameters/query:offset/description".into(),
                removed: vec![removed.into()],
                added: Vec::new(),
            };
            let mut changes = Vec::new();
            add_reworded(&mut changes, (&tree, &tree), &[text]);
            changes.remove(0).check.id
        };
        assert_eq!(reported("cursor"), DESCRIPTION_CHANGED.id);
        assert_eq!(reported("WEBCHAT"), PROSE_VALUE_CHANGED.id);
    }
}
