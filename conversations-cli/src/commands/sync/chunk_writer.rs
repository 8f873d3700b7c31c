//! [`ChunkWriter`]: writes the chunks of a day while its next records arrive.

use std::panic::resume_unwind;

use object_store::path::Path;
use tokio::task::JoinSet;

use super::external_sort::SortBuffer;
use super::folder::Folder;
use crate::failure::Failure;
use crate::output::wait_for;

/// Writes chunks and notes, one after the other.
pub(super) struct ChunkWriter {
    folder: Folder,
    /// At most one task, because each has the records of a chunk in memory.
    writing: JoinSet<Result<(), Failure>>,
}

impl ChunkWriter {
    pub(super) fn new(folder: &Folder) -> Self {
        Self {
            folder: folder.clone(),
            writing: JoinSet::new(),
        }
    }

    /// Starts to write a chunk and then a note, after everything before is written. Returns the error of that.
    pub(super) async fn start(
        &mut self,
        chunk: Option<(Path, SortBuffer)>,
        note: Option<(Path, Vec<u8>)>,
    ) -> Result<(), Failure> {
        self.finish().await?;
        let folder = self.folder.clone();
        self.writing.spawn(async move {
            if let Some((path, buffer)) = chunk {
                let packed = wait_for(move || buffer.pack()).await?;
                let packed = packed.map_err(|error| {
                    Failure::other(format!("records cannot be packed: {error}"))
                })?;
                folder.put_unsynced(&path, packed).await?;
            }
            // The note names the chunk: a run that is killed in between must not leave a note of a chunk that is not there.
            if let Some((path, note)) = note {
                folder.put_unsynced(&path, note).await?;
            }
            Ok(())
        });
        Ok(())
    }

    /// Waits until everything is written.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        match self.writing.join_next().await {
            Some(written) => written.unwrap_or_else(|error| resume_unwind(error.into_panic())),
            None => Ok(()),
        }
    }
}
