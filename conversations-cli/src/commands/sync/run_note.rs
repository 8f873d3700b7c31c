//! [`RunNote`]: the note on a run in progress, so that the next run can resume it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::args::SyncArguments;
use super::folder::Folder;
use super::plan::Plan;
use crate::failure::Failure;

/// A run in progress, stored so that the next one can resume it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunNote {
    /// The version of the format of notes.
    pub(super) version: u32,
    pub(super) plan: Plan,
    /// The first requested day, for the case that the run fails before it writes the state.
    #[serde(default)]
    pub(super) start: Option<NaiveDate>,
    /// Whether the folder is a table or becomes one with the commit: until then, nothing else says so.
    #[serde(default)]
    pub(super) is_table: bool,
}

impl RunNote {
    /// Returns the note of an interrupted or failed run. One that cannot be parsed is from another version of the
    /// program.
    pub(super) async fn read(folder: &Folder) -> Result<Option<Self>, Failure> {
        let json = folder.get(&folder.paths.run()).await?;
        Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    /// Returns the first day that this run requests: that of `--start`, of a run that failed, or the default.
    pub(super) fn first_day(
        run: Option<&Self>,
        arguments: &SyncArguments,
        now: DateTime<Utc>,
    ) -> NaiveDate {
        let first = arguments.first_day(now);
        let earlier = run.and_then(|run| run.start);
        let earlier = earlier.filter(|_| arguments.filters.start.is_none());
        earlier.unwrap_or(first)
    }

    /// Returns whether this run can resume `earlier`.
    pub(super) fn can_resume(&self, earlier: &Self) -> bool {
        (self.version, &self.plan) == (earlier.version, &earlier.plan)
    }
}

/// The version of the format of notes, which runs write so that they can be resumed.
pub(super) const NOTES: u32 = 2;
