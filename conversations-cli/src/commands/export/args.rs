//! Arguments of `conversations export`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{
    EXIT_CODES, FilterArguments, LayoutArguments, PROJECTS, ParallelArguments, SETTINGS,
    SourceArguments,
};
use crate::records::shard::Shard;

const EXAMPLES: &str = "\
Examples:
  conversations export --demo -o conversations.jsonl
  conversations export --start 2026-04-01 --end 2026-05-01 -o april.jsonl
  conversations export --client-env all --channel CHAT -o chats.jsonl.gz
  conversations export --start 2026-04-01 --time-zone Europe/London -o april.csv
  conversations export --start 2026-04-01 -o s3://bucket/april.parquet
  conversations export --start 2026-04-01 -o - | jq -r .handoff_reason
  conversations export --start yesterday --detail -o yesterday.jsonl
  conversations export --projects conversations.toml -o '{name}.jsonl'";

/// Export conversations to a JSONL, CSV or Parquet file
///
/// The file is written under a temporary name in the same folder and renamed when it is complete. An existing file
/// is replaced. The file is readable only by its owner, because it contains people's conversations. An object in a
/// store becomes visible when it is complete. To resume an interrupted JSONL export, run the same command again: no
/// conversation is written twice. Records keep the server's order, whatever --parallel is.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = format!("{EXAMPLES}\n\nFor settings and exit codes, run with --help."),
    after_long_help = format!("{EXAMPLES}\n\n{SETTINGS}\n\n{PROJECTS}\n\n{EXIT_CODES}")
)]
pub(crate) struct ExportArguments {
    /// Output file, URL of an object (s3://, gs://, az://, file://), or `-` for standard output
    ///
    /// An existing pipe or device is written to directly, like standard output, so its reader sees partial output if
    /// the export fails. Object stores use the credentials that their own tools read from the environment.
    #[arg(short, long, value_name = "PATH|URL")]
    pub(super) output: PathBuf,

    #[command(flatten)]
    pub(super) parallel: ParallelArguments,

    /// Add the fields that only a conversation requested by its id has: summary, tags, language, score, note, function
    /// events and others. Sends one more request per conversation, at most --parallel at once. In CSV and Parquet each
    /// field is a column
    #[arg(long)]
    pub(super) detail: bool,

    /// Export only one part of the time range, e.g. 2/4 for the second of four; requires --start and --end
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,

    /// Quarantine file for malformed records and their errors, at most 10,000 records or 8 MiB; further ones are only
    /// counted [default: OUTPUT.malformed.jsonl, created if needed]
    #[arg(long, value_name = "PATH")]
    pub(super) quarantine: Option<PathBuf>,

    /// Write a summary of the run to this file as JSON
    #[arg(long, value_name = "PATH")]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) layout: LayoutArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}
