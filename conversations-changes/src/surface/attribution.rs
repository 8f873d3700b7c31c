//! Attributes changed items of the generated Rust to changes on the wire.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SurfaceChange;
use super::listing::ItemKind;
use crate::Surface;
use crate::change::{Change, Kind};
use crate::check::Level;

/// For each change the items it caused, and the items that no change explains. `documents` are the old
/// and the new one.
pub(crate) fn attribute(
    changes: &[Change],
    moved: Vec<SurfaceChange>,
    surfaces: &[Surface],
    documents: (&Value, &Value),
) -> (Vec<Vec<SurfaceChange>>, Vec<SurfaceChange>) {
    let mut attributed: Vec<Vec<SurfaceChange>> = vec![Vec::new(); changes.len()];
    let mut left = Vec::new();
    for item in moved {
        let best = changes
            .iter()
            .enumerate()
            .map(|(index, change)| (score(change, &item, surfaces), index))
            .filter(|(score, _)| *score > 0)
            // The first of equals: the most severe.
            .max_by_key(|(score, index)| (*score, std::cmp::Reverse(*index)));
        match best {
            Some((_, index)) => attributed[index].push(item),
            None => left.push(item),
        }
    }
    // A type that is added with a field belongs to the cause of the field.
    loop {
        let found = left.iter().enumerate().find_map(|(position, item)| {
            let name = normalized(type_of(&item.item));
            let names_it = |other: &SurfaceChange| {
                [&other.before, &other.after]
                    .into_iter()
                    .flatten()
                    .any(|text| {
                        text.split(|c: char| !c.is_alphanumeric())
                            .any(|word| normalized(word) == name)
                    })
            };
            let index = attributed
                .iter()
                .position(|items| items.iter().any(names_it))?;
            Some((position, index))
        });
        match found {
            Some((position, index)) => attributed[index].push(left.remove(position)),
            None => break,
        }
    }
    // So does a type that an added or removed item uses, such as the response of an operation.
    left.retain(|item| {
        let index = changes
            .iter()
            .position(|change| brings(change, item, documents));
        if let Some(index) = index {
            attributed[index].push(item.clone());
        }
        index.is_none()
    });
    (attributed, left)
}

/// Whether the location of a change uses a type, in the document that has it.
fn brings(change: &Change, item: &SurfaceChange, (old, new): (&Value, &Value)) -> bool {
    let (tree, pointer) = match (&item.before, &item.after) {
        (None, Some(_)) => (new, &change.new_pointer),
        (Some(_), None) => (old, &change.old_pointer),
        _ => return false,
    };
    let Some(location) = tree
        .pointer(pointer)
        .filter(|_| item.kind == ItemKind::Type)
    else {
        return false;
    };
    let name = normalized(type_of(&item.item));
    let mut work = vec![location];
    let mut followed = BTreeSet::new();
    while let Some(node) = work.pop() {
        match node {
            Value::Object(map) => {
                work.extend(map.values());
                if let Some(Value::String(target)) = map.get("$ref")
                    && followed.insert(target)
                {
                    let component = target.rsplit('/').next().unwrap_or_default();
                    if normalized(component) == name {
                        return true;
                    }
                    work.extend(target.strip_prefix('#').and_then(|to| tree.pointer(to)));
                }
            }
            Value::Array(list) => work.extend(list),
            _ => {}
        }
    }
    false
}

/// How well an item matches a change; 0 if it does not.
fn score(change: &Change, moved: &SurfaceChange, surfaces: &[Surface]) -> u32 {
    let subject = &change.subject;
    let names: Vec<String> = [&subject.old, &subject.new]
        .into_iter()
        .flatten()
        .map(|name| normalized(name))
        .collect();
    let owner = subject.owner.as_deref().map(normalized);
    let ty = normalized(type_of(&moved.item));
    let member = normalized(member_of(&moved.item));
    let is_name = |text: &str| names.iter().any(|name| name == text);
    let fits = match subject.kind {
        Kind::Parameter if is_name(&member) && moved.item.starts_with("builder") => 20,
        Kind::Parameter if is_name(&ty) => 18,
        Kind::Property if owner.as_ref().is_some_and(|owner| *owner == ty) && is_name(&member) => {
            20
        }
        Kind::Property => match &owner {
            Some(owner)
                if names
                    .iter()
                    .any(|name| ty.starts_with(&format!("{owner}{name}"))) =>
            {
                16
            }
            Some(_) => 0,
            None if is_name(&member) => 12,
            None if names.iter().any(|name| ty.ends_with(name)) => 10,
            None => 0,
        },
        Kind::Schema if is_name(&ty) => 20,
        Kind::Schema if names.iter().any(|name| mentions(moved, name)) => 6,
        Kind::Schema if names.iter().any(|name| ty.starts_with(name)) => 4,
        Kind::Path | Kind::Operation | Kind::Response => {
            let ids = operation_ids(change, surfaces);
            // The call and the builder, as a whole, belong to an added or removed operation.
            let is_its_own = |id: &String| match moved.kind {
                ItemKind::Type => ty.contains(id),
                _ => member.contains(id),
            };
            match ids.iter().any(is_its_own) {
                true => 14,
                false => 0,
            }
        }
        _ => 0,
    };
    // Prose and defaults change no item; another change at the same location did.
    let moves_items = change.level() != Level::Prose
        && !change.check.id.starts_with("prose-")
        && !change.facet.starts_with("default");
    match moves_items {
        true => fits,
        false => 0,
    }
}

/// The operation ids that a change is about, as in generated code.
fn operation_ids(change: &Change, surfaces: &[Surface]) -> Vec<String> {
    let subject = &change.subject;
    let mut ids: Vec<String> = surfaces
        .iter()
        .flat_map(|surface| &surface.operations)
        .filter(|(operation, _)| {
            let path = operation.split_once(' ').map_or("", |(_, path)| path);
            let is_path = [&subject.old, &subject.new]
                .into_iter()
                .flatten()
                .any(|name| subject.kind == Kind::Path && unversioned(name) == unversioned(path));
            let is_operation = subject
                .operation
                .as_ref()
                .is_some_and(|name| unversioned(name) == unversioned(operation));
            is_path || is_operation
        })
        .map(|(_, id)| normalized(id))
        .collect();
    if change.check.id == "operation-id-changed" {
        ids.extend(
            [&subject.old, &subject.new]
                .into_iter()
                .flatten()
                .map(|id| normalized(id)),
        );
    }
    ids
}

/// `GET /v3/a` and `GET /v2/a` are the same operation: v2 is derived from v3's document.
fn unversioned(operation: &str) -> String {
    let (method, path) = operation.split_once('/').unwrap_or((operation, ""));
    match path.split_once('/') {
        Some((version, rest)) if version.starts_with('v') => format!("{method}/{rest}"),
        _ => format!("{method}/{path}"),
    }
}

fn mentions(moved: &SurfaceChange, name: &str) -> bool {
    [&moved.before, &moved.after]
        .into_iter()
        .flatten()
        .any(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| normalized(word) == name)
        })
}

/// The type's name: `Turn` of `types::Turn.latency`, `List` of `builder::List::limit()`.
fn type_of(item: &str) -> &str {
    let path = item
        .strip_prefix("types::")
        .or_else(|| item.strip_prefix("builder::"))
        .unwrap_or(item);
    path.split(['.', ':']).next().unwrap_or(path)
}

/// The member's name: `latency` of `types::Turn.latency`, `limit` of `builder::List::limit()`.
fn member_of(item: &str) -> &str {
    let path = item
        .strip_prefix("types::")
        .or_else(|| item.strip_prefix("builder::"))
        .unwrap_or(item);
    path.split_once(['.', ':']).map_or("", |(_, member)| {
        member.trim_start_matches(':').trim_end_matches("()")
    })
}

/// Normalizes a name: `client_env`, `ClientEnv` and `r#clientEnv` are equal.
fn normalized(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
