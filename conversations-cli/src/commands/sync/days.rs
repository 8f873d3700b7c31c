//! [`Days`]: the results of the days that a run reads.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::StreamExt as _;

use super::Sync;
use super::folder::{Files, Folder};
use super::index::DayIndex;
use super::look::{Found, Looking, NotRead, Reach};
use super::moves::Conflicts;
use super::partition::Partition;
use super::schedule::Reason;
use super::undated::Undated;
use crate::failure::Failure;

/// If this many days in a row fail, the server is considered down.
const MAX_FAILED_IN_A_ROW: usize = 5;

/// Maximum number of rounds in which days are re-read because ids are in two partitions. Without it, a server that
/// keeps moving records would never let a run end.
const MAX_ROUNDS: usize = 8;

/// The results of reading the days that are due.
#[derive(Default)]
pub(super) struct Days {
    pub(super) found: BTreeMap<NaiveDate, Found>,
    /// Why a day failed; `None` if it was not attempted.
    pub(super) failed: BTreeMap<NaiveDate, Option<String>>,
}

impl Sync<'_> {
    /// Reads the days that are due, several concurrently. A failed day does not stop the others, unless
    /// [`MAX_FAILED_IN_A_ROW`] days fail in a row.
    pub(super) async fn read(
        &self,
        looking: &Arc<Looking>,
        due: Vec<(NaiveDate, Reason)>,
        there: &Files,
    ) -> Result<Days, Failure> {
        let mut days = Days::default();
        let mut open = Vec::new();
        for (date, _) in due {
            match self.staged(looking, date, there).await? {
                Some(found) => {
                    days.found.insert(date, found);
                    looking.progress.part_done();
                }
                None => open.push(date),
            }
        }
        let mut not_tried: BTreeSet<NaiveDate> = open.iter().copied().collect();
        let reads = futures_util::stream::iter(open.into_iter().map(|date| {
            let looking = Arc::clone(looking);
            let earlier = self.state.days.get(&date).cloned();
            async move { (date, looking.look(date, earlier, HashSet::new()).await) }
        }));
        let mut reads = reads.buffer_unordered(usize::from(self.arguments.parallel));
        let mut in_a_row = 0;
        while let Some((date, read)) = reads.next().await {
            not_tried.remove(&date);
            match read {
                Ok(found) => {
                    in_a_row = 0;
                    looking.progress.part_done();
                    days.found.insert(date, found);
                }
                Err(NotRead { failure, reach }) => {
                    let concerns_all = match reach {
                        Reach::Day => false,
                        Reach::Connection => days.found.is_empty(),
                        Reach::Run => true,
                    };
                    if concerns_all {
                        return Err(failure);
                    }
                    looking
                        .progress
                        .warn(format_args!("{date} cannot be read: {failure}"));
                    days.failed.insert(date, Some(failure.to_string()));
                    in_a_row += 1;
                    if in_a_row >= MAX_FAILED_IN_A_ROW {
                        break;
                    }
                }
            }
        }
        days.failed
            .extend(not_tried.into_iter().map(|date| (date, None)));
        Ok(days)
    }

    /// Returns what an interrupted run found for a day, if it is recent and complete.
    async fn staged(
        &self,
        looking: &Looking,
        date: NaiveDate,
        there: &Files,
    ) -> Result<Option<Found>, Failure> {
        let Folder { names, .. } = &self.folder;
        let note = self.folder.get(&names.staged_note(date)).await?;
        let Some(mut found) = note.and_then(|json| serde_json::from_slice::<Found>(&json).ok())
        else {
            return Ok(None);
        };
        let at = found.day.looked_at;
        let is_older = (self.state.days.get(&date)).is_some_and(|day| day.looked_at > at);
        let is_there = |path: &object_store::path::Path| {
            names
                .relative(path)
                .is_some_and(|name| there.contains_key(&name))
        };
        let is_whole = found.day.is_whole(Partition::Day(date), there)
            && (!found.has_undated || is_there(&names.staged_undated(date)));
        if found.held || is_older || !is_whole || !looking.is_recent(date, at) {
            return Ok(None);
        }
        if let Some(name) = &found.day.index {
            let Some(packed) = self.folder.get(&names.at(name)).await? else {
                return Ok(None);
            };
            if DayIndex::ids(&packed[..], |id| found.ids.push(id)).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Ensures that each id is in one partition, and returns the days that the next run must re-check for it.
    pub(super) async fn settle_ids(
        &self,
        looking: &Arc<Looking>,
        days: &mut Days,
        undated: &mut Undated,
    ) -> Result<BTreeSet<NaiveDate>, Failure> {
        let mut conflicts = Conflicts::default();
        let mut unread: Vec<NaiveDate> = days.found.keys().copied().collect();
        for _ in 0..MAX_ROUNDS {
            for date in unread.drain(..) {
                self.add_undated(undated, date, &days.found).await?;
            }
            let failed = days.failed.keys().copied().collect();
            let redo = conflicts
                .days(&self.folder, &self.state, &days.found, undated, &failed)
                .await?;
            if redo.is_empty() {
                break;
            }
            for date in redo {
                let earlier = self.state.days.get(&date).cloned();
                match looking.look(date, earlier, conflicts.excluded(date)).await {
                    Ok(found) => {
                        days.found.insert(date, found);
                        unread.push(date);
                    }
                    Err(NotRead {
                        failure,
                        reach: Reach::Day | Reach::Connection,
                    }) => {
                        days.found.remove(&date);
                        days.failed.insert(date, Some(failure.to_string()));
                    }
                    Err(NotRead { failure, .. }) => return Err(failure),
                }
            }
        }
        Ok(conflicts.unsure)
    }

    async fn add_undated(
        &self,
        undated: &mut Undated,
        date: NaiveDate,
        found: &BTreeMap<NaiveDate, Found>,
    ) -> Result<(), Failure> {
        if !found.get(&date).is_some_and(|found| found.has_undated) {
            return Ok(());
        }
        let path = self.folder.names.staged_undated(date);
        let packed = self.folder.get(&path).await?;
        let added = packed.map_or(Ok(()), |packed| undated.add(packed));
        added.map_err(|error| Failure::unwritable(&self.folder.name, format!("{path}: {error}")))
    }
}
