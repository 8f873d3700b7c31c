//! `conversations show`: prints one conversation for people to read.

mod transcript;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use conversations_api_ext::{Conversation, Redaction};
use conversations_table::Tz;
use serde::Deserialize;

use crate::args::redact::RedactArguments;
use crate::args::{
    CONNECTION_FLAGS, Environments, FILTER_FLAGS, FilterArguments, ParallelArguments,
    REQUEST_FLAGS, SourceArguments, hidden, one_project, time_zone,
};
use crate::failure::{Exit, Failure};
use crate::records::details;
use crate::records::for_each;
use crate::records::query::Filters;
use crate::records::reader::{FieldSelection, Input};
use crate::source::Source;
use crate::term::escape::{Terminal, printable};
use crate::term::plural::plural;
use crate::term::progress::Progress;
use crate::term::stderr::say;
use crate::term::stdout;
use crate::term::warnings::Warnings;

/// Where else a conversation can be read.
const LIST_INSTEAD: &str = "with --start, conversations are listed until the id is found instead";

/// Show a conversation: summary, transcript, functions, latencies, handoff and metrics
///
/// Without filters, the conversation is requested by its id, and its summary, tags, language, score, note and the
/// functions that the agent called are shown too. With --start, --end or another filter, conversations are listed until
/// the id is found. To read exported files or synced folders instead, use --from.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations show CA0f3b6c0e5c1d4e2a9b7d8e6f5a4b3c2d
  conversations show CA0f3b6c0e5c1d4e2a9b7d8e6f5a4b3c2d --start 2026-04-01
  conversations show OUT-ab57ed33-5816-bbbb-9748-6dddbc5905b4 --demo --redact
  conversations show CA0f3b6c0e5c1d4e2a9b7d8e6f5a4b3c2d --from april.jsonl.zst
  conversations show CA0f3b6c0e5c1d4e2a9b7d8e6f5a4b3c2d --from /data/calls
  conversations list --demo --limit 3 --format jsonl | conversations show -

For settings and exit codes, see `conversations export --help`.")]
#[command(mut_arg("project", one_project), mut_arg("projects", hidden))]
pub(crate) struct ShowArguments {
    /// Conversation id; `-` shows all conversations read as JSONL from standard input
    #[arg(value_name = "ID", required_unless_present = "from")]
    id: Option<String>,

    /// Read this file instead of the API: JSONL (also .gz or .zst; `-` is standard input), Parquet, or a folder
    /// written by `sync`. Without an id, all conversations in it are shown
    #[arg(long, value_name = "PATH", conflicts_with_all = CONNECTION_FLAGS, conflicts_with_all = REQUEST_FLAGS,
        conflicts_with_all = FILTER_FLAGS, conflicts_with = "parallel")]
    from: Option<PathBuf>,

    /// Output format: text, or json (the record on one line, as received; if requested by its id, with the field names
    /// of the list)
    #[arg(long, value_enum, default_value_t = ShowFormat::Text, hide_possible_values = true)]
    format: ShowFormat,

    #[command(flatten)]
    redact: RedactArguments,

    /// Time zone of the times shown and of the dates in --start and --end, e.g. Europe/London
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    time_zone: Tz,

    #[command(flatten)]
    parallel: ParallelArguments,

    #[command(flatten)]
    source: SourceArguments,

    #[command(flatten)]
    filters: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Text,
    Json,
}

pub(crate) async fn run(arguments: &ShowArguments) -> Result<ExitCode, Failure> {
    let mut printer = Printer::new(arguments);
    let id = arguments.id.as_deref();
    match (&arguments.from, id) {
        (Some(file), id) => in_file(file.clone(), id, &mut printer),
        (None, Some("-") | None) => in_file("-".into(), None, &mut printer),
        (None, Some(id)) if arguments.has_filters() => in_list(arguments, id, &mut printer).await,
        (None, Some(id)) => by_id(arguments, id, &mut printer).await,
    }
}

impl ShowArguments {
    /// Rejects the flags that `--from` excludes with `-` as well. `matches` are those that the arguments were parsed
    /// from: a value does not tell whether a flag with a default was given.
    pub(crate) fn check_flags(&self, matches: &ArgMatches) -> Result<(), Failure> {
        if self.id.as_deref() != Some("-") {
            return Ok(());
        }
        let is_given = |flag: &&&str| matches.value_source(flag) == Some(ValueSource::CommandLine);
        let excluded = [
            &CONNECTION_FLAGS[..],
            &REQUEST_FLAGS,
            &FILTER_FLAGS,
            &["parallel"],
        ];
        match excluded.into_iter().flatten().find(is_given) {
            Some(flag) => Err(Failure::usage(format!(
                "--{} cannot be used with `-`, which shows all conversations on standard input",
                flag.replace('_', "-")
            ))),
            None => Ok(()),
        }
    }

    /// Returns whether the conversation is to be found in the list.
    fn has_filters(&self) -> bool {
        let filters = &self.filters;
        filters.start.is_some()
            || filters.end.is_some()
            || filters.api_version.is_some()
            || !filters.client_env.is_empty()
            || !filters.channel.is_empty()
            || filters.variant_id.is_some()
            || filters.variant_name.is_some()
            || filters.in_progress.is_some()
            || filters.include_turn_metadata
            || filters.include_context_state
    }
}

async fn by_id(
    arguments: &ShowArguments,
    id: &str,
    printer: &mut Printer,
) -> Result<ExitCode, Failure> {
    let source = Source::open(&arguments.source).await?;
    details::check_host(&source.client).map_err(|failure| failure.with(LIST_INSTEAD))?;
    let detail = details::request(&source.client, id).await;
    let detail = detail.map_err(|error| Failure::from(error).with(LIST_INSTEAD))?;
    let Some(detail) = detail else {
        return Err(Failure::not_found(format!(
            "conversation {id:?} not found: requested by its id"
        ))
        .with("check the id, the project and the region"));
    };
    if !arguments.source.quiet {
        say("requested by its id");
    }
    printer.print(&details::record(&detail))?;
    Ok(printer.code())
}

async fn in_list(
    arguments: &ShowArguments,
    id: &str,
    printer: &mut Printer,
) -> Result<ExitCode, Failure> {
    let default = Environments::unless_named(arguments.source.demo);
    let mut wanted = arguments.filters.clone();
    wanted.ask_for_latency();
    let filters = Filters::new(&wanted, default, arguments.time_zone)?;
    let at_once = arguments.parallel.parallel;
    let source = Source::open(&arguments.source).await?;
    let progress = Progress::new(arguments.source.quiet);
    let mut found = None;
    let read = for_each::each(
        filters.environments(),
        |environment| filters.fetch(&source.client, environment, at_once, None),
        filters.span(at_once),
        &progress,
        |record| {
            if record.id() != id {
                return ControlFlow::Continue(());
            }
            found = Some(record);
            ControlFlow::Break(())
        },
    )
    .await?;
    drop(progress);
    if !arguments.source.quiet && found.is_some() {
        say(format_args!(
            "found in the list, among {}",
            plural(read.records, "conversation")
        ));
    }
    let Some(record) = found else {
        let environments: Vec<_> = filters.environments().iter().map(|e| e.name()).collect();
        return Err(Failure::not_found(format!(
            "conversation {id:?} not found: read {} ({}, {})",
            plural(read.records, "conversation"),
            environments.join(", "),
            range(&arguments.filters),
        ))
        .with("check --start, --end and --client-env"));
    };
    printer.print(record.raw())?;
    Ok(printer.code())
}

fn range(filters: &FilterArguments) -> String {
    match (&filters.start, &filters.end) {
        (None, None) => "all time".to_owned(),
        (Some(start), None) => format!("since {start}"),
        (None, Some(end)) => format!("before {end}"),
        (Some(start), Some(end)) => format!("from {start} to {end}"),
    }
}

/// The only field needed to find a conversation in a file.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
}

fn in_file(path: PathBuf, id: Option<&str>, printer: &mut Printer) -> Result<ExitCode, Failure> {
    let name = match path.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => printable(&path.to_string_lossy()),
    };
    let mut input = Input::open(&[path], FieldSelection::All)?.only(id);
    let mut read = 0_u64;
    while input.advance()? {
        let json = input.json();
        let head = serde_json::from_str::<Head<'_>>(json).ok();
        match (head, id) {
            (Some(head), Some(id)) if head.id == id => {
                printer.print(json)?;
                return Ok(printer.code());
            }
            (Some(_), Some(_)) => read += 1,
            (Some(_), None) => {
                printer.print(json)?;
                read += 1;
            }
            (None, _) => {
                printer.skipped += 1;
                printer.warnings.add(format_args!(
                    "{}: skipped, not a conversation",
                    input.position()
                ));
            }
        }
    }
    match id {
        Some(id) => Err(Failure::not_found(format!(
            "conversation {id:?} not found: read {} in {name}",
            plural(read + input.passed_over(), "conversation"),
        ))),
        None => Ok(printer.code()),
    }
}

/// Prints conversations in the requested format.
struct Printer {
    format: ShowFormat,
    redaction: Option<Redaction>,
    zone: Tz,
    terminal: Terminal,
    warnings: Warnings,
    printed: u64,
    skipped: u64,
}

impl Printer {
    fn new(arguments: &ShowArguments) -> Self {
        Self {
            format: arguments.format,
            redaction: arguments.redact.redaction(),
            zone: arguments.time_zone,
            terminal: Terminal::of_stdout(),
            warnings: Warnings::new(arguments.source.quiet),
            printed: 0,
            skipped: 0,
        }
    }

    fn print(&mut self, raw: &str) -> Result<(), Failure> {
        let record = stdout::one_line(raw, self.redaction.as_ref())?;
        let text = match self.format {
            ShowFormat::Json => record + "\n",
            ShowFormat::Text => match serde_json::from_str::<Conversation>(&record) {
                Ok(conversation) => {
                    let between = if self.printed > 0 { "\n\n" } else { "" };
                    let text = transcript::text(&conversation, self.zone, self.terminal);
                    format!("{between}{text}")
                }
                // serde's message would repeat the value, which may be anything that a caller said.
                Err(_) => {
                    self.skipped += 1;
                    self.warnings.add(
                        "a conversation was skipped, because a field has an unexpected type; --format json prints it as received",
                    );
                    return Ok(());
                }
            },
        };
        self.printed += 1;
        match self.format {
            ShowFormat::Json => stdout::print_json(&text),
            ShowFormat::Text => stdout::print(&text),
        }
    }

    fn code(&self) -> ExitCode {
        if self.skipped > 0 {
            Exit::Skipped.into()
        } else {
            ExitCode::SUCCESS
        }
    }
}
