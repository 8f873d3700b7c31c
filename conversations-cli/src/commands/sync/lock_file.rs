//! The lock on a local folder: a file lock, which the system releases even if the process is killed.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use super::folder::Folder;
use super::holder::{Holder, held};
use crate::failure::Failure;
use crate::output::file::{self, LockedFile, OpenError};

pub(crate) enum Refused {
    Held(Option<Holder>),
    Io(std::io::Error),
}

impl Refused {
    pub(crate) fn failure(self, folder: &Folder) -> Failure {
        match self {
            Self::Held(holder) => held(folder, holder.as_ref()),
            Self::Io(error) => {
                Failure::no_folder(&format!("{}/_conversations", folder.name), &error)
            }
        }
    }
}

/// Locks the file at `path`.
pub(crate) fn take_file(path: &std::path::Path, run: &str) -> Result<File, Refused> {
    if let Some(folder) = path.parent() {
        let mut private = std::fs::DirBuilder::new();
        // Private even if the data is redacted and others may read it, because records are stored here as received.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private
            .recursive(true)
            .create(folder)
            .map_err(Refused::Io)?;
    }
    let mut file = match file::open_locked(path) {
        Ok(LockedFile {
            file,
            unlocked: None,
        }) => file,
        Ok(LockedFile {
            unlocked: Some(error),
            ..
        })
        | Err(OpenError::Io(error)) => return Err(Refused::Io(error)),
        Err(OpenError::Locked(mut file)) => {
            let mut json = String::new();
            let holder = file.read_to_string(&mut json).ok();
            return Err(Refused::Held(
                holder.and_then(|_| serde_json::from_str(&json).ok()),
            ));
        }
    };
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&Holder::this(run).json())
    };
    write(&mut file).map_err(Refused::Io)?;
    Ok(file)
}
