//! [`Ownership`]: the files of a folder that a run may replace or remove.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::files::Files;
use super::folder::Folder;
use super::partition::Partition;
use super::paths::Paths;
use super::run_context::RunContext;
use super::schedule::Reason;
use super::state::{Day, State};
use crate::failure::Failure;
use crate::term::plural::plural;

/// The published files that a run may replace or remove.
pub(super) struct Ownership {
    /// The files that runs have written, according to the state and the manifest.
    pub(super) written: BTreeSet<String>,
    /// The files of an unknown origin that `--rebuild` replaces.
    pub(super) claimed: BTreeSet<String>,
    /// The number of records, or at least of files, that a rebuild replaces.
    pub(super) replaced: u64,
}

impl Ownership {
    /// Returns the files that `state` may replace. A file of an unknown origin stays if the server returned no records
    /// for its day, unless `accept_vanished`.
    pub(super) fn replaceable(&self, state: &State, accept_vanished: bool) -> BTreeSet<String> {
        let has_records = |name: &String| {
            let has_file = |(at, day): (Partition, &Day)| {
                Paths::partition(name) == Some(at) && day.data.is_some()
            };
            accept_vanished || state.partitions().any(has_file)
        };
        let claimed = self.claimed.iter().filter(|name| has_records(name));
        self.written.iter().chain(claimed).cloned().collect()
    }

    /// Refuses to replace the files of others: files with the name of a day that is due which no run has written. With
    /// `is_table`, those that a run has left that was killed before it made the folder a Delta table are nobody's.
    pub(super) fn check_others(
        &self,
        folder: &Folder,
        there: &Files,
        due: &[(NaiveDate, Reason)],
        context: &RunContext,
        is_table: bool,
    ) -> Result<(), Failure> {
        let others = there.keys().filter(|name| {
            let is_orphan = is_table && Paths::is_versioned(name);
            Paths::partition(name).is_some()
                && !is_orphan
                && !self.written.contains(*name)
                && !self.claimed.contains(*name)
        });
        let others: BTreeSet<_> = others.collect();
        let is_due = |name: &&&String| match Paths::partition(name) {
            Some(Partition::Day(date)) => due.iter().any(|(day, _)| *day == date),
            _ => !due.is_empty(),
        };
        if let Some(first) = others.iter().find(is_due) {
            return Err(Failure::usage(format!(
                "{}/{first} was not written by a sync to this folder, and this run would replace it: nothing was \
                 changed\nhint: move the file to another folder, or synchronize to another folder",
                folder.name
            )));
        }
        if let Some(first) = others.first() {
            context.progress.warn(format_args!(
                "no sync to this folder has written {}, {first} first: left unchanged",
                plural(others.len() as u64, "file")
            ));
        }
        Ok(())
    }

    /// Refuses to replace a table by nothing: a server failure is more likely than that all its records are deleted.
    pub(super) fn check_rebuild(
        &self,
        folder: &Folder,
        state: &State,
        accept_vanished: bool,
    ) -> Result<(), Failure> {
        let records: u64 = state.partitions().map(|(_, day)| day.records).sum();
        if self.replaced == 0 || records > 0 || accept_vanished {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "the server returned no conversations, and {} has some: nothing was changed\nhint: check the project and \
             the filters; if the conversations are meant to be deleted, add --accept-vanished",
            folder.name
        )))
    }
}
