//! Keeps our own descriptions where the vendor's document has some.
//!
//! The vendored documents have the vendor's structure and our own wording. Of the vendor's prose only a
//! hash and the names and numbers in it are stored: enough to detect that a text has changed, and which
//! value in it, without a copy of it.

pub(crate) mod fingerprints;

use std::collections::{BTreeMap, BTreeSet};

use crate::json_pointer::{escaped, unescaped};
use crate::keywords::{holds_names, is_data};

use crate::import::align::element;
use crate::import::prose::fingerprints::{Fingerprint, Fingerprints, fingerprint};
use crate::import::tree::{Entry, Kind, Node};

/// A change of the prose at one location.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProseChange {
    /// The vendor's text has changed; ours is unchanged and may have to be reworded by hand.
    Reworded {
        /// JSON pointer, with parameters by name.
        pointer: String,
        /// Line of the text in the new document.
        line: usize,
        /// The vendor's text, to be read and not copied.
        vendor: String,
        /// Names and numbers that the vendor's text no longer contains.
        removed: Vec<String>,
        /// Names and numbers that are new in the vendor's text.
        added: Vec<String>,
    },
    /// A location without our own description yet; it gets a placeholder made from its name.
    New {
        /// JSON pointer, with parameters by name.
        pointer: String,
        /// Line of the text in the new document.
        line: usize,
        /// The vendor's text, to be read and not copied.
        vendor: String,
    },
    /// Our description moved together with the text it belongs to.
    Moved {
        /// The old JSON pointer.
        from: String,
        /// The new JSON pointer.
        pointer: String,
    },
    /// The vendor's text was removed, and ours with it.
    Gone {
        /// JSON pointer, with parameters by name.
        pointer: String,
    },
}

/// Replaces the vendor's prose in `new` with ours and updates `fingerprints`. `line` maps a byte offset of the
/// new document to its line.
pub(in crate::import) fn keep_our_prose(
    new: &mut Node,
    old: &Node,
    fingerprints: &mut Fingerprints,
    line: impl Fn(usize) -> usize,
) -> Vec<ProseChange> {
    let ours: BTreeMap<String, String> = texts(old)
        .into_iter()
        .map(|text| (text.pointer, text.words))
        .collect();
    let vendor = texts(new);
    let present: BTreeSet<&String> = vendor.iter().map(|text| &text.pointer).collect();
    let mut vanished: Vec<&String> = ours
        .keys()
        .filter(|pointer| !present.contains(pointer))
        .collect();

    let mut changes = Vec::new();
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    let mut moved = BTreeMap::new();
    for text in &vendor {
        let seen = Fingerprint::of(&text.words);
        if let Some(own) = ours.get(&text.pointer) {
            words.insert(text.pointer.clone(), own.clone());
            // Importing our own document again gives no information about the vendor's prose.
            if *own == text.words {
                continue;
            }
            match fingerprints.get(&text.pointer) {
                Some(before) if before.text == seen.text => continue,
                Some(before) => {
                    changes.push(ProseChange::Reworded {
                        pointer: text.pointer.clone(),
                        line: line(text.at),
                        vendor: text.words.clone(),
                        removed: before.without(&seen),
                        added: seen.without(before),
                    });
                    fingerprints.insert(text.pointer.clone(), seen.with_rewording_due(own));
                }
                // There is nothing to compare with the first time a text of the vendor is seen.
                None => fingerprints.insert(text.pointer.clone(), seen),
            }
        } else if let Some(index) = origin(&vanished, text, &seen, &ours, fingerprints) {
            let from = vanished.remove(index);
            words.insert(text.pointer.clone(), ours[from].clone());
            let entry = fingerprints.get(from).cloned();
            moved.insert(text.pointer.clone(), entry);
            changes.push(ProseChange::Moved {
                from: from.clone(),
                pointer: text.pointer.clone(),
            });
        } else {
            words.insert(text.pointer.clone(), placeholder(&text.pointer));
            changes.push(ProseChange::New {
                pointer: text.pointer.clone(),
                line: line(text.at),
                vendor: text.words.clone(),
            });
            fingerprints.insert(text.pointer.clone(), seen);
        }
    }
    changes.extend(vanished.into_iter().map(|pointer| ProseChange::Gone {
        pointer: pointer.clone(),
    }));
    fingerprints.keep(&present);
    for (pointer, entry) in moved {
        if let Some(entry) = entry {
            fingerprints.insert(pointer, entry);
        }
    }
    visit(new, &mut String::new(), false, &mut |pointer, _, text| {
        if let Some(words) = words.get(pointer) {
            text.clone_from(words);
        }
    });
    changes
}

/// Finds the removed location that a text came from: one with the same vendor text, or with our own
/// text; among several, the one with the longest common suffix.
fn origin(
    vanished: &[&String],
    text: &Text,
    seen: &Fingerprint,
    ours: &BTreeMap<String, String>,
    fingerprints: &Fingerprints,
) -> Option<usize> {
    let alike = |pointer: &String| {
        pointer
            .rsplit('/')
            .zip(text.pointer.rsplit('/'))
            .take_while(|(a, b)| a == b)
            .count()
    };
    vanished
        .iter()
        .enumerate()
        .filter(|(_, pointer)| {
            ours[**pointer] == text.words
                || fingerprints
                    .get(pointer)
                    .is_some_and(|entry| entry.text == seen.text)
        })
        .max_by_key(|(_, pointer)| alike(pointer))
        .map(|(index, _)| index)
}

/// Lists descriptions still to be written: placeholders, and those whose vendor text has changed since.
pub(in crate::import) fn missing_descriptions(
    document: &Node,
    fingerprints: &Fingerprints,
) -> Vec<String> {
    texts(document)
        .into_iter()
        .filter(|text| {
            text.words == placeholder(&text.pointer)
                || fingerprints
                    .get(&text.pointer)
                    .and_then(|entry| entry.reword.as_ref())
                    .is_some_and(|then| *then == fingerprint(&text.words))
        })
        .map(|text| text.pointer)
        .collect()
}

struct Text {
    pointer: String,
    at: usize,
    words: String,
}

fn texts(root: &Node) -> Vec<Text> {
    let mut texts = Vec::new();
    // A copy, so that one traversal serves for reading and for writing.
    visit(
        &mut root.clone(),
        &mut String::new(),
        false,
        &mut |pointer, at, words| {
            texts.push(Text {
                pointer: pointer.to_owned(),
                at,
                words: words.clone(),
            });
        },
    );
    texts
}

/// Calls `f` with location, byte offset and text of each description and summary.
fn visit(
    node: &mut Node,
    pointer: &mut String,
    names: bool,
    f: &mut impl FnMut(&str, usize, &mut String),
) {
    let Kind::Map(entries) = &mut node.kind else {
        return;
    };
    let length = pointer.len();
    for entry in entries {
        let are_examples = !names && entry.key == "examples";
        if !names && is_data(&entry.key) && !are_examples {
            continue;
        }
        pointer.push('/');
        pointer.push_str(&escaped(&entry.key));
        if are_examples {
            visit_examples(&mut entry.value, pointer, f);
            pointer.truncate(length);
            continue;
        }
        let is_prose = !names && matches!(entry.key.as_str(), "description" | "summary");
        match &mut entry.value.kind {
            Kind::Text(words) if is_prose => f(pointer, entry.value.at, words),
            Kind::List(items) => {
                let length = pointer.len();
                for (index, item) in items.iter_mut().enumerate() {
                    let name = element(&entry.key, item).unwrap_or_else(|| index.to_string());
                    pointer.push('/');
                    pointer.push_str(&escaped(&name));
                    visit(item, pointer, false, f);
                    pointer.truncate(length);
                }
            }
            _ => {
                let names = !names && holds_names(&entry.key);
                visit(&mut entry.value, pointer, names, f);
            }
        }
        pointer.truncate(length);
    }
}

/// Named examples are data, except for their descriptions.
fn visit_examples(
    examples: &mut Node,
    pointer: &mut String,
    f: &mut impl FnMut(&str, usize, &mut String),
) {
    let Kind::Map(examples) = &mut examples.kind else {
        return;
    };
    for Entry { key, value, .. } in examples {
        let Kind::Map(fields) = &mut value.kind else {
            continue;
        };
        for field in fields {
            let is_prose = matches!(field.key.as_str(), "description" | "summary");
            if let (true, Kind::Text(words)) = (is_prose, &mut field.value.kind) {
                let pointer = format!("{pointer}/{}/{}", escaped(key), field.key);
                f(&pointer, field.value.at, words);
            }
        }
    }
}

/// A neutral placeholder for a location without a description, made from its name.
fn placeholder(pointer: &str) -> String {
    let segments: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
    let owner = segments.len().checked_sub(2).map(|i| segments[i].as_str());
    let kind = segments.len().checked_sub(3).map_or("", |i| &segments[i]);
    let name = owner.unwrap_or_default();
    let after_colon = name.split_once(':').map_or(name, |(_, name)| name);
    match kind {
        "parameters" => format!("The parameter `{after_colon}`; to be described."),
        "properties" => format!("The field `{name}`; to be described."),
        "schemas" => format!("The object `{name}`; to be described."),
        "responses" => format!("The response `{name}`; to be described."),
        "headers" => format!("The header `{name}`; to be described."),
        "requestBodies" => format!("The body `{name}`; to be described."),
        "securitySchemes" => format!("The security scheme `{name}`; to be described."),
        "servers" => format!("Root of every path at `{name}`."),
        "examples" => format!("The example `{name}`; to be described."),
        "tags" => format!("Operations tagged `{name}`; to be described."),
        "paths" => format!("The path `{name}`; to be described."),
        _ if kind.starts_with('/') => {
            format!(
                "The operation `{} {kind}`; to be described.",
                name.to_uppercase()
            )
        }
        _ => format!("About `{name}`; to be described."),
    }
}

#[cfg(test)]
mod tests;
