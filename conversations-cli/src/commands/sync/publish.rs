//! The commit of a run: what makes staged files visible.
//!
//! The state is written first and is what counts. Then each staged file is moved to the one name that its day has,
//! which readers see as one step, and the manifest follows. A run that is killed in between has committed: the next
//! one finds the staged files of the state and publishes them first.

use chrono::NaiveDate;
use object_store::UpdateVersion;

use super::folder::{Files, Folder};
use super::names::Names;
use super::state::State;
use crate::failure::Failure;

/// The versions of state and manifest that a run has read, and replaces.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    pub(crate) state: Option<UpdateVersion>,
    pub(crate) manifest: Option<UpdateVersion>,
}

/// Publishes the files of a committed state that are not in their place: staged ones, and those under the names that
/// earlier versions of this program gave them.
pub(crate) async fn roll_forward(
    folder: &Folder,
    state: &State,
    there: &mut Files,
) -> Result<bool, Failure> {
    let mut published = false;
    for (partition, day) in state.partitions() {
        let Some(file) = &day.data else { continue };
        for name in file.unpublished(partition) {
            if there.get(&name) != Some(&file.bytes) {
                continue;
            }
            let (from, to) = (folder.names.at(&name), folder.names.at(&file.name));
            folder.publish(&from, &to).await?;
            there.remove(&name);
            there.insert(file.name.clone(), file.bytes);
            published = true;
        }
    }
    Ok(published)
}

/// Commits a state and publishes what it names.
pub(crate) async fn commit(
    folder: &Folder,
    state: &State,
    versions: &mut Versions,
) -> Result<(), Failure> {
    let Folder { names, .. } = folder;
    // Before the state is written: what another run adds after it is never removed by this one.
    let mut there = folder.files().await?;
    if let Some((partition, _)) = (state.partitions()).find(|(at, day)| !day.is_whole(*at, &there))
    {
        return Err(Failure::unwritable(
            &folder.name,
            format!("the file of {partition} vanished while the run was under way"),
        ));
    }
    folder
        .replace(&names.state(), state.to_json(), &mut versions.state)
        .await?;
    roll_forward(folder, state, &mut there).await?;
    folder
        .replace(&names.manifest(), state.manifest(), &mut versions.manifest)
        .await?;
    for name in there.keys() {
        // What there is of a day that failed stays until the day is read, under whatever settings it was written.
        let is_missed = state.failed.keys().any(|date| {
            let stem = format!("date={date}/conversations.");
            name.starts_with(&stem) && !state.days.contains_key(date)
        });
        if Names::is_ours(name) && !state.holds(name) && !is_missed {
            folder.remove(&names.at(name)).await?;
        }
    }
    let is_failed = |date: NaiveDate| state.failed.contains_key(&date);
    forget_notes(folder, there.keys(), is_failed).await?;
    folder.sweep();
    // Last: what a run that is killed before leaves behind is cleared away by the next one.
    if state.failed.is_empty() {
        folder.remove(&names.run()).await?;
    }
    Ok(())
}

/// Removes what a run notes for the case that it is interrupted, out of these names, but for the pages of the days to
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
            // The last is of earlier versions of this program.
            "staged" | "clock" | "done" => true,
            _ => false,
        };
        if is_note {
            folder.remove(&folder.names.at(name)).await?;
        }
    }
    Ok(())
}
