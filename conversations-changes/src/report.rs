//! The report: every change with its effects, the resulting version, and the waivers.

use serde::Serialize;
use serde_json::Value;

use crate::change::Change;
use crate::check::Level;
use crate::code::{Index, SourceFile, Use, uses};
use crate::compare::{Reworded, add_reworded, compare};
use crate::history::{list_appearances, mark};
use crate::revision::Revision;
use crate::surface::{Bump, Surface, SurfaceChange, attribute, surface_changes};
use crate::waiver::{UnusedWaiver, Waivers};

/// The inputs of a report. The documents are compared as published, without overlays, because an overlay
/// may hide a change of the vendor; the surfaces are those of the documents with overlays.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The common name of the two documents, such as `v3`.
    pub title: &'a str,
    /// The old document.
    pub old: &'a Value,
    /// The new document.
    pub new: &'a Value,
    /// The revisions up to the old document, newest first.
    pub history: &'a [Revision],
    /// The generated modules, or why there are none to compare.
    pub surfaces: Result<&'a [Surface], &'a str>,
    /// Reworded texts of the vendor for which `new` keeps this project's wording.
    pub reworded: &'a [Reworded],
    /// The source files of this workspace; if empty, the column of our code stays empty.
    pub sources: &'a [SourceFile],
    /// The accepted changes.
    pub waivers: &'a Waivers,
    /// The current version of the crates.
    pub version: Option<&'a str>,
}

/// The changes between two documents and their effects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The common name of the documents.
    pub title: String,
    /// Every change, most severe first.
    pub changes: Vec<Entry>,
    /// Items of the generated Rust that changed without a change on the wire: because of an overlay or
    /// the generator.
    pub other_surface: Vec<SurfaceChange>,
    /// The required version bump.
    pub bump: Bump,
    /// The next version, if the current one is known and a bump is required.
    pub next_version: Option<String>,
    /// Waivers that match no change.
    pub idle_waivers: Vec<UnusedWaiver>,
    /// Why the Rust column is empty, if it is.
    pub no_surface: Option<String>,
    /// Whether the source files were searched.
    pub has_code: bool,
}

/// A change and its effects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The change on the wire.
    #[serde(flatten)]
    pub change: Change,
    /// The changes in the generated Rust.
    pub surface: Vec<SurfaceChange>,
    /// The affected lines of our code; those that state the old fact first.
    pub uses: Vec<Use>,
    /// The reason for which a reviewer accepted it.
    pub waived: Option<String>,
}

/// The overall result, which determines the exit code of `cargo xtask diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No differences.
    Unchanged,
    /// API callers and users of the generated crates are not affected.
    Compatible,
    /// Requests are rejected, responses cannot be decoded, or dependents stop compiling.
    Breaking,
}

impl Report {
    /// Compares the documents and collects the effects.
    #[must_use]
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let mut changes = compare(inputs.old, inputs.new);
        add_reworded(&mut changes, (inputs.old, inputs.new), inputs.reworded);
        mark(&mut changes, inputs.new, inputs.history);
        list_appearances(&mut changes, (inputs.old, inputs.new), inputs.history);
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
                    // Prose and examples affect no code.
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

    /// The overall result. A waived change counts as compatible, and so do its effects on the generated
    /// Rust.
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

    /// The changes of one level, and the number of waived ones among them.
    pub(crate) fn of_level(&self, level: Level) -> Vec<&Entry> {
        let entries = self.changes.iter();
        entries
            .filter(|entry| entry.change.level() == level)
            .collect()
    }

    /// The previous change that affects the same lines, as two changes of one location do.
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
    /// The Rust column in one line with at most `most` items: what changed, what a dependent crate has
    /// to do, and which bump follows. Empty if there is nothing to report.
    #[must_use]
    pub fn rust(&self, most: usize) -> Option<String> {
        let advice = self.advice();
        let Some(first) = self.surface.first() else {
            return advice.map(|advice| format!("no item changes; {advice}"));
        };
        // A type may be new in one version before the operation is.
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

    /// What a dependent crate has to do, once for all changed items.
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
            return Some("calls without it still compile, but `send` rejects them".to_owned());
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
