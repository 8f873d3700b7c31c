//! `conversations vacuum`: removes the files of a Delta table that no version within the retention time needs.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Args;

use super::args::duration;
use super::delta::DeltaTable;
use super::files::{FileInfo, Files};
use super::folder::Folder;
use super::lock;
use super::paths::Paths;
use super::state::{Day, State};
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use crate::output::store;
use crate::term::plural::plural;
use crate::term::stderr::say;

/// Remove files that only old versions of a Delta table need
///
/// `sync --table delta` keeps the files of earlier versions of the table, so that these versions can be read. This
/// command removes the files that only versions from before --older-than need, and the files that killed runs have
/// left (in a store only after a day, or after a later run that changed something). The earlier versions can then no
/// longer be read. To remove deleted or newly redacted conversations
/// permanently, run it after the `sync` that removed them.
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
    /// A query reads the version that was current when it began. It fails if it takes longer than this time.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = duration)]
    older_than: TimeDelta,

    /// Print the files that would be removed, without removing them
    #[arg(long)]
    dry_run: bool,

    /// Suppress the report
    #[arg(short, long)]
    quiet: bool,
}

/// The age at which a file that no version lists is certainly not one of a run that was paused before its commit.
const ABANDONED: TimeDelta = TimeDelta::days(1);

pub(crate) async fn run(arguments: &VacuumArguments) -> Result<ExitCode, Failure> {
    let location = &arguments.folder;
    if let Some(local) = store::local_path(location).filter(|local| !local.is_dir()) {
        return Err(Failure::usage(format!(
            "there is no folder {}",
            local.display()
        )));
    }
    let folder = Folder::open(location)?;
    // Before the lock, which is a file in the folder.
    if !folder.files().await?.keys().any(|name| Paths::is_log(name)) {
        return Err(no_table(&folder));
    }
    let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    // Not earlier: what is not within `hold` does not heed an interruption, and is to end by it.
    let mut interrupts = Some(Interrupts::listen()?);
    let work = vacuum(arguments, &folder, &run);
    let interrupted = "interrupted; run the same command again to remove the rest";
    let outcome = lock::hold(&folder, &run, &mut interrupts, interrupted, work).await;
    outcome.map(|()| Exit::Success.into())
}

/// Runs the part that requires the lock: the files of a `sync` in progress are not in any version yet.
async fn vacuum(arguments: &VacuumArguments, folder: &Folder, run: &str) -> Result<(), Failure> {
    let there = folder.files().await?;
    let table = DeltaTable::open(folder, &there, false).await?;
    let table = table.ok_or_else(|| no_table(folder))?;
    // Of the store's clock, which also dates the versions: this machine's may be off.
    let now = folder.time(run).await?;
    let since = now - arguments.older_than;
    let needed = table.needed_since(since).await?;
    let state = state(folder, &table).await?;
    let lost = state
        .as_ref()
        .map_or_else(BTreeSet::new, |state| last_copies(state, &there));
    if let Some(state) = state.filter(|_| !arguments.dry_run) {
        // A run that was killed after its commit has left a manifest of files that are removed now.
        let read = folder.get_versioned(&folder.paths.manifest()).await?;
        let (json, mut version) = read.unzip();
        if json.as_deref() != Some(&*state.manifest()) {
            folder
                .replace(&folder.paths.manifest(), state.manifest(), &mut version)
                .await?;
        }
    }
    // A run in a store that was paused until this one took its lock still commits if the log has not changed. The
    // files that it then adds were copied after the last version.
    let committed = there.iter().filter(|(name, _)| Paths::is_version(name));
    let committed = committed.map(|(_, file)| file.modified).max();
    let is_pending = |file: &FileInfo| {
        folder.local.is_none()
            && Some(file.modified) >= committed
            && file.modified > now - ABANDONED
    };
    let unneeded = there.iter().filter(|(name, file)| {
        let is_kept = needed.contains(*name) || lost.contains(*name) || is_pending(file);
        Paths::partition(name).is_some() && !is_kept
    });
    let unneeded: BTreeMap<_, _> = unneeded.collect();
    for name in unneeded.keys() {
        if arguments.dry_run {
            say(format_args!("{}/{name}", folder.name));
        } else {
            folder.remove(&folder.paths.at(name)).await?;
        }
    }
    folder.sweep();
    if !arguments.quiet {
        let bytes: Vec<u64> = unneeded.values().map(|file| file.bytes).collect();
        report(arguments, since, &bytes);
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
        "{}, {}, {what}; versions that were superseded before {} can no longer be read",
        plural(files.len() as u64, "file"),
        indicatif::HumanBytes(files.iter().sum()),
        since.to_rfc3339_opts(SecondsFormat::Secs, true)
    ));
}

/// Returns the error for a folder that is no table.
fn no_table(folder: &Folder) -> Failure {
    Failure::usage(format!(
        "{} is not a Delta table\nhint: `conversations sync --table delta` makes one; with several projects, name the \
         folder of one, `project=NAME`",
        folder.name
    ))
}

/// Returns the state of the current version.
async fn state(folder: &Folder, table: &DeltaTable) -> Result<Option<State>, Failure> {
    let path = folder.paths.state_of(table.state());
    let json = folder.get(&path).await?;
    json.map(|json| State::read(&json, &format!("{}/{path}", folder.name)))
        .transpose()
}

/// Returns the files of days whose file was damaged and which the server no longer sends: the damaged one may be the
/// last copy of the records.
fn last_copies(state: &State, there: &Files) -> BTreeSet<String> {
    let lost = state
        .partitions()
        .filter(|(_, day): &(_, &Day)| day.has_lost_its_file());
    let lost: BTreeSet<_> = lost.map(|(partition, _)| partition).collect();
    let names = there
        .keys()
        .filter(|name| Paths::partition(name).is_some_and(|partition| lost.contains(&partition)));
    names.cloned().collect()
}
