//! `conversations export`: every matching record into a file, as it arrived or as a table.

mod arguments;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use chrono::Utc;
use conversations_api_ext::{Checkpoint, Client, ErrorKind};
use indicatif::HumanCount;
use twox_hash::XxHash3_64;

use crate::arguments::Environments;
use crate::failure::{Exit, Failure};
use crate::fetch::Fetch;
use crate::filters::Filters;
use crate::interrupt::Interrupts;
use crate::layout::layout;
use crate::output::{
    Format, Layout, NOTHING_LEFT, Output, Reached, Target, Writing, forget_note, is_kept,
};
use crate::progress::Progress;
use crate::projects::{self, Outcomes};
use crate::quarantine::Quarantine;
use crate::say::say;
use crate::source::Source;
use crate::summary::Summary;
use crate::sync::Plan;
pub(crate) use arguments::ExportArguments;

/// What stands in an output for the name of the project.
const NAME: &str = "{name}";

pub(crate) async fn run(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let Some(projects) = projects::several(&arguments.source.connection)? else {
        let source = Source::open(&arguments.source).await?;
        return Ok(export(arguments, &source.client).await?.into());
    };
    arguments.check_names()?;
    let mut outcomes = Outcomes::default();
    for project in projects {
        let own = arguments.of(&project.file_name());
        let outcome = match project.client {
            Ok(client) => export(&own, &client).await,
            Err(failure) => Err(failure),
        };
        outcomes.add(&project.name, outcome)?;
    }
    Ok(outcomes.exit(arguments.source.quiet).into())
}

impl ExportArguments {
    /// Each project has files of its own.
    fn check_names(&self) -> Result<(), Failure> {
        let files = [
            ("--output", Some(&self.output)),
            ("--summary", self.summary.as_ref()),
            ("--quarantine", self.quarantine.as_ref()),
        ];
        for (flag, path) in files {
            if path.is_some_and(|path| !path.to_string_lossy().contains(NAME)) {
                return Err(Failure::usage(format!(
                    "{flag} needs {NAME} in it where there are several projects: each has a file of its own, \
                     such as april-{NAME}.jsonl"
                )));
            }
        }
        Ok(())
    }

    /// The same for the project whose files are named so.
    fn of(&self, name: &str) -> Self {
        let named = |path: &PathBuf| PathBuf::from(path.to_string_lossy().replace(NAME, name));
        Self {
            output: named(&self.output),
            summary: self.summary.as_ref().map(named),
            quarantine: self.quarantine.as_ref().map(named),
            ..self.clone()
        }
    }
}

impl ExportArguments {
    /// What a run must have in common with the one it goes on with.
    fn plan(&self, client: &Client, filters: &Filters, layout: &Layout) -> String {
        let plan = Plan::new(client, &self.filters, filters, layout);
        let more = (
            filters.range(),
            filters.has_windows(self.parallel.parallel),
            self.filters.in_progress,
            layout.compression,
            env!("CARGO_PKG_VERSION"),
        );
        let plan = serde_json::to_string(&plan).expect("a plan is plain data");
        format!(
            "{:016x}",
            XxHash3_64::oneshot(format!("{plan} {more:?}").as_bytes())
        )
    }
}

/// Exports one project.
async fn export(arguments: &ExportArguments, client: &Client) -> Result<Exit, Failure> {
    let mut taken_up = None;
    match attempt(arguments, client, &mut taken_up).await {
        // A place in the server's list lasts as long as the server likes, and is of one server.
        Err(failure) if failure.is_refusal() && taken_up.is_some() => {
            if let Some(path) = taken_up.take() {
                forget_note(&path)?;
            }
            say(format_args!(
                "warning: what an earlier run has left cannot be gone on with ({failure}): beginning again"
            ));
            attempt(arguments, client, &mut taken_up).await
        }
        outcome => outcome,
    }
}

/// Exports one project, or the rest of it: then `taken_up` is the file that an earlier run has begun.
async fn attempt(
    arguments: &ExportArguments,
    client: &Client,
    taken_up: &mut Option<PathBuf>,
) -> Result<Exit, Failure> {
    let default = Environments::unless_named(arguments.source.demo);
    let mut filters = Filters::new(&arguments.filters, default)?;
    if let Some(shard) = arguments.shard {
        filters = filters.shard(shard)?;
    }
    let layout = layout(&arguments.layout, &arguments.output)?;
    let target = Target::find(&arguments.output)?;
    // A stream has nothing to clear away, and waiting for its reader must stay interruptible: there a
    // signal ends the program by itself.
    let mut interrupts = match target {
        Target::File(_) | Target::Object { .. } => Some(Interrupts::listen()?),
        Target::Stream { .. } => None,
    };
    let content = layout.redaction.is_none();
    let asked = arguments.quarantine.as_deref();
    let mut quarantine = Quarantine::new(asked, &arguments.output, &target, content);
    let part = match &target {
        Target::File(path) if layout.format == Format::Jsonl => Some(path.clone()),
        _ => None,
    };
    let (output, earlier) = match &part {
        Some(path) => Output::resume(path, &arguments.plan(client, &filters, &layout))?,
        None => (Output::create(target).await?, None),
    };
    if earlier.is_some() {
        taken_up.clone_from(&part);
    }
    let resumable = output.is_resumable();
    let earlier = earlier.map(|note| note.reached);
    let (name, bytes) = (output.name().to_owned(), output.bytes());
    let mut writing = Writing::start(output, &layout)?;
    let mut summary = Summary::start(filters.environments());
    if let Some(earlier) = &earlier {
        summary.counts = earlier.counts.clone();
        quarantine.keep(earlier.counts.malformed).await?;
        if !arguments.source.quiet {
            let records = HumanCount(earlier.counts.records);
            say(format_args!(
                "going on after {records} conversations of an earlier run"
            ));
        }
    }
    let records_on_terminal = arguments.output == Path::new("-") && io::stdout().is_terminal();
    let progress = Progress::new(arguments.source.quiet || records_on_terminal);
    if let Some(warning) = filters.in_the_future(Utc::now()) {
        progress.warn(warning);
    }

    let mut export = Export {
        client,
        filters: &filters,
        summary: &mut summary,
        progress: &progress,
        quarantine: &mut quarantine,
        at_once: arguments.parallel.parallel,
        resumable,
    };
    let copied = tokio::select! {
        copied = export.copy_all(&mut writing, earlier) => copied,
        () = asked_to_stop(&mut interrupts) => Err(Failure::interrupted("interrupted; the output was not written")),
    };
    let written = match copied {
        Ok(()) => writing.finish().await,
        Err(failure) => {
            // Being asked a second time, the program does not wait for its output either.
            tokio::select! {
                () = writing.abandon() => {}
                () = asked_to_stop(&mut interrupts) => {}
            }
            Err(failure)
        }
    };
    drop(progress);
    written.map_err(|failure| with_advice(failure, part.as_deref()))?;
    summary.bytes = bytes.load(Ordering::Relaxed);
    summary.quarantine = quarantine.place().map(|place| place.display().to_string());
    quarantine.finish().await?;
    if !arguments.source.quiet {
        say(summary.text(&name));
    }
    if let Some(path) = &arguments.summary {
        let written = std::fs::write(path, summary.to_json(&name));
        written.map_err(|error| {
            Failure::unwritable(&path.display(), error).with("the output itself is complete")
        })?;
    }
    Ok(if summary.counts.malformed > 0 {
        Exit::LeftOut
    } else {
        Exit::Done
    })
}

/// Says how to go on. `part` is where the output would be, if a later run can go on with it.
fn with_advice(failure: Failure, part: Option<&Path>) -> Failure {
    match (failure.exit(), part) {
        (Exit::Usage | Exit::Other, _) => failure,
        (_, Some(part)) if is_kept(part) => {
            failure.with("what was fetched is kept: run the same command again to go on")
        }
        (Exit::Output, Some(_)) => failure.with(NOTHING_LEFT),
        (Exit::Interrupted | Exit::Server, Some(_)) => failure.with("run the same command again"),
        (Exit::Interrupted | Exit::Server, None) => {
            failure.with("run the same command again; `conversations sync` goes on where it was")
        }
        _ => failure,
    }
}

async fn asked_to_stop(interrupts: &mut Option<Interrupts>) {
    match interrupts {
        Some(interrupts) => interrupts.wait().await,
        None => std::future::pending().await,
    }
}

/// An export under way.
struct Export<'a> {
    client: &'a Client,
    filters: &'a Filters,
    summary: &'a mut Summary,
    progress: &'a Progress,
    quarantine: &'a mut Quarantine,
    at_once: u8,
    resumable: bool,
}

impl Export<'_> {
    async fn copy_all(
        &mut self,
        writing: &mut Writing,
        earlier: Option<Reached>,
    ) -> Result<(), Failure> {
        let (first, mut checkpoint) = match earlier {
            Some(earlier) => (earlier.environment, Some(earlier.checkpoint)),
            None => (0, None),
        };
        for place in first..self.filters.environments().len() {
            self.copy(place, checkpoint.take(), writing).await?;
        }
        Ok(())
    }

    /// Fetches one environment, and hands each record on as it is given.
    async fn copy(
        &mut self,
        place: usize,
        checkpoint: Option<Checkpoint>,
        writing: &mut Writing,
    ) -> Result<(), Failure> {
        let environment = self.filters.environments()[place];
        let filters = self.filters;
        let environments = filters.environments().len();
        self.progress
            .environment(place, environments, filters.span(self.at_once));
        let checkpoint = checkpoint.as_ref();
        let mut records = filters.fetch(self.client, environment, self.at_once, checkpoint)?;
        let mut pages = records.pages_read();
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    if records.pages_read() != pages {
                        pages = records.pages_read();
                        self.note(place, &records, writing).await?;
                    }
                    self.summary.count(&record);
                    self.progress.read(&record);
                    writing.write(record).await?;
                }
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.summary.counts.malformed += 1;
                    self.progress.warn(&error);
                    self.quarantine.add(&error).await?;
                }
                Err(error) => {
                    // Within a page, its first records would be written twice.
                    if records.pages_read() != pages {
                        self.note(place, &records, writing).await?;
                    }
                    return Err(error.into());
                }
            }
        }
        self.summary.counts = self.summary.counts.with(&records);
        Ok(())
    }

    /// Notes where a later run may go on.
    async fn note(
        &self,
        environment: usize,
        records: &Fetch,
        writing: &mut Writing,
    ) -> Result<(), Failure> {
        // A file with nothing in it is nothing to go on with.
        if !self.resumable || self.summary.counts.records == 0 {
            return Ok(());
        }
        let reached = Reached {
            environment,
            checkpoint: records.checkpoint(),
            counts: self.summary.counts.with(records),
        };
        writing.note(reached).await
    }
}
