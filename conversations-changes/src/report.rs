//! The report: every change in three columns, what follows for the version, and what was waived.

use serde::Serialize;
use serde_json::Value;

use crate::change::Change;
use crate::check::Level;
use crate::code::{Index, SourceFile, Use, uses};
use crate::compare::{Reworded, add_reworded, compare};
use crate::history::{Revision, mark};
use crate::surface::{Bump, Surface, SurfaceChange, attribute, surface_changes};
use crate::waiver::{IdleWaiver, Waivers};

/// What a report is made from. The documents are compared as published, without overlays, for an
/// overlay may hide what the vendor changed; the surfaces are those of the documents with overlays.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// What the two documents are called together, such as `v3`.
    pub title: &'a str,
    /// The older document.
    pub old: &'a Value,
    /// The newer document.
    pub new: &'a Value,
    /// What the document said before the older one, the newest first.
    pub history: &'a [Revision],
    /// The generated modules that follow from the document, or why there are none to compare.
    pub surfaces: Result<&'a [Surface], &'a str>,
    /// What the vendor says in other words while `new` keeps this project's wording.
    pub reworded: &'a [Reworded],
    /// This tree. Without any file the column of our code stays empty.
    pub sources: &'a [SourceFile],
    /// Accepted changes.
    pub waivers: &'a Waivers,
    /// The version of the crates, from which the next one is counted.
    pub version: Option<&'a str>,
}

/// What changed between two documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What the documents are called together.
    pub title: String,
    /// Every change, the most severe first.
    pub changes: Vec<Entry>,
    /// Items of the generated Rust that moved without a change on the wire: an overlay or the generator.
    pub other_surface: Vec<SurfaceChange>,
    /// Which part of the version number moves.
    pub bump: Bump,
    /// The version that follows, if the present one is known and a bump is due.
    pub next_version: Option<String>,
    /// Waivers that waive nothing here.
    pub idle_waivers: Vec<IdleWaiver>,
    /// Why the Rust column is empty, if it is.
    pub no_surface: Option<String>,
    /// Whether the tree was searched.
    pub has_code: bool,
}

/// One change with what it moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// On the wire.
    #[serde(flatten)]
    pub change: Change,
    /// In the generated Rust.
    pub surface: Vec<SurfaceChange>,
    /// In our code: who states the old fact comes first.
    pub uses: Vec<Use>,
    /// The reason for which a reviewer accepted it.
    pub waived: Option<String>,
}

/// What a report comes to; the exit codes of `cargo xtask diff` follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing differs.
    Unchanged,
    /// Whoever calls the API or builds against the generated crates goes on as before.
    Compatible,
    /// Requests are refused, answers cannot be read, or dependents stop compiling.
    Breaking,
}

impl Report {
    /// Compares the documents and gathers what follows.
    #[must_use]
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let mut changes = compare(inputs.old, inputs.new);
        add_reworded(&mut changes, (inputs.old, inputs.new), inputs.reworded);
        mark(&mut changes, inputs.new, inputs.history);
        let compared = inputs.surfaces.unwrap_or_default();
        let moved = surface_changes(compared);
        let bump = Bump::of(&moved);
        let (surfaces, other_surface) =
            attribute(&changes, moved, compared, (inputs.old, inputs.new));
        let idle_waivers = inputs.waivers.idle(inputs.title, &changes);
        let version = api_version(inputs.old).or_else(|| api_version(inputs.new));
        let index = Index::new(inputs.sources);
        let entries = changes
            .into_iter()
            .zip(surfaces)
            .map(|(change, surface)| Entry {
                uses: match change.level() {
                    // Words and examples move no line of code.
                    Level::Prose => Vec::new(),
                    _ => uses(&change, &index, version.as_deref()),
                },
                waived: inputs
                    .waivers
                    .reason(inputs.title, &change)
                    .map(str::to_owned),
                surface,
                change,
            })
            .collect();
        let next_version = inputs
            .version
            .filter(|_| bump > Bump::None)
            .and_then(|version| bump.after(version));
        Self {
            title: inputs.title.to_owned(),
            changes: entries,
            other_surface,
            bump,
            next_version,
            idle_waivers,
            no_surface: inputs.surfaces.err().map(str::to_owned),
            has_code: !inputs.sources.is_empty(),
        }
    }

    /// What it all comes to. A waived change counts as compatible; so does what it moves in the
    /// generated Rust.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let breaks = |surface: &[SurfaceChange]| surface.iter().any(|change| change.breaks);
        let is_breaking = self.changes.iter().any(|entry| {
            entry.waived.is_none()
                && (entry.change.level() == Level::Breaking || breaks(&entry.surface))
        });
        if is_breaking || breaks(&self.other_surface) {
            Verdict::Breaking
        } else if self.changes.is_empty() && self.other_surface.is_empty() {
            Verdict::Unchanged
        } else {
            Verdict::Compatible
        }
    }

    /// The changes of one level, and how many of them are waived.
    pub(crate) fn of_level(&self, level: Level) -> Vec<&Entry> {
        let entries = self.changes.iter();
        entries
            .filter(|entry| entry.change.level() == level)
            .collect()
    }

    /// The change before `entry` that reaches the same lines: two changes of one place do.
    pub(crate) fn same_uses_before(&self, entry: &Entry) -> Option<&Entry> {
        let is_same = |other: &&Entry| other.uses == entry.uses && !other.uses.is_empty();
        self.changes
            .iter()
            .find(is_same)
            .filter(|first| *first != entry)
    }

    /// `3 changes: 1 breaking, 2 additive`.
    pub(crate) fn summary(&self) -> String {
        let counts: Vec<String> = Level::ALL
            .into_iter()
            .map(|level| (level, self.of_level(level).len()))
            .filter(|(_, count)| *count > 0)
            .map(|(level, count)| format!("{count} {level}"))
            .collect();
        match self.changes.len() {
            0 => "nothing changed on the wire".to_owned(),
            1 => format!("1 change: {}", counts.join(", ")),
            count => format!("{count} changes: {}", counts.join(", ")),
        }
    }
}

impl Entry {
    /// The Rust column in one line, `most` items named: what moved, what a dependent crate has to do,
    /// and which bump follows. Nothing if no item moves and nothing is to be done.
    #[must_use]
    pub fn rust(&self, most: usize) -> Option<String> {
        let advice = self.advice();
        let Some(first) = self.surface.first() else {
            return advice.map(|advice| format!("no item moves; {advice}"));
        };
        // A type may have come to a version that the operation has not come to.
        let mut lines: Vec<String> = self
            .surface
            .iter()
            .take(most)
            .map(|item| match item.modules == first.modules {
                true => item.line(),
                false => format!("{} in {}", item.line(), item.modules.join(" and ")),
            })
            .collect();
        if self.surface.len() > most {
            lines.push(format!("and {} more", self.surface.len() - most));
        }
        let bump = Bump::of(&self.surface).words();
        let advice = advice.map_or_else(String::new, |advice| format!("; {advice}"));
        Some(format!(
            "{}: {}{advice} ({bump})",
            first.modules.join(", "),
            lines.join(", ")
        ))
    }

    /// What a dependent crate has to do, once for all items that moved.
    pub(crate) fn advice(&self) -> Option<String> {
        let subject = &self.change.subject;
        let check = self.change.check.id;
        if !self.surface.is_empty()
            && check.contains("-renamed")
            && !check.contains("-enum-")
            && let (Some(old), Some(new)) = (&subject.old, &subject.new)
        {
            return Some(format!("write `{new}` for `{old}`"));
        }
        if matches!(
            check,
            "parameter-made-required" | "parameter-added-required"
        ) {
            return Some("calls without it compile, `send` refuses them".to_owned());
        }
        let mut advice: Vec<&str> = self
            .surface
            .iter()
            .map(|change| change.advice.as_str())
            .filter(|advice| !advice.is_empty())
            .collect();
        advice.dedup();
        match advice.len() {
            0 => None,
            1..=3 => Some(advice.join(", ")),
            more => Some(format!("{}, and {} more", advice[..2].join(", "), more - 2)),
        }
    }
}

/// `v3`, if all paths begin with it.
fn api_version(document: &Value) -> Option<String> {
    let mut versions = document["paths"].as_object()?.keys().filter_map(|path| {
        let first = path.trim_start_matches('/').split('/').next()?;
        let is_version = first.len() > 1
            && first.starts_with('v')
            && first[1..].chars().all(|c| c.is_ascii_digit());
        is_version.then(|| first.to_owned())
    });
    let first = versions.next()?;
    versions.all(|version| version == first).then_some(first)
}
