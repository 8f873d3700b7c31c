//! Renders the report for a pull request: a table per level with three columns, most severe first.

use std::fmt::Write as _;

use super::{facts, locations};
use crate::check::Level;
use crate::report::{Entry, Report, Verdict};

/// Maximum number of prose changes shown before they are collapsed.
const OPEN: usize = 5;

impl Report {
    /// Renders the report for a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let verdict = match self.verdict() {
            Verdict::Unchanged => "nothing changed",
            Verdict::Compatible => "compatible",
            Verdict::Breaking => "**breaking**",
        };
        write!(
            out,
            "## API document {}: {verdict}\n\n{}.",
            self.title,
            capital(&self.summary())
        )
        .expect(TEXT);
        if let Some(version) = &self.next_version {
            write!(out, " Next version: **{version}** ({}).", self.bump.words()).expect(TEXT);
        }
        out.push('\n');
        if let Some(reason) = &self.no_surface {
            write!(out, "\nRust surface not compared: {}\n", cell(reason)).expect(TEXT);
        }
        for level in Level::ALL {
            let entries = self.of_level(level);
            if entries.is_empty() {
                continue;
            }
            let is_folded = level == Level::Prose && entries.len() > OPEN;
            let title = format!("{} ({})", capital(level.name()), entries.len());
            match is_folded {
                true => write!(out, "\n<details><summary>{title}</summary>\n\n"),
                false => write!(out, "\n### {title}\n\n"),
            }
            .expect(TEXT);
            self.table(level, &entries, &mut out);
            if is_folded {
                out.push_str("\n</details>\n");
            }
        }
        self.rest(&mut out);
        out
    }

    fn table(&self, level: Level, entries: &[&Entry], out: &mut String) {
        if level == Level::Prose {
            out.push_str("| location | words |\n|---|---|\n");
            for entry in entries {
                let location = code(&entry.change.location.short());
                writeln!(out, "| {location} | {} |", cell(&wire(entry))).expect(TEXT);
            }
            return;
        }
        out.push_str("| location | wire | Rust surface | our code |\n|---|---|---|---|\n");
        for entry in entries {
            let rust = match (self.no_surface.is_none(), entry.rust(4)) {
                (false, _) => "not compared".to_owned(),
                (true, None) => "no change".to_owned(),
                (true, Some(line)) => line,
            };
            let ours = self.code_cell(entry);
            writeln!(
                out,
                "| {} | {}<br><sub>{} · {}</sub> | {} | {} |",
                code(&entry.change.location.short()),
                cell(&wire(entry)),
                entry.change.check.id,
                entry.change.fingerprint(),
                cell(&rust),
                cell(&ours),
            )
            .expect(TEXT);
        }
    }

    /// The column of our code: lines with the old fact, then other uses, one line per role.
    fn code_cell(&self, entry: &Entry) -> String {
        if !self.has_code {
            return "not searched".to_owned();
        }
        if entry.uses.is_empty() {
            return "no line uses it".to_owned();
        }
        if let Some(first) = self.same_uses_before(entry) {
            return format!("as for {} above", first.change.fingerprint());
        }
        let facts = facts(entry, 5)
            .into_iter()
            .map(|fact| format!("old fact, {}", shortened(&fact)));
        let lines: Vec<String> = facts.chain(locations(entry, 8)).collect();
        lines.join("<br>")
    }

    fn rest(&self, out: &mut String) {
        if !self.other_surface.is_empty() {
            out.push_str("\n### Rust surface changed without the wire\n\nCaused by an overlay or the generator.\n\n");
            for change in &self.other_surface {
                writeln!(
                    out,
                    "- {}: {}",
                    change.modules.join(", "),
                    code(&change.line())
                )
                .expect(TEXT);
            }
        }
        if !self.idle_waivers.is_empty() {
            out.push_str("\n### Waivers\n\n");
            for idle in &self.idle_waivers {
                writeln!(out, "- {}", idle.advice()).expect(TEXT);
            }
        }
        if let Some(changelog) = self.changelog() {
            write!(
                out,
                "\n### Suggested for CHANGELOG.md\n\n```markdown\n{changelog}```\n"
            )
            .expect(TEXT);
        }
    }
}

const TEXT: &str = "a String takes any text";

fn wire(entry: &Entry) -> String {
    let change = &entry.change;
    let mut text = format!("{} ({})", change.message(), change.side);
    if matches!(change.level(), Level::Breaking | Level::Behavior) {
        text.push_str(": ");
        text.push_str(change.check.reason);
    }
    if let Some(history) = change.history() {
        let mut letters = history.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let first = first.map_or_else(String::new, String::from);
        write!(text, "<br>{first}{}.", letters.as_str()).expect(TEXT);
    }
    if let Some(reason) = &entry.waived {
        write!(text, "<br>Waived: {reason}").expect(TEXT);
    }
    text
}

/// Escapes text for a table cell. Only our own line break stays a tag.
fn cell(text: &str) -> String {
    text.split("<br>")
        .map(|part| {
            part.replace('|', "\\|")
                .replace('<', "&lt;")
                .replace('\n', " ")
        })
        .collect::<Vec<_>>()
        .join("<br>")
}

/// Shortens a line to fit a cell; an unbalanced backtick would open a code span that never ends.
fn shortened(text: &str) -> String {
    const WIDTH: usize = 110;
    let text = text.replace('`', "'");
    match text.chars().count() {
        0..=WIDTH => text,
        _ => text.chars().take(WIDTH - 1).chain(['…']).collect(),
    }
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('`', "'"))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
