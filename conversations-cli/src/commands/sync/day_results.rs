//! [`DayResults`]: the results of the days that a run reads.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;

use chrono::NaiveDate;
use tokio::task::{JoinError, JoinSet};

use super::conflicts::Conflicts;
use super::day_reader::{fetch_day, stage_day};
use super::day_result::DayResult;
use super::files::Files;
use super::folder::Folder;
use super::partition::Partition;
use super::paths::Paths;
use super::read_error::{ReadError, Scope};
use super::run_context::RunContext;
use super::schedule::Reason;
use super::state::State;
use super::undated::Undated;
use super::verify;
use crate::failure::Failure;

/// If this many days in a row fail, the server is considered down.
const MAX_FAILED_IN_A_ROW: usize = 5;

/// Maximum number of rounds in which days are re-read because ids are in two partitions. Without it, a server that
/// keeps moving records would never let a run end.
const MAX_ROUNDS: usize = 8;

/// The number of days that are fetched, wait or are written at the same time even if `parallel` is less: days take longer
/// to fetch or to write by turns, and neither is to wait for the other.
const MIN_IN_MEMORY: usize = 3;

/// The results of reading the days that are due.
#[derive(Default)]
pub(super) struct DayResults {
    pub(super) found: BTreeMap<NaiveDate, DayResult>,
    /// Why a day failed; `None` if it was not attempted.
    pub(super) failed: BTreeMap<NaiveDate, Option<String>>,
}

impl DayResults {
    /// Reads the days that are due, `parallel` of them concurrently. A failed day does not stop the others, unless
    /// [`MAX_FAILED_IN_A_ROW`] days fail in a row. Returns the failure of the first one if the server rejects all
    /// requests: then the project or the query is wrong, not a day.
    ///
    /// Even if `parallel` is 1, a day is fetched while others are written, which needs no request.
    pub(super) async fn read(
        context: &Arc<RunContext>,
        state: &State,
        parallel: usize,
        due: Vec<(NaiveDate, Reason)>,
        there: &Files,
    ) -> Result<Self, Failure> {
        let mut days = Self::default();
        let mut open = Vec::new();
        let mut reused = BTreeSet::new();
        for (date, _) in due {
            match staged(context, state, date, there).await? {
                Some(found) => {
                    days.found.insert(date, found);
                    reused.insert(date);
                    context.progress.part_done();
                }
                None => open.push(date),
            }
        }
        let mut not_attempted: BTreeSet<NaiveDate> = open.iter().copied().collect();
        let mut open = open.into_iter();
        // Tasks run on the thread that receives, so that a record needs no wake-up of another thread.
        let mut fetches = JoinSet::new();
        let mut writes = JoinSet::new();
        let mut in_a_row = 0;
        let mut has_fetched = !days.found.is_empty();
        // `None` as soon as a request is not rejected. An interrupted run may have read days before.
        let mut rejections = days.found.is_empty().then(Vec::new);
        let mut ended = Ok(());
        loop {
            while fetches.len() < parallel
                && fetches.len() + writes.len() < parallel.max(MIN_IN_MEMORY)
                && let Some(date) = open.next()
            {
                let context = Arc::clone(context);
                fetches.spawn(async move { (date, fetch_day(&context, date).await) });
            }
            let (date, fetched) = tokio::select! {
                Some(fetched) = fetches.join_next() => joined(fetched),
                Some(written) = writes.join_next() => {
                    let (date, written) = joined(written);
                    match written {
                        Ok(found) => drop(days.found.insert(date, found)),
                        Err(failure) => {
                            ended = ended.and(Err(failure));
                            break;
                        }
                    }
                    not_attempted.remove(&date);
                    context.progress.part_done();
                    continue;
                }
                else => break,
            };
            match fetched {
                Ok(received) => {
                    in_a_row = 0;
                    has_fetched = true;
                    rejections = None;
                    let context = Arc::clone(context);
                    let earlier = state.days.get(&date).cloned();
                    writes.spawn(async move {
                        let none = HashSet::new();
                        let found = stage_day(&context, date, received, earlier, none);
                        (date, found.await)
                    });
                }
                Err(ReadError { failure, scope }) => {
                    let ends_run = match scope {
                        Scope::Day | Scope::Rejection => false,
                        Scope::Connection => !has_fetched,
                        Scope::Run => true,
                    };
                    if ends_run {
                        ended = Err(failure);
                    } else {
                        context
                            .progress
                            .warn(format_args!("{date} cannot be read: {failure}"));
                        not_attempted.remove(&date);
                        days.failed.insert(date, Some(failure.to_string()));
                        match &mut rejections {
                            Some(rejections) if scope == Scope::Rejection => {
                                rejections.push((date, failure));
                            }
                            _ => rejections = None,
                        }
                        in_a_row += 1;
                    }
                    if ended.is_err() || in_a_row >= MAX_FAILED_IN_A_ROW {
                        // The days that have arrived are still written.
                        fetches.shutdown().await;
                        open = Vec::new().into_iter();
                    }
                }
            }
        }
        fetches.shutdown().await;
        writes.shutdown().await;
        ended?;
        // If only days are due that failed while others were read, the rejections are still theirs.
        let is_new = |date: &NaiveDate| !state.failed.contains_key(date);
        if let Some(rejections) = rejections.filter(|all| all.iter().any(|(date, _)| is_new(date)))
            && let Some((_, first)) = rejections.into_iter().next()
        {
            return Err(first);
        }
        days.failed
            .extend(not_attempted.into_iter().map(|date| (date, None)));
        // What moved since the interrupted run from a day read now to one read then would be in neither.
        let is_now = |date: &NaiveDate| !reused.contains(date);
        let mut now = days.found.iter().filter(|(date, _)| is_now(date));
        if now.any(|(_, found)| !found.missing.is_empty()) {
            for date in reused {
                days.reread(context, state, date, HashSet::new()).await?;
            }
        }
        Ok(days)
    }

    /// Ensures that each id is in one partition, and returns the days that the next run must re-check for it.
    pub(super) async fn resolve_conflicts(
        &mut self,
        context: &Arc<RunContext>,
        state: &State,
        undated: &mut Undated,
    ) -> Result<BTreeSet<NaiveDate>, Failure> {
        let folder = &context.folder;
        let mut conflicts = Conflicts::default();
        let mut left_alone = BTreeSet::new();
        let mut unread: Vec<NaiveDate> = self.found.keys().copied().collect();
        for _ in 0..MAX_ROUNDS {
            for date in unread.drain(..) {
                add_undated(folder, undated, date, &self.found).await?;
            }
            left_alone.extend(self.leave_alone());
            let unreadable = self.failed.keys().chain(&left_alone).copied().collect();
            let redo = conflicts
                .days(context, state, &self.found, undated, &unreadable)
                .await?;
            if redo.is_empty() {
                break;
            }
            for date in redo {
                let excluded = conflicts.excluded(date);
                if self.reread(context, state, date, excluded).await? {
                    unread.push(date);
                }
            }
        }
        conflicts.to_recheck.extend(left_alone);
        Ok(conflicts.to_recheck)
    }

    /// Reads a day again. Returns whether it could be read.
    async fn reread(
        &mut self,
        context: &Arc<RunContext>,
        state: &State,
        date: NaiveDate,
        excluded: HashSet<u64>,
    ) -> Result<bool, Failure> {
        let earlier = state.days.get(&date).cloned();
        match fetch_day(context, date).await {
            Ok(received) => {
                let found = stage_day(context, date, received, earlier, excluded).await?;
                self.found.insert(date, found);
                Ok(true)
            }
            Err(ReadError {
                failure,
                scope: Scope::Day | Scope::Rejection | Scope::Connection,
            }) => {
                self.found.remove(&date);
                self.failed.insert(date, Some(failure.to_string()));
                Ok(false)
            }
            Err(ReadError { failure, .. }) => Err(failure),
        }
    }

    /// Discards and returns the days that would lose a record to a day which is left unchanged, and so does not get it:
    /// the record would be in neither.
    fn leave_alone(&mut self) -> BTreeSet<NaiveDate> {
        let not_added = self.found.values().flat_map(|found| &found.not_added);
        let not_added: HashSet<u64> = not_added.copied().collect();
        let loses = |found: &DayResult| {
            !found.held && found.missing.iter().any(|id| not_added.contains(id))
        };
        let losing = self.found.iter().filter(|(_, found)| loses(found));
        let losing: BTreeSet<_> = losing.map(|(date, _)| *date).collect();
        self.found.retain(|date, _| !losing.contains(date));
        losing
    }
}

fn joined<T>(outcome: Result<T, JoinError>) -> T {
    outcome.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

/// Returns what an interrupted run found for a day, if it is recent and complete.
async fn staged(
    context: &RunContext,
    state: &State,
    date: NaiveDate,
    there: &Files,
) -> Result<Option<DayResult>, Failure> {
    let folder = &context.folder;
    let paths = &folder.paths;
    let note = folder.get(&paths.staged_note(date)).await?;
    let Some(found) = note.and_then(|json| serde_json::from_slice::<DayResult>(&json).ok()) else {
        return Ok(None);
    };
    let at = found.day.read_at;
    let is_older = (state.days.get(&date)).is_some_and(|day| day.read_at > at);
    let is_there = |path: &object_store::path::Path| {
        paths
            .relative(path)
            .is_some_and(|name| there.contains_key(&name))
    };
    let is_whole = found.day.is_whole(Partition::Day(date), there)
        && (!found.has_undated || is_there(&paths.staged_undated(date)))
        && is_intact(folder, date, &found, there).await?;
    if found.held
        || found.day.held_back > 0
        || is_older
        || !is_whole
        || !context.is_current(date, &found.day)
    {
        return Ok(None);
    }
    if let Some(name) = &found.day.index {
        let Some(packed) = folder.get(&paths.at(name)).await? else {
            return Ok(None);
        };
        if !Paths::is_named_by_hash(name, &packed) {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

/// Returns whether the file that an interrupted run staged or kept for a day is as it was written.
async fn is_intact(
    folder: &Folder,
    date: NaiveDate,
    found: &DayResult,
    there: &Files,
) -> Result<bool, Failure> {
    let Some(file) = &found.day.data else {
        return Ok(true);
    };
    let [staged, earlier] = file.unpublished(Partition::Day(date));
    for name in [&staged, &file.name, &earlier] {
        if there.contains_key(name) && verify::is_intact(folder, file, name).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn add_undated(
    folder: &Folder,
    undated: &mut Undated,
    date: NaiveDate,
    found: &BTreeMap<NaiveDate, DayResult>,
) -> Result<(), Failure> {
    if !found.get(&date).is_some_and(|found| found.has_undated) {
        return Ok(());
    }
    let path = folder.paths.staged_undated(date);
    let packed = folder.get(&path).await?;
    let added = packed.map_or(Ok(()), |packed| undated.add(&packed));
    added.map_err(|error| Failure::unwritable(&folder.name, format!("{path}: {error}")))
}
