//! Renders GitHub annotations, one per change, at its line of the document.

use super::locate::line_of;
use crate::check::Level;
use crate::report::Report;

impl Report {
    /// Renders workflow commands, one per change: errors for breaking changes, warnings for behavior
    /// changes, notices for the rest except prose. `file` is the path of the new document below the root
    /// and `text` its content; a location that is not found in it is annotated at line 1.
    #[must_use]
    pub fn github(&self, file: &str, text: &str) -> String {
        let mut out = String::new();
        for entry in &self.changes {
            let change = &entry.change;
            let command = match (change.level(), &entry.waived) {
                (Level::Prose, _) => continue,
                (_, Some(_)) => "notice",
                (Level::Breaking, None) => "error",
                (Level::Behavior, None) => "warning",
                _ => "notice",
            };
            let waived = entry
                .waived
                .as_ref()
                .map_or_else(String::new, |reason| format!(" (waived: {reason})"));
            out.push_str(&format!(
                "::{command} file={},line={},title={}::{}\n",
                property(file),
                line_of(text, &change.new_pointer),
                property(&format!("{} {}", change.check.id, change.fingerprint())),
                message(&format!(
                    "{}: {}. {}{waived}",
                    change.location.short(),
                    change.message(),
                    change.check.reason
                )),
            ));
        }
        for idle in &self.idle_waivers {
            out.push_str(&format!(
                "::warning file=openapi/waivers.yaml,title=waiver::{}\n",
                message(&idle.advice())
            ));
        }
        out
    }
}

/// Escapes text for workflow commands.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_command_characters_are_escaped() {
        assert_eq!(property("a: 50%, b\nc"), "a%3A 50%25%2C b%0Ac");
    }
}
