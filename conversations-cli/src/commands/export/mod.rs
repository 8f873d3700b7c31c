//! `conversations export`: writes all matching records to a file, as received or as a table.

mod args;
mod files;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use chrono::Utc;
use conversations_api_ext::{Client, ErrorKind, Record};
use conversations_table::AbsentMetric;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use twox_hash::XxHash3_64;

use crate::args::Environments;
use crate::commands::sync::Plan;
use crate::failure::{Exit, Failure};
use crate::interrupt::{Interrupts, fail_oversized_writes};
use crate::output::file::folder_of;
use crate::output::options::layout;
use crate::output::quarantine::Quarantine;
use crate::output::shared_folder::warn_if_shared;
use crate::output::summary::Summary;
use crate::output::{
    Format, Layout, Output, REMOVED, ResumePoint, Resumed, Target, WriterThread, WrittenIds,
    is_resumable, remove_resume_point,
};
use crate::records::details;
use crate::records::fetch::Fetch;
use crate::records::query::Filters;
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::stderr::say;
pub(crate) use args::ExportArguments;

/// Number of records with details between two resume points within a page: a page may take minutes.
const DETAILS_PER_NOTE: u64 = 100;

/// The placeholder for the project name in an output path.
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
    /// Checks that each project has its own files.
    fn check_names(&self) -> Result<(), Failure> {
        let files = [
            ("--output", Some(&self.output)),
            ("--summary", self.summary.as_ref()),
            ("--quarantine", self.quarantine.as_ref()),
        ];
        for (flag, path) in files {
            if path.is_some_and(|path| !path.to_string_lossy().contains(NAME)) {
                return Err(Failure::usage(format!(
                    "with several projects, {flag} must contain {NAME}, because each project has its own file"
                ))
                .with(&format!("use a name such as april-{NAME}.jsonl")));
            }
        }
        Ok(())
    }

    /// Returns the arguments for the project with this file name.
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
    /// Returns the settings that a run must share with the one it resumes.
    fn plan(&self, client: &Client, filters: &Filters, layout: &Layout) -> String {
        let plan = Plan::new(client, &self.filters, filters, layout);
        let more = (
            self.layout.csv_safe,
            filters.range(),
            filters.has_windows(self.parallel.parallel),
            self.filters.in_progress,
            layout.compression,
            self.detail,
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
    let mut resumed = None;
    match attempt(arguments, client, &mut resumed).await {
        // How long a cursor is valid is up to the server, and a cursor is valid only on one server. Servers respond
        // to an unknown cursor with 400 or 404.
        Err(failure) if failure.is_rejection() || failure.exit() == Exit::NotFound => {
            let Some(path) = resumed.take() else {
                return Err(failure);
            };
            // The cause may also be the key, the project or a filter. Starting over would then lose the earlier
            // output.
            if !can_start(arguments, client).await {
                return Err(failure);
            }
            remove_resume_point(&path)?;
            say(format_args!(
                "warning: cannot resume the previous run ({}); starting over",
                failure.summary()
            ));
            attempt(arguments, client, &mut resumed).await
        }
        outcome => outcome,
    }
}

/// Returns whether the server accepts the same query without a cursor.
async fn can_start(arguments: &ExportArguments, client: &Client) -> bool {
    let mut first = arguments.filters.clone();
    first.page_size = 1;
    let default = Environments::unless_named(arguments.source.demo);
    let Ok(filters) = Filters::new(&first, default, arguments.layout.zone()) else {
        return false;
    };
    let environment = filters.environments()[0];
    match filters.fetch(client, environment, 1, None) {
        Ok(mut records) => match records.next_record().await {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::MalformedRecord,
        },
        Err(_) => false,
    }
}

/// Exports one project. If an earlier run is resumed, sets `resumed` to the file that it began.
async fn attempt(
    arguments: &ExportArguments,
    client: &Client,
    resumed: &mut Option<PathBuf>,
) -> Result<Exit, Failure> {
    if arguments.detail {
        details::check_host(client)?;
    }
    let default = Environments::unless_named(arguments.source.demo);
    let mut filters = Filters::new(&arguments.filters, default, arguments.layout.zone())?;
    if let Some(shard) = arguments.shard {
        filters = filters.shard(shard)?;
    }
    let layout = layout(&arguments.layout, &arguments.output, arguments.detail)?;
    let target = Target::find(&arguments.output)?;
    if let Target::File(path) = &target {
        warn_if_shared(folder_of(path));
    }
    arguments.check_files(&target)?;
    // A stream has nothing to clean up, and waiting for its reader must stay interruptible, so there a signal ends
    // the process directly.
    let mut interrupts = match target {
        Target::File(_) | Target::Object { .. } => Some(Interrupts::listen()?),
        Target::Stream { .. } => {
            let listening = fail_oversized_writes();
            listening.map_err(|error| Failure::other(format!("cannot handle signals: {error}")))?;
            None
        }
    };
    let content = layout.redaction.is_none();
    let given = arguments.quarantine.as_deref();
    let mut quarantine = Quarantine::new(given, &arguments.output, &target, content);
    let part = match &target {
        Target::File(path) if layout.format == Format::Jsonl => Some(path.clone()),
        _ => None,
    };
    let (output, earlier) = match &part {
        Some(path) => {
            let plan = arguments.plan(client, &filters, &layout);
            Output::resume(path, &plan, layout.compression)?
        }
        None => (Output::create(target).await?, None),
    };
    if earlier.is_some() {
        resumed.clone_from(&part);
    }
    let resumable = output.is_resumable();
    let (name, bytes) = (output.name().to_owned(), output.bytes());
    let mut writer = WriterThread::start(output, &layout)?;
    let mut summary = Summary::start(filters.environments());
    if let Some(Resumed { resume_point, .. }) = &earlier {
        summary.counts = resume_point.counts.clone();
        quarantine.keep(resume_point.counts.malformed).await?;
        if !arguments.source.quiet {
            let records = plural(resume_point.counts.records, "conversation");
            say(format_args!("resuming the previous run after {records}"));
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
        detail: arguments.detail,
    };
    let copied = tokio::select! {
        copied = export.copy_all(&mut writer, earlier) => copied,
        () = interruption(&mut interrupts) => Err(Failure::interrupted("interrupted; the output is incomplete")),
    };
    let written = match copied {
        Ok(()) => writer.finish().await,
        Err(failure) => {
            // On a second signal, exit without waiting for the output.
            tokio::select! {
                () = writer.abandon() => {}
                () = interruption(&mut interrupts) => {}
            }
            Err(failure)
        }
    };
    drop(progress);
    let table = written.map_err(|failure| with_advice(failure, part.as_deref()))?;
    for absent in &table.absent_metrics {
        say(absent_metric(absent));
    }
    summary.inexact = table.inexact;
    summary.keeps_inexact = layout.columns.has_extra();
    summary.bytes = bytes.load(Ordering::Relaxed);
    summary.quarantine = quarantine.path().map(|path| path.display().to_string());
    quarantine.finish().await?;
    if !arguments.source.quiet {
        say(summary.text(&name));
    }
    if let Some(path) = &arguments.summary {
        let written = match Target::find_beside(path) {
            Ok(target) => Output::put(target, summary.to_json(&name)).await,
            Err(failure) => Err(failure),
        };
        written.map_err(|failure| {
            failure.with("the output itself is complete; only the summary is missing")
        })?;
    }
    // A server that sends other times than it was asked for may have left out some of those.
    Ok(
        if summary.counts.malformed > 0 || summary.counts.outside_range > 0 {
            Exit::Skipped
        } else {
            Exit::Success
        },
    )
}

fn absent_metric(absent: &AbsentMetric) -> String {
    let hint = absent.nearest.as_ref().map_or_else(String::new, |nearest| {
        format!("; did you mean `metric_{}`?", printable(nearest))
    });
    format!(
        "warning: no conversation has the metric {:?}, so its column is empty{hint}",
        absent.name
    )
}

/// Adds advice on how to resume. `part` is the path of the output if a later run can resume it.
fn with_advice(failure: Failure, part: Option<&Path>) -> Failure {
    match (failure.exit(), part) {
        (Exit::Usage | Exit::Other, _) => failure,
        (_, Some(part)) if is_resumable(part) => {
            failure.with("to resume, run the same command again")
        }
        (Exit::Output, Some(_)) => failure.and(REMOVED),
        (Exit::Interrupted | Exit::Server, Some(_)) => {
            failure.with("to start over, run the same command again")
        }
        (Exit::Interrupted | Exit::Server, None) => failure
            .with("to start over, run the same command again; `conversations sync` can resume"),
        _ => failure,
    }
}

async fn interruption(interrupts: &mut Option<Interrupts>) {
    match interrupts {
        Some(interrupts) => interrupts.wait().await,
        None => std::future::pending().await,
    }
}

/// An export in progress.
struct Export<'a> {
    client: &'a Client,
    filters: &'a Filters,
    summary: &'a mut Summary,
    progress: &'a Progress,
    quarantine: &'a mut Quarantine,
    at_once: u8,
    resumable: bool,
    /// Whether the fields that only details have are added to the records.
    detail: bool,
}

impl Export<'_> {
    async fn copy_all(
        &mut self,
        writer: &mut WriterThread,
        mut earlier: Option<Resumed>,
    ) -> Result<(), Failure> {
        let first = (earlier.as_ref()).map_or(0, |earlier| earlier.resume_point.environment);
        for place in first..self.filters.environments().len() {
            self.copy(place, earlier.take(), writer).await?;
        }
        Ok(())
    }

    /// Fetches one environment and writes each record as it arrives.
    async fn copy(
        &mut self,
        place: usize,
        earlier: Option<Resumed>,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        let environment = self.filters.environments()[place];
        let filters = self.filters;
        let environments = filters.environments().len();
        self.progress
            .environment(place, environments, filters.span(self.at_once));
        let checkpoint = earlier
            .as_ref()
            .map(|earlier| &earlier.resume_point.checkpoint);
        let mut records = filters.fetch(self.client, environment, self.at_once, checkpoint)?;
        let mut position = Position {
            environment: place,
            earlier_environments: match &earlier {
                Some(earlier) => earlier.resume_point.earlier_environments,
                None => self.summary.counts.records,
            },
            malformed: self.summary.counts.malformed,
            pages: records.pages_read(),
        };
        // The list may have shifted since the earlier run, and an incomplete page is re-read, so skip records
        // already written.
        let written = earlier.map(|earlier| earlier.written);
        let is_written =
            |id: &str| (written.as_ref()).is_some_and(|ids: &WrittenIds| ids.contains(id));
        // The requests for details that are being sent, in the order of the records.
        let mut details = FuturesOrdered::new();
        let at_once = usize::from(self.at_once);
        let mut noted = self.summary.counts.records;
        let mut warned = false;
        loop {
            let next = tokio::select! {
                biased;
                Some(detailed) = details.next(), if !details.is_empty() => {
                    let is_same_page = records.pages_read() == position.pages;
                    let written = match detailed {
                        Ok(detailed) => self.write(detailed, writer).await,
                        Err(failure) => Err(failure),
                    };
                    let due = noted + DETAILS_PER_NOTE <= self.summary.counts.records;
                    // Within a page, a resume point is its start and the records written since. Past its end, it would
                    // miss the records whose details are still being requested.
                    if is_same_page && (due || written.is_err()) {
                        noted = self.summary.counts.records;
                        self.note(position, &records, writer).await?;
                    }
                    written?;
                    continue;
                }
                next = records.next_record(), if details.len() < at_once => next,
            };
            if !warned && records.started_over() {
                warned = true;
                self.progress.warn(
                    "the list has changed too much since the previous run; reading it again from the start",
                );
            }
            let is_item = match &next {
                Ok(record) => record.is_some(),
                Err(error) => error.kind() == ErrorKind::MalformedRecord,
            };
            if is_item && records.pages_read() != position.pages {
                position.pages = records.pages_read();
                position.malformed = self.summary.counts.malformed;
                // The resume point is past every record before this one.
                self.write_all(&mut details, writer).await?;
                self.note(position, &records, writer).await?;
            }
            match next {
                Ok(Some(record)) if is_written(record.id()) => self.summary.counts.duplicates += 1,
                Ok(Some(record)) if self.detail => {
                    details.push_back(with_detail(self.client, record));
                }
                Ok(Some(record)) => self.write(Detailed::without(record), writer).await?,
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::MalformedRecord => {
                    self.summary.counts.malformed += 1;
                    self.progress.warn_of_record(&error);
                    self.quarantine.add(&error).await?;
                }
                Err(error) => {
                    self.write_all(&mut details, writer).await?;
                    self.note(position, &records, writer).await?;
                    return Err(error.into());
                }
            }
        }
        self.write_all(&mut details, writer).await?;
        self.summary.counts = self.summary.counts.with(&records);
        Ok(())
    }

    /// Waits for all details and writes their records.
    async fn write_all(
        &mut self,
        details: &mut FuturesOrdered<impl Future<Output = Result<Detailed, Failure>>>,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        while let Some(detailed) = details.next().await {
            self.write(detailed?, writer).await?;
        }
        Ok(())
    }

    /// Counts a record and writes it.
    async fn write(
        &mut self,
        detailed: Detailed,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        let Detailed { listed, enriched } = detailed;
        // The fields of the detail are no drift of the list.
        self.summary.count(&listed);
        self.progress.read(&listed);
        if self.detail && enriched.is_none() {
            self.summary.counts.without_detail += 1;
        }
        writer.write(enriched.unwrap_or(listed)).await
    }

    /// Stores a resume point.
    async fn note(
        &self,
        position: Position,
        records: &Fetch,
        writer: &mut WriterThread,
    ) -> Result<(), Failure> {
        // An empty file is not worth resuming.
        if !self.resumable || self.summary.counts.records == 0 {
            return Ok(());
        }
        let mut counts = self.summary.counts.with(records);
        counts.malformed = position.malformed;
        let resume_point = ResumePoint {
            environment: position.environment,
            checkpoint: records.checkpoint(),
            earlier_environments: position.earlier_environments,
            counts,
        };
        writer.note(resume_point).await
    }
}

/// A record of the list, and the same with the fields of its detail.
struct Detailed {
    listed: Record,
    /// `None` if details were not requested, or cannot be had.
    enriched: Option<Record>,
}

impl Detailed {
    const fn without(listed: Record) -> Self {
        let enriched = None;
        Self { listed, enriched }
    }
}

async fn with_detail(client: &Client, listed: Record) -> Result<Detailed, Failure> {
    let detail = match details::request(client, listed.id()).await {
        Ok(detail) => detail,
        // The id cannot be part of a URL, or the detail has an unexpected form: the record of the list is still good.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::MalformedRecord
            ) =>
        {
            None
        }
        // Of a resumed run, the caller takes a rejection for one of the cursor, and would start over.
        Err(error) if error.kind() == ErrorKind::BadRequest => {
            return Err(Failure::server(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let enriched = detail.map(|detail| details::enriched(&listed, &detail));
    let enriched = enriched.transpose()?;
    Ok(Detailed { listed, enriched })
}

/// The position of an export, as stored in its notes.
#[derive(Clone, Copy)]
struct Position {
    environment: usize,
    /// The number of records written for earlier environments.
    earlier_environments: u64,
    /// The number of malformed records before the current page, which a resumed run re-reads.
    malformed: u64,
    pages: u64,
}
