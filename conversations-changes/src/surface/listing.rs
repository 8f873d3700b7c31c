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
    let mut around: Vec<(usize, String, bool)> = Vec::new();
    for line in listing.lines() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        around.retain(|(indentation, ..)| *indentation < depth);
        if text.starts_with("everything of ") || text.starts_with("mod builder, ") {
            continue;
        }
        let path: Vec<&str> = around.iter().map(|(_, name, _)| name.as_str()).collect();
        let owner = path.join("::");
        if let Some(module) = text.strip_prefix("mod ") {
            around.push((depth, module.to_owned(), false));
            continue;
        }
        let declared = ["struct ", "enum "]
            .iter()
            .find_map(|word| text.strip_prefix(word));
        if let Some(declaration) = declared {
            let (name, traits) = declaration.split_once(": ").unwrap_or((declaration, ""));
            items.insert(
                joined(&owner, "::", name),
                item(ItemKind::Type, traits, &owner),
            );
            around.push((depth, name.to_owned(), true));
            continue;
        }
        let function = text
            .strip_prefix("async ")
            .unwrap_or(text)
            .strip_prefix("fn ");
        if let Some((name, rest)) = function.and_then(|text| text.split_once('(')) {
            items.insert(
                format!("{}()", joined(&owner, "::", name)),
                item(ItemKind::Function, &format!("({rest}"), &owner),
            );
        } else if let Some((name, ty)) = text.split_once(": ") {
            items.insert(joined(&owner, ".", name), item(ItemKind::Field, ty, &owner));
        } else if let Some((name, wire)) = text.split_once(" = ") {
            items.insert(
                joined(&owner, "::", name),
                item(ItemKind::Variant, wire, &owner),
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

fn item(kind: ItemKind, text: &str, owner: &str) -> Item {
    Item {
        kind,
        text: text.to_owned(),
        owner: owner.to_owned(),
    }
}

/// The traits that a type lost.
pub(super) fn lost_traits(before: &str, after: &str) -> Vec<String> {
    let after: Vec<&str> = after.split(" + ").collect();
    before
        .split(" + ")
        .filter(|name| !name.is_empty() && !after.contains(name))
        .map(str::to_owned)
        .collect()
}
