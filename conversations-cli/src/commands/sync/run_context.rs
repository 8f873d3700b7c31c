//! [`RunContext`]: what the parts of a run share.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use conversations_api_ext::{Client, RereadPolicy};

use super::folder::Folder;
use super::index::DayIndex;
use super::paths::Paths;
use super::schedule;
use super::state::Day;
use super::worker::Worker;
use crate::failure::Failure;
use crate::output::Layout;
use crate::records::query::Filters;
use crate::term::progress::Progress;

/// What the parts of a run share.
pub(crate) struct RunContext {
    pub(crate) folder: Folder,
    pub(crate) client: Client,
    pub(crate) filters: Filters,
    pub(crate) layout: Layout,
    pub(crate) progress: Arc<Progress>,
    /// The id of the run.
    pub(crate) run: String,
    /// When the run began; the age of records is measured from it.
    pub(crate) now: DateTime<Utc>,
    pub(crate) policy: RereadPolicy,
    /// Days are fetched concurrently but written one by one, so that only one writer uses memory.
    pub(crate) worker: Worker,
    /// Whether a day may lose most of its records.
    pub(crate) accept_vanished: bool,
}

/// What an interrupted run has received is used instead of reading the day again if the run began within this time.
const RECENT: TimeDelta = TimeDelta::hours(1);

impl RunContext {
    /// Returns whether a day that an interrupted run read completely need not be read again: it is recent, or
    /// the day was final already. A run must not publish yesterday's data as today's.
    pub(crate) fn is_current(&self, date: NaiveDate, day: &Day) -> bool {
        let at = day.read_at;
        let was_final = schedule::is_final(day, date, self.policy);
        (was_final && at <= self.now) || self.is_resumable(at)
    }

    /// Returns whether a download by a run that began at `at` may be resumed. An older one is begun again even for a final
    /// day: pages read long apart miss records if the server has added or deleted some in between.
    pub(crate) fn is_resumable(&self, at: DateTime<Utc>) -> bool {
        // A time in the future comes from a wrong clock.
        at <= self.now && self.now - at < RECENT
    }

    /// Returns the fingerprints of the known records of the day.
    pub(super) async fn known(&self, earlier: Option<&Day>) -> Result<DayIndex, Failure> {
        let Some(name) = earlier.and_then(|day| day.index.as_deref()) else {
            return Ok(DayIndex::default());
        };
        let path = self.folder.paths.at(name);
        let bytes = self.folder.get(&path).await?;
        // Without the index every record counts as new, which is inaccurate but loses no data.
        let Some(bytes) = bytes else {
            self.progress
                .warn(format_args!("{path} is missing: the day counts as new"));
            return Ok(DayIndex::default());
        };
        let index = if Paths::is_named_by_hash(name, &bytes) {
            DayIndex::read(&bytes[..])
        } else {
            Err(std::io::Error::from(std::io::ErrorKind::InvalidData))
        };
        index.or_else(|error| {
            self.progress.warn(format_args!(
                "{path} is damaged ({error}): the day counts as new"
            ));
            Ok(DayIndex::default())
        })
    }
}
