//! [`Report`]: what a run has found.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use indicatif::HumanCount;

use crate::terminal::printable;

/// What became of the records that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    /// Known from an earlier look, and no longer given by the server.
    pub(crate) vanished: u64,
    /// No longer given by the server, in days that were therefore left as they were.
    pub(crate) held_back: u64,
    /// How often each field changed among the updated.
    pub(crate) fields: BTreeMap<String, u64>,
    pub(crate) malformed: u64,
    pub(crate) pages: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.vanished += other.vanished;
        self.held_back += other.held_back;
        self.malformed += other.malformed;
        self.pages += other.pages;
        for (name, count) in &other.fields {
            *self.fields.entry(name.clone()).or_default() += count;
        }
    }
}

/// A run as a whole.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) first_day: Option<NaiveDate>,
    pub(crate) last_day: Option<NaiveDate>,
    pub(crate) days_looked_at: u64,
    /// Days of the range that were settled and not looked at.
    pub(crate) days_left: u64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Records in the folder after the run.
    pub(crate) records: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Records that may still change.
    pub(crate) unsettled: u64,
    pub(crate) seconds: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let number = |count: u64| HumanCount(count);
        match (self.first_day, self.last_day) {
            (Some(first), Some(last)) => write!(
                f,
                "{} day(s) looked at, {first} to {last}, {} left as settled",
                number(self.days_looked_at),
                number(self.days_left)
            )?,
            _ => write!(
                f,
                "nothing to look at: {} day(s) are settled",
                number(self.days_left)
            )?,
        }
        write!(
            f,
            "\n{} inserted, {} updated, {} unchanged, {} vanished",
            number(counts.inserted),
            number(counts.updated),
            number(counts.unchanged),
            number(counts.vanished)
        )?;
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
            "\n{} records in {} file(s), {}",
            number(self.records),
            number(self.files),
            indicatif::HumanBytes(self.bytes)
        )?;
        if self.unsettled > 0 {
            write!(
                f,
                "\n{} may still change: the next run looks again",
                number(self.unsettled)
            )?;
        }
        if counts.held_back > 0 {
            let count = number(counts.held_back);
            write!(
                f,
                "\n{count} no longer given by the server, kept all the same: see --accept-vanished"
            )?;
        }
        if counts.malformed > 0 {
            write!(f, "\n{} malformed and left out", number(counts.malformed))?;
        }
        write!(
            f,
            "\n{} page(s) in {:.1} s",
            number(counts.pages),
            self.seconds
        )
    }
}
