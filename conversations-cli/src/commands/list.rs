//! `conversations list`: prints the first or newest conversations as a table.

use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;
use conversations_api_ext::{Client, Environment, Record};
use conversations_table::Tz;
use indicatif::HumanCount;

use crate::args::{Environments, FilterArguments, ParallelArguments, SourceArguments};
use crate::failure::{Exit, Failure};
use crate::records::for_each::{self, ReadCounts};
use crate::records::query::Filters;
use crate::records::top_k::TopK;
use crate::source::Source;
use crate::source::projects::{self, Outcomes};
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::rows::{Rows, RowsArguments, Shown};
use crate::term::stderr::say;
use crate::term::table::ProjectNames;

/// List the first or newest conversations as a table, without transcripts and phone numbers
///
/// The API guarantees no order, so all matching conversations are read to find the first or newest ones: use --start
/// to limit the time range. JSON and JSONL contain the records as received, with transcripts. In a pipe, the table
/// is tab-separated. With several projects, the first or newest conversations of all of them are listed, with the
/// project in a column of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations list --start 2026-04-01 --newest
  conversations list --start 2026-04-01 --limit 50 --channel VOICE-SIP
  conversations list --start 2026-04-01 --newest --limit 3 --format jsonl \\
      | conversations show -
  conversations list --projects conversations.toml --start yesterday --newest
  conversations list --demo --limit 5

For settings and exit codes, see `conversations export --help`.")]
pub(crate) struct ListArguments {
    /// Maximum number of conversations to list
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,

    /// List the newest conversations instead of the first
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
    let progress = Progress::new(arguments.source.quiet);
    let mut selection = Selection {
        top_k: TopK::new(arguments.limit as usize, arguments.newest),
        rows: Rows::new(&arguments.rows, None),
    };
    let mut outcomes = Outcomes::default();
    let read = match projects::several(&arguments.source.connection)? {
        Some(projects) => {
            let mut all = ReadCounts::default();
            let mut names = ProjectNames::new();
            for project in projects {
                let outcome = match project.client {
                    Ok(client) => {
                        let id = client.project().project().to_string();
                        names.insert(id, project.name.clone());
                        let names = Some(&names);
                        read_all(arguments, &client, &progress, &mut selection, names).await
                    }
                    Err(failure) => Err(failure),
                };
                let outcome = outcome.map(|read| {
                    all += read;
                    read.exit()
                });
                outcomes.add(&project.name, outcome)?;
            }
            all
        }
        None => {
            let source = Source::open(&arguments.source).await?;
            read_all(arguments, &source.client, &progress, &mut selection, None).await?
        }
    };
    drop(progress);
    let seen = selection.top_k.seen();
    let all = selection.top_k.into_sorted();
    let shown = all.len() as u64;
    selection.rows.print(all)?;
    if shown < seen && !arguments.source.quiet {
        let which = if arguments.newest { "newest" } else { "first" };
        say(format_args!(
            "showing the {which} {} of {}; to show more, use --limit",
            HumanCount(shown),
            plural(seen, "conversation")
        ));
    }
    Ok(match outcomes.exit(arguments.source.quiet) {
        Exit::Success => read.code(),
        worst => worst.into(),
    })
}

/// Reads the conversations of one project.
async fn read_all(
    arguments: &ListArguments,
    client: &Client,
    progress: &Progress,
    selection: &mut Selection<'_>,
    names: Option<&ProjectNames>,
) -> Result<ReadCounts, Failure> {
    let default = Environments::One(Environment::Live);
    let filters = Filters::new(&arguments.filters, default, Tz::UTC)?;
    let at_once = arguments.parallel.parallel;
    let mut failed = None;
    let read = for_each::each(
        filters.environments(),
        |environment| filters.fetch(client, environment, at_once, None),
        filters.span(at_once),
        progress,
        |record| {
            if let Err(failure) = selection.offer(&record, names) {
                failed = Some(failure);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
    )
    .await?;
    failed.map_or(Ok(read), Err)
}

/// The conversations to print so far.
struct Selection<'a> {
    top_k: TopK<Shown>,
    rows: Rows<'a>,
}

impl Selection<'_> {
    fn offer(&mut self, record: &Record, names: Option<&ProjectNames>) -> Result<(), Failure> {
        let rows = &mut self.rows;
        if let Some(shown) = self.top_k.offer(record, || rows.keep(record, names))? {
            self.rows.forget(shown);
        }
        Ok(())
    }
}
