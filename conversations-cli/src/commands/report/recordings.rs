//! [`Recordings`]: links to the recordings in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use url::Url;

use super::row::Row;
use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::records::recording_name;

/// A folder of recordings, and the folder that links are relative to.
pub(super) struct Recordings {
    folder: PathBuf,
    page: Option<Url>,
}

impl Recordings {
    /// Finds the folder of recordings. Links are relative to the page if that is a file.
    pub(super) fn find(folder: &Path, output: &Path) -> Result<Self, Failure> {
        let absolute = fs::canonicalize(folder).map_err(|e| Failure::unreadable(folder, &e))?;
        let next_to = fs::canonicalize(folder_of(output)).ok();
        Ok(Self {
            folder: absolute,
            page: next_to.and_then(|folder| Url::from_directory_path(folder).ok()),
        })
    }

    /// Sets the link of each conversation that has a recording.
    pub(super) fn link(&self, rows: &mut [Row]) {
        for row in rows {
            let path = self
                .folder
                .join(recording_name::of(&row.id, "combined", false));
            if !path.is_file() {
                continue;
            }
            let url = Url::from_file_path(&path).ok();
            row.recording = url.map(|url| {
                let relative = self.page.as_ref().and_then(|page| page.make_relative(&url));
                relative.unwrap_or_else(|| url.into())
            });
        }
    }
}
