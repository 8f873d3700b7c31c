//! Arguments of `conversations sync`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use conversations_table::Tz;

use super::plan::Plan;
use crate::args::time::TimeArgument;
use crate::args::{FilterArguments, LayoutArguments, SourceArguments};
use crate::failure::Failure;
use crate::output::store;

/// The default number of days that a first run reads back.
const FIRST_DAYS: u64 = 30;

/// Synchronize conversations to a folder with one file per day; suitable for cron
///
/// The first run fetches every day since --start, by default 30 days ago. Later runs fetch new days, and re-read days that may have changed:
/// days with recent conversations or conversations in progress (for 14 days), all days that were last read within
/// --look-back, and days that failed or had malformed records. A day is rewritten only if it has changed; the report
/// counts inserted, updated, unchanged, moved and deleted conversations. To find conversations that the server adds
/// to older days, use a longer --look-back from time to time, e.g. 35d once a week.
///
/// The folder stores its settings: filters and output format. Later runs need not repeat these flags, and different
/// flags are rejected unless --rebuild is given.
///
/// A day that cannot be fetched does not stop the others: complete days are published, and the exit code is 6 while
/// a day is missing. The next run resumes a run that was killed or interrupted.
///
/// Files are named by the start of their conversations in UTC, e.g. date=2026-04-01/conversations.parquet, and
/// replaced atomically; conversations without a start are in date=unknown. _manifest.json lists the files and is
/// written last. State is stored under _conversations/. With several projects, each one is in project=NAME/.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  conversations sync /data/calls --start 2026-04-01
  conversations sync s3://bucket/calls --every 15m
  conversations sync /data/calls --dry-run
  conversations sync /data/jsonl --format jsonl --zstd --look-back 7d
  conversations sync /data/calls --projects conversations.toml

For settings and exit codes, see `conversations export --help`.")]
pub(crate) struct SyncArguments {
    /// Destination folder, or the URL of a prefix in a store (s3://, gs://, az://, file://)
    #[arg(value_name = "DIR|URL")]
    pub(super) folder: PathBuf,

    /// Keep running, and synchronize at this interval, e.g. 5m or 1h; at least 1s
    #[arg(long, value_name = "DURATION", value_parser = interval, conflicts_with = "dry_run")]
    pub(super) every: Option<Duration>,

    /// Print the days that would be read, without reading them
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Minimum age at which a conversation that is not in progress is final
    #[arg(long, value_name = "DURATION", default_value = "2h", value_parser = duration)]
    pub(super) settle: TimeDelta,

    /// Re-read every day until it was read this long after its end
    #[arg(long, value_name = "DURATION", default_value = "3d", value_parser = duration)]
    pub(super) look_back: TimeDelta,

    /// Maximum number of days to fetch concurrently, 1 to 32
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) parallel: u8,

    /// Delete conversations that the server no longer returns, even if they are most or all of a day
    #[arg(long)]
    pub(super) accept_vanished: bool,

    /// Re-fetch every day with the given flags, if they differ from the settings of the folder
    ///
    /// Later runs use the new settings. To resume an interrupted rebuild, run the same command again.
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) rebuild: bool,

    /// Make the data and the manifest readable by the group of the folder [default: only by the owner]
    ///
    /// Without this flag, each file that a run writes is readable only by its owner, whatever the mode of the file it
    /// replaces. If the setgid bit of the folder is set, its group is used.
    #[arg(long)]
    pub(super) group_readable: bool,

    /// Keep the folder as a table that every engine reads atomically, with time travel: delta (Delta Lake)
    ///
    /// Each run that changes something adds one version to the log of the table in _delta_log/. A folder that was
    /// synchronized before becomes a table without being fetched again; later runs need not repeat the flag. With
    /// several projects, each one has its own table. Read a table by its log, never by the names of its files: those
    /// of earlier versions stay next to the current ones.
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true)]
    pub(super) table: Option<TableFormat>,

    /// Verify the checksum of every file, and fetch the days of damaged files again
    ///
    /// Without this flag, a run verifies the files of the days that it reads, and files that were modified since the
    /// last run.
    #[arg(long)]
    pub(super) verify: bool,

    /// Write a report of the run to this file as JSON
    #[arg(long, value_name = "PATH")]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    #[command(flatten)]
    pub(super) layout: LayoutArguments,

    #[command(flatten)]
    pub(super) filters: FilterArguments,
}

/// The format of a table that a folder is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// Delta Lake.
    Delta,
}

impl SyncArguments {
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (flag, text) in [
            ("--start", &self.filters.start),
            ("--end", &self.filters.end),
        ] {
            let Some(text) = text else { continue };
            let time = TimeArgument::read(text, self.zone(), Utc::now());
            match time.map_err(|why| Failure::usage(format!("{flag}: {why}")))? {
                TimeArgument::Day(_) => {}
                TimeArgument::Local(_) | TimeArgument::Instant(_) => {
                    return Err(Failure::usage(format!(
                        "{flag} is a date here, such as 2026-04-01 or 7d: days are fetched and kept whole"
                    )));
                }
            }
        }
        if self.group_readable && store::local_path(&self.folder).is_none() {
            return Err(Failure::usage(
                "--group-readable is for a folder on this machine: a store has permissions of its own",
            ));
        }
        if self.group_readable && cfg!(not(unix)) {
            return Err(Failure::usage(
                "--group-readable is for Unix: on this system files have the permissions of their folder",
            ));
        }
        if self.filters.in_progress.is_some() {
            return Err(Failure::usage(
                "--in-progress cannot be used here: a conversation would vanish when it ends",
            ));
        }
        Ok(())
    }

    /// Returns the arguments with the settings of the folder in place of flags that were not given.
    pub(super) fn with_settings(&self, folder: Option<Plan>) -> Self {
        let mut this = self.clone();
        if let Some(plan) = folder {
            plan.fill_in(&mut this.filters, &mut this.layout);
        }
        this
    }

    /// Returns the time zone of `--start` and `--end`.
    pub(super) fn zone(&self) -> Tz {
        self.layout.zone()
    }

    /// Returns the first day in UTC: the one in which the first day of the time zone begins.
    pub(super) fn first_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let start = self.instant(self.filters.start.as_deref(), now);
        start.map(|start| start.date_naive()).unwrap_or_else(|| {
            today
                .checked_sub_days(Days::new(FIRST_DAYS))
                .unwrap_or(today)
        })
    }

    /// Returns the last day in UTC: the one in which the last day of the time zone ends.
    pub(super) fn last_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let end = self.instant(self.filters.end.as_deref(), now);
        let last = end.and_then(|end| end.checked_sub_signed(TimeDelta::nanoseconds(1)));
        last.map_or(today, |last| last.date_naive().min(today))
    }

    fn instant(&self, text: Option<&str>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = TimeArgument::read(text?, self.zone(), now).ok()?;
        Some(time.at(self.zone()))
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time < Duration::from_secs(1) {
        return Err("the minimum interval is 1s".to_owned());
    }
    Ok(time)
}

pub(super) fn duration(text: &str) -> Result<TimeDelta, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    // A century before or after any day is still a date.
    let delta = TimeDelta::from_std(time).ok();
    delta
        .filter(|delta| *delta <= TimeDelta::days(36_525))
        .ok_or_else(|| "the maximum is 100 years".to_owned())
}
