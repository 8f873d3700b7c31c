//! `conversations export`: writes all matching records to a file, as received or as a table.

mod args;
mod detailed_record;
mod files;
mod record_copier;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use chrono::Utc;
use conversations_api_ext::{Client, ErrorKind};
use conversations_table::AbsentMetric;
use twox_hash::XxHash3_64;

use crate::args::Environments;
use crate::commands::sync::Plan;
use crate::failure::{Exit, Failure};
use crate::interrupt::{Interrupts, fail_oversized_writes, interruption};
use crate::output::file::folder_of;
use crate::output::options::layout;
use crate::output::quarantine::Quarantine;
use crate::output::shared_folder::warn_if_shared;
use crate::output::summary::{Summary, write_summary};
use crate::output::{
    Format, Layout, Output, REMOVED, Resumed, Target, WriterThread, is_resumable,
    remove_resume_point,
};
use crate::records::details;
use crate::records::query::Filters;
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::stderr::say;
pub(crate) use args::ExportArguments;
use record_copier::RecordCopier;

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

    let mut copier = RecordCopier {
        client,
        filters: &filters,
        summary: &mut summary,
        progress: &progress,
        quarantine: &mut quarantine,
        at_once: arguments.parallel.parallel,
        resumable,
        detail: arguments.detail,
        held: Vec::new(),
    };
    let copied = tokio::select! {
        copied = copier.copy_all(&mut writer, earlier) => copied,
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
        write_summary(path, &summary.to_json(&name), "the output itself is").await?;
    }
    if let Some(failure) = summary
        .counts
        .failed_details
        .failure("cannot read the details")
    {
        return Err(
            failure.with(if summary.counts.failed_details.is_transient() {
                "the output is complete except for these details; export it again later to get them"
            } else {
                "the output is complete except for these details"
            }),
        );
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
