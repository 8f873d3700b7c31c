//! [`Target`]: a place for an output, found fit before anything is fetched.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use object_store::path::Path as ObjectPath;

use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::output::store::{self, Store, Url};
use crate::term::stdout;

/// A place for an output, found fit to be written to.
pub(crate) enum Target {
    /// A file that is to appear, or to be replaced, at this path.
    File(PathBuf),
    /// An object that is to appear, or to be replaced, in a store.
    Object {
        name: String,
        store: Store,
        path: ObjectPath,
    },
    /// What is written at once: standard output, or a pipe or device that is there already, which a
    /// rename would replace.
    Stream {
        name: String,
        stream: Box<dyn Write + Send>,
    },
}

impl Target {
    /// Finds out what is at `path`; `-` is standard output. Whatever can be known before the first
    /// record is fetched is refused here. The file behind a symbolic link is replaced, not the link.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        Self::find_at(path, true)
    }

    /// The same for a file that goes with an output: a symbolic link to a file is replaced, and the file behind it
    /// stays. Its name can be predicted, so another user may have put the link there.
    pub(crate) fn find_beside(path: &Path) -> Result<Self, Failure> {
        Self::find_at(path, false)
    }

    fn find_at(path: &Path, follow: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stream {
                name: "standard output".to_owned(),
                stream: stdout::stream(),
            });
        }
        if let Some(url) = store::url(path) {
            return Self::at(&url, follow);
        }
        let refuse = |why: String| Failure::unwritable(&path.display(), why);
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => {
                Err(refuse("it is a folder: name a file in it".to_owned()))
            }
            Ok(there) if there.is_file() && !is_device(path) => {
                let link = fs::symlink_metadata(path).is_ok_and(|at| at.is_symlink());
                let real = if link && follow {
                    fs::canonicalize(path)
                } else {
                    Ok(path.to_owned())
                };
                real.map(Self::File).map_err(|e| refuse(e.to_string()))
            }
            // Appending: `/dev/stdout` may be a file that others have written to before.
            Ok(_) => match OpenOptions::new().append(true).open(path) {
                Ok(stream) => Ok(Self::Stream {
                    name: path.display().to_string(),
                    stream: Box::new(stream),
                }),
                Err(error) => Err(refuse(error.to_string())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = folder_of(path);
                if !folder.is_dir() {
                    let folder = folder.display();
                    return Err(refuse(format!(
                        "there is no folder {folder}: create it first"
                    )));
                }
                if ends_in_separator(path) {
                    return Err(refuse(
                        "it names a folder that is not there: name a file".to_owned(),
                    ));
                }
                Ok(Self::File(path.to_owned()))
            }
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// What a URL leads to; `file://` is a path.
    fn at(url: &Url, follow: bool) -> Result<Self, Failure> {
        if let Ok(path) = url.to_file_path() {
            return Self::find_at(&path, follow);
        }
        let (store, path) = store::open(url)?;
        if path.as_ref().is_empty() || url.path().ends_with('/') {
            return Err(Failure::unwritable(
                url,
                "it names a bucket or folder: name an object in it",
            ));
        }
        Ok(Self::Object {
            name: url.to_string(),
            store,
            path,
        })
    }
}

/// Whether it is a name of the system's own, such as `/dev/stdout`: even where a file is behind it, a rename would
/// replace the name for every program.
fn is_device(path: &Path) -> bool {
    cfg!(unix)
        && (path.starts_with("/dev") || path.starts_with("/proc"))
        && !path.starts_with("/dev/shm")
}

/// `Path` itself takes `folder/` and `folder` for the same.
fn ends_in_separator(path: &Path) -> bool {
    let last = OsStr::as_encoded_bytes(path.as_os_str()).last().copied();
    last.is_some_and(|byte| std::path::is_separator(char::from(byte)))
}
