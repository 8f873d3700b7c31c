//! Arguments of `conversations audio`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use conversations_api_ext::Direction;

use super::index::IndexFormat;
use crate::args::{
    EXIT_CODES, FILTER_FLAGS, FilterArguments, REQUEST_FLAGS, SETTINGS, SourceArguments, hidden,
    one_project,
};

const EXAMPLES: &str = "\
Examples:
  conversations audio CA0f3b6c0e5c1d4e2a9b7d8e6f5a4b3c2d -o call.wav
  conversations audio --start yesterday --channel VOICE-SIP -o yesterday
  conversations audio --ids ids.txt --direction user -o s3://bucket/disputed
  conversations list --start yesterday --format jsonl | jq -r .id \\
      | conversations audio --ids - -o calls
  conversations audio --demo --channel VOICE-SIP --start 2026-04-30 -o demo";

/// Download recordings of calls as WAV files, redacted unless --raw is given
///
/// The conversations are given by id, by a file of ids, or by filters. Each recording is written under a temporary name
/// and renamed when it is complete, so to resume an interrupted run, run the same command again: recordings that are
/// there already are not downloaded again. Files are readable only by their owner. The index in the folder lists the
/// files: id, file, bytes, seconds, direction and redacted. Conversations without a recording are counted; only if none
/// of the given ids has one, the command fails.
#[derive(Debug, Args)]
#[command(
    after_help = format!("{EXAMPLES}\n\nFor settings and exit codes, run with --help."),
    after_long_help = format!("{EXAMPLES}\n\n{SETTINGS}\n\n{EXIT_CODES}"),
    mut_arg("project", one_project),
    mut_arg("projects", hidden)
)]
pub(crate) struct AudioArguments {
    /// Conversation ids [default: all conversations that match the filters]
    #[arg(value_name = "ID", conflicts_with_all = REQUEST_FLAGS, conflicts_with_all = FILTER_FLAGS)]
    pub(super) id: Vec<String>,

    /// File with conversation ids, one per line; `-` is standard input
    #[arg(long, value_name = "PATH", conflicts_with = "id", conflicts_with_all = REQUEST_FLAGS,
        conflicts_with_all = FILTER_FLAGS)]
    pub(super) ids: Option<PathBuf>,

    /// Output folder or URL of a prefix (s3://, gs://, az://, file://), in which the files are named ID.wav; for one
    /// recording also a file that ends in .wav, or `-` for standard output
    #[arg(short, long, value_name = "DIR|FILE|URL")]
    pub(super) output: PathBuf,

    /// Download recordings with personal data, named ID.raw.wav. A key without access to personal data gets the
    /// redacted ones in any case
    #[arg(long)]
    pub(super) raw: bool,

    /// Side of the call: combined, user or agent; files of one side are named ID.user.wav or ID.agent.wav
    #[arg(long, value_name = "SIDE", default_value_t, hide_possible_values = true, value_parser = directions())]
    pub(super) direction: Direction,

    /// Format of the index: csv (index.csv) or jsonl (index.jsonl)
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = IndexFormat::Csv, hide_possible_values = true)]
    pub(super) index: IndexFormat,

    /// Maximum number of recordings to download at once, 1 to 32; also that of windows of the time range
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) parallel: u8,

    /// Write a summary of the run to this file as JSON
    #[arg(long, value_name = "PATH")]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}

impl AudioArguments {
    /// Returns the paths of the indexes that this run and others write if the output is a folder.
    pub(crate) fn index_files(&self) -> [PathBuf; 2] {
        [IndexFormat::Csv, IndexFormat::Jsonl].map(|format| self.output.join(format.file_name()))
    }
}

fn directions() -> impl TypedValueParser<Value = Direction> {
    let names = Direction::ALL.iter().map(|direction| direction.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}
