//! The report in the forms in which it is read: terminal, Markdown, JSON, annotations.

mod changelog;
mod github;
mod json;
mod locate;
mod markdown;
mod text;

use crate::report::Entry;

/// Where the old fact is stated, with the line that states it.
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

/// Where the name is used besides; lines of one file together, `path:12,40`.
fn locations(entry: &Entry, most: usize) -> Vec<String> {
    let uses = || entry.uses.iter().filter(|found| !found.states_old_fact);
    let mut lines: Vec<String> = Vec::new();
    let mut last = None;
    for found in uses().take(most) {
        let key = (found.role, &found.path);
        match (lines.last_mut(), last == Some(key)) {
            (Some(line), true) => line.push_str(&format!(",{}", found.line)),
            _ => lines.push(format!("{} {}", found.role.name(), found.location())),
        }
        last = Some(key);
    }
    if uses().count() > most {
        lines.push(format!("and {} more lines", uses().count() - most));
    }
    lines
}
