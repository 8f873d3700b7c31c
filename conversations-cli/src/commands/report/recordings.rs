//! [`Recordings`]: links to the recordings in a folder.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use url::Url;

use super::row::Row;
use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::output::store;
use crate::records::recording_name;

/// A folder of recordings, and the folder of the page, which links are relative to: an absolute link would not work for
/// anyone else, and would show them the folders of this machine.
pub(super) struct Recordings {
    folder: PathBuf,
    page: Url,
}

impl Recordings {
    /// Finds the folder of recordings, for a page that is a file.
    pub(super) fn find(folder: &Path, output: &Path) -> Result<Self, Failure> {
        let absolute = fs::canonicalize(folder).map_err(|e| Failure::unreadable(folder, &e))?;
        let file = store::local_path(output).filter(|file| file != Path::new("-"));
        let file = file.ok_or_else(|| {
            Failure::usage("--recordings requires a file as --output")
                .with("links are relative to the page; write it to a file, and copy both together")
        })?;
        let unwritable = |why: &dyn Display| Failure::unwritable(&output.display(), why);
        let next_to = fs::canonicalize(folder_of(&file)).map_err(|error| unwritable(&error))?;
        let page = Url::from_directory_path(next_to);
        Ok(Self {
            folder: absolute,
            page: page.map_err(|()| unwritable(&"no link can be relative to its folder"))?,
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
            row.recording = url.and_then(|url| self.page.make_relative(&url));
        }
    }
}
