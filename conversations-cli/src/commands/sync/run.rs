//! [`Sync`]: one run.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::{Client, Environment, RereadPolicy};

use super::args::{SyncArguments, TableFormat};
use super::conflicts;
use super::day_result::DayResult;
use super::day_results::DayResults;
use super::delta::DeltaTable;
use super::files::Files;
use super::folder::Folder;
use super::folder_content::StoredContent;
use super::lock;
use super::ownership::Ownership;
use super::partition::Partition;
use super::permissions;
use super::plan::Plan;
use super::publish::{self, Versions};
use super::report::{FailedDay, Report};
use super::run_context::RunContext;
use super::run_note::{NOTES, RunNote};
use super::schedule::{self, Reason};
use super::state::{Day, Missed, State};
use super::table_commit;
use super::undated::Undated;
use super::verify;
use super::worker::Worker;
use crate::args::Environments;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use crate::output::Target;
use crate::output::options::layout;
use crate::output::summary::write_summary;
use crate::records::query::Filters;
use crate::term::progress::Progress;
use crate::term::stderr::say;

const INTERRUPTED: &str =
    "interrupted; what was fetched is kept, run the same command again to resume";

/// One run.
pub(super) struct Sync<'a> {
    pub(super) arguments: &'a SyncArguments,
    pub(super) folder: Folder,
    /// The id of this run.
    run: String,
    pub(super) state: State,
    versions: Versions,
    ownership: Ownership,
    /// The Delta table that the folder is, or becomes with the next commit.
    table: Option<DeltaTable>,
    /// Whether the manifest, and the Delta table if the folder is one, match the state.
    is_current: bool,
    /// Whether the folder still holds files written with other settings.
    is_rebuild: bool,
    rebuilt_until: Option<NaiveDate>,
    now: DateTime<Utc>,
    began: Instant,
}

impl Sync<'_> {
    pub(super) async fn once(
        arguments: &SyncArguments,
        client: &Client,
        now: DateTime<Utc>,
        interrupts: &mut Option<Interrupts>,
    ) -> Result<(Exit, Option<Report>), Failure> {
        if let Some(path) = &arguments.summary {
            Target::check_beside(path)?;
        }
        let folder = Folder::open(&arguments.folder)?;
        let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let locked = async {
            let outcome = Sync::locked(arguments, &folder, client, run.clone(), now).await;
            outcome.map_err(|failure| match failure.exit() {
                Exit::Server | Exit::Output | Exit::Authentication | Exit::NotFound => {
                    failure.with("the next run resumes where this one stopped")
                }
                _ => failure,
            })
        };
        let outcome = lock::hold(&folder, &run, interrupts, INTERRUPTED, locked).await;
        let Some(report) = outcome? else {
            return Ok((Exit::Success, None));
        };
        if !arguments.source.quiet {
            say(&report);
        }
        if let Some(path) = &arguments.summary {
            write_summary(path, &report, "the sync itself is").await?;
        }
        let exit = if let Some(first) = report.failed_days.first() {
            say(format_args!(
                "error: {} day(s) are missing, {} first: {}; the days that arrived are published, and the next run \
                 retries",
                report.failed_days.len(),
                first.date,
                first.error.as_deref().unwrap_or("the server fails"),
            ));
            Exit::Server
        } else if report.incomplete_days.is_empty() {
            Exit::Success
        } else {
            Exit::Skipped
        };
        Ok((exit, Some(report)))
    }

    /// Runs the part that requires the lock.
    async fn locked(
        arguments: &SyncArguments,
        folder: &Folder,
        client: &Client,
        run: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Report>, Failure> {
        let stored = StoredContent::read(folder).await?;
        let arguments = &arguments.with_settings(stored.plan());
        let default = Environments::One(Environment::Live);
        let filters = Filters::new(&arguments.filters, default, arguments.zone())?;
        // The default format is Parquet.
        let form = layout(&arguments.layout, Path::new("conversations.parquet"), false)?;
        let plan = Plan::new(client, &arguments.filters, &filters, &form);
        let context = RunContext {
            folder: folder.clone(),
            client: client.clone(),
            filters,
            layout: form,
            progress: Arc::new(Progress::new(arguments.source.quiet || arguments.dry_run)),
            run,
            now,
            policy: RereadPolicy {
                settle: arguments.settle,
                look_back: arguments.look_back,
            },
            worker: Worker::start().map_err(|error| {
                Failure::other(format!("the program cannot start a thread: {error}"))
            })?,
            accept_vanished: arguments.accept_vanished,
        };
        let note = RunNote::read(folder).await?;
        let first = RunNote::first_day(note.as_ref(), arguments, now);
        // A run that failed may have requested earlier days. Existing days stay.
        let is_requested = arguments.filters.start.is_some()
            || note.as_ref().is_some_and(|note| note.start.is_some());
        let becomes_table = arguments.table == Some(TableFormat::Delta)
            || note.is_some_and(|note| note.is_table && note.plan == plan);
        let content = stored.interpret(arguments, plan, becomes_table, first, &context);
        let content = content.await?;
        let mut sync = Sync {
            arguments,
            folder: folder.clone(),
            run: context.run.clone(),
            state: content.state,
            versions: content.versions,
            ownership: content.ownership,
            table: content.table,
            is_current: content.is_current,
            is_rebuild: content.is_rebuild,
            rebuilt_until: content.rebuilt_until,
            now: context.now,
            began: Instant::now(),
        };
        if is_requested {
            sync.state.start = sync.state.start.min(first);
        }
        sync.all(context, content.there).await
    }

    /// Reads every day that is due, then publishes the results. Returns `None` for a dry run.
    async fn all(
        &mut self,
        context: RunContext,
        mut there: Files,
    ) -> Result<Option<Report>, Failure> {
        let has_log = self.table.as_ref().is_some_and(DeltaTable::exists);
        if !self.arguments.dry_run
            && !has_log
            && publish::roll_forward(&self.folder, &self.state, &mut there).await?
        {
            self.is_current = false;
        }
        let damaged = self.invalidate(&there, &context).await?;
        let until = self.arguments.last_day(self.now);
        let until = self.rebuilt_until.map_or(until, |last| until.max(last));
        let due = schedule::days(&self.state, until, context.policy);
        // A table replaces no file by its name.
        if !has_log {
            let is_table = self.table.is_some();
            (self.ownership).check_others(&self.folder, &there, &due, &context, is_table)?;
        }
        if self.arguments.dry_run {
            print_due(&due);
            return Ok(None);
        }
        let resumed = self.resume(&there).await?;
        let mut report = Report::new(&self.state, &due, until);
        report.damaged_files = damaged;
        let undated_are_lost = self
            .state
            .unknown
            .as_ref()
            .is_some_and(Day::has_lost_its_file);
        if due.is_empty() && !undated_are_lost {
            if resumed || !self.is_current || self.arguments.group_readable {
                self.commit(&mut report).await?;
            } else {
                self.folder.remove(&self.folder.paths.run()).await?;
            }
            report.describe_folder(&self.state, self.now, context.policy, self.began.elapsed());
            return Ok(Some(report));
        }
        context.progress.done(0, due.len() as u64);
        let context = Arc::new(context);
        let parallel = usize::from(self.arguments.parallel);
        let days = DayResults::read(&context, &self.state, parallel, due, &there).await?;
        self.check_rebuild(days.failed.first_key_value())?;
        self.apply(&context, days, &mut report).await?;
        // Days with a record that belongs to another day were read again.
        let failed = report.failed_days.first();
        self.check_rebuild(failed.map(|failed| (&failed.date, &failed.error)))?;
        self.commit(&mut report).await?;
        report.describe_folder(&self.state, self.now, context.policy, self.began.elapsed());
        Ok(Some(report))
    }

    /// Fails a rebuild with a failed day: it must not publish a table that mixes two settings. Staged data stays for the
    /// next run.
    fn check_rebuild(&self, failed: Option<(&NaiveDate, &Option<String>)>) -> Result<(), Failure> {
        let Some((date, error)) = failed.filter(|_| self.is_rebuild) else {
            return Ok(());
        };
        let why = error.as_deref().unwrap_or("the server fails");
        Err(Failure::server(format!("{date} cannot be read: {why}")))
    }

    /// Applies the results of the days to the state and the report.
    async fn apply(
        &mut self,
        context: &Arc<RunContext>,
        mut days: DayResults,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let mut undated = Undated::open(&self.folder, self.state.unknown.as_ref()).await?;
        let to_recheck = days
            .resolve_conflicts(context, &self.state, &mut undated)
            .await?;
        let moved = conflicts::count_moved(&self.folder, &mut days.found, &undated).await?;
        let (moved, moved_in, moved_out) = moved;
        let (unknown, mut counts) = undated.finish(context).await?;
        counts.inserted -= moved_in;
        counts.vanished -= moved_out;
        counts.moved = moved;
        report.counts.add(&counts);
        self.state.unknown = unknown;
        for (date, result) in days.found {
            let DayResult {
                day,
                counts,
                repaired,
                ..
            } = result;
            report.counts.add(&counts);
            // Not when the day was compared: the missing records may have moved to other days.
            if day.held_back > 0 {
                context.progress.warn(format_args!(
                    "the server no longer sends {} of the {} conversations of {date}: they are kept; if they are meant \
                     to be gone, run with --accept-vanished",
                    day.held_back, day.records
                ));
                report.held_days.push(date);
            }
            if repaired {
                report.damaged_files.insert(Partition::Day(date));
            }
            self.state.failed.remove(&date);
            self.state.days.insert(date, day);
        }
        for date in to_recheck {
            if let Some(day) = self.state.days.get_mut(&date) {
                day.read_at = DateTime::UNIX_EPOCH;
            }
            report.deferred_days.push(date);
        }
        for (date, error) in days.failed {
            let first = Missed {
                since: self.now,
                attempted: None,
            };
            let missed = self.state.failed.entry(date).or_insert(first);
            if error.is_some() {
                missed.attempted = Some(self.now);
            }
            let since = missed.since;
            report.failed_days.push(FailedDay { date, since, error });
        }
        Ok(())
    }

    /// Determines whether there is an interrupted run to resume, and removes the notes of other runs.
    async fn resume(&self, there: &Files) -> Result<bool, Failure> {
        let path = self.folder.paths.run();
        let run = RunNote {
            version: NOTES,
            plan: self.state.plan.clone(),
            start: Some(self.state.start),
            is_table: self.table.is_some(),
        };
        if let Some(earlier) = RunNote::read(&self.folder).await?
            && run.can_resume(&earlier)
        {
            if run != earlier {
                let json = serde_json::to_vec(&run).expect("plain data");
                self.folder.put(&path, json).await?;
            }
            return Ok(true);
        }
        // Notes from a run with another plan, or from one that was killed after its commit, cannot be used.
        publish::forget_notes(&self.folder, there.keys(), |_| false).await?;
        let json = serde_json::to_vec(&run).expect("plain data");
        self.folder.put(&path, json).await?;
        Ok(false)
    }

    /// Marks partitions to be written again whose files are missing or damaged, and returns them. Marks days that were
    /// read while the clock was wrong.
    async fn invalidate(
        &mut self,
        there: &Files,
        context: &RunContext,
    ) -> Result<BTreeSet<Partition>, Failure> {
        let verified = verify::files(&self.folder, &self.state, there, self.arguments.verify);
        let verify::Verified {
            damaged,
            was_modified,
        } = verified.await?;
        // A commit makes the manifest newer than the files, so that later runs need not verify these again.
        self.is_current &= !was_modified;
        if let Some(first) = damaged.iter().find(|at| **at != Partition::Unknown) {
            let count = damaged.len() - usize::from(damaged.contains(&Partition::Unknown));
            context.progress.warn(format_args!(
                "the files of {count} day(s), {first} first, are missing or damaged: the days are fetched again"
            ));
        }
        if damaged.contains(&Partition::Unknown) {
            context.progress.warn(format_args!(
                "the file of date=unknown is missing or damaged: it is written again"
            ));
        }
        for partition in &damaged {
            self.state.invalidate_file(*partition);
        }
        let count = self.state.invalidate_future(context.now);
        if count > 0 {
            context.progress.warn(format_args!(
                "{count} day(s) were read at a time in the future: the clock of this machine was wrong then or is \
                 wrong now; those up to today are re-read"
            ));
        }
        let today = context.now.date_naive();
        if self.state.start > today {
            context.progress.warn(format_args!(
                "the first day is {}, and by the clock of this machine it is {today}: there is nothing to read yet",
                self.state.start
            ));
        }
        Ok(damaged)
    }

    async fn commit(&mut self, report: &mut Report) -> Result<(), Failure> {
        let accept_vanished = self.arguments.accept_vanished;
        (self.ownership).check_rebuild(&self.folder, &self.state, accept_vanished)?;
        lock::confirm(&self.folder, &self.run).await?;
        let (folder, state, versions) = (&self.folder, &mut self.state, &mut self.versions);
        if let Some(table) = &mut self.table {
            let commit =
                table_commit::commit(folder, table, state, versions, &report.counts, self.now);
            report.table_version = commit.await?;
        } else {
            let written = self.ownership.replaceable(state, accept_vanished);
            publish::commit(folder, state, &written, versions).await?;
        }
        if let Some(root) = self.folder.local.as_deref()
            && self.arguments.group_readable
        {
            permissions::make_group_readable(root)
                .map_err(|error| Failure::unwritable(&self.folder.name, error))?;
        }
        Ok(())
    }
}

fn print_due(due: &[(NaiveDate, Reason)]) {
    for (date, reason) in due {
        say(format_args!("{date}  {reason}"));
    }
    say(format_args!("{} day(s) would be read; none was", due.len()));
}
