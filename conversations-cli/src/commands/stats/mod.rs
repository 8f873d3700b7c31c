//! `conversations stats`: summarizes many conversations in figures and bars.

mod counter;
mod counts;
mod fields;
mod from_counts;
mod input;
mod metric;
mod percentiles;
mod record_filter;
mod statistics;
mod text;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::args::{FilterArguments, ParallelArguments, SourceArguments};
use crate::failure::Failure;
use crate::records::reader::FieldSelection;
use crate::term::escape::Terminal;
use crate::term::stdout;

pub(crate) use counter::shortened;
pub(crate) use counts::{Counts, PositionCounts};
pub(crate) use fields::Fields;
pub(crate) use input::{Gaps, InputArguments, InputReader};
pub(crate) use metric::named;
pub(crate) use percentiles::PERCENTILES;
pub(crate) use record_filter::RecordFilter;
pub(crate) use statistics::{Chart, Day, Figure, Rate, Statistics, Unit, share, weekday};

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

In JSON, `counts` contains the charts, `percentiles` seconds and numbers, `rates` shares from 0 to 1, `malformed` the \
number of skipped records, and `failed_projects` the projects that are not counted in full. CSV has one row per figure, \
with the columns section, name and value.

For settings and exit codes, see `conversations export --help`.")]
pub(crate) struct StatsArguments {
    #[command(flatten)]
    input: InputArguments,

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
    let input = &arguments.input;
    let mut counts = Counts::new(input.time_zone, &input.metric);
    let reader = InputReader {
        input,
        parallel: arguments.parallel,
        source: &arguments.source,
        filters: &arguments.filters,
        fields: FieldSelection::Statistics {
            metrics: !input.metric.is_empty(),
        },
        range: None,
    };
    let outcome = reader
        .each(|_, fields, started| counts.add(fields, started))
        .await?;
    let quiet = arguments.source.quiet;
    counts.check(quiet)?;
    let (statistics, gaps) = (counts.statistics(), outcome.gaps());
    match arguments.format {
        StatsFormat::Text => {
            let top = usize::from(arguments.top);
            stdout::print(&text::text(&statistics, &gaps, top, Terminal::of_stdout()))?;
        }
        StatsFormat::Json => {
            let json = statistics.json(Some(&gaps));
            stdout::print_json(&format!("{json:#}\n"))?;
        }
        StatsFormat::Csv => {
            let table = statistics.csv(&gaps);
            let table =
                table.map_err(|error| Failure::other(format!("cannot write CSV: {error}")))?;
            stdout::print(&String::from_utf8_lossy(&table))?;
        }
    }
    Ok(outcome.exit(quiet).into())
}
