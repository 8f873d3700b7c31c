//! Renders the report for a terminal: a block per location, a line per column, 100 characters wide.

use std::fmt::Write as _;

use super::{facts, locations};
use crate::check::Level;
use crate::report::{Entry, Report};

const WIDTH: usize = 100;

impl Report {
    /// Renders the report for a terminal, at most 100 characters per line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: &str| writeln!(out, "{text}").expect("a String takes any text");
        line(&format!("{}: {}", self.title, self.summary()));
        if let Some(version) = &self.next_version {
            line(&format!("next version: {version} ({})", self.bump.words()));
        }
        if let Some(reason) = &self.no_surface {
            wrapped(
                "",
                &format!("Rust surface not compared: {reason}"),
                &mut line,
            );
        }
        for level in Level::ALL {
            let entries = self.of_level(level);
            if entries.is_empty() {
                continue;
            }
            line("");
            line(&level.name().to_uppercase());
            for entry in entries {
                self.entry(entry, &mut line);
            }
        }
        if !self.other_surface.is_empty() {
            line("");
            line("RUST SURFACE CHANGED WITHOUT THE WIRE (by an overlay or the generator)");
            for change in &self.other_surface {
                wrapped(
                    "  ",
                    &format!("{}: {}", change.modules.join(", "), change.line()),
                    &mut line,
                );
            }
        }
        if !self.idle_waivers.is_empty() {
            line("");
            line("WAIVERS");
            for idle in &self.idle_waivers {
                wrapped("  ", &idle.advice(), &mut line);
            }
        }
        if let Some(changelog) = self.changelog() {
            line("");
            line("SUGGESTED FOR CHANGELOG.md");
            for text in changelog.lines() {
                wrapped("  ", text, &mut line);
            }
        }
        out
    }

    fn entry(&self, entry: &Entry, line: &mut impl FnMut(&str)) {
        let change = &entry.change;
        let history = change
            .history()
            .map_or_else(String::new, |history| format!("; {history}"));
        let waived = match &entry.waived {
            Some(reason) => format!("; waived: {reason}"),
            None => String::new(),
        };
        let message = format!("{}{history}{waived}", change.message());
        if change.level() == Level::Prose {
            let text = format!("{}: {message}", change.location.short());
            return wrapped("  ", &text, line);
        }
        wrapped(
            "  ",
            &format!("{} ({})", change.location.short(), change.side),
            line,
        );
        wrapped("    wire  ", &message, line);
        if matches!(change.level(), Level::Breaking | Level::Behavior) {
            wrapped("          ", change.check.reason, line);
        }
        if self.no_surface.is_none() {
            let rust = entry.rust(3).unwrap_or_else(|| "no change".to_owned());
            wrapped("    rust  ", &rust, line);
        }
        if self.has_code {
            self.code(entry, line);
        }
        line(&format!("    {} {}", change.check.id, change.fingerprint()));
    }

    /// The column of our code: lines with the old fact, then other uses.
    fn code(&self, entry: &Entry, line: &mut impl FnMut(&str)) {
        if let Some(first) = self.same_uses_before(entry) {
            return wrapped(
                "    ours  ",
                &format!("as for {} above", first.change.fingerprint()),
                line,
            );
        }
        for fact in facts(entry, 6) {
            line(&cut(&format!("    old   {fact}")));
        }
        let uses = match entry.uses.is_empty() {
            true => "no line uses it".to_owned(),
            false => fitting(entry),
        };
        if !uses.is_empty() {
            wrapped("    ours  ", &uses, line);
        }
    }
}

/// As many locations as fit two lines.
fn fitting(entry: &Entry) -> String {
    let joined = |most| locations(entry, most).join("; ");
    (1..=12)
        .rev()
        .map(joined)
        .find(|text| text.chars().count() <= 2 * (WIDTH - 10))
        .unwrap_or_else(|| joined(1))
}

fn cut(text: &str) -> String {
    match text.chars().count() {
        0..=WIDTH => text.to_owned(),
        _ => text.chars().take(WIDTH - 1).chain(['…']).collect(),
    }
}

/// Writes `text` after `label`, wrapped between words at the terminal width; a longer word is not split.
fn wrapped(label: &str, text: &str, line: &mut impl FnMut(&str)) {
    let indentation = " ".repeat(label.chars().count());
    let mut current = label.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let width = current.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && width > WIDTH {
            line(&current);
            current = indentation.clone();
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    line(current.trim_end());
}
