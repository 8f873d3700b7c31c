//! [`Target`]: the destination of an output, checked before anything is fetched.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use object_store::path::Path as ObjectPath;

use crate::failure::Failure;
use crate::output::file::folder_of;
use crate::output::store::{self, Store, Url};
use crate::term::stdout;

/// A destination that was checked to be writable.
pub(crate) enum Target {
    /// A file to create or replace.
    File(PathBuf),
    /// An object to create or replace in a store.
    Object {
        name: String,
        store: Store,
        path: ObjectPath,
        /// Whether the store is a local folder.
        is_local: bool,
    },
    /// A stream that is written directly: standard output, or an existing pipe or device, which a rename would
    /// replace.
    Stream {
        name: String,
        stream: Box<dyn Write + Send>,
    },
}

impl Target {
    /// Checks `path`; `-` is standard output. Rejects what is known to fail, before anything is fetched.
    /// Replaces the target of a symbolic link, not the link.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        Self::find_at(path, true)
    }

    /// Checks a file next to an output. Replaces a symbolic link, not its target: the name is predictable, so
    /// another user may have created the link.
    pub(crate) fn find_beside(path: &Path) -> Result<Self, Failure> {
        Self::find_at(path, false)
    }

    /// Checks a file next to an output before anything is fetched. An existing pipe is not opened for this: its reader
    /// would see its end.
    pub(crate) fn check_beside(path: &Path) -> Result<(), Failure> {
        let there = store::local_path(path).and_then(|path| fs::metadata(path).ok());
        if there.is_some_and(|there| !there.is_file() && !there.is_dir()) {
            return Ok(());
        }
        Self::find_beside(path).map(drop)
    }

    fn find_at(path: &Path, follow: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stream {
                name: "standard output".to_owned(),
                stream: stdout::stream(),
            });
        }
        if let Some(url) = store::url(path)? {
            return Self::at(&url, follow);
        }
        let refuse = |why: String| Failure::unwritable(&path.display(), why);
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => {
                Err(refuse("it is a folder; give the path of a file".to_owned()))
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
            // Append, because `/dev/stdout` may be a file with earlier content.
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
                    return Err(refuse(format!("the folder {folder} does not exist")));
                }
                if ends_in_separator(path) {
                    return Err(refuse(
                        "it is the name of a folder; give the path of a file".to_owned(),
                    ));
                }
                Ok(Self::File(path.to_owned()))
            }
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// Checks a URL; `file://` is a path.
    fn at(url: &Url, follow: bool) -> Result<Self, Failure> {
        if let Ok(path) = url.to_file_path() {
            return Self::find_at(&path, follow);
        }
        let (store, path) = store::open(url)?;
        if path.as_ref().is_empty() || url.path().ends_with('/') {
            return Err(Failure::unwritable(
                url,
                "it is the URL of a bucket or prefix; give the URL of an object",
            ));
        }
        Ok(Self::Object {
            name: url.to_string(),
            store,
            path,
            is_local: false,
        })
    }
}

/// Returns whether the path is a system device such as `/dev/stdout`. Even if it refers to a file, a rename would
/// replace the name for every program.
fn is_device(path: &Path) -> bool {
    cfg!(unix)
        && (path.starts_with("/dev") || path.starts_with("/proc"))
        && !path.starts_with("/dev/shm")
}

/// Returns whether the path ends in a separator. `Path` treats `folder/` and `folder` as equal.
fn ends_in_separator(path: &Path) -> bool {
    let last = OsStr::as_encoded_bytes(path.as_os_str()).last().copied();
    last.is_some_and(|byte| std::path::is_separator(char::from(byte)))
}
