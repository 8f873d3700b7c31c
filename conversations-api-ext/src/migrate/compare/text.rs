//! Writes a report as text.

use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{FieldReport, Report, SampleReport, SideReport};

/// Formats a time for reports.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Removes line ends and other control characters from text of a server or a caller, which could forge report lines.
pub(super) fn on_one_line(text: &str) -> String {
    let is_control =
        |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.replace(is_control, " ")
}

/// Describes the differences of a field, such as `changed 3, missing 1`.
pub(super) fn field(field: &FieldReport) -> String {
    [
        ("changed", field.changed),
        ("missing", field.missing),
        ("reordered", field.reordered),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(how, count)| format!("{how} {count}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// Describes the confidence bound of a sample.
pub(super) fn sample(sample: &SampleReport) -> String {
    format!(
        "{} of {} slices of {} s (seed {}); {} held conversations, {} of them deviations: with 95 % confidence \
         no more than {:.1} % of such slices hold one",
        sample.slices,
        sample.of,
        sample.seconds,
        sample.seed,
        sample.occupied,
        sample.deviating,
        100.0 * sample.upper_bound()
    )
}

/// Returns the classes of conversations, in the order of a report.
pub(super) fn classes(report: &Report) -> Vec<(String, u64, &[String])> {
    let (before, after) = (&report.before.version, &report.after.version);
    let mut classes = vec![
        ("equal".to_owned(), report.equal, &[][..]),
        ("equal by the rules".to_owned(), report.normalised, &[][..]),
    ];
    for (what, tally) in [
        ("different".to_owned(), &report.different),
        (format!("only in {before}"), &report.only_before),
        (format!("only in {after}"), &report.only_after),
        ("changing".to_owned(), &report.changing),
    ] {
        classes.push((what, tally.count, &tally.examples));
    }
    classes
}

fn side(side: &SideReport, f: &mut Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "  {}: {} conversations at {}, {}",
        side.version,
        side.records,
        on_one_line(&side.host),
        on_one_line(&side.project)
    )?;
    for (count, what) in [
        (side.duplicates, "sent again"),
        (side.malformed, "malformed"),
    ] {
        if count > 0 {
            write!(f, ", {count} {what}")?;
        }
    }
    writeln!(f)
}

fn examples(ids: &[String], f: &mut Formatter<'_>) -> fmt::Result {
    if ids.is_empty() {
        return writeln!(f);
    }
    let ids: Vec<_> = ids.iter().map(|id| on_one_line(id)).collect();
    writeln!(f, "  e.g. {}", ids.join(" "))
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} to {}: {}",
            self.before.version,
            self.after.version,
            self.verdict()
        )?;
        for reason in self.reasons() {
            writeln!(f, "  {}: {reason}", reason.verdict())?;
        }
        writeln!(f, "\nCompared: {} to {}", time(self.start), time(self.end))?;
        side(&self.before, f)?;
        side(&self.after, f)?;
        if let Some(drawn) = &self.sample {
            writeln!(f, "  {}", sample(drawn))?;
        }
        if let Some(failure) = &self.failure {
            writeln!(
                f,
                "  as far as {}, then {} failed: {}",
                time(self.covered_to),
                failure.version,
                failure.message
            )?;
        }
        writeln!(f, "\nConversations")?;
        for (what, count, ids) in classes(self) {
            write!(f, "  {count:>9}  {what}")?;
            examples(ids, f)?;
        }
        if self.settled > 0 {
            writeln!(
                f,
                "  {:>9}  of the equal ones only when read again",
                self.settled
            )?;
        }
        if !self.rules.is_empty() {
            writeln!(f, "\nRules applied, in conversations")?;
            for (rule, tally) in &self.rules {
                writeln!(f, "  {:>9}  {:<20}  {rule}", tally.count, rule.name())?;
            }
        }
        if !self.fields.is_empty() {
            writeln!(f, "\nFields that differ, in conversations")?;
            for (path, found) in &self.fields {
                let path = on_one_line(path);
                write!(f, "  {:>9}  {path}: {}", found.count(), field(found))?;
                let ids: Vec<_> = found.examples.iter().map(|one| one.id.clone()).collect();
                examples(&ids, f)?;
                for example in &found.examples {
                    if example.before.is_some() || example.after.is_some() {
                        let value = |value: &Option<String>| {
                            value
                                .as_deref()
                                .map_or_else(|| "absent".to_owned(), on_one_line)
                        };
                        writeln!(
                            f,
                            "             {}: {} -> {}",
                            on_one_line(&example.id),
                            value(&example.before),
                            value(&example.after)
                        )?;
                    }
                }
            }
        }
        if !self.required.is_empty() {
            writeln!(f, "\nRequired fields, in conversations")?;
            for required in &self.required {
                write!(
                    f,
                    "  {:>9}  {}: lost or changed, of {} that have it",
                    required.affected.count,
                    on_one_line(&required.path.to_string()),
                    required.present
                )?;
                examples(&required.affected.examples, f)?;
            }
        }
        Ok(())
    }
}
