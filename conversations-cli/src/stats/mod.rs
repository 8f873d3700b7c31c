//! `conversations stats`: what many conversations are like, in figures and bars.

mod choice;
mod counts;
mod facts;
mod metric;
mod parquet;
mod report;
mod reporting;
mod spread;
mod tally;
mod text;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use conversations_table::Tz;

use crate::answer;
use crate::arguments::{
    Environments, FilterArguments, ParallelArguments, SourceArguments, time_zone,
};
use crate::failure::Failure;
use crate::filters::Filters;
use crate::input::Lines;
use crate::progress::Progress;
use crate::reading::{self, Read};
use crate::source::Source;
use crate::terminal::{Terminal, printable};
use choice::Choice;
use counts::Counts;
use facts::Facts;

/// Count conversations: by day and hour, handoffs, durations, latencies, channels, variants, any metric
///
/// From the API, or from files that were exported before. Memory stays the same however many there are:
/// percentiles are within one per cent of the exact ones, and of a list of names the first 10,000 different
/// ones are counted each for itself. Nothing that anybody said is shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations stats --start 2026-04-01 --time-zone Europe/London
  conversations stats --from april.jsonl.zst may.jsonl.zst --metric LANGUAGE
  conversations stats --from /data/calls/*/*.parquet --start 2026-04-01
  conversations stats --from april.jsonl --format json | jq .rates.handoff.share
  conversations export --start 2026-04-01 -o - | conversations stats --from -
  conversations stats --demo --metric TASK_COMPLETED

In JSON, `counts` holds the charts, `percentiles` seconds and numbers, `rates` shares from 0 to 1. CSV has a row \
for each figure: section, name, value.

Settings and exit codes are those of `conversations export --help`.")]
pub(crate) struct StatsArguments {
    /// Count these files instead of asking the API: JSONL (also .gz, .zst; `-` is standard input) and Parquet.
    /// The filters hold for them as well, and without --client-env every environment counts
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = [
        "demo", "region", "base_url", "account", "project", "api_key_file", "api_version",
        "include_latency", "include_turn_metadata", "include_context_state",
    ])]
    from: Vec<PathBuf>,

    /// Count the values of this metric; repeatable
    #[arg(long, value_name = "NAME")]
    metric: Vec<String>,

    /// Days and hours are those of this time zone, e.g. Europe/London
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    time_zone: Tz,

    /// Show so many of the most frequent values of each kind
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,

    /// text: for people; json: one object; csv: a row a figure
    #[arg(long, value_enum, default_value_t = Form::Text, hide_possible_values = true)]
    format: Form,

    #[command(flatten)]
    parallel: ParallelArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
    Csv,
}

pub(crate) async fn run(arguments: &StatsArguments) -> Result<ExitCode, Failure> {
    let mut counts = Counts::new(arguments.time_zone, &arguments.metric);
    let progress = Progress::new(arguments.source.quiet);
    let read = if arguments.from.is_empty() {
        from_api(arguments, &progress, &mut counts).await?
    } else {
        from_files(arguments, &progress, &mut counts)?
    };
    drop(progress);
    let report = counts.report();
    match arguments.format {
        Form::Text => {
            let top = usize::from(arguments.top);
            answer::print(&text::text(&report, top, Terminal::of_stdout()))?;
        }
        Form::Json => answer::print_json(&format!("{:#}\n", report.json(read.malformed)))?,
        Form::Csv => {
            let table = report.csv();
            let table = table.map_err(|error| Failure::other(format!("no CSV: {error}")))?;
            answer::print(&String::from_utf8_lossy(&table))?;
        }
    }
    Ok(read.code())
}

async fn from_api(
    arguments: &StatsArguments,
    progress: &Progress,
    counts: &mut Counts,
) -> Result<Read, Failure> {
    let default = Environments::unless_named(arguments.source.demo);
    let mut wanted = arguments.filters.clone();
    wanted.ask_for_latency();
    let filters = Filters::new(&wanted, default)?;
    let at_once = arguments.parallel.parallel;
    let source = Source::open(&arguments.source).await?;
    let mut misfits = 0;
    let mut read = reading::each(
        filters.environments(),
        |environment| filters.fetch(&source.client, environment, at_once, None),
        filters.span(at_once),
        progress,
        |record| {
            match Facts::read(record.raw()) {
                Some(facts) => counts.add(&facts, record.started_at()),
                None => {
                    misfits += 1;
                    progress.warn_of_record(format_args!(
                        "conversation {} has fields of another form and is skipped",
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
) -> Result<Read, Failure> {
    let mut counting = Counting {
        choice: Choice::new(&arguments.filters)?,
        progress,
        counts,
        read: Read::default(),
    };
    let sizes = arguments.from.iter().map(|file| size(file));
    let all = sizes.sum::<Option<u64>>().unwrap_or(0);
    let mut before = 0;
    for file in &arguments.from {
        let size = size(file).unwrap_or(0);
        if parquet::is_parquet(file) {
            let mut rows = parquet::Rows::open(file, !arguments.metric.is_empty())?;
            while let Some(row) = rows.next_row()? {
                if !counting.look(&row.json, row.started) {
                    let name = printable(&file.to_string_lossy());
                    progress.warn_of_record(format_args!(
                        "{name}: a row has fields of another form; it is skipped"
                    ));
                }
                progress.done(before + rows.taken(size), all);
            }
            before += size;
            continue;
        }
        let mut lines = Lines::open(file)?;
        while let Some(line) = lines.next_line()? {
            if !counting.look(line, None) {
                progress.warn_of_record(format_args!(
                    "{}: line {} is not a conversation, or has fields of another form; it is skipped",
                    printable(lines.name()),
                    lines.number()
                ));
            }
            progress.done(before + lines.taken(), all);
        }
        before += size;
    }
    Ok(counting.read)
}

/// The bytes of a file; what a pipe will bring is not known.
fn size(path: &Path) -> Option<u64> {
    let data = path.metadata().ok()?;
    data.is_file().then_some(data.len())
}

/// Records of files, under way into the sums.
struct Counting<'a> {
    choice: Choice<'a>,
    progress: &'a Progress,
    counts: &'a mut Counts,
    read: Read,
}

impl Counting<'_> {
    /// `false` if it is no conversation, or one that even the tolerant types cannot take. `started` is its
    /// start where the text does not tell.
    fn look(&mut self, record: &str, started: Option<DateTime<Utc>>) -> bool {
        let Some(facts) = Facts::read(record) else {
            self.read.malformed += 1;
            return false;
        };
        let started = started.or_else(|| facts.started());
        self.read.records += 1;
        self.progress.read_text(record, started);
        if self.choice.takes(&facts, started) {
            self.counts.add(&facts, started);
        }
        true
    }
}
