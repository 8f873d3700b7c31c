//! `conversations sync`: keeps a folder up to date with the project, one run at a time.
//!
//! The API has no modification time, so a run re-reads every day that may still change and compares. Days are staged
//! as they arrive and published together at the end. The next run retries failed days and resumes a killed run.

mod arguments;
mod arrived;
mod asked;
mod chunk;
mod days;
mod folder;
mod index;
mod keep;
mod lock;
mod look;
mod modes;
mod moves;
mod names;
mod partition;
mod plan;
mod publish;
mod report;
mod schedule;
mod settling;
#[cfg(test)]
mod simulation;
mod state;
mod undated;
mod worker;

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::{Client, Environment};
use serde::{Deserialize, Serialize};

use crate::args::Environments;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use crate::output::options::layout;
use crate::output::{Output, Target};
use crate::records::query::Filters;
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::printable;
use crate::term::progress::Progress;
use crate::term::stderr::say;
pub(crate) use arguments::SyncArguments;
use folder::{Files, Folder};
use lock::Lock;
use look::{Found, Looking};
use names::Names;
pub(crate) use plan::Plan;
use publish::Versions;
use report::{FailedDay, IncompleteDay, Report};
use schedule::{Patience, Reason};
use state::{Missed, State};
use undated::Undated;
use worker::Worker;

pub(crate) async fn run(arguments: &SyncArguments) -> Result<ExitCode, Failure> {
    arguments.check()?;
    if arguments.group_readable {
        modes::let_group_read_new_files();
    }
    let mut interrupts = Interrupts::listen()?;
    loop {
        let began = Instant::now();
        let once = tokio::select! {
            once = run_once(arguments) => once,
            () = interrupts.wait() => Err(Failure::interrupted(
                "interrupted; what was fetched is kept, run the same command again to resume",
            )),
        };
        let Some(every) = arguments.every else {
            return once.map(ExitCode::from);
        };
        match once {
            Ok(_) => {}
            Err(failure) if failure.is_passing() => {
                say(format_args!("warning: {failure}; retrying later"));
            }
            Err(failure) => return Err(failure),
        }
        tokio::select! {
            () = tokio::time::sleep(every.saturating_sub(began.elapsed())) => {}
            () = interrupts.wait() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Brings the folder of each project up to date.
async fn run_once(arguments: &SyncArguments) -> Result<Exit, Failure> {
    let Some(projects) = projects::several(&arguments.source.connection)? else {
        let source = Source::open(&arguments.source).await?;
        let once = Sync::once(arguments, &source.client, Utc::now()).await;
        return once.map(|(exit, _)| exit);
    };
    if arguments.summary.is_some() {
        return Err(Failure::usage(
            "--summary is for one project: run once for each, or read the state in the folders",
        ));
    }
    let mut outcomes = Outcomes::default();
    for project in projects {
        let folder = arguments.folder.to_string_lossy();
        let folder = format!(
            "{}/project={}",
            folder.trim_end_matches('/'),
            project.file_name()
        );
        let own = SyncArguments {
            folder: folder.into(),
            ..arguments.clone()
        };
        if !arguments.source.quiet {
            say(format_args!("{}:", printable(&project.name)));
        }
        let outcome = match project.client {
            Ok(client) => Sync::once(&own, &client, Utc::now())
                .await
                .map(|(exit, _)| exit),
            Err(failure) => Err(failure),
        };
        outcomes.add(&project.name, outcome)?;
    }
    Ok(outcomes.exit(arguments.source.quiet))
}

impl SyncArguments {
    /// Returns the arguments with the settings of the folder in place of flags that were not given. If the settings
    /// cannot be read, the run reports it once it holds the lock.
    async fn with_settings_of(&self, folder: &Folder) -> Self {
        let read = async |path| folder.get(path).await.ok().flatten();
        let mut this = self.clone();
        let plan = match read(&folder.names.state()).await {
            Some(json) => State::read(&json, "").ok().map(|state| state.plan),
            None => {
                let manifest = read(&folder.names.manifest()).await;
                manifest.and_then(|json| State::check_manifest(&json, "", false).ok()?)
            }
        };
        if let Some(plan) = plan {
            plan.fill_in(&mut this.filters, &mut this.layout);
        }
        this
    }
}

/// One run.
struct Sync<'a> {
    arguments: &'a SyncArguments,
    folder: Folder,
    state: State,
    versions: Versions,
    /// Whether the manifest matches the state.
    is_current: bool,
    /// Whether the folder still holds files written with other settings.
    is_rebuild: bool,
    now: DateTime<Utc>,
    began: Instant,
}

/// A run in progress, stored so that the next one can resume it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// The version of the format of notes.
    version: u32,
    plan: Plan,
}

/// The version of the format of notes, which runs write so that they can be resumed.
const NOTES: u32 = 2;

impl Sync<'_> {
    async fn once(
        arguments: &SyncArguments,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<(Exit, Option<Report>), Failure> {
        let folder = Folder::open(&arguments.folder)?;
        let arguments = &arguments.with_settings_of(&folder).await;
        let default = Environments::One(Environment::Live);
        let filters = Filters::new(&arguments.filters, default, arguments.zone())?;
        // The default format is Parquet.
        let form = layout(&arguments.layout, Path::new("conversations.parquet"))?;
        let plan = Plan::new(client, &arguments.filters, &filters, &form);
        let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let lock = Lock::take(&folder, &run).await?;
        let progress = Arc::new(Progress::new(arguments.source.quiet || arguments.dry_run));
        let looking = Looking {
            folder: folder.clone(),
            client: client.clone(),
            filters,
            layout: form,
            progress: Arc::clone(&progress),
            run,
            now,
            patience: Patience {
                settle: arguments.settle,
                look_back: arguments.look_back,
            },
            worker: Worker::start().map_err(|error| {
                Failure::other(format!("the program cannot start a thread: {error}"))
            })?,
            accept_vanished: arguments.accept_vanished,
        };
        let overtaken = folder.overtaken();
        let outcome = tokio::select! {
            outcome = Sync::locked(arguments, folder, plan, looking) => outcome,
            () = lock.lost() => Err(overtaken),
        };
        drop(progress);
        lock.release().await;
        let outcome = outcome.map_err(|failure| match failure.exit() {
            Exit::Server | Exit::Output | Exit::Authentication | Exit::NotFound => {
                failure.with("the next run resumes where this one stopped")
            }
            _ => failure,
        });
        let Some(report) = outcome? else {
            return Ok((Exit::Success, None));
        };
        if !arguments.source.quiet {
            say(&report);
        }
        if let Some(path) = &arguments.summary {
            let json = serde_json::to_vec_pretty(&report).expect("a report is plain data");
            Output::put(Target::find_beside(path)?, json).await?;
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
        folder: Folder,
        plan: Plan,
        looking: Looking,
    ) -> Result<Option<Report>, Failure> {
        let read = folder.get_versioned(&folder.names.state()).await?;
        let (mut state, state_version) = match read {
            Some((json, version)) => {
                let place = format!("{}/{}", folder.name, folder.names.state());
                (State::read(&json, &place)?, Some(version))
            }
            None => (
                State::new(plan.clone(), arguments.first_day(looking.now)),
                None,
            ),
        };
        plan.check(&state.plan, &folder.name, arguments.rebuild)?;
        let read = folder.get_versioned(&folder.names.manifest()).await?;
        if let Some((json, _)) = &read {
            let place = format!("{}/{}", folder.name, folder.names.manifest());
            let known = !state.days.is_empty();
            if let Some(earlier) = State::check_manifest(json, &place, known)? {
                plan.check(&earlier, &folder.name, arguments.rebuild)?;
            }
        }
        let is_current = match &read {
            Some((json, _)) => **json == *state.manifest(),
            None => state.days.is_empty(),
        };
        let is_rebuild = state.plan != plan;
        if is_rebuild {
            // Rebuild: no day is known under the new settings. The old files stay until the rebuild is complete.
            state = State::new(plan, state.start);
        }
        let mut sync = Sync {
            arguments,
            folder,
            state,
            versions: Versions {
                state: state_version,
                manifest: read.map(|(_, version)| version),
            },
            is_current,
            is_rebuild,
            now: looking.now,
            began: Instant::now(),
        };
        sync.extend_back(arguments.filters.start.is_some());
        sync.all(looking).await
    }

    /// Extends the range if a run requests earlier days. Existing days stay.
    fn extend_back(&mut self, asked: bool) {
        if asked {
            let first = self.arguments.first_day(self.now);
            self.state.start = self.state.start.min(first);
        }
    }

    /// Reads every day that is due, then publishes the results. Returns `None` for a dry run.
    async fn all(&mut self, looking: Looking) -> Result<Option<Report>, Failure> {
        let mut there = self.folder.files().await?;
        if !self.arguments.dry_run
            && publish::roll_forward(&self.folder, &self.state, &mut there).await?
        {
            self.is_current = false;
        }
        self.doubt(&there, &looking);
        let until = self.arguments.last_day(self.now);
        let due = schedule::days(&self.state, until, self.now, looking.patience);
        if self.arguments.dry_run {
            dry(&due);
            return Ok(None);
        }
        let resumed = self.resume(&there).await?;
        let mut report = self.report(&due, until, looking.patience);
        if due.is_empty() {
            if resumed || !self.is_current || self.arguments.group_readable {
                self.commit().await?;
            }
            return Ok(Some(report));
        }
        looking.progress.done(0, due.len() as u64);
        let looking = Arc::new(looking);
        let mut days = self.read(&looking, due, &there).await?;
        if self.is_rebuild
            && let Some((date, error)) = days.failed.first_key_value()
        {
            // Do not publish a table that mixes two settings. Staged data stays for the next run.
            let why = error.as_deref().unwrap_or("the server fails");
            return Err(Failure::server(format!("{date} cannot be read: {why}")));
        }
        let mut undated = Undated::open(&self.folder, self.state.unknown.as_ref()).await?;
        let unsure = self.settle_ids(&looking, &mut days, &mut undated).await?;
        let (moved, came, went) = moves::count_moved(&mut days.found, &undated);
        let (unknown, mut counts) = undated.finish(&looking).await?;
        counts.inserted -= came;
        counts.vanished -= went;
        counts.moved = moved;
        report.counts.add(&counts);
        self.state.unknown = unknown;
        for (
            date,
            Found {
                day, counts, held, ..
            },
        ) in days.found
        {
            report.counts.add(&counts);
            if held {
                report.held_days.push(date);
            }
            self.state.failed.remove(&date);
            self.state.days.insert(date, day);
        }
        for date in unsure {
            if let Some(day) = self.state.days.get_mut(&date) {
                day.looked_at = DateTime::UNIX_EPOCH;
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
        self.commit().await?;
        self.fill(&mut report, looking.patience);
        Ok(Some(report))
    }

    /// Determines whether there is an interrupted run to resume, and removes the notes of other runs.
    async fn resume(&self, there: &Files) -> Result<bool, Failure> {
        let path = self.folder.names.run();
        let run = Run {
            version: NOTES,
            plan: self.state.plan.clone(),
        };
        let json = self.folder.get(&path).await?;
        // A note that cannot be parsed is from another version of this program.
        let earlier = json.and_then(|json| serde_json::from_slice::<Run>(&json).ok());
        if earlier.is_some_and(|earlier| earlier == run) {
            return Ok(true);
        }
        // Notes from a run with another plan, or from one that was killed after its commit, cannot be used.
        publish::forget_notes(&self.folder, there.keys(), |_| false).await?;
        let json = serde_json::to_vec(&run).expect("plain data");
        self.folder.put(&path, json).await?;
        Ok(false)
    }

    /// Marks days for a re-read whose files are missing, or that were read while the clock was wrong.
    fn doubt(&mut self, there: &Files, looking: &Looking) {
        if let Some((count, first)) = self.state.doubt_missing(there) {
            looking.progress.warn(format_args!(
                "the files of {count} day(s), {first} first, are gone or not as they were written: they are fetched \
                 again"
            ));
        }
        let count = self.state.doubt_the_future(looking.now);
        if count > 0 {
            looking.progress.warn(format_args!(
                "{count} day(s) were read in a time that has not come yet: this machine's clock was wrong then, or is \
                 now; those up to today are re-read"
            ));
        }
        let today = looking.now.date_naive();
        if self.state.start > today {
            looking.progress.warn(format_args!(
                "the first day is {}, and by this machine's clock it is {today}: there is nothing to read yet",
                self.state.start
            ));
        }
    }

    async fn commit(&mut self) -> Result<(), Failure> {
        publish::commit(&self.folder, &self.state, &mut self.versions).await?;
        if let Some(root) = self.folder.local.as_deref()
            && self.arguments.group_readable
        {
            modes::open_to_group(root)
                .map_err(|error| Failure::unwritable(&self.folder.name, error))?;
        }
        Ok(())
    }

    fn report(&self, due: &[(NaiveDate, Reason)], until: NaiveDate, patience: Patience) -> Report {
        let all = self
            .state
            .start
            .iter_days()
            .take_while(|day| *day <= until)
            .count() as u64;
        let mut report = Report {
            first_day: due.iter().map(|(date, _)| *date).min(),
            last_day: due.iter().map(|(date, _)| *date).max(),
            days_looked_at: due.len() as u64,
            days_left: all - due.len() as u64,
            ..Report::default()
        };
        self.fill(&mut report, patience);
        report
    }

    /// Adds the current content of the folder to the report.
    fn fill(&self, report: &mut Report, patience: Patience) {
        let all = || self.state.partitions().map(|(_, day)| day);
        let files = || all().filter_map(|day| day.data.as_ref());
        report.records = all().map(|day| day.records).sum();
        let abandoned = schedule::abandoned(&self.state, self.now, patience);
        report.abandoned = abandoned;
        report.unsettled = all().map(|day| day.unsettled).sum::<u64>() - abandoned;
        report.undated = self.state.unknown.as_ref().map_or(0, |day| day.records);
        report.files = files().count() as u64;
        report.bytes = files().map(|file| file.bytes).sum();
        report.not_reread_before = Some((self.now - patience.look_back).date_naive());
        let incomplete = self.state.days.iter();
        let incomplete = incomplete.filter(|(_, day)| day.is_incomplete());
        report.incomplete_days = incomplete
            .map(|(date, day)| IncompleteDay {
                date: *date,
                malformed: day.malformed,
                outside_range: day.outside_range,
                quarantine: (day.malformed > 0).then(|| Names::malformed(*date)),
            })
            .collect();
        report.seconds = self.began.elapsed().as_secs_f64();
    }
}

fn dry(due: &[(NaiveDate, Reason)]) {
    for (date, reason) in due {
        let why = match reason {
            Reason::New => "never read",
            Reason::Unsettled => "may still change",
            Reason::LookBack => "within --look-back",
            Reason::Doubtful => "what was known of it no longer holds",
            Reason::Failed => "failed when it was last read",
            Reason::Incomplete => "malformed records, or records of other days",
        };
        say(format_args!("{date}  {why}"));
    }
    say(format_args!("{} day(s) would be read; none was", due.len()));
}
