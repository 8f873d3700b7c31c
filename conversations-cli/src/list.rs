//! `conversations list`: the first or newest conversations as a table.

use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;
use conversations_api_ext::Environment;
use indicatif::HumanCount;

use crate::arguments::{Environments, FilterArguments, ParallelArguments, SourceArguments};
use crate::failure::Failure;
use crate::filters::Filters;
use crate::kept::Kept;
use crate::progress::Progress;
use crate::reading;
use crate::rows::{self, RowsArguments};
use crate::say::say;
use crate::source::Source;

/// Show the first or newest conversations as a table, without anyone's words or numbers
///
/// The API has no order to rely on, so every matching conversation is read to find the first or the
/// newest, and those alone are kept: give --start to keep that short. JSON and JSONL hold the records as
/// received, with what was said; in a pipe the table is tab-separated.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations list --start 2026-04-01 --newest
  conversations list --start 2026-04-01 --limit 50 --channel VOICE-SIP
  conversations list --start 2026-04-01 --newest --limit 3 --format jsonl \\
      | conversations show -
  conversations list --demo --limit 5

Settings and exit codes are those of `conversations export --help`.")]
pub(crate) struct ListArguments {
    /// How many to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,

    /// Show the newest instead of the first
    #[arg(long)]
    newest: bool,

    #[command(flatten)]
    rows: RowsArguments,

    #[command(flatten)]
    parallel: ParallelArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

pub(crate) async fn run(arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let filters = Filters::new(&arguments.filters, Environments::One(Environment::Live))?;
    let at_once = arguments.parallel.parallel;
    let source = Source::open(&arguments.source).await?;
    let progress = Progress::new(arguments.source.quiet);
    let mut kept = Kept::new(arguments.limit as usize, arguments.newest);
    let read = reading::each(
        filters.environments(),
        |environment| filters.fetch(&source.client, environment, at_once, None),
        filters.span(at_once),
        &progress,
        |record| {
            kept.offer(&record);
            ControlFlow::Continue(())
        },
    )
    .await?;
    drop(progress);
    let seen = kept.seen();
    let shown = kept.into_sorted();
    rows::print(&shown, &arguments.rows, None)?;
    let shown = shown.len() as u64;
    if shown < seen && !arguments.source.quiet {
        let which = if arguments.newest { "newest" } else { "first" };
        say(format_args!(
            "the {which} {} of {}; --limit shows more",
            HumanCount(shown),
            HumanCount(seen)
        ));
    }
    Ok(read.code())
}
