//! `conversations vacuum`: removes the files of a Delta table that no version within the retention has.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use conversations_table::Columns;

use super::args::duration;
use super::delta::DeltaTable;
use super::folder::{Files, Folder};
use super::lock::Lock;
use super::paths::Paths;
use super::state::{Day, State};
use crate::failure::{Exit, Failure};
use crate::output::store;
use crate::term::stderr::say;

/// Remove files that only old versions of a Delta table need
///
/// A table that `sync --table delta` keeps holds the files of earlier versions, so that they can be read. This command
/// removes those that no version needs that was current within --older-than, and what killed runs have left. Earlier
/// versions can no longer be read then. To remove deleted or newly redacted conversations for good, vacuum after the
/// `sync` that removed them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  conversations vacuum /data/calls
  conversations vacuum s3://bucket/calls --older-than 30d --dry-run

For exit codes, see `conversations export --help`.")]
pub(crate) struct VacuumArguments {
    /// Folder of the table, or the URL of a prefix in a store (s3://, gs://, az://, file://)
    #[arg(value_name = "DIR|URL")]
    folder: PathBuf,

    /// Keep the versions that were current within this time
    ///
    /// Queries that take longer than this time fail: they read the version that was current when they began.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = duration)]
    older_than: TimeDelta,

    /// Print the files that would be removed, without removing them
    #[arg(long)]
    dry_run: bool,

    /// Suppress the report
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) async fn run(arguments: &VacuumArguments) -> Result<ExitCode, Failure> {
    let place = &arguments.folder;
    if let Some(local) = store::local_path(place).filter(|local| !local.is_dir()) {
        return Err(Failure::usage(format!(
            "there is no folder {}",
            local.display()
        )));
    }
    let folder = Folder::open(place)?;
    let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    let lock = Lock::take(&folder, &run).await?;
    let overtaken = folder.overtaken();
    let outcome = tokio::select! {
        outcome = vacuum(arguments, &folder) => outcome,
        () = lock.lost() => Err(overtaken),
    };
    lock.release().await;
    outcome.map(|()| Exit::Success.into())
}

/// Runs the part that requires the lock: a run in progress has files that no version has yet.
async fn vacuum(arguments: &VacuumArguments, folder: &Folder) -> Result<(), Failure> {
    let there = folder.files().await?;
    let table = DeltaTable::open(folder, &there, false, &Columns::default()).await?;
    let Some(table) = table else {
        return Err(Failure::usage(format!(
            "{} is not a Delta table: sync --table delta keeps one; with several projects, give the folder of each",
            folder.name
        )));
    };
    let since = Utc::now() - arguments.older_than;
    let needed = table.needed_since(since).await?;
    let lost = last_copies(folder, &table, &there).await?;
    let unneeded = there.iter().filter(|(name, _)| {
        Paths::partition(name).is_some() && !needed.contains(*name) && !lost.contains(*name)
    });
    let unneeded: std::collections::BTreeMap<_, _> = unneeded.collect();
    for name in unneeded.keys() {
        if arguments.dry_run {
            say(format_args!("{}/{name}", folder.name));
        } else {
            folder.remove(&folder.paths.at(name)).await?;
        }
    }
    folder.sweep();
    if !arguments.quiet {
        report(
            arguments,
            since,
            &unneeded.values().map(|file| file.bytes).collect::<Vec<_>>(),
        );
    }
    Ok(())
}

fn report(arguments: &VacuumArguments, since: DateTime<Utc>, files: &[u64]) {
    let what = if arguments.dry_run {
        "would be removed; none was"
    } else {
        "removed"
    };
    say(format_args!(
        "{} file(s), {}, {what}; versions that were superseded before {} can no longer be read",
        files.len(),
        indicatif::HumanBytes(files.iter().sum()),
        since.to_rfc3339_opts(SecondsFormat::Secs, true)
    ));
}

/// Returns the files of days whose file was damaged and which the server no longer sends: the damaged one may be the
/// last copy of the records.
async fn last_copies(
    folder: &Folder,
    table: &DeltaTable,
    there: &Files,
) -> Result<BTreeSet<String>, Failure> {
    let Some(number) = table.state() else {
        return Ok(BTreeSet::new());
    };
    let path = folder.paths.at(&Paths::numbered_state(number));
    let Some(json) = folder.get(&path).await? else {
        return Ok(BTreeSet::new());
    };
    let state = State::read(&json, &format!("{}/{path}", folder.name))?;
    let lost = state
        .partitions()
        .filter(|(_, day): &(_, &Day)| day.has_lost_its_file());
    let lost: BTreeSet<_> = lost.map(|(partition, _)| partition).collect();
    let names = there
        .keys()
        .filter(|name| Paths::partition(name).is_some_and(|partition| lost.contains(&partition)));
    Ok(names.cloned().collect())
}
