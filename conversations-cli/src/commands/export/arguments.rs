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
  conversations export --projects conversations.toml -o '{name}.jsonl'";

/// Fetch every matching conversation into a file: as received, as CSV or as Parquet
///
/// The file is written under a temporary name in the same folder and renamed at the end, so it is complete
/// or absent; one that is there already is replaced. It is readable by its owner only, because it holds
/// people's calls. An object in a store appears when it is complete. To resume an interrupted JSONL export,
/// run the same command again: no conversation is written twice.
/// Records are written in the order of the server, whatever --parallel is.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = format!("{EXAMPLES}\n\nRun with --help for the settings and the exit codes."),
    after_long_help = format!("{EXAMPLES}\n\n{SETTINGS}\n\n{PROJECTS}\n\n{EXIT_CODES}")
)]
pub(crate) struct ExportArguments {
    /// Where to write: a file, an object's URL (s3://, gs://, az://, file://), or `-`, standard output
    ///
    /// A pipe or device that is there already is written to directly, as standard output is: of these
    /// a reader has seen a part when an export fails. The credentials of a store are those that its own
    /// tools take from the environment.
    #[arg(short, long, value_name = "FILE|URL")]
    pub(super) output: PathBuf,

    #[command(flatten)]
    pub(super) parallel: ParallelArguments,

    /// Only this machine's part of the time range, e.g. 2/4; needs --start and --end
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,

    /// Where malformed records go, with the reason: the first 10,000 or 8 MiB of them, more are counted only
    /// [default: OUTPUT.malformed.jsonl, if there are any]
    #[arg(long, value_name = "FILE")]
    pub(super) quarantine: Option<PathBuf>,

    /// Write what the run has found to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) layout: LayoutArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}
