//! Writes a report in Markdown, for a ticket.

use std::fmt::Write as _;

use super::{
    Report,
    text::{classes, field, on_one_line, sample, time},
};

impl Report {
    /// Returns the report in Markdown: verdict, reasons, and tables of the findings.
    ///
    /// ```
    /// # use conversations_api_ext::migrate::Report;
    /// fn attach(report: &Report) -> std::io::Result<()> {
    ///     std::fs::write("parity.md", report.markdown())
    /// }
    /// ```
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write_markdown(&mut out);
        out
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        let (before, after) = (&self.before, &self.after);
        writeln!(
            out,
            "# {} to {}: {}\n",
            before.version,
            after.version,
            self.verdict()
        )?;
        for reason in self.reasons() {
            writeln!(out, "- **{}**: {reason}", reason.verdict())?;
        }
        if !self.reasons().is_empty() {
            writeln!(out)?;
        }
        writeln!(
            out,
            "Compared: {} to {}\n",
            time(self.start),
            time(self.end)
        )?;
        writeln!(
            out,
            "| version | host | project | conversations | sent again | malformed |"
        )?;
        writeln!(out, "|---|---|---|---:|---:|---:|")?;
        for side in [before, after] {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                side.version,
                cell(&side.host),
                cell(&side.project),
                side.records,
                side.duplicates,
                side.malformed
            )?;
        }
        if let Some(drawn) = &self.sample {
            writeln!(out, "\nSample: {}.", sample(drawn))?;
        }
        if let Some(failure) = &self.failure {
            writeln!(
                out,
                "\nCompared as far as {}, then {} failed: {}",
                time(self.covered_to),
                failure.version,
                failure.message
            )?;
        }
        writeln!(
            out,
            "\n| conversations | count | examples |\n|---|---:|---|"
        )?;
        for (what, count, ids) in classes(self) {
            writeln!(out, "| {what} | {count} | {} |", codes(ids.iter()))?;
        }
        if !self.rules.is_empty() {
            writeln!(
                out,
                "\n| rule | conversations | what it is |\n|---|---:|---|"
            )?;
            for (rule, tally) in &self.rules {
                writeln!(out, "| {} | {} | {rule} |", rule.name(), tally.count)?;
            }
        }
        if !self.fields.is_empty() {
            writeln!(
                out,
                "\n| field | how it differs | examples |\n|---|---|---|"
            )?;
            for (path, found) in &self.fields {
                let ids = codes(found.examples.iter().map(|example| &example.id));
                writeln!(out, "| {} | {} | {ids} |", cell(path), field(found))?;
            }
        }
        if !self.required.is_empty() {
            writeln!(
                out,
                "\n| required field | has it | lost or changed | examples |\n|---|---:|---:|---|"
            )?;
            for required in &self.required {
                writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    cell(&required.path.to_string()),
                    required.present,
                    required.affected.count,
                    codes(required.affected.examples.iter())
                )?;
            }
        }
        Ok(())
    }
}

fn codes<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    ids.map(|id| format!("`{}`", cell(id)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Escapes text that could end its table cell.
fn cell(text: &str) -> String {
    on_one_line(text).replace('|', "\\|").replace('`', " ")
}
