//! [`Report`]: the results of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::RereadPolicy;
use indicatif::HumanCount;
use serde::{Deserialize, Serialize};

use super::partition::Partition;
use super::paths::Paths;
use super::schedule::{self, Reason};
use super::state::State;
use crate::term::escape::printable;
use crate::term::plural::plural;

/// The number of records by what happened to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    /// Known from an earlier read and no longer returned by the server.
    pub(crate) vanished: u64,
    /// No longer returned by the server, in days that were left unchanged for that reason.
    pub(crate) held_back: u64,
    /// Now in another partition than before.
    #[serde(default)]
    pub(crate) moved: u64,
    /// Malformed in the response, or missing from a response with malformed records. The rows of an earlier run
    /// stay.
    #[serde(default)]
    pub(crate) kept: u64,
    /// Returned more than once. The newest version was kept, or the one in the latest day.
    #[serde(default)]
    pub(crate) duplicates: u64,
    /// Returned more than once for a day, with different content.
    #[serde(default)]
    pub(crate) conflicting_duplicates: u64,
    /// Returned for a day on which they did not start, and therefore in no file.
    #[serde(default)]
    pub(crate) outside_range: u64,
    /// The number of updated records in which each field changed.
    pub(crate) fields: BTreeMap<String, u64>,
    pub(crate) malformed: u64,
    /// Malformed records that are not in a quarantine file because there were too many.
    #[serde(default)]
    pub(crate) malformed_not_kept: u64,
    pub(crate) pages: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.vanished += other.vanished;
        self.held_back += other.held_back;
        self.moved += other.moved;
        self.kept += other.kept;
        self.duplicates += other.duplicates;
        self.conflicting_duplicates += other.conflicting_duplicates;
        self.outside_range += other.outside_range;
        self.malformed += other.malformed;
        self.malformed_not_kept += other.malformed_not_kept;
        self.pages += other.pages;
        for (name, count) in &other.fields {
            *self.fields.entry(name.clone()).or_default() += count;
        }
    }
}

/// A day that could not be fetched.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FailedDay {
    pub(crate) date: NaiveDate,
    /// When it first failed.
    pub(crate) since: DateTime<Utc>,
    /// `None` for a day that was not attempted because the server failed for the days before it.
    pub(crate) error: Option<String>,
}

/// A day with records that are in no file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct IncompleteDay {
    pub(crate) date: NaiveDate,
    pub(crate) malformed: u64,
    pub(crate) outside_range: u64,
    /// Whether its file is missing or damaged, and the server responded without its records.
    pub(crate) lost_file: bool,
    /// The path of the quarantine file, relative to the folder.
    pub(crate) quarantine: Option<String>,
}

/// The report of a whole run.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) first_day: Option<NaiveDate>,
    pub(crate) last_day: Option<NaiveDate>,
    #[serde(rename = "days_looked_at")]
    pub(crate) days_read: u64,
    /// Days of the range that are final and were not re-read.
    pub(crate) days_left: u64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Records in the folder after the run.
    pub(crate) records: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Records that may still change.
    pub(crate) unsettled: u64,
    /// Records that are no longer re-read although the server has not ended them for too long.
    pub(crate) abandoned: u64,
    /// Records without a readable start, in `date=unknown`.
    pub(crate) undated: u64,
    /// Days before this one were re-read only if something in them may change, or if they were last read within the
    /// look-back. Records that arrived later than that are missing until a run looks back further.
    pub(crate) not_reread_before: Option<NaiveDate>,
    pub(crate) failed_days: Vec<FailedDay>,
    pub(crate) incomplete_days: Vec<IncompleteDay>,
    /// Partitions whose file was missing or not as it was written; each was written again, unless its day failed.
    pub(crate) damaged_files: BTreeSet<Partition>,
    /// Days left unchanged because the server no longer returns most of their records.
    pub(crate) held_days: Vec<NaiveDate>,
    /// Days without records that are still in a day that failed or was left unchanged: each record is in one
    /// partition.
    pub(crate) deferred_days: Vec<NaiveDate>,
    /// The number of the version that the run has added to a Delta table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) table_version: Option<u64>,
    pub(crate) seconds: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let number = |count: u64| HumanCount(count);
        match (self.first_day, self.last_day) {
            (Some(first), Some(last)) => write!(
                f,
                "{} day(s) read, {first} to {last}, {} left as final",
                number(self.days_read),
                number(self.days_left)
            )?,
            _ => write!(
                f,
                "nothing to read: {} day(s) are final",
                number(self.days_left)
            )?,
        }
        write!(
            f,
            "\n{} inserted, {} updated, {} unchanged, {} deleted",
            number(counts.inserted),
            number(counts.updated),
            number(counts.unchanged),
            number(counts.vanished)
        )?;
        if counts.moved > 0 {
            write!(f, ", {} moved to another day", number(counts.moved))?;
        }
        if !counts.fields.is_empty() {
            let mut fields: Vec<_> = counts.fields.iter().collect();
            fields.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, count)| format!("{} {count}", printable(name)))
                .collect();
            write!(f, "\nupdated fields: {}", fields.join(", "))?;
        }
        write!(
            f,
            "\n{} in {}, {}",
            plural(self.records, "record"),
            plural(self.files, "file"),
            indicatif::HumanBytes(self.bytes)
        )?;
        if let Some(version) = self.table_version {
            write!(f, "\nversion {version} of the Delta table")?;
        }
        if self.unsettled > 0 {
            write!(
                f,
                "\n{} may still change: the next run re-reads them",
                number(self.unsettled)
            )?;
        }
        self.write_exceptions(f)?;
        write!(
            f,
            "\n{} page(s) in {:.1} s",
            number(counts.pages),
            self.seconds
        )
    }
}

impl Report {
    /// Creates the report of a run that reads the days that are `due`, up to `until`.
    pub(crate) fn new(state: &State, due: &[(NaiveDate, Reason)], until: NaiveDate) -> Self {
        let all = state.start.iter_days().take_while(|day| *day <= until);
        Self {
            first_day: due.iter().map(|(date, _)| *date).min(),
            last_day: due.iter().map(|(date, _)| *date).max(),
            days_read: due.len() as u64,
            days_left: all.count() as u64 - due.len() as u64,
            ..Self::default()
        }
    }

    /// Adds the content of the folder at the end of the run.
    pub(crate) fn describe_folder(
        &mut self,
        state: &State,
        now: DateTime<Utc>,
        policy: RereadPolicy,
        elapsed: Duration,
    ) {
        let all = || state.partitions().map(|(_, day)| day);
        let files = || all().filter_map(|day| day.data.as_ref());
        self.records = all().map(|day| day.records).sum();
        self.abandoned = schedule::abandoned(state, policy);
        self.unsettled = all().map(|day| day.unsettled).sum::<u64>() - self.abandoned;
        self.undated = state.unknown.as_ref().map_or(0, |day| day.records);
        self.files = files().count() as u64;
        self.bytes = files().map(|file| file.bytes).sum();
        self.not_reread_before = Some((now - policy.look_back).date_naive());
        let incomplete = state.days.iter();
        let incomplete = incomplete
            .filter(|(_, day)| day.is_incomplete() || day.has_lost_its_file())
            .map(|(date, day)| IncompleteDay {
                date: *date,
                malformed: day.malformed,
                outside_range: day.outside_range,
                lost_file: day.has_lost_its_file() && !state.failed.contains_key(date),
                quarantine: (day.malformed > 0).then(|| Paths::malformed(*date)),
            });
        self.incomplete_days = incomplete.collect();
        self.seconds = elapsed.as_secs_f64();
    }

    /// Writes what a reader of the table must also know.
    fn write_exceptions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        for (count, what) in [
            (
                self.abandoned,
                "still in progress 14 days after their day: abandoned, no longer re-read",
            ),
            (
                self.undated,
                "without a readable started_at, in date=unknown",
            ),
            (
                counts.duplicates,
                "received more than once: each was kept once, in the latest day that has it",
            ),
            (
                counts.conflicting_duplicates,
                "received more than once with different content: the newest version was kept",
            ),
            (
                counts.kept,
                "kept as they were: the response for their day holds malformed records",
            ),
        ] {
            if count > 0 {
                write!(f, "\n{} {what}", HumanCount(count))?;
            }
        }
        if counts.held_back > 0 {
            write!(
                f,
                "\n{} no longer sent by the server and kept, of {}: see --accept-vanished",
                HumanCount(counts.held_back),
                dates(self.held_days.iter().copied())
            )?;
        }
        if !self.deferred_days.is_empty() {
            write!(
                f,
                "\n{} lack records that another day still holds, or keep records that it could not take; the next run \
                 re-reads them",
                dates(self.deferred_days.iter().copied())
            )?;
        }
        for day in &self.incomplete_days {
            write!(f, "\n{}: ", day.date)?;
            if day.malformed > 0 {
                write!(f, "{} malformed and skipped", HumanCount(day.malformed))?;
            }
            if let Some(path) = &day.quarantine {
                write!(f, ", see {path}")?;
            }
            if day.lost_file {
                let comma = if day.malformed > 0 { "; " } else { "" };
                write!(
                    f,
                    "{comma}its file is missing or damaged, and the server no longer sends its records (see \
                     --accept-vanished)"
                )?;
            }
            if day.outside_range > 0 {
                let comma = if day.malformed > 0 || day.lost_file {
                    "; "
                } else {
                    ""
                };
                let count = HumanCount(day.outside_range);
                write!(
                    f,
                    "{comma}{count} sent for the day that started on another, skipped"
                )?;
            }
            f.write_str("; the next run re-reads the day")?;
        }
        if counts.malformed_not_kept > 0 {
            let count = HumanCount(counts.malformed_not_kept);
            write!(
                f,
                "\n{count} malformed, more than the quarantine files hold"
            )?;
        }
        if let Some(date) = self.not_reread_before.filter(|_| self.days_left > 0) {
            write!(
                f,
                "\ndays before {date} are not re-read once they are read: run with a longer --look-back now and then, \
                 e.g. weekly with 35d, for records that arrive late"
            )?;
        }
        for failed in &self.failed_days {
            let why = failed.error.as_deref();
            let why = why.unwrap_or("not attempted: the server failed for the days before it");
            write!(
                f,
                "\n{} is missing: {why}; the next run retries it",
                failed.date
            )?;
        }
        Ok(())
    }
}

fn dates(dates: impl Iterator<Item = NaiveDate>) -> String {
    let dates: Vec<_> = dates.map(|date| date.to_string()).collect();
    dates.join(", ")
}
