//! Commits a run: makes its staged files visible.
//!
//! Writing the state commits the run. Then each staged file is moved to the final name of its day, which is atomic
//! for readers, and the manifest is replaced. If a run is killed in between, the next one first publishes the staged
//! files that the state lists.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use object_store::UpdateVersion;

use super::files::Files;
use super::folder::Folder;
use super::partition::Partition;
use super::paths::Paths;
use super::state::State;
use crate::failure::Failure;

/// The versions of state and manifest that a run has read and will replace.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    pub(crate) state: Option<UpdateVersion>,
    pub(crate) manifest: Option<UpdateVersion>,
}

/// Publishes the files of a committed state that do not have their final name: staged ones, and those under the
/// names that earlier versions of this program used.
pub(crate) async fn roll_forward(
    folder: &Folder,
    state: &State,
    there: &mut Files,
) -> Result<bool, Failure> {
    let mut published = false;
    for (partition, day) in state.partitions() {
        let Some(file) = &day.data else { continue };
        for name in file.unpublished(partition) {
            let Some(info) = there.get(&name).copied() else {
                continue;
            };
            if info.bytes != file.bytes {
                continue;
            }
            let (from, to) = (folder.paths.at(&name), folder.paths.at(&file.name));
            folder.publish(&from, &to, file.bytes).await?;
            there.remove(&name);
            there.insert(file.name.clone(), info);
            published = true;
        }
    }
    Ok(published)
}

/// Commits a state and publishes its files. Of `written`, the published files that runs have written, those that it
/// does not hold are removed. Any other file is someone else's and stays.
pub(crate) async fn commit(
    folder: &Folder,
    state: &mut State,
    written: &BTreeSet<String>,
    versions: &mut Versions,
) -> Result<(), Failure> {
    let Folder { paths, .. } = folder;
    // List before the state is written, so that files which another run adds later are never removed.
    let mut there = folder.files().await?;
    check_whole(folder, state, &there)?;
    let superseded = written
        .iter()
        .filter(|name| there.contains_key(*name) && !state.holds(name));
    state.superseded = superseded.cloned().collect();
    let state = &*state;
    folder
        .replace(&paths.state(), state.to_json(), &mut versions.state)
        .await?;
    roll_forward(folder, state, &mut there).await?;
    folder
        .replace(&paths.manifest(), state.manifest(), &mut versions.manifest)
        .await?;
    for name in there.keys() {
        let is_superseded = state.superseded.contains(name) && !is_last_copy(state, name);
        if is_superseded || (Paths::is_index(name) && !state.holds(name)) {
            folder.remove(&paths.at(name)).await?;
        }
    }
    finish(folder, state, &there).await
}

/// Fails if a file of the state is neither published nor staged. In a store, a run that has taken over removes what this
/// one has staged.
pub(crate) fn check_whole(folder: &Folder, state: &State, there: &Files) -> Result<(), Failure> {
    match (state.partitions()).find(|(at, day)| !day.is_whole(*at, there)) {
        Some(_) if folder.local.is_none() => Err(folder.overtaken()),
        Some((partition, _)) => Err(Failure::unwritable(
            &folder.name,
            format!("the file of {partition} vanished while the run was under way"),
        )),
        None => Ok(()),
    }
}

/// Removes what a committed run no longer needs.
pub(crate) async fn finish(folder: &Folder, state: &State, there: &Files) -> Result<(), Failure> {
    let is_failed = |date: NaiveDate| state.failed.contains_key(&date);
    forget_notes(folder, there.keys(), is_failed).await?;
    folder.sweep();
    // Last, so that the next run cleans up after a run that is killed before.
    if state.failed.is_empty() {
        folder.remove(&folder.paths.run()).await?;
    }
    Ok(())
}

/// Returns whether a file is the last copy of the records of a day: the day could not be read yet, or the file is
/// damaged and the server does not send the day again. Such a file stays until the day has another one.
fn is_last_copy(state: &State, name: &str) -> bool {
    let Some(Partition::Day(date)) = Paths::partition(name) else {
        return false;
    };
    match state.days.get(&date) {
        Some(day) => day.has_lost_its_file(),
        None => state.failed.contains_key(&date),
    }
}

/// Removes the notes and staged data of interrupted runs among these names, except for the pages of the days to
/// `keep`.
pub(crate) async fn forget_notes(
    folder: &Folder,
    there: impl Iterator<Item = &String>,
    keep: impl Fn(NaiveDate) -> bool,
) -> Result<(), Failure> {
    for name in there {
        let Some(own) = name.strip_prefix("_conversations/") else {
            continue;
        };
        let Some((kind, rest)) = own.split_once('/') else {
            continue;
        };
        let date = rest.split('/').next().and_then(|date| date.parse().ok());
        let is_note = match kind {
            "arriving" => !date.is_some_and(&keep),
            // The last kind is from earlier versions of this program.
            "staged" | "clock" | "done" => true,
            _ => false,
        };
        if is_note {
            folder.remove(&folder.paths.at(name)).await?;
        }
    }
    Ok(())
}
