//! [`Conflicts`]: assigns ids found in more than one partition to a single partition.
//!
//! A record whose start changes moves to another day, and this run may not read the day it leaves. So every id that
//! is new to its partition is looked up in all others. A partition that has it and was not read is read. If the
//! server returns a record for two partitions, it stays in the later one. A partition that only keeps it, because the
//! response had malformed records, leaves it to one that received it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use tokio::runtime::Handle;

use super::day_result::DayResult;
use super::folder::Folder;
use super::id_lookup::{IndexFile, days_with, read_ids};
use super::partition::Partition;
use super::run_context::RunContext;
use super::sorted_ids::{IdBuffer, SortedIds};
use super::state::State;
use super::undated::Undated;
use crate::failure::Failure;

/// The conflicting ids found over the rounds in which days are re-read.
#[derive(Debug, Default)]
pub(crate) struct Conflicts {
    /// Ids that a day leaves to another partition.
    excluded: BTreeMap<NaiveDate, HashSet<u64>>,
    /// Days that leave an id to a day that could not be read. The next run must check them.
    pub(crate) to_recheck: BTreeSet<NaiveDate>,
}

impl Conflicts {
    pub(crate) fn excluded(&self, date: NaiveDate) -> HashSet<u64> {
        self.excluded.get(&date).cloned().unwrap_or_default()
    }

    fn exclude(&mut self, date: NaiveDate, id: u64) -> bool {
        self.excluded.entry(date).or_default().insert(id)
    }

    /// Returns the days to read or re-read so that each id is in one partition. `unreadable` are the days that
    /// failed.
    pub(crate) async fn days(
        &mut self,
        context: &Arc<RunContext>,
        state: &State,
        found: &BTreeMap<NaiveDate, DayResult>,
        undated: &mut Undated,
        unreadable: &HashSet<NaiveDate>,
    ) -> Result<BTreeSet<NaiveDate>, Failure> {
        let folder = &context.folder;
        let mut redo = BTreeSet::new();
        let stale = state.days.iter();
        let stale = stale.filter(|(date, _)| !found.contains_key(date));
        let stale = stale.filter_map(|(date, day)| Some((*date, day.index.clone()?)));
        let stale = stale.map(|(date, name)| IndexFile {
            date,
            name,
            is_earlier: true,
        });
        let (stale, duplicates) = look_up(context, found, undated, stale.collect()).await?;
        let stale_ids = stale.iter().map(|(id, _)| *id);
        let wanted: SortedIds = duplicates.into_iter().chain(stale_ids).collect();
        let fresh = fresh(folder, found, undated, &wanted).await?;
        // What earlier runs have left in two partitions stays there.
        let inserted = inserted(found, undated, &fresh);
        for (id, date) in stale {
            if !inserted.contains(&id) {
                continue;
            }
            if !unreadable.contains(&date) {
                redo.insert(date);
                continue;
            }
            // The row in the unreadable day stays, so adding another would duplicate the record.
            let first = fresh.partition_point(|(other, _)| *other < id);
            let holders = fresh[first..].iter();
            for (_, holder) in holders.take_while(|(other, _)| *other == id) {
                match holder {
                    Partition::Unknown => undated.remove(id),
                    Partition::Day(other) => {
                        self.to_recheck.insert(*other);
                        if self.exclude(*other, id) {
                            redo.insert(*other);
                        }
                    }
                }
            }
        }
        let same_id = fresh.chunk_by(|(one, _), (other, _)| one == other);
        for group in same_id.filter(|group| group.len() > 1) {
            let id = &group[0].0;
            if !inserted.contains(id) {
                continue;
            }
            let at: Vec<Partition> = group.iter().map(|(_, partition)| *partition).collect();
            let is_held = |partition: &Partition| match partition {
                Partition::Day(date) => found[date].held,
                Partition::Unknown => false,
            };
            // A day that was left unchanged may no longer lack too many records once its moved records are known.
            let held: Vec<_> = at.iter().filter(|partition| is_held(partition)).collect();
            let mut tried = true;
            for partition in &held {
                if let Partition::Day(date) = partition
                    && self.exclude(*date, *id)
                {
                    redo.insert(*date);
                    tried = false;
                }
            }
            if !tried {
                continue;
            }
            let is_received = |partition: &&Partition| match partition {
                Partition::Day(date) => found[date].kept.binary_search(id).is_err(),
                Partition::Unknown => true,
            };
            let received = at.iter().filter(is_received).max();
            let winner = held.first().copied().or(received).or(at.iter().max());
            for partition in at.iter().filter(|at| Some(*at) != winner) {
                match partition {
                    Partition::Unknown => undated.remove(*id),
                    Partition::Day(date) if !is_held(partition) => {
                        if !held.is_empty() {
                            self.to_recheck.insert(*date);
                        }
                        if self.exclude(*date, *id) {
                            redo.insert(*date);
                        }
                    }
                    Partition::Day(_) => {}
                }
            }
        }
        Ok(redo)
    }
}

/// Counts moved records, and subtracts them from the inserted and missing ones.
pub(crate) async fn count_moved(
    folder: &Folder,
    found: &mut BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
) -> Result<(u64, u64, u64), Failure> {
    let gone = found.values().filter(|found| !found.held);
    let gone = gone.flat_map(|found| found.missing.iter().copied());
    let gone: SortedIds = gone.chain(undated.vanished()).collect();
    // The ids of new days are only in their indexes.
    let new_days = found.iter().filter(|(_, found)| found.is_new);
    let from_indexes = days_with(folder, new_days.filter_map(index_of), &gone).await?;
    let listed = listed_as_inserted(found, undated).filter(|id| gone.contains(*id));
    let moved: HashSet<u64> = listed
        .chain(from_indexes.iter().map(|(id, _)| *id))
        .collect();
    for (_, date) in from_indexes {
        if let Some(found) = found.get_mut(&date).filter(|found| !found.held) {
            found.counts.inserted -= 1;
        }
    }
    let count = |ids: &[u64]| ids.iter().filter(|id| moved.contains(id)).count() as u64;
    for found in found.values_mut().filter(|found| !found.held) {
        found.counts.inserted -= count(&found.inserted);
        found.counts.vanished -= count(&found.missing);
    }
    let moved_in = undated.inserted().filter(|id| moved.contains(id)).count() as u64;
    let moved_out = undated.vanished().filter(|id| moved.contains(id)).count() as u64;
    Ok((moved.len() as u64, moved_in, moved_out))
}

/// Returns the ids that are new to their partition, without those of days that are new: these are in their indexes.
fn listed_as_inserted(
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
) -> impl Iterator<Item = u64> {
    let days = found.values().flat_map(|found| &found.inserted);
    undated.inserted().chain(days.copied())
}

/// Returns which ids of `fresh` are new to a partition.
fn inserted(
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
    fresh: &[(u64, Partition)],
) -> HashSet<u64> {
    let ids: SortedIds = fresh.iter().map(|(id, _)| *id).collect();
    let listed = listed_as_inserted(found, undated).filter(|id| ids.contains(*id));
    let in_new_days = fresh.iter().filter(|(_, partition)| match partition {
        Partition::Day(date) => found[date].is_new,
        Partition::Unknown => false,
    });
    listed.chain(in_new_days.map(|(id, _)| *id)).collect()
}

/// Returns which ids of this run are in the indexes `stale`, and which are in several of its partitions.
async fn look_up(
    context: &Arc<RunContext>,
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
    stale: Vec<IndexFile>,
) -> Result<(Vec<(u64, NaiveDate)>, Vec<u64>), Failure> {
    let mut ids = IdBuffer::new();
    ids.extend(undated.ids());
    let days: Vec<IndexFile> = found.iter().filter_map(index_of).collect();
    let (handle, this) = (Handle::current(), Arc::clone(context));
    let look_up = async move {
        let folder = &this.folder;
        read_ids(folder, days.into_iter(), |_, of_day| ids.extend(of_day)).await?;
        let ids = ids.sort();
        let stale = days_with(folder, stale.into_iter(), &ids).await?;
        Ok((stale, ids.duplicates().collect()))
    };
    // On the thread that has written the days, which keeps the memory that it has freed.
    let looked_up = context.worker.run(move || handle.block_on(look_up)).await;
    looked_up.unwrap_or_else(|| {
        Err(Failure::other(
            "comparing days panicked; please report this",
        ))
    })
}

/// Returns which partitions of this run hold these ids, in the order of the ids.
async fn fresh(
    folder: &Folder,
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
    wanted: &SortedIds,
) -> Result<Vec<(u64, Partition)>, Failure> {
    let days = days_with(folder, found.iter().filter_map(index_of), wanted).await?;
    let days = days
        .into_iter()
        .map(|(id, date)| (id, Partition::Day(date)));
    let unknown = undated.ids().filter(|id| wanted.contains(*id));
    let unknown = unknown.map(|id| (id, Partition::Unknown));
    let mut held: Vec<_> = unknown.chain(days).collect();
    held.sort_unstable();
    Ok(held)
}

/// Returns the index of a day of this run; `None` if the day has no records.
fn index_of((date, found): (&NaiveDate, &DayResult)) -> Option<IndexFile> {
    Some(IndexFile {
        date: *date,
        name: found.day.index.clone()?,
        is_earlier: found.held,
    })
}
