//! The arguments of `report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::args::redact::RedactArguments;
use crate::args::{FilterArguments, ParallelArguments, SourceArguments};
use crate::commands::stats::InputArguments;

/// Create a report: one HTML file with charts, a table of conversations and transcripts
///
/// The file needs no network, no account and no other file: open it in a browser, send it or print it. It has the
/// figures of `stats` as charts; selecting a bar filters the conversations below. Transcripts are masked unless
/// --with-transcripts is given, and phone numbers are never included. The names of channels, variants and environments,
/// handoff reasons and the values of --metric are shown as they are unless --redact is given. The file can be read only
/// by its owner.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations report --demo
  conversations report --from april.parquet --metric LANGUAGE -o april.html
  conversations report --start 30d --compare --time-zone Europe/London
  conversations report --from /data/calls --with-transcripts -o calls.html
  conversations report --from april.jsonl --format json | jq -c .days[]

With --format json, the numbers of all charts are written: those of `conversations stats --format json`, and with \
--compare `previous`, those of the period before. `malformed` and `failed_projects` are then of both periods.

For settings and exit codes, see `conversations export --help`.")]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,

    /// Output file, URL of an object (s3://, gs://, az://, file://), or `-` for standard output [default: report.html;
    /// with --format json standard output]
    #[arg(short, long, value_name = "PATH|URL")]
    pub(super) output: Option<PathBuf>,

    /// Output format: html (one page) or json (the numbers of the charts)
    #[arg(long, value_enum, default_value_t = ReportFormat::Html, hide_possible_values = true)]
    pub(super) format: ReportFormat,

    /// Title of the page
    #[arg(long, value_name = "TEXT", default_value = "Conversations")]
    pub(super) title: String,

    /// Compare with the period before, which has the same length and ends at --start; with --from, also requires --end
    #[arg(long, requires = "start")]
    pub(super) compare: bool,

    /// Maximum number of conversations in the table; of more, it contains a random sample
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(super) table_size: u32,

    /// Show transcripts in full instead of masked
    #[arg(long, conflicts_with_all = ["no_transcripts", "redact"])]
    pub(super) with_transcripts: bool,

    /// Omit transcripts. Of a Parquet file, the columns with transcripts are then not read
    #[arg(long)]
    pub(super) no_transcripts: bool,

    /// Link to the recordings in this folder, as downloaded by `conversations audio`; the output must be a file
    #[arg(long, value_name = "FOLDER")]
    pub(super) recordings: Option<PathBuf>,

    #[command(flatten)]
    pub(super) redact: RedactArguments,

    #[command(flatten)]
    pub(super) parallel: ParallelArguments,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    Html,
    Json,
}
