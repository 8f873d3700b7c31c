//! Attributes compiler errors to changes of a document, and lists the lines to edit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use conversations_changes::Entry;

use crate::regen::compiler_error::{CompilerError, words};
use crate::regen::surface::{ChangedItem, Item};

/// The report of one cause.
#[derive(Debug, Default)]
struct Group<'a> {
    /// The changed items, each with the consequence for the lines below.
    items: BTreeSet<String>,
    /// The errors by location; versions that share a line share its entry.
    by_line: BTreeMap<(&'a str, u64), &'a CompilerError>,
}

/// Groups the errors by the changes that cause them, in the order of the report: the change on the wire,
/// the changed items, and the lines of our code. `moved` are the changed items of the clients.
pub(crate) fn explain(
    faults: &BTreeSet<CompilerError>,
    moved: &[ChangedItem],
    changes: &[Entry],
) -> String {
    // In order: changes of the report, then items that none of them explains, then unexplained errors.
    let mut groups: BTreeMap<(usize, String), Group<'_>> = BTreeMap::new();
    for fault in faults {
        let causes = causes(fault, moved);
        if causes.is_empty() {
            let key = (usize::MAX, "no change of the clients explains".to_owned());
            groups.entry(key).or_default().add(fault);
        }
        for cause in causes {
            let entry = changes.iter().position(|entry| accounts_for(entry, cause));
            let key = match entry {
                Some(index) => (index, heading(&changes[index])),
                None => (changes.len(), "an overlay, or the generator".to_owned()),
            };
            let group = groups.entry(key).or_default();
            group
                .items
                .insert(to_do(cause, entry.map(|index| &changes[index])));
            group.add(fault);
        }
    }
    let mut text = String::new();
    for ((_, heading), group) in groups {
        group.write(&heading, &mut text);
    }
    text
}

impl<'a> Group<'a> {
    fn add(&mut self, fault: &'a CompilerError) {
        self.by_line
            .entry((&fault.file, fault.line))
            .or_insert(fault);
    }

    fn write(&self, heading: &str, text: &mut String) {
        writeln!(text, "{heading}:").expect("writing to a String cannot fail");
        for item in &self.items {
            writeln!(text, "    {item}").expect("writing to a String cannot fail");
        }
        for fault in self.by_line.values() {
            let CompilerError {
                file,
                line,
                column,
                message,
                ..
            } = fault;
            writeln!(text, "    edit {file}:{line}:{column}: {message}")
                .expect("writing to a String cannot fail");
        }
    }
}

/// The change in one line, as in the report.
fn heading(entry: &Entry) -> String {
    let change = &entry.change;
    format!("{}: {}", change.location.short(), change.message())
}

/// A changed item and its consequence for the lines that use it. Versions are omitted, so that the same
/// change in several versions is reported once.
fn to_do(moved: &ChangedItem, entry: Option<&Entry>) -> String {
    let Item { owner, name, line } = &moved.before;
    let owner = unversioned(owner);
    // The document names a renamed parameter or field; between types it is a guess.
    let renamed = entry
        .map(|entry| &entry.change)
        .filter(|change| change.before.as_ref() == Some(name))
        .and_then(|change| change.after.as_ref());
    match (&moved.now, renamed) {
        (Some(now), _) if now.name == *name => format!(
            "{owner}: `{line}` is now `{}`: make what uses `{name}` fit",
            now.line
        ),
        (_, Some(renamed)) => format!("{owner}: `{line}` is gone: write `{renamed}` for `{name}`"),
        (None, None) => format!("{owner}: `{line}` is gone: take `{name}` out"),
        (Some(now), None) => format!(
            "{owner}: `{line}` is gone, `{}` has come: write `{}` for `{name}` if that is the same",
            now.line, now.name
        ),
    }
}

fn unversioned(owner: &str) -> &str {
    owner.split_once("::").map_or(owner, |(_, rest)| rest)
}

/// Whether the report lists an item under a change.
fn accounts_for(entry: &Entry, moved: &ChangedItem) -> bool {
    let Item { owner, name, .. } = &moved.before;
    let (module, rest) = owner.split_once("::").unwrap_or((owner, ""));
    let mut path = words(rest);
    path.push(name.clone());
    entry
        .surface
        .iter()
        .any(|item| item.modules.iter().any(|other| other == module) && words(&item.item) == path)
}

/// The changed items that cause an error: those that it names, with their type and version; otherwise
/// those on the lines it points at; otherwise those of the type it complains about, old or new.
fn causes<'m>(fault: &CompilerError, moved: &'m [ChangedItem]) -> Vec<&'m ChangedItem> {
    let by_name = |names: &BTreeSet<String>| -> Vec<&'m ChangedItem> {
        let named = moved
            .iter()
            .filter(|moved| names.contains(&moved.before.name));
        named.collect()
    };
    let mut found = by_name(&fault.names);
    if found.is_empty() {
        found = by_name(&fault.nearby);
    }
    if found.is_empty() {
        found = moved
            .iter()
            .filter(|moved| {
                moved.now.as_ref().is_some_and(|now| {
                    let (old, new) = (word_set(&moved.before.line), word_set(&now.line));
                    let names = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
                        one.difference(other).any(|word| fault.names.contains(word))
                    };
                    names(&old, &new) && names(&new, &old)
                })
            })
            .collect();
    }
    let known = |name: &str| fault.names.contains(name) || fault.nearby.contains(name);
    let of_its_type = narrowed(found, |moved| {
        moved.before.owner.rsplit("::").next().is_some_and(known)
    });
    narrowed(of_its_type, |moved| {
        moved.before.owner.split("::").next().is_some_and(known)
    })
}

fn word_set(line: &str) -> BTreeSet<String> {
    words(line).into_iter().collect()
}

/// Those that satisfy the predicate, if any do.
fn narrowed(items: Vec<&ChangedItem>, passes: impl Fn(&ChangedItem) -> bool) -> Vec<&ChangedItem> {
    let some: Vec<&ChangedItem> = items.iter().copied().filter(|item| passes(item)).collect();
    if some.is_empty() { items } else { some }
}

#[cfg(test)]
mod tests {
    use super::*;
    use conversations_changes::{Inputs, Report, Surface, Waivers};
    use serde_json::json;

    use crate::regen::file_tree::Tree;
    use crate::regen::surface::moved;

    fn fault(line: u64, message: &str, names: &[&str], nearby: &[&str]) -> CompilerError {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        CompilerError {
            file: "ext/src/a.rs".into(),
            line,
            column: 5,
            message: message.into(),
            names: set(names),
            nearby: set(nearby),
        }
    }

    const OLD: &str = "mod types\n  struct Call: Clone\n    num_ood: Nullable<Integer>\n    length: Nullable<Integer>\n  struct Extra: Clone\nmod builder\n  struct List\n    fn since(self, value: impl TryInto<Timestamp>) -> Self\n";

    fn explained(faults: Vec<CompilerError>) -> String {
        let new = OLD
            .replace("    num_ood: Nullable<Integer>\n", "")
            .replace("length: Nullable<Integer>", "length: Nullable<f64>")
            .replace("  struct Extra: Clone\n", "")
            .replace("TryInto<Timestamp>", "TryInto<String>");
        let tree = |properties: serde_json::Value, since: serde_json::Value| {
            json!({
                "paths": {"/v3/calls": {"get": {
                    "operationId": "list",
                    "parameters": [{"name": "since", "in": "query", "schema": since}],
                    "responses": {"200": {"description": "", "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Call"}}}}},
                }}},
                "components": {"schemas": {"Call": {"type": "object", "properties": properties}}},
            })
        };
        let integer = json!({"type": "integer"});
        let old = tree(
            json!({"num_ood": integer, "length": integer}),
            json!({"type": "string", "format": "date-time"}),
        );
        let now = tree(
            json!({"length": {"type": "number"}}),
            json!({"type": "string"}),
        );
        let surfaces = ["v2", "v3"].map(|module| Surface {
            module: module.into(),
            old: OLD.into(),
            new: new.clone(),
            operations: Vec::new(),
        });
        let report = Report::new(&Inputs {
            title: "v3",
            old: &old,
            new: &now,
            history: &[],
            surfaces: Ok(&surfaces),
            reworded: &[],
            sources: &[],
            waivers: &Waivers::default(),
            version: None,
        });
        let sides = [OLD, &new].map(|text| {
            let mut tree = Tree::default();
            tree.insert("v2".to_owned(), text.to_owned());
            tree.insert("v3".to_owned(), text.to_owned());
            tree
        });
        let moved = moved(&sides[0], &sides[1]);
        explain(&faults.into_iter().collect(), &moved, &report.changes)
    }

    #[test]
    fn an_error_is_listed_under_its_change_with_the_line_to_edit() {
        let reported = explained(vec![
            fault(
                3,
                "no field `num_ood` on type `v2::types::Call`",
                &["num_ood", "v2", "Call"],
                &[],
            ),
            fault(
                3,
                "no field `num_ood` on type `v3::types::Call`",
                &["num_ood", "v3", "Call"],
                &[],
            ),
            fault(9, "mismatched types", &["length"], &[]),
        ]);
        assert_eq!(
            reported,
            "Call.num_ood: field removed:\n    \
             types::Call: `num_ood: Nullable<Integer>` is gone: take `num_ood` out\n    \
             edit ext/src/a.rs:3:5: no field `num_ood` on type `v2::types::Call`\n\
             Call.length: type: integer -> number:\n    \
             types::Call: `length: Nullable<Integer>` is now `length: Nullable<f64>`: make what uses `length` fit\n    \
             edit ext/src/a.rs:9:5: mismatched types\n"
        );
    }

    #[test]
    fn a_mismatched_argument_is_attributed_by_its_call_or_type() {
        let message = "the trait bound `String: From<Timestamp>` is not satisfied";
        let names = ["String", "From", "Timestamp"];
        for nearby in [&["since", "start"][..], &["start"]] {
            let reported = explained(vec![fault(3, message, &names, nearby)]);
            assert!(
                reported.starts_with("GET /v3/calls query since: format"),
                "{reported}"
            );
            assert!(
                reported.contains("edit ext/src/a.rs:3:5: the trait"),
                "{reported}"
            );
        }
    }

    #[test]
    fn errors_not_caused_by_the_document_are_not_attributed_to_it() {
        let reported = explained(vec![
            fault(3, "cannot find type `Extra`", &["Extra"], &[]),
            fault(4, "expected `;`", &[], &[]),
        ]);
        assert_eq!(
            reported,
            "an overlay, or the generator:\n    \
             types: `struct Extra` is gone: take `Extra` out\n    \
             edit ext/src/a.rs:3:5: cannot find type `Extra`\n\
             no change of the clients explains:\n    \
             edit ext/src/a.rs:4:5: expected `;`\n"
        );
    }
}
