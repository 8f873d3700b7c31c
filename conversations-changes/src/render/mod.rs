//! Renders the report: terminal, Markdown, JSON, annotations.

mod changelog;
mod github;
mod json;
mod locate;
mod markdown;
mod text;

use crate::code::Use;
use crate::report::Entry;

/// Formats the locations that state the old fact, with the line.
fn facts(entry: &Entry, most: usize) -> Vec<String> {
    let facts = || entry.uses.iter().filter(|found| found.states_old_fact);
    let mut lines: Vec<String> = facts()
        .take(most)
        .map(|found| format!("{} {}: {}", found.role.name(), found.location(), found.text))
        .collect();
    if facts().count() > most {
        lines.push(format!("and {} more", facts().count() - most));
    }
    lines
}

/// Formats other uses of the name; lines of one file are joined, `path:12,40`.
fn locations(entry: &Entry, most: usize) -> Vec<String> {
    let uses = || entry.uses.iter().filter(|found| !found.states_old_fact);
    let mut lines: Vec<String> = Vec::new();
    let mut last: Option<&Use> = None;
    for found in uses().take(most) {
        match (lines.last_mut(), last) {
            (Some(line), Some(last)) if last.path == found.path && last.role == found.role => {
                line.push_str(&format!(",{}", found.line));
            }
            (Some(line), Some(last)) if last.role == found.role => {
                line.push_str(&format!(", {}", found.location()));
            }
            _ => lines.push(format!("{} {}", found.role.name(), found.location())),
        }
        last = Some(found);
    }
    if uses().count() > most {
        lines.push(format!("and {} more lines", uses().count() - most));
    }
    lines
}
