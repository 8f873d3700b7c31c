//! Renders the suggested changelog entry.

use crate::check::Level;
use crate::report::{Entry, Report};

/// The sections in the order of Keep a Changelog.
const SECTIONS: [&str; 4] = ["Added", "Changed", "Deprecated", "Removed"];

impl Report {
    /// Renders an entry in the format of Keep a Changelog; empty if users of the crates are not
    /// affected.
    #[must_use]
    pub fn changelog(&self) -> Option<String> {
        let noticed =
            |entry: &&Entry| !entry.surface.is_empty() || entry.change.level() >= Level::Behavior;
        let mut text = String::new();
        for section in SECTIONS {
            let lines: Vec<String> = self
                .changes
                .iter()
                .filter(noticed)
                .filter(|entry| section_of(entry) == section)
                .map(|entry| self.changelog_line(entry))
                .collect();
            if !lines.is_empty() {
                text.push_str(&format!("### {section}\n\n{}\n", lines.concat()));
            }
        }
        (!text.is_empty()).then(|| text.trim_end().to_owned() + "\n")
    }

    fn changelog_line(&self, entry: &Entry) -> String {
        let breaks = entry.surface.iter().any(|change| change.breaks);
        let modules = match entry.surface.first() {
            None => self.title.clone(),
            Some(first) => first.modules.join(", "),
        };
        let advice = entry
            .advice()
            .map_or_else(String::new, |advice| format!(" ({advice})"));
        format!(
            "- {}{modules}, `{}`: {}{advice}.\n",
            if breaks { "**Breaking.** " } else { "" },
            entry.change.location.short(),
            entry.change.message(),
        )
    }
}

fn section_of(entry: &Entry) -> &'static str {
    let check = entry.change.check.id;
    if check.contains("-removed") {
        "Removed"
    } else if check.contains("-added") {
        "Added"
    } else if check == "deprecated" {
        "Deprecated"
    } else {
        "Changed"
    }
}
