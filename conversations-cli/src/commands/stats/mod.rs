//! `conversations stats`: summarizes many conversations in figures and bars.

mod counter;
mod counts;
mod fields;
mod metric;
mod percentiles;
mod record_filter;
mod report;
mod reporting;
mod text;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use conversations_api_ext::Client;
use conversations_table::Tz;

use crate::args::{Environments, FilterArguments, ParallelArguments, SourceArguments, time_zone};
use crate::failure::{Exit, Failure};
use crate::records::for_each::{self, ReadCounts};
use crate::records::query::Filters;
use crate::records::reader::{FieldSelection, Input};
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::escape::{Terminal, printable};
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::stderr::say;
use crate::term::stdout;
use counts::Counts;
pub(crate) use fields::Fields;
pub(crate) use record_filter::RecordFilter;

/// Summarize conversations: counts by day, hour, channel and variant, handoffs, durations, latencies, metrics
///
/// Conversations are read from the API or from exported files. Memory use does not depend on their number:
/// percentiles have a relative error of at most 1%, and at most 10,000 distinct values of a field are counted
/// individually. No transcripts are shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations stats --start 2026-04-01 --time-zone Europe/London
  conversations stats --from april.jsonl.zst may.jsonl.zst --metric LANGUAGE
  conversations stats --from /data/calls --start 2026-04-01
  conversations stats --projects conversations.toml --start 7d
  conversations stats --from april.jsonl --format json | jq .rates.handoff.share
  conversations export --start 2026-04-01 -o - | conversations stats --from -
  conversations stats --demo --metric TASK_COMPLETED

In JSON, `counts` contains the charts, `percentiles` seconds and numbers, and `rates` shares from 0 to 1. CSV has \
one row per figure, with the columns section, name and value.

For settings and exit codes, see `conversations export --help`.")]
pub(crate) struct StatsArguments {
    /// Read these files instead of the API: JSONL (also .gz or .zst; `-` is standard input), Parquet, and folders
    /// written by `sync`. Filters apply, and all environments are counted unless --client-env is given
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = [
        "demo", "region", "base_url", "account", "project", "projects", "api_key_file", "api_version",
        "include_latency", "include_turn_metadata", "include_context_state",
    ])]
    from: Vec<PathBuf>,

    /// Count the values of this metric; repeatable
    #[arg(long, value_name = "NAME")]
    metric: Vec<String>,

    /// Time zone of days, hours and the dates in --start and --end, e.g. Europe/London
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    time_zone: Tz,

    /// Number of most frequent values to show in each chart
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,

    /// Output format: text, json (one object) or csv (one row per figure)
    #[arg(long, value_enum, default_value_t = StatsFormat::Text, hide_possible_values = true)]
    format: StatsFormat,

    #[command(flatten)]
    parallel: ParallelArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatsFormat {
    Text,
    Json,
    Csv,
}

pub(crate) async fn run(arguments: &StatsArguments) -> Result<ExitCode, Failure> {
    let mut counts = Counts::new(arguments.time_zone, &arguments.metric);
    let progress = Progress::new(arguments.source.quiet);
    let mut outcomes = Outcomes::default();
    let read = if !arguments.from.is_empty() {
        from_files(arguments, &progress, &mut counts)?
    } else if let Some(projects) = projects::several(&arguments.source.connection)? {
        let mut all = ReadCounts::default();
        for project in projects {
            let outcome = match project.client {
                Ok(client) => from_api(arguments, &client, &progress, &mut counts).await,
                Err(failure) => Err(failure),
            };
            let outcome = outcome.map(|read| {
                all += read;
                read.exit()
            });
            outcomes.add(&project.name, outcome)?;
        }
        all
    } else {
        let source = Source::open(&arguments.source).await?;
        from_api(arguments, &source.client, &progress, &mut counts).await?
    };
    drop(progress);
    if let Some(why) = counts.absent_metric() {
        return Err(Failure::usage(why));
    }
    if counts.unreadable_starts > 0 && !arguments.source.quiet {
        say(format_args!(
            "warning: {} without a readable start time, not counted by day and hour",
            plural(counts.unreadable_starts, "conversation")
        ));
    }
    let report = counts.report();
    match arguments.format {
        StatsFormat::Text => {
            let top = usize::from(arguments.top);
            stdout::print(&text::text(&report, top, Terminal::of_stdout()))?;
        }
        StatsFormat::Json => stdout::print_json(&format!("{:#}\n", report.json(read.malformed)))?,
        StatsFormat::Csv => {
            let table = report.csv();
            let table =
                table.map_err(|error| Failure::other(format!("cannot write CSV: {error}")))?;
            stdout::print(&String::from_utf8_lossy(&table))?;
        }
    }
    Ok(match outcomes.exit(arguments.source.quiet) {
        Exit::Success => read.exit().into(),
        worst => worst.into(),
    })
}

async fn from_api(
    arguments: &StatsArguments,
    client: &Client,
    progress: &Progress,
    counts: &mut Counts,
) -> Result<ReadCounts, Failure> {
    let default = Environments::unless_named(arguments.source.demo);
    let mut wanted = arguments.filters.clone();
    wanted.ask_for_latency();
    let filters = Filters::new(&wanted, default, arguments.time_zone)?;
    let at_once = arguments.parallel.parallel;
    let mut misfits = 0;
    let mut read = for_each::each(
        filters.environments(),
        |environment| filters.fetch(client, environment, at_once, None),
        filters.span(at_once),
        progress,
        |record| {
            match Fields::read(record.raw()) {
                Some(fields) => counts.add(&fields, record.started_at()),
                None => {
                    misfits += 1;
                    progress.warn_of_record(format_args!(
                        "conversation {}: skipped, a field has an unexpected type",
                        printable(record.id())
                    ));
                }
            }
            ControlFlow::Continue(())
        },
    )
    .await?;
    read.malformed += misfits;
    Ok(read)
}

fn from_files(
    arguments: &StatsArguments,
    progress: &Progress,
    counts: &mut Counts,
) -> Result<ReadCounts, Failure> {
    let filter = RecordFilter::new(&arguments.filters, arguments.time_zone)?;
    let metrics = !arguments.metric.is_empty();
    let mut input = Input::open(&arguments.from, FieldSelection::Statistics { metrics })?;
    let mut read = ReadCounts::default();
    while input.advance()? {
        match Fields::read(input.json()) {
            Some(fields) => {
                let started = fields.started();
                read.records += 1;
                progress.read_text(input.json(), started);
                if filter.matches(&fields) {
                    counts.add(&fields, started);
                }
            }
            None => {
                read.malformed += 1;
                progress.warn_of_record(format_args!(
                    "{}: skipped, not a conversation",
                    input.position()
                ));
            }
        }
        let (done, all) = input.done();
        progress.done(done, all);
    }
    Ok(read)
}
