//! `conversations search` and `conversations sample`: finds conversations with the API's retrieval endpoints.

pub(crate) mod snippet;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use conversations_api_ext::{BoundedRange, Environment, Record, Retrieval, SearchText, TurnType};
use conversations_table::Tz;

use crate::args::{
    CONNECTION_FLAGS, Environments, FilterArguments, REQUEST_FLAGS, SourceArguments, hidden,
    one_project,
};
use crate::commands::search::snippet::Snippets;
use crate::commands::stats::{Fields, RecordFilter};
use crate::failure::Failure;
use crate::records::fetch::Fetch;
use crate::records::for_each::{self, ReadCounts};
use crate::records::query::Filters;
use crate::records::reader::{FieldSelection, Input};
use crate::source::Source;
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::rows::{Rows, RowsArguments};
use crate::term::secrets;
use crate::term::stderr::say;

/// Search conversations by words or by meaning
///
/// The API searches only within a time range, so --start and --end are required. To search exported files instead,
/// use --from. The table shows no transcripts unless --snippets is given. Results are in the server's order, one
/// environment after the other.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations search refund --demo --start 2026-04-01 --end 2026-05-01
  conversations search \"cancel reservation\" --turns user --snippets \\
      --start 2026-04-01 --end 2026-04-02
  conversations search \"upset about a bill\" --mode semantic \\
      --start 2026-04-01 --end 2026-05-01 --format jsonl | conversations show -
  conversations search refund --from /data/calls --start 2026-04

For settings and exit codes, see `conversations export --help`.")]
#[command(mut_arg("project", one_project), mut_arg("projects", hidden))]
pub(crate) struct SearchArguments {
    /// Text to search for
    #[arg(value_name = "TEXT")]
    text: String,

    /// Search these files instead of the API, for this text within one turn, ignoring case: JSONL (also .gz or .zst; `-` is
    /// standard input), Parquet, and folders written by `sync`. Filters apply; --start and --end are optional, and all
    /// environments are searched unless --client-env is given
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = CONNECTION_FLAGS,
        conflicts_with_all = REQUEST_FLAGS)]
    from: Vec<PathBuf>,

    /// Search mode: transcript (conversations with these words) or semantic (conversations with a similar meaning)
    #[arg(long, value_enum, default_value_t = Mode::Transcript, hide_possible_values = true)]
    mode: Mode,

    /// Search only the turns of the user or of the agent, with --mode transcript [default: both]
    #[arg(long, value_name = "user|agent")]
    turns: Option<TurnType>,

    /// Maximum number of conversations to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,

    /// Show the text around each match, in the table and CSV
    #[arg(long)]
    snippets: bool,

    #[command(flatten)]
    rows: RowsArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

/// Show a random sample of conversations
///
/// The API draws a new sample for each request, and only within a time range, so --start and --end are required. With
/// several environments, N conversations of each are shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations sample 10 --start 2026-04-01 --end 2026-04-08
  conversations sample 5 --start 2026-04-01 --end 2026-05-01 --redact \\
      --format jsonl | conversations show -
  conversations sample 3 --demo --start 2026-04-01 --end 2026-05-01 --snippets

For settings and exit codes, see `conversations export --help`.")]
#[command(
    mut_arg("project", one_project),
    mut_arg("projects", hidden),
    mut_arg("page_size", |flag| flag.hide(true))
)]
pub(crate) struct SampleArguments {
    /// Sample size, 1 to 1000
    #[arg(value_name = "N", conflicts_with = "page_size", value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: u32,

    /// Show the caller's first words, in the table and CSV
    #[arg(long)]
    snippets: bool,

    #[command(flatten)]
    rows: RowsArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Transcript,
    Semantic,
}

pub(crate) async fn search(arguments: &SearchArguments) -> Result<ExitCode, Failure> {
    if !arguments.from.is_empty() {
        return in_files(arguments);
    }
    let range = range(&arguments.filters, "search")?;
    let text = SearchText::new(&arguments.text)?;
    secrets::add_search_text(&arguments.text);
    let retrieval = match (arguments.mode, arguments.turns) {
        (Mode::Transcript, turn_type) => Retrieval::TranscriptSearch {
            text,
            turn_type,
            range,
        },
        (Mode::Semantic, None) => Retrieval::SemanticSearch { text, range },
        (Mode::Semantic, Some(_)) => {
            return Err(Failure::usage(
                "--turns requires --mode transcript; --mode semantic searches whole conversations",
            ));
        }
    };
    let snippets = Snippets::around(&arguments.text, arguments.turns);
    let request = SearchRequest {
        retrieval,
        limit: arguments.limit,
        per_page: arguments.limit.min(arguments.filters.page_size),
        is_cut: true,
        rows: &arguments.rows,
        snippets: arguments.snippets.then_some(snippets),
    };
    request.run(&arguments.source, &arguments.filters).await
}

pub(crate) async fn sample(arguments: &SampleArguments) -> Result<ExitCode, Failure> {
    let range = range(&arguments.filters, "sample")?;
    let request = SearchRequest {
        retrieval: Retrieval::RandomSample { range },
        limit: u32::MAX,
        per_page: arguments.count,
        is_cut: false,
        rows: &arguments.rows,
        snippets: arguments.snippets.then_some(Snippets::of_callers()),
    };
    request.run(&arguments.source, &arguments.filters).await
}

fn range(filters: &FilterArguments, what: &str) -> Result<BoundedRange, Failure> {
    let range = filters.range(Tz::UTC)?;
    match (range.start(), range.end()) {
        (Some(start), Some(end)) => Ok(BoundedRange::new(start, end)?),
        _ => Err(Failure::usage(format!("{what} requires --start and --end"))),
    }
}

/// What was requested, and how to print it.
struct SearchRequest<'a> {
    retrieval: Retrieval,
    limit: u32,
    per_page: u32,
    /// Whether there may be more results than printed.
    is_cut: bool,
    rows: &'a RowsArguments,
    snippets: Option<Snippets<'a>>,
}

impl SearchRequest<'_> {
    async fn run(
        self,
        from: &SourceArguments,
        filters: &FilterArguments,
    ) -> Result<ExitCode, Failure> {
        let mut wanted = filters.clone();
        wanted.page_size = self.per_page;
        let filters = Filters::new(&wanted, Environments::One(Environment::Live), Tz::UTC)?;
        let source = Source::open(from).await?;
        let progress = Progress::new(from.quiet);
        let mut rows = Rows::new(self.rows, self.snippets.as_ref());
        let mut found = Vec::new();
        let mut failed = None;
        let limit = self.limit as usize;
        let read = for_each::each(
            filters.environments(),
            |environment| {
                let records =
                    filters.retrieved(&source.client, environment, self.retrieval.clone())?;
                Ok(Fetch::Pages(Box::new(records)))
            },
            None,
            &progress,
            |record| {
                match rows.keep(&record, None) {
                    Ok(shown) => found.push(shown),
                    Err(failure) => failed = Some(failure),
                }
                if found.len() < limit && failed.is_none() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            },
        )
        .await?;
        drop(progress);
        if let Some(failure) = failed {
            return Err(failure);
        }
        let count = found.len();
        rows.print(found)?;
        if !from.quiet {
            report(count, limit, self.is_cut);
        }
        Ok(read.code())
    }
}

fn report(found: usize, limit: usize, is_cut: bool) {
    if found == 0 {
        say("no matching conversations");
    } else if is_cut && found == limit {
        let shown = plural(found as u64, "conversation");
        say(format_args!(
            "showing the first {shown}; to show more, use --limit"
        ));
    }
}

/// Searches files for the literal text within one turn, ignoring case.
fn in_files(arguments: &SearchArguments) -> Result<ExitCode, Failure> {
    if arguments.mode == Mode::Semantic {
        return Err(Failure::usage(
            "--mode semantic cannot be used with --from; only the API supports it",
        ));
    }
    SearchText::new(&arguments.text)?;
    let filter = RecordFilter::new(&arguments.filters, Tz::UTC)?;
    let mut input = Input::open(&arguments.from, FieldSelection::All)?;
    let snippets = Snippets::around(&arguments.text, arguments.turns);
    let progress = Progress::new(arguments.source.quiet);
    let limit = arguments.limit as usize;
    let mut rows = Rows::new(&arguments.rows, arguments.snippets.then_some(&snippets));
    let mut found = Vec::new();
    let mut read = ReadCounts::default();
    while found.len() < limit && input.advance()? {
        let (done, all) = input.done();
        progress.done(done, all);
        let json = input.json();
        let fields = Fields::read(json);
        let record =
            fields.and_then(|fields| Some((fields, Record::from_json(json.to_owned()).ok()?)));
        let Some((fields, record)) = record else {
            read.malformed += 1;
            let position = input.position();
            progress.warn_of_record(format_args!("{position}: skipped, not a conversation"));
            continue;
        };
        read.records += 1;
        progress.read(&record);
        if !filter.matches(&fields) {
            continue;
        }
        match snippets.has_text(&record) {
            Some(true) => found.push(rows.keep(&record, None)?),
            Some(false) => {}
            None => {
                read.malformed += 1;
                let position = input.position();
                progress.warn_of_record(format_args!(
                    "{position}: skipped, a field has an unexpected type"
                ));
            }
        }
    }
    drop(progress);
    let count = found.len();
    rows.print(found)?;
    if !arguments.source.quiet {
        report(count, limit, true);
    }
    Ok(read.code())
}
