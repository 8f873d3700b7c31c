//! Parses the listing of a generated module into items.

use std::collections::BTreeMap;

/// The kind of an item, as far as it matters to dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    Type,
    Field,
    Variant,
    Function,
}

/// A public item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// The declaration without the name.
    pub(super) text: String,
    /// Whether the type, or that of the field or variant, may get more of them without breaking dependents.
    pub(super) is_open: bool,
    owner: String,
}

impl Item {
    /// The path of the parent type.
    pub(super) fn owner(&self) -> String {
        self.owner.clone()
    }
}

/// The items of a listing by their paths: `types::Turn`, `types::Turn.latency`, `types::Env::Live`,
/// `builder::List::limit()`.
pub(super) fn items(listing: &str) -> BTreeMap<String, Item> {
    let mut items = BTreeMap::new();
    // The names of the enclosing modules and types, with their indentation.
    let mut around: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for line in listing.lines() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        around.retain(|(indentation, _)| *indentation < depth);
        if text.starts_with("everything of ") || text.starts_with("mod builder, ") {
            continue;
        }
        let path: Vec<&str> = around.iter().map(|(_, name)| name.as_str()).collect();
        let owner = path.join("::");
        if let Some(module) = text.strip_prefix("mod ") {
            around.push((depth, module.to_owned()));
            continue;
        }
        let declared = ["struct ", "enum "]
            .iter()
            .find_map(|word| text.strip_prefix(word));
        if let Some(declaration) = declared {
            let (name, traits) = declaration.split_once(": ").unwrap_or((declaration, ""));
            let open = name.strip_suffix(" (non-exhaustive)");
            is_open = open.is_some();
            let name = open.unwrap_or(name);
            let text = match is_open {
                true => format!("{OPEN} + {traits}"),
                false => traits.to_owned(),
            };
            items.insert(
                joined(&owner, "::", name),
                item(ItemKind::Type, &text, is_open, &owner),
            );
            around.push((depth, name.to_owned()));
            continue;
        }
        let function = text
            .strip_prefix("async ")
            .unwrap_or(text)
            .strip_prefix("fn ");
        if let Some((name, rest)) = function.and_then(|text| text.split_once('(')) {
            items.insert(
                format!("{}()", joined(&owner, "::", name)),
                item(ItemKind::Function, &format!("({rest}"), is_open, &owner),
            );
        } else if let Some((name, ty)) = text.split_once(": ") {
            items.insert(
                joined(&owner, ".", name),
                item(ItemKind::Field, ty, is_open, &owner),
            );
        } else if let Some((name, wire)) = text.split_once(" = ") {
            items.insert(
                joined(&owner, "::", name),
                item(ItemKind::Variant, wire, is_open, &owner),
            );
        }
    }
    items
}

fn joined(owner: &str, separator: &str, name: &str) -> String {
    match owner {
        "" => name.to_owned(),
        owner => format!("{owner}{separator}{name}"),
    }
}

fn item(kind: ItemKind, text: &str, is_open: bool, owner: &str) -> Item {
    Item {
        kind,
        text: text.to_owned(),
        is_open,
        owner: owner.to_owned(),
    }
}

/// Listed with the traits of a type that may get more fields or variants.
const OPEN: &str = "non-exhaustive";

/// Whether a type has become non-exhaustive, so that other crates can no longer write literals of it.
pub(super) fn is_opened(before: &str, after: &str) -> bool {
    let is_open = |text: &str| text.starts_with(OPEN);
    is_open(after) && !is_open(before)
}

/// The traits that a type lost.
pub(super) fn lost_traits(before: &str, after: &str) -> Vec<String> {
    let after: Vec<&str> = after.split(" + ").collect();
    before
        .split(" + ")
        .filter(|name| !name.is_empty() && *name != OPEN && !after.contains(name))
        .map(str::to_owned)
        .collect()
}
