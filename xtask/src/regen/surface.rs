//! The public items of the generated clients, and which of them a new document removes or changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::regen::file_tree::Tree;

/// An item: its owner and its line in the surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Version, modules and type, such as `v3::types::Conversation`.
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) line: String,
}

/// A removed or changed item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedItem {
    pub(crate) before: Item,
    /// The new item, changed or renamed; `None` if it was removed.
    pub(crate) now: Option<Item>,
}

/// The items of `before` that `after` lacks or changes; of a removed type, only the type. Both map a
/// version's name to its surface.
pub(crate) fn moved(before: &Tree, after: &Tree) -> Vec<ChangedItem> {
    let (before, after) = (items(before), items(after));
    let mut moved = Vec::new();
    let is_gone = |owner: &str| {
        owner.rsplit_once("::").is_some_and(|(owner, name)| {
            let key = (owner.to_owned(), name.to_owned());
            before.contains_key(&key) && !after.contains_key(&key)
        })
    };
    for ((owner, name), line) in &before {
        if is_gone(owner) {
            continue;
        }
        match after.get(&(owner.clone(), name.clone())) {
            Some(now) if now == line => {}
            now => {
                let item = |owner: &str, name: &str, line: &str| Item {
                    owner: owner.to_owned(),
                    name: name.to_owned(),
                    line: line.to_owned(),
                };
                let now = now
                    .map(|line| item(owner, name, line))
                    .or_else(|| successor(owner, name, line, &before, &after));
                moved.push(ChangedItem {
                    before: item(owner, name, line),
                    now,
                });
            }
        }
    }
    moved
}

/// Whether code that compiled with `before` may fail with `after`: an item was removed or changed, or an
/// exhaustive type gained a field or a variant, which our literals and matches would have to name. Other new
/// items are not used yet.
pub(crate) fn may_break(before: &Tree, after: &Tree) -> bool {
    let (before, after) = (lines(before), lines(after));
    if before
        .iter()
        .any(|(key, line)| after.get(key) != Some(line))
    {
        return true;
    }
    let was_exhaustive = |owner: &str| {
        owner.rsplit_once("::").is_some_and(|(owner, name)| {
            let line = before.get(&(owner.to_owned(), name.to_owned()));
            line.is_some_and(|line| !line.contains("(non-exhaustive)"))
        })
    };
    let is_part = |line: &str| {
        !["fn ", "async fn ", "struct ", "enum "]
            .iter()
            .any(|word| line.starts_with(word))
    };
    after
        .iter()
        .any(|(key, line)| !before.contains_key(key) && was_exhaustive(&key.0) && is_part(line))
}

type Items = BTreeMap<(String, String), String>;

/// A new item of the same owner that differs only in its name, or has a similar name.
fn successor(owner: &str, name: &str, line: &str, before: &Items, after: &Items) -> Option<Item> {
    let rest = |line: &str, name: &str| line.replacen(name, "", 1);
    let candidates = after
        .iter()
        .filter(|((at, new), _)| at == owner && !before.contains_key(&(at.clone(), new.clone())));
    candidates
        .map(|((at, new), now)| {
            let (old_parts, new_parts) = (parts(owner, name, before), parts(at, new, after));
            let by_name = strsim::jaro_winkler(name, new);
            let common = old_parts.intersection(&new_parts).count() * 2;
            let score = if !old_parts.is_empty() && common > old_parts.union(&new_parts).count() {
                1.0
            } else if rest(line, name) == rest(now, new) {
                0.4 + 0.6 * by_name
            } else {
                0.6 * by_name
            };
            (score, at, new, now)
        })
        .filter(|(score, ..)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, owner, name, line)| Item {
            owner: owner.clone(),
            name: name.clone(),
            line: line.clone(),
        })
}

/// The lines of a type's fields and methods, except those that name the type itself.
fn parts<'a>(owner: &str, name: &str, items: &'a Items) -> BTreeSet<&'a str> {
    let of_it = format!("{owner}::{name}");
    items
        .iter()
        .filter(|((owner, _), line)| *owner == of_it && !line.contains(name))
        .map(|(_, line)| line.as_str())
        .collect()
}

/// The items by owner and name, each with its line. A type's traits and the list of builders are
/// omitted, because the items themselves show them.
fn items(surfaces: &Tree) -> Items {
    let shown = |line: &str| line.split(": Clone").next().unwrap_or(line).to_owned();
    let lines = lines(surfaces).into_iter();
    lines.map(|(key, line)| (key, shown(&line))).collect()
}

/// The same with complete lines.
fn lines(surfaces: &Tree) -> Items {
    let mut items = BTreeMap::new();
    for version in surfaces.paths() {
        let mut owners: Vec<String> = Vec::new();
        for line in surfaces.get(version).unwrap_or_default().lines() {
            let text = line.trim_start();
            let depth = (line.len() - text.len()) / 2;
            owners.truncate(depth);
            let owner = std::iter::once(version)
                .chain(owners.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join("::");
            let name = name(text);
            if !text.starts_with("mod ") && !text.starts_with("everything of") {
                items.insert((owner, name.to_owned()), text.to_owned());
            }
            owners.push(name.to_owned());
        }
    }
    items
}

fn name(line: &str) -> &str {
    let line = ["struct ", "enum ", "mod ", "async fn ", "fn "]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line);
    let end = line
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(line.len());
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(text: &str) -> Tree {
        let mut tree = Tree::default();
        tree.insert("v3".to_owned(), text.to_owned());
        tree
    }

    /// The item and its replacement.
    fn reported(before: &str, after: &str) -> Vec<String> {
        let moved = moved(&surfaces(before), &surfaces(after));
        let now = |moved: &ChangedItem| {
            moved
                .now
                .as_ref()
                .map_or("gone".to_owned(), |now| now.line.clone())
        };
        moved
            .iter()
            .map(|moved| {
                format!(
                    "{}: {} -> {}",
                    moved.before.owner,
                    moved.before.line,
                    now(moved)
                )
            })
            .collect()
    }

    const BEFORE: &str = "mod types\n  struct Turn: Clone + Debug\n    text: Nullable<String>\n    num_ood: Nullable<Integer>\nstruct Client: Clone\n  fn list(&self) -> List\n";

    #[test]
    fn removed_changed_and_renamed_items_are_distinguished() {
        let after = BEFORE
            .replace("text: Nullable<String>", "text: String")
            .replace("num_ood", "num_out_of_domain")
            .replace("  fn list(&self) -> List\n", "");
        assert_eq!(
            reported(BEFORE, &after),
            [
                "v3::Client: fn list(&self) -> List -> gone",
                "v3::types::Turn: num_ood: Nullable<Integer> -> num_out_of_domain: Nullable<Integer>",
                "v3::types::Turn: text: Nullable<String> -> text: String",
            ]
        );
    }

    #[test]
    fn a_renamed_type_is_one_change() {
        assert_eq!(
            reported(BEFORE, &BEFORE.replace("Turn", "Exchange")),
            ["v3::types: struct Turn -> struct Exchange"]
        );
    }

    #[test]
    fn an_addition_is_not_a_removal() {
        let after = BEFORE.replace("    text", "    tone: Nullable<String>\n    text");
        assert_eq!(moved(&surfaces(BEFORE), &surfaces(&after)), []);
    }

    #[test]
    fn only_additional_fields_and_variants_of_exhaustive_types_can_break_code() {
        let breaks = |after: &str| may_break(&surfaces(BEFORE), &surfaces(after));
        let open = BEFORE.replace("Turn: ", "Turn (non-exhaustive): ");
        let more = open.replace("    text", "    tone: Nullable<String>\n    text");
        assert!(!may_break(&surfaces(&open), &surfaces(&more)));
        assert!(may_break(&surfaces(&more), &surfaces(&open)));
        let call = format!(
            "{BEFORE}  fn one(&self) -> One\nmod builder\n  struct One\n    fn id(self) -> Self\n"
        );
        assert!(!breaks(&call));
        assert!(!breaks(BEFORE));
        assert!(breaks(
            &BEFORE.replace("    text", "    tone: Nullable<String>\n    text")
        ));
        assert!(breaks(
            &BEFORE.replace("text: Nullable<String>", "text: String")
        ));
    }
}
