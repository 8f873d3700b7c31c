//! Keeps the order of the current document, so that a vendor's reordering changes nothing.

use std::collections::{HashMap, HashSet};

use crate::import::tree::{Kind, Node};

/// Orders `new` like `old`; what `old` does not have stays after its predecessor.
pub(crate) fn align(new: &mut Node, old: &Node) {
    align_below(new, old, "");
}

fn align_below(new: &mut Node, old: &Node, key: &str) {
    match (&mut new.kind, &old.kind) {
        (Kind::Map(new), Kind::Map(old)) => {
            let order = merged(
                &new.iter().map(|e| e.key.clone()).collect::<Vec<_>>(),
                &old.iter().map(|e| e.key.clone()).collect::<Vec<_>>(),
            );
            reorder(new, &order);
            for entry in new {
                if let Some(old) = old.iter().find(|e| e.key == entry.key) {
                    align_below(&mut entry.value, &old.value, &entry.key);
                }
            }
        }
        (Kind::List(new), Kind::List(old)) => {
            let (Some(new_names), Some(old_names)) = (names(key, new), names(key, old)) else {
                if new.len() == old.len() {
                    for (new, old) in new.iter_mut().zip(old) {
                        align_below(new, old, "");
                    }
                }
                return;
            };
            if key != "servers" {
                reorder(new, &merged(&new_names, &old_names));
            }
            let old: HashMap<&String, &Node> = old_names.iter().zip(old).collect();
            for item in new {
                if let Some(old) = element(key, item).and_then(|name| old.get(&name).copied()) {
                    align_below(item, old, "");
                }
            }
        }
        _ => {}
    }
}

/// The identity of an element of the list under `key`, where its index does not identify it.
pub(super) fn element(key: &str, item: &Node) -> Option<String> {
    let text = |key| item.get(key).and_then(Node::text);
    match key {
        "parameters" => text("$ref").map(str::to_owned).or_else(|| {
            text("name").map(|name| format!("{}:{name}", text("in").unwrap_or_default()))
        }),
        "servers" => text("url").map(str::to_owned),
        "tags" => text("name").or_else(|| item.text()).map(str::to_owned),
        // Sets, which JSON can only represent as lists.
        "required" | "enum" => item.text().map(str::to_owned),
        _ => None,
    }
}

/// The names of all elements, if all have one and no two are the same.
fn names(key: &str, items: &[Node]) -> Option<Vec<String>> {
    let names: Vec<String> = items
        .iter()
        .map(|item| element(key, item))
        .collect::<Option<_>>()?;
    let distinct: HashSet<&String> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

/// Indices into `new`: first those that `old` has, in its order, then each other one after its
/// predecessor.
fn merged(new: &[String], old: &[String]) -> Vec<usize> {
    let index: HashMap<&String, usize> = new.iter().enumerate().map(|(i, n)| (n, i)).collect();
    let mut order: Vec<usize> = old
        .iter()
        .filter_map(|name| index.get(name).copied())
        .collect();
    let known: HashSet<usize> = order.iter().copied().collect();
    for added in (0..new.len()).filter(|i| !known.contains(i)) {
        let index_in_order = added
            .checked_sub(1)
            .and_then(|before| order.iter().position(|i| *i == before))
            .map_or(0, |before| before + 1);
        order.insert(index_in_order, added);
    }
    order
}

fn reorder<T>(items: &mut Vec<T>, order: &[usize]) {
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.iter().filter_map(|i| taken[*i].take()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::layout::lay_out;
    use crate::import::source::Source;
    use crate::import::tree::yaml;

    fn node(text: &str) -> Node {
        yaml::read(&Source::from_bytes("a.yaml", text.as_bytes()).unwrap()).unwrap()
    }

    fn aligned(new: &str, old: &str) -> String {
        let mut new = node(new);
        align(&mut new, &node(old));
        lay_out(&new)
    }

    #[test]
    fn an_added_key_stays_after_its_predecessor() {
        assert_eq!(
            aligned("{c: 1, x: 2, a: 3}", "{a: 0, b: 0, c: 0}"),
            "a: 3\nc: 1\nx: 2\n"
        );
        assert_eq!(
            aligned("{x: 2, c: 1, a: 3}", "{a: 0, c: 0}"),
            "x: 2\na: 3\nc: 1\n"
        );
    }

    #[test]
    fn parameters_are_matched_by_name_and_sets_by_value() {
        assert_eq!(
            aligned(
                "parameters: [{in: query, name: b}, {name: a, in: query}]\nenum: [z, x, w]\nservers: [{url: 2}, {url: 1}]",
                "parameters: [{name: a, in: query}, {name: b, in: query}]\nenum: [x, z]\nservers: [{url: 1}, {url: 2}]",
            ),
            "parameters:\n  - name: a\n    in: query\n  - name: b\n    in: query\nenum:\n  - x\n  - w\n  - z\nservers:\n  - url: 2\n  - url: 1\n"
        );
    }

    proptest! {
        #[test]
        fn aligning_loses_nothing_and_undoes_a_shuffle(
            old in prop::collection::hash_set("[a-z]{1,3}", 1..12),
            new in prop::collection::hash_set("[a-z]{1,3}", 1..12),
        ) {
            let (old, new): (Vec<_>, Vec<_>) = (old.into_iter().collect(), new.into_iter().collect());
            let mut order = merged(&new, &old);
            let kept: Vec<_> = order.iter().map(|i| &new[*i]).filter(|n| old.contains(n)).collect();
            let expected: Vec<_> = old.iter().filter(|n| new.contains(n)).collect();
            prop_assert_eq!(kept, expected);
            order.sort_unstable();
            prop_assert_eq!(order, (0..new.len()).collect::<Vec<_>>());
        }
    }
}
