//! The search terms of a change: its names in Rust, on the wire and in prose, and the old fact.

use crate::change::{Change, Kind};
use crate::pairing::word_list;

/// The search terms of a change.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// Whole identifiers: `client_env`, `ClientEnv`.
    pub(super) identifiers: Vec<String>,
    /// Quoted strings: `"sandbox"`.
    pub(super) literals: Vec<String>,
    /// The words of the name that the old fact belongs to, in the singular.
    pub(super) about: Vec<String>,
    /// The old fact, such as a limit, near a name with those words.
    pub(super) facts: Vec<String>,
}

pub(super) fn terms(change: &Change) -> Terms {
    let subject = &change.subject;
    let mut terms = Terms::default();
    let name = subject.old.as_ref().or(subject.new.as_ref());
    match subject.kind {
        Kind::Parameter | Kind::Property => {
            if let Some(name) = name {
                // The generated setter or field, and the type of an enum.
                terms.identifiers.extend([name.clone(), pascal(name)]);
                terms.about = singular(&word_list(name));
            }
        }
        Kind::Schema => {
            terms.identifiers.extend(name.cloned());
            terms.about = name
                .map(|name| singular(&word_list(name)))
                .unwrap_or_default();
        }
        Kind::Server => {
            let host = name.map(|url| url.trim_start_matches("https://").to_owned());
            // No code names a new one yet; it belongs where its siblings are listed.
            let siblings = host
                .as_deref()
                .filter(|_| subject.old.is_none())
                .and_then(|host| host.match_indices('.').nth(1).map(|(at, _)| &host[at..]))
                .map(|domain| format!("{domain}\""));
            terms.literals.extend(siblings);
            terms.literals.extend(host);
        }
        Kind::Path => {
            let last =
                name.and_then(|path| path.rsplit('/').find(|segment| !segment.starts_with('{')));
            // The path as written, and the last step of code that splits it.
            terms.literals.extend(last.into_iter().flat_map(|last| {
                [
                    format!("/{last}"),
                    format!("}}/{last}"),
                    format!("Some(\"{last}\")"),
                ]
            }));
        }
        Kind::Operation => terms
            .identifiers
            .extend(subject.old.iter().map(|id| snake(id))),
        Kind::Response | Kind::Document => {}
    }
    let before: Vec<String> = change
        .before
        .iter()
        .flat_map(|text| text.split(", "))
        .map(str::to_owned)
        .collect();
    let check = change.check.id;
    if check.contains("-enum-") || check == "prose-value-changed" {
        for value in &before {
            terms.literals.push(value.clone());
            if subject.kind == Kind::Parameter {
                terms.identifiers.push(pascal(value));
            }
        }
        // Only the value changed; the uses of the name would hide it.
        terms
            .identifiers
            .retain(|identifier| before.iter().any(|value| pascal(value) == *identifier));
    }
    if check.contains("-bound-") || check.contains("-default-") || check == "prose-figure-changed" {
        terms.facts = before;
    }
    if check == "security-scheme-changed" {
        terms.literals.extend(before_text(change));
    }
    terms.identifiers.dedup();
    terms
}

fn before_text(change: &Change) -> Option<String> {
    change.before.clone()
}

/// Converts `client_env` to the type name `ClientEnv`.
fn pascal(name: &str) -> String {
    word_list(name)
        .iter()
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().collect::<String>() + chars.as_str()
            })
        })
        .collect()
}

fn snake(name: &str) -> String {
    word_list(name).join("_")
}

/// The words without a plural s.
pub(super) fn singular(words: &[String]) -> Vec<String> {
    words
        .iter()
        .map(|word| match word.strip_suffix('s') {
            Some(stem) if stem.len() > 2 => stem.to_owned(),
            _ => word.clone(),
        })
        .collect()
}
