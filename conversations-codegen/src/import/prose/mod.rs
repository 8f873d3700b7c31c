//! Keeps our own words where the vendor's document has some.
//!
//! The vendored documents have the vendor's structure and our wording. A new document brings the vendor's
//! wording along, of which only a fingerprint and the names and figures in it are kept: enough to notice
//! that a text has changed, and which value in it, without a copy of it.

pub(crate) mod fingerprints;

use std::collections::{BTreeMap, BTreeSet};

use crate::keywords::{holds_names, is_data};

use crate::import::align::element;
use crate::import::prose::fingerprints::{Ledger, Seen, fingerprint};
use crate::import::tree::{Entry, Kind, Node, escaped, unescaped};

/// What happened to the words at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProseChange {
    /// The vendor says something else than before; our words stayed and may have to be reworded by hand.
    Reworded {
        /// The place, as a JSON pointer with parameters by name.
        place: String,
        /// Line of the text in the document that was read.
        line: usize,
        /// What the vendor says now. To be read, not to be copied.
        vendor: String,
        /// Names and figures the vendor's text no longer has.
        gone: Vec<String>,
        /// Names and figures the vendor's text has gained.
        gained: Vec<String>,
    },
    /// A place that we have no words for yet; a placeholder made from its name stands there.
    New {
        /// The place, as a JSON pointer with parameters by name.
        place: String,
        /// Line of the text in the document that was read.
        line: usize,
        /// What the vendor says. To be read, not to be copied.
        vendor: String,
    },
    /// Our words went with the text they belonged to, from one place to another.
    Moved {
        /// The earlier place.
        from: String,
        /// The present place.
        place: String,
    },
    /// The vendor no longer says anything there; our words are gone as well.
    Gone {
        /// The place, as a JSON pointer with parameters by name.
        place: String,
    },
}

/// Replaces the vendor's words in `new` by ours and brings `ledger` up to date. `line` tells the line of a
/// byte of the document that was read.
pub(in crate::import) fn keep_our_words(
    new: &mut Node,
    old: &Node,
    ledger: &mut Ledger,
    line: impl Fn(usize) -> usize,
) -> Vec<ProseChange> {
    let ours: BTreeMap<String, String> = texts(old)
        .into_iter()
        .map(|text| (text.place, text.words))
        .collect();
    let vendor = texts(new);
    let present: BTreeSet<&String> = vendor.iter().map(|text| &text.place).collect();
    let mut vanished: Vec<&String> = ours
        .keys()
        .filter(|place| !present.contains(place))
        .collect();

    let mut changes = Vec::new();
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    let mut moved = BTreeMap::new();
    for text in &vendor {
        let seen = Seen::of(&text.words);
        if let Some(own) = ours.get(&text.place) {
            words.insert(text.place.clone(), own.clone());
            // Our own document, read again, says nothing about the vendor's words.
            if *own == text.words {
                continue;
            }
            match ledger.get(&text.place) {
                Some(before) if before.text == seen.text => continue,
                Some(before) => {
                    changes.push(ProseChange::Reworded {
                        place: text.place.clone(),
                        line: line(text.at),
                        vendor: text.words.clone(),
                        gone: before.without(&seen),
                        gained: seen.without(before),
                    });
                    ledger.insert(text.place.clone(), seen.with_rewording_due(own));
                }
                // The first time the vendor's words are seen there is nothing to compare them with.
                None => ledger.insert(text.place.clone(), seen),
            }
        } else if let Some(index) = origin(&vanished, text, &seen, &ours, ledger) {
            let from = vanished.remove(index);
            words.insert(text.place.clone(), ours[from].clone());
            let entry = ledger.get(from).cloned();
            moved.insert(text.place.clone(), entry);
            changes.push(ProseChange::Moved {
                from: from.clone(),
                place: text.place.clone(),
            });
        } else {
            words.insert(text.place.clone(), placeholder(&text.place));
            changes.push(ProseChange::New {
                place: text.place.clone(),
                line: line(text.at),
                vendor: text.words.clone(),
            });
            ledger.insert(text.place.clone(), seen);
        }
    }
    changes.extend(vanished.into_iter().map(|place| ProseChange::Gone {
        place: place.clone(),
    }));
    ledger.keep(&present);
    for (place, entry) in moved {
        if let Some(entry) = entry {
            ledger.insert(place, entry);
        }
    }
    visit(new, &mut String::new(), false, &mut |place, _, text| {
        if let Some(words) = words.get(place) {
            text.clone_from(words);
        }
    });
    changes
}

/// Which vanished place a text came from: the vendor's words there were the same, or it is our text
/// itself; among several, the one whose place ends alike.
fn origin(
    vanished: &[&String],
    text: &Text,
    seen: &Seen,
    ours: &BTreeMap<String, String>,
    ledger: &Ledger,
) -> Option<usize> {
    let alike = |place: &String| {
        place
            .rsplit('/')
            .zip(text.place.rsplit('/'))
            .take_while(|(a, b)| a == b)
            .count()
    };
    vanished
        .iter()
        .enumerate()
        .filter(|(_, place)| {
            ours[**place] == text.words
                || ledger
                    .get(place)
                    .is_some_and(|entry| entry.text == seen.text)
        })
        .max_by_key(|(_, place)| alike(place))
        .map(|(index, _)| index)
}

/// Places whose words are still to be written: placeholders, and texts that the vendor has changed since.
pub(in crate::import) fn to_be_worded(document: &Node, ledger: &Ledger) -> Vec<String> {
    texts(document)
        .into_iter()
        .filter(|text| {
            text.words == placeholder(&text.place)
                || ledger
                    .get(&text.place)
                    .and_then(|entry| entry.reword.as_ref())
                    .is_some_and(|then| *then == fingerprint(&text.words))
        })
        .map(|text| text.place)
        .collect()
}

struct Text {
    place: String,
    at: usize,
    words: String,
}

fn texts(root: &Node) -> Vec<Text> {
    let mut texts = Vec::new();
    // A copy, so that one walk serves for reading and for writing.
    visit(
        &mut root.clone(),
        &mut String::new(),
        false,
        &mut |place, at, words| {
            texts.push(Text {
                place: place.to_owned(),
                at,
                words: words.clone(),
            });
        },
    );
    texts
}

/// Calls `f` with each description and summary: place, byte, text.
fn visit(
    node: &mut Node,
    place: &mut String,
    names: bool,
    f: &mut impl FnMut(&str, usize, &mut String),
) {
    let Kind::Map(entries) = &mut node.kind else {
        return;
    };
    let length = place.len();
    for entry in entries {
        let are_examples = !names && entry.key == "examples";
        if !names && is_data(&entry.key) && !are_examples {
            continue;
        }
        place.push('/');
        place.push_str(&escaped(&entry.key));
        if are_examples {
            visit_examples(&mut entry.value, place, f);
            place.truncate(length);
            continue;
        }
        let is_prose = !names && matches!(entry.key.as_str(), "description" | "summary");
        match &mut entry.value.kind {
            Kind::Text(words) if is_prose => f(place, entry.value.at, words),
            Kind::List(items) => {
                let length = place.len();
                for (index, item) in items.iter_mut().enumerate() {
                    let name = element(&entry.key, item).unwrap_or_else(|| index.to_string());
                    place.push('/');
                    place.push_str(&escaped(&name));
                    visit(item, place, false, f);
                    place.truncate(length);
                }
            }
            _ => {
                let names = !names && holds_names(&entry.key);
                visit(&mut entry.value, place, names, f);
            }
        }
        place.truncate(length);
    }
}

/// Named examples are data, but for what is said about them.
fn visit_examples(
    examples: &mut Node,
    place: &mut String,
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
                let place = format!("{place}/{}/{}", escaped(key), field.key);
                f(&place, field.value.at, words);
            }
        }
    }
}

/// Neutral words for a place without any of ours: what its name says and nothing else.
fn placeholder(place: &str) -> String {
    let segments: Vec<String> = place.split('/').skip(1).map(unescaped).collect();
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
