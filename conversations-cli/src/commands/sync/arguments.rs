//! Arguments of `conversations sync`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use crate::args::{FilterArguments, LayoutArguments, SourceArguments};

/// Keep a folder up to date with the project, one file a day; made for cron
///
/// The first run fetches every day since --start. Later runs fetch the days that are new, and re-read those that
/// may have changed: conversations in progress (for 14 days), young ones, all days within --look-back, and days
/// that failed or had malformed records. A day is rewritten only if something in it differs; the report counts what
/// was inserted, updated, unchanged, moved and vanished. Records that the server adds to older days are found by a run
/// with a longer --look-back, e.g. weekly with 35d.
///
/// A folder keeps its settings: filters and format. Later runs need not repeat the flags, and flags that differ
/// are refused unless --rebuild is given.
///
/// A day that cannot be fetched costs no other day its turn: what arrived is published, and the run exits with 6
/// while a day is missing. A run that was killed or interrupted is resumed by the next one.
///
/// Files are named by the conversations' own start in UTC, as date=2026-04-01/conversations.parquet, and replaced in
/// one step; undated conversations are in date=unknown. _manifest.json lists them and is written last. What runs
/// remember is under _conversations/. Of several projects each is in project=NAME/.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  conversations sync /data/calls --start 2026-04-01
  conversations sync s3://bucket/calls --every 15m
  conversations sync /data/calls --dry-run
  conversations sync /data/jsonl --format jsonl --zstd --look-back 7d
  conversations sync /data/calls --projects conversations.toml

Settings and exit codes are those of `conversations export --help`.")]
pub(crate) struct SyncArguments {
    /// Where to: a folder, or the URL of one (s3://, gs://, az://, file://)
    #[arg(value_name = "DIR|URL")]
    pub(super) folder: PathBuf,

    /// Stay, and run again this long after the last run began, e.g. 5m or 1h; at least 1s
    #[arg(long, value_name = "TIME", value_parser = interval, conflicts_with = "dry_run")]
    pub(super) every: Option<Duration>,

    /// Print which days would be read, and read none
    #[arg(long)]
    pub(super) dry_run: bool,

    /// A conversation younger than this may still change
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = patience)]
    pub(super) settle: TimeDelta,

    /// Re-read every day that ended less than this ago
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = patience)]
    pub(super) look_back: TimeDelta,

    /// Days that are fetched at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) parallel: u8,

    /// Believe the server when it no longer sends most conversations of a day, or any
    #[arg(long)]
    pub(super) accept_vanished: bool,

    /// Fetch every day once more under the flags given, where they differ from the settings of the folder
    ///
    /// Later runs use the new settings. To resume a rebuild that was interrupted, run the same command again.
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) rebuild: bool,

    /// Let the group of the folder read the data and the manifest [default: only the owner]
    ///
    /// Without it, each file that a run writes is readable by its owner only, whatever the mode of the one it
    /// replaces. The group is that of the folder if its setgid bit is set.
    #[arg(long)]
    pub(super) group_readable: bool,

    /// Write the report of the run to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) layout: LayoutArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time < Duration::from_secs(1) {
        return Err(
            "runs cannot follow each other faster than one a second: give 1s or more".to_owned(),
        );
    }
    Ok(time)
}

fn patience(text: &str) -> Result<TimeDelta, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    TimeDelta::from_std(time).map_err(|_| "that is too long".to_owned())
}
