//! Commits a run to a Delta table: one version with the files that it adds and removes.
//!
//! Readers see no change before the commit: the new files have names of their own, and the state has a number of its
//! own. A run that is killed before the commit leaves files that no version lists; the next run uses them if the
//! content is the same, and `vacuum` removes the others. A run that changes no file adds no version and only replaces
//! the state.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::delta::{Commit, DeltaTable};
use super::files::Files;
use super::folder::Folder;
use super::paths::Paths;
use super::publish::{self, Versions};
use super::report::Counts;
use super::state::State;
use crate::failure::Failure;

/// Commits a state whose files are published or staged. Returns the number of the version if one was added.
pub(crate) async fn commit(
    folder: &Folder,
    table: &mut DeltaTable,
    state: &mut State,
    versions: &mut Versions,
    counts: &Counts,
    now: DateTime<Utc>,
) -> Result<Option<u64>, Failure> {
    let Folder { paths, .. } = folder;
    let there = folder.files().await?;
    publish::check_whole(folder, state, &there)?;
    publish_files(folder, state, &there).await?;
    let holds = table.holds(state);
    let number = match table.state() {
        Some(number) if holds => number,
        // Two runs that read the same version must not write the same state, or the version of one run would get the
        // state of the other. So the number is the time, and an existing state is never replaced here.
        last => {
            versions.state = None;
            let time = now.timestamp_micros();
            last.map_or(time, |last| time.max(last + 1))
        }
    };
    let path = paths.at(&Paths::numbered_state(number));
    folder
        .replace(&path, state.to_json(), &mut versions.state)
        .await?;
    let version = if holds {
        None
    } else {
        let files = state.partitions();
        let files = files.filter_map(|(at, day)| Some((at, day.data.clone()?)));
        let commit = Commit {
            state: number,
            files: files.collect(),
            query_fingerprint: state.plan.fingerprint(),
            metrics: vec![
                ("numTargetRowsInserted", counts.inserted),
                ("numTargetRowsUpdated", counts.updated + counts.moved),
                ("numTargetRowsCopied", counts.unchanged),
                ("numTargetRowsDeleted", counts.vanished),
            ],
        };
        Some(table.commit(commit).await?)
    };
    folder
        .replace(&paths.manifest(), state.manifest(), &mut versions.manifest)
        .await?;
    let is_old = |name: &str| {
        Paths::is_earlier_state(name, number) || (Paths::is_index(name) && !state.holds(name))
    };
    // Only files that were listed before the commit, so that no file of a later run is removed.
    for name in there.keys().filter(|name| is_old(name)) {
        folder.remove(&paths.at(name)).await?;
    }
    publish::finish(folder, state, &there).await?;
    Ok(version)
}

/// Copies the staged files to names that contain their checksum, because a file that a version lists is never
/// replaced. The staged files stay until the commit, so that a run that is killed before it can be resumed.
async fn publish_files(folder: &Folder, state: &mut State, there: &Files) -> Result<(), Failure> {
    state.superseded = BTreeSet::new();
    for (partition, file) in state.files_mut() {
        let [staged, _] = file.unpublished(partition);
        let is_staged = there
            .get(&staged)
            .is_some_and(|found| found.bytes == file.bytes);
        let Some(checksum) = file.checksum.as_deref().filter(|_| is_staged) else {
            continue;
        };
        if Paths::is_versioned(&file.name) && there.contains_key(&file.name) {
            continue;
        }
        file.name = Paths::versioned(partition, checksum, file.extension());
        let (from, to) = (folder.paths.at(&staged), folder.paths.at(&file.name));
        folder.copy(&from, &to, file.bytes).await?;
    }
    Ok(())
}
