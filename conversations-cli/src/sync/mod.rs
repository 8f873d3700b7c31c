//! `conversations sync`: a folder that follows the project, one run at a time.
//!
//! The API has no time of last change, so a run looks again at every day that may still change and compares.
//! Days are written as they are found; the state, then the manifest, follow when all are there. A run that
//! was killed is taken up by the next one, with the time at which it had begun.

mod arguments;
mod arrived;
mod asked;
mod chunk;
mod folder;
mod index;
mod lock;
mod look;
mod modes;
mod names;
mod plan;
mod report;
mod schedule;
mod state;
mod worker;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use conversations_api_ext::{Client, Environment};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use crate::arguments::Environments;
use crate::failure::{Exit, Failure};
use crate::filters::Filters;
use crate::interrupt::Interrupts;
use crate::layout::layout;
use crate::output::{Output, Target};
use crate::progress::Progress;
use crate::projects::{self, Outcomes};
use crate::say::say;
use crate::source::Source;
use crate::terminal::printable;
pub(crate) use arguments::SyncArguments;
use folder::{Files, Folder};
use lock::Lock;
use look::{Found, Looking};
use names::Names;
pub(crate) use plan::Plan;
use report::{Counts, Report};
use schedule::Patience;
use state::State;
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
                "interrupted; what was fetched is kept, run the same command again to go on",
            )),
        };
        let Some(every) = arguments.every else {
            return once.map(ExitCode::from);
        };
        match once {
            Ok(_) => {}
            Err(failure) if failure.is_passing() => {
                say(format_args!("warning: {failure}; trying again later"));
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
        return Sync::once(arguments, &source.client).await;
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
            Ok(client) => Sync::once(&own, &client).await,
            Err(failure) => Err(failure),
        };
        outcomes.add(&project.name, outcome)?;
    }
    Ok(outcomes.exit(arguments.source.quiet))
}

impl SyncArguments {
    /// The same, with the settings of the folder in the place of flags that were not given. What of the folder cannot
    /// be read is left to the run, which reports it once it holds the lock.
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
    /// Whether the manifest says what the state says.
    is_current: bool,
    began: Instant,
}

/// A run under way, so that the next one can take it up.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    began: DateTime<Utc>,
    until: NaiveDate,
    /// What it writes: the days of a run under another plan are of no use.
    #[serde(default)]
    plan: Option<Plan>,
}

impl Sync<'_> {
    async fn once(arguments: &SyncArguments, client: &Client) -> Result<Exit, Failure> {
        let folder = Folder::open(&arguments.folder)?;
        let arguments = &arguments.with_settings_of(&folder).await;
        let default = Environments::One(Environment::Live);
        let filters = Filters::new(&arguments.filters, default)?;
        // Where nothing is said of the form, it is Parquet.
        let form = layout(&arguments.layout, Path::new("conversations.parquet"))?;
        let plan = Plan::new(client, &arguments.filters, &filters, &form);
        let lock = Lock::take(&folder).await?;
        let mut state = match folder.get(&folder.names.state()).await? {
            Some(json) => State::read(&json, &format!("{}/{}", folder.name, folder.names.state()))?,
            None => State::new(plan.clone(), arguments.first_day(Utc::now())),
        };
        plan.check(&state.plan, &folder.name, arguments.rebuild)?;
        let manifest = folder.get(&folder.names.manifest()).await?;
        if let Some(json) = &manifest {
            let place = format!("{}/{}", folder.name, folder.names.manifest());
            let known = !state.days.is_empty();
            if let Some(earlier) = State::check_manifest(json, &place, known)? {
                plan.check(&earlier, &folder.name, arguments.rebuild)?;
            }
        }
        let is_current = match &manifest {
            Some(json) => **json == *state.manifest(),
            None => state.days.is_empty(),
        };
        if state.plan != plan {
            // A rebuild: no day is known under the new settings. The files of the old ones stay until it is over.
            state = State::new(plan, state.start);
        }
        let mut sync = Sync {
            arguments,
            folder,
            state,
            is_current,
            began: Instant::now(),
        };
        sync.extend_back(arguments.filters.start.is_some());
        let progress = Arc::new(Progress::new(arguments.source.quiet || arguments.dry_run));
        let looking = Looking {
            folder: sync.folder.clone(),
            client: client.clone(),
            filters,
            layout: form,
            progress: Arc::clone(&progress),
            now: Utc::now(),
            settle: sync.patience().settle,
            worker: Worker::start().map_err(|error| {
                Failure::other(format!("the program cannot start a thread: {error}"))
            })?,
            accept_vanished: arguments.accept_vanished,
        };
        let outcome = sync.all(looking).await;
        drop(progress);
        lock.release().await;
        let outcome = outcome.map_err(|failure| match failure.exit() {
            Exit::Server | Exit::Output | Exit::Authentication | Exit::NotFound => {
                failure.with("the next run goes on where this one stopped")
            }
            _ => failure,
        });
        let Some(report) = outcome? else {
            return Ok(Exit::Done);
        };
        if !arguments.source.quiet {
            say(&report);
        }
        if let Some(path) = &arguments.summary {
            let json = serde_json::to_vec_pretty(&report).expect("a report is plain data");
            Output::put(Target::find_beside(path)?, json).await?;
        }
        Ok(if report.counts.malformed > 0 {
            Exit::LeftOut
        } else {
            Exit::Done
        })
    }

    fn patience(&self) -> Patience {
        Patience {
            settle: self.arguments.settle,
            look_back: self.arguments.look_back,
        }
    }

    /// A later run may ask for earlier days; those at hand stay.
    fn extend_back(&mut self, asked: bool) {
        if asked {
            let first = self.arguments.first_day(Utc::now());
            self.state.start = self.state.start.min(first);
        }
    }

    /// Looks at every day that is due, then puts state and manifest in place. `None` for a dry run.
    async fn all(&mut self, mut looking: Looking) -> Result<Option<Report>, Failure> {
        let names = self.folder.names.clone();
        let earlier: Option<Run> = self.folder.get(&names.run()).await?.and_then(|json| {
            // A note that cannot be read is one that was not finished: the run had not begun.
            serde_json::from_slice(&json).ok()
        });
        // One that began in a time that has not come yet had a wrong clock, and its days may never come.
        let earlier = earlier.filter(|run| run.began <= looking.now);
        let plan = self.state.plan.clone();
        let earlier =
            earlier.filter(|run| run.plan.as_ref().is_none_or(|earlier| *earlier == plan));
        let there = self.folder.files().await?;
        self.doubt(&there, &looking);
        let taken_up = earlier.is_some();
        let run = earlier.unwrap_or_else(|| Run {
            began: looking.now,
            until: self.arguments.last_day(looking.now),
            plan: Some(plan),
        });
        looking.now = run.began;
        let due = schedule::days(&self.state, run.until, run.began, self.patience());
        if self.arguments.dry_run {
            dry(&due);
            return Ok(None);
        }
        let mut report = self.report(&due, run.until);
        if !taken_up {
            // A run that was killed after its last word leaves notes that tell of its own time, not of this one.
            self.forget_notes().await?;
        }
        if due.is_empty() {
            if taken_up || !self.is_current || self.arguments.group_readable {
                self.commit().await?;
            }
            return Ok(Some(report));
        }
        self.folder
            .put(&names.run(), serde_json::to_vec(&run).expect("plain data"))
            .await?;
        looking.progress.done(0, due.len() as u64);
        let looking = Arc::new(looking);
        let mut found = Vec::new();
        let mut open = Vec::new();
        for (date, _) in due {
            let done = match self.folder.get(&names.done(date)).await? {
                Some(note) => serde_json::from_slice(&note).ok(),
                None => None,
            };
            match done.filter(|found: &Found| found.day.is_whole(&there)) {
                Some(note) => {
                    found.push((date, note));
                    looking.progress.part_done();
                }
                None => open.push((date, self.state.days.get(&date).cloned())),
            }
        }
        let looks = futures_util::stream::iter(open.into_iter().map(|(date, earlier)| {
            let looking = Arc::clone(&looking);
            async move {
                let found = looking.look(date, earlier).await?;
                looking.progress.part_done();
                Ok::<_, Failure>((date, found))
            }
        }));
        let looked: Vec<(NaiveDate, Found)> = looks
            .buffer_unordered(usize::from(self.arguments.parallel))
            .try_collect()
            .await?;
        found.extend(looked);
        for (date, Found { day, counts }) in found {
            report.counts.add(&counts);
            self.state.days.insert(date, day);
        }
        self.commit().await?;
        self.fill(&mut report);
        Ok(Some(report))
    }

    /// Doubts what is known of days whose files are no longer there, and of those that were looked at by a clock
    /// that was wrong.
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
                "{count} day(s) were looked at in a time that has not come yet: this machine's clock was wrong \
                 then, or is now; those up to today are looked at again"
            ));
        }
        let today = looking.now.date_naive();
        if self.state.start > today {
            looking.progress.warn(format_args!(
                "the first day is {}, and by this machine's clock it is {today}: there is nothing to look at yet",
                self.state.start
            ));
        }
    }

    /// State before manifest, manifest before the files that neither names are removed: at every instant
    /// each file of the manifest is there, and what a run has found is not lost.
    async fn commit(&self) -> Result<(), Failure> {
        let Folder { names, .. } = &self.folder;
        let there = self.folder.files().await?;
        if let Some((date, _)) = (self.state.days.iter()).find(|(_, day)| !day.is_whole(&there)) {
            return Err(Failure::unwritable(
                &self.folder.name,
                format!("the file of {date} vanished while the run was under way"),
            ));
        }
        self.folder
            .put(&names.state(), self.state.to_json())
            .await?;
        self.folder
            .put(&names.manifest(), self.state.manifest())
            .await?;
        for path in self.folder.list(names.root()).await? {
            let ours = names.relative(&path).filter(|name| Names::is_ours(name));
            if ours.is_some_and(|name| !self.state.holds(&name)) {
                self.folder.remove(&path).await?;
            }
        }
        self.forget_notes().await?;
        self.folder.sweep();
        if let Some(root) = self.folder.local.as_deref()
            && self.arguments.group_readable
        {
            modes::open_to_group(root)
                .map_err(|error| Failure::unwritable(&self.folder.name, error))?;
        }
        // Last: a run that is killed before is taken up, and clears away what is left.
        self.folder.remove(&names.run()).await?;
        Ok(())
    }

    /// Removes what a run notes for the case that it is killed.
    async fn forget_notes(&self) -> Result<(), Failure> {
        let Folder { names, .. } = &self.folder;
        for notes in ["_conversations/done", "_conversations/arriving"] {
            self.folder.remove_all(&names.at(notes)).await?;
        }
        Ok(())
    }

    fn report(&self, due: &[(NaiveDate, schedule::Reason)], until: NaiveDate) -> Report {
        let all = self
            .state
            .start
            .iter_days()
            .take_while(|day| *day <= until)
            .count() as u64;
        let mut report = Report {
            first_day: due.first().map(|(date, _)| *date),
            last_day: due.last().map(|(date, _)| *date),
            days_looked_at: due.len() as u64,
            days_left: all - due.len() as u64,
            counts: Counts::default(),
            records: 0,
            files: 0,
            bytes: 0,
            unsettled: 0,
            seconds: 0.0,
        };
        self.fill(&mut report);
        report
    }

    /// What the folder holds now.
    fn fill(&self, report: &mut Report) {
        let days = || self.state.days.values();
        let files = || days().filter_map(|day| day.data.as_ref());
        report.records = days().map(|day| day.records).sum();
        report.unsettled = days().map(|day| day.unsettled).sum();
        report.files = files().count() as u64;
        report.bytes = files().map(|file| file.bytes).sum();
        report.seconds = self.began.elapsed().as_secs_f64();
    }
}

fn dry(due: &[(NaiveDate, schedule::Reason)]) {
    for (date, reason) in due {
        let why = match reason {
            schedule::Reason::New => "never looked at",
            schedule::Reason::Unsettled => "may still change",
            schedule::Reason::LookBack => "within --look-back",
            schedule::Reason::Doubtful => "what was known of it no longer holds",
        };
        say(format_args!("{date}  {why}"));
    }
    say(format_args!(
        "{} day(s) would be asked for; nothing was",
        due.len()
    ));
}
