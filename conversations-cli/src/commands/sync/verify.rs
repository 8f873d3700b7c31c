//! Finds the files of a folder that are missing or not as they were written.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::files::Files;
use super::folder::Folder;
use super::partition::Partition;
use super::state::{DataFile, State};
use crate::failure::Failure;

/// Number of files that are read concurrently.
const CONCURRENCY: usize = 4;

/// The result of verifying the files of a folder.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// The partitions whose file is missing or not as it was written.
    pub(crate) damaged: BTreeSet<Partition>,
    /// Whether files were modified since the last commit, so that their checksums had to be read.
    pub(crate) was_modified: bool,
}

/// Verifies the published files. Each is compared by its size, which a listing has. Its checksum is read if it was
/// modified since the last commit, or with `all` in any case: reading the whole table in every run would take too
/// long.
pub(crate) async fn files(
    folder: &Folder,
    state: &State,
    there: &Files,
    all: bool,
) -> Result<Verified, Failure> {
    let mut verified = Verified::default();
    // A commit writes the manifest last. The times of both are from the clock of the store.
    let committed = folder.paths.relative(&folder.paths.manifest());
    let committed = committed.and_then(|name| Some(there.get(&name)?.modified));
    let mut suspects = Vec::new();
    for (partition, day) in state.partitions() {
        let Some(file) = &day.data else { continue };
        if !day.is_whole(partition, there) {
            verified.damaged.insert(partition);
        } else if let Some(found) = there.get(&file.name) {
            let is_modified = committed.is_none_or(|committed| found.modified > committed);
            verified.was_modified |= is_modified;
            if is_modified || all {
                suspects.push((partition, file));
            }
        }
    }
    let damaged =
        futures_util::stream::iter(suspects.into_iter().map(|(partition, file)| async move {
            let is_intact = is_intact(folder, file, &file.name).await?;
            Ok::<_, Failure>((!is_intact).then_some(partition))
        }));
    let damaged: Vec<_> = damaged.buffer_unordered(CONCURRENCY).try_collect().await?;
    verified.damaged.extend(damaged.into_iter().flatten());
    Ok(verified)
}

/// Returns whether the content of a file under this name has its checksum. A file of an earlier version of the program
/// has none and counts as intact.
pub(crate) async fn is_intact(
    folder: &Folder,
    file: &DataFile,
    name: &str,
) -> Result<bool, Failure> {
    if file.checksum.is_none() {
        return Ok(true);
    }
    Ok(folder.checksum(&folder.paths.at(name)).await? == file.checksum)
}
