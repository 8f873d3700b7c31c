//! [`Conflicts`]: assigns ids found in more than one partition to a single partition.
//!
//! A record whose start changes moves to another day, and this run may not read the day it leaves. So every id that
//! is new to its partition is looked up in all others. A partition that has it and was not read is read. If the
//! server returns a record for two partitions, it stays in the later one. A partition that only keeps it, because the
//! response had malformed records, leaves it to one that received it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::day_result::DayResult;
use super::folder::Folder;
use super::index::DayIndex;
use super::partition::Partition;
use super::state::State;
use super::undated::Undated;
use crate::failure::Failure;

/// Number of days whose indexes are read concurrently.
const AT_ONCE: usize = 8;

/// Number of parts of the ids that are searched for repetitions one after the other.
const PARTS: u64 = 16;

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
        folder: &Folder,
        state: &State,
        found: &BTreeMap<NaiveDate, DayResult>,
        undated: &mut Undated,
        unreadable: &HashSet<NaiveDate>,
    ) -> Result<BTreeSet<NaiveDate>, Failure> {
        let mut redo = BTreeSet::new();
        let stale = state.days.iter();
        let stale = stale.filter(|(date, _)| !found.contains_key(date));
        let stale = stale.filter_map(|(date, day)| Some((*date, day.index.clone()?)));
        let stale = match stale.collect::<Vec<_>>() {
            days if days.is_empty() => Vec::new(),
            days => {
                let mut wanted: Vec<_> = inserted(found, undated).collect();
                wanted.sort_unstable();
                stale_holders(folder, days, &wanted).await?
            }
        };
        let mut wanted = repeated(found, undated);
        wanted.extend(stale.iter().map(|(id, _)| *id));
        wanted.sort_unstable();
        let fresh = fresh(found, undated, &wanted);
        for (id, date) in stale {
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
pub(crate) fn count_moved(
    found: &mut BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
) -> (u64, u64, u64) {
    let mut gone: HashSet<u64> = undated.vanished().collect();
    for found in found.values().filter(|found| !found.held) {
        gone.extend(&found.missing);
    }
    let moved: HashSet<u64> = inserted(found, undated)
        .filter(|id| gone.contains(id))
        .collect();
    let count = |ids: &[u64]| ids.iter().filter(|id| moved.contains(id)).count() as u64;
    for found in found.values_mut().filter(|found| !found.held) {
        found.counts.inserted -= count(found.inserted());
        found.counts.vanished -= count(&found.missing);
    }
    let moved_in = undated.inserted().filter(|id| moved.contains(id)).count() as u64;
    let moved_out = undated.vanished().filter(|id| moved.contains(id)).count() as u64;
    (moved.len() as u64, moved_in, moved_out)
}

/// Returns the ids that are new to their partition.
fn inserted(
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
) -> impl Iterator<Item = u64> {
    let days = found.values().flat_map(DayResult::inserted);
    undated.inserted().chain(days.copied())
}

/// Returns which of the ids that are new to their partition are in several partitions of this run.
fn repeated(found: &BTreeMap<NaiveDate, DayResult>, undated: &Undated) -> Vec<u64> {
    let days = || found.values().flat_map(|found| found.ids.iter().copied());
    let mut repeated = HashSet::new();
    // A part of the ids at a time: a sorted copy of all would double the memory of the run.
    for part in 0..PARTS {
        let mut ids: Vec<u64> = undated
            .ids()
            .chain(days())
            .filter(|id| id % PARTS == part)
            .collect();
        ids.sort_unstable();
        let same_id = ids.chunk_by(|one, other| one == other);
        let groups = same_id.filter(|group| group.len() > 1);
        repeated.extend(groups.map(|group| group[0]));
    }
    inserted(found, undated)
        .filter(|id| repeated.contains(id))
        .collect()
}

/// Returns which partitions of this run hold these ids, in the order of the ids.
fn fresh(
    found: &BTreeMap<NaiveDate, DayResult>,
    undated: &Undated,
    wanted: &[u64],
) -> Vec<(u64, Partition)> {
    let unknown = undated.ids().map(|id| (id, Partition::Unknown));
    let days = found.iter().flat_map(|(date, found)| {
        let ids = found.ids.iter();
        ids.map(|id| (*id, Partition::Day(*date)))
    });
    let held = unknown.chain(days);
    let mut held: Vec<_> = held
        .filter(|(id, _)| wanted.binary_search(id).is_ok())
        .collect();
    held.sort_unstable();
    held
}

/// Returns which of these ids are in the indexes of days not read in this run.
async fn stale_holders(
    folder: &Folder,
    stale: Vec<(NaiveDate, String)>,
    wanted: &[u64],
) -> Result<Vec<(u64, NaiveDate)>, Failure> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let found = futures_util::stream::iter(stale.into_iter().map(|(date, name)| async move {
        let mut found = Vec::new();
        // A missing or damaged index is reported when its day is read.
        if let Some(packed) = folder.get(&folder.paths.at(&name)).await? {
            let _ = DayIndex::read_ids(&packed[..], |id| {
                if wanted.binary_search(&id).is_ok() {
                    found.push((id, date));
                }
            });
        }
        Ok::<_, Failure>(found)
    }));
    let found: Vec<_> = found.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
