//! Output files: [`StagedFile`] for a file that appears complete or not at all, and [`open_locked`] for a file with
//! a predictable name.
//!
//! Other users may have write access to the folder. Nothing here follows a symbolic link, or writes to a file that
//! another user owns or can write to, or that has a second hard link.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write};
use std::path::Path;

use tempfile::NamedTempFile;

const PREFIX: &str = ".conversations-";
const SUFFIX: &str = ".part";
/// Size of the buffers in which outputs are written and read.
pub(crate) const BUFFER: usize = 256 * 1024;

/// A hidden file, readable by its owner only, that atomically replaces another file when it is complete.
///
/// It is locked while it is written, so that [`remove_stale`] can distinguish it from a file whose writer was
/// killed. If dropped before it is persisted, it is removed.
pub(crate) struct StagedFile(NamedTempFile);

impl StagedFile {
    /// Creates a file in the folder of `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        loop {
            let folder = folder_of(path);
            let file = tempfile::Builder::new()
                .prefix(PREFIX)
                .suffix(SUFFIX)
                .tempfile_in(folder)
                .map_err(|error| without_temporary_name(folder, &error))?;
            match file.as_file().try_lock() {
                // Another run removed it as stale in the instant before it was locked.
                Err(TryLockError::WouldBlock) => {}
                Ok(()) if !file.path().exists() => {}
                // On a file system without locks, `remove_stale` removes nothing.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Self(file)),
            }
        }
    }

    /// Atomically replaces `path`, which must be in the same folder.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        self.0.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Replaces `path` and syncs the file and its folder, so that it survives a power failure.
    pub(crate) fn persist_durably(self, path: &Path) -> io::Result<()> {
        self.0.as_file().sync_all()?;
        self.persist(path)?;
        sync_folder(path);
        Ok(())
    }
}

/// Writes to the file itself: errors of the temporary file contain its path, which means nothing to the user.
impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file_mut().flush()
    }
}

/// Describes an error of `tempfile` without the temporary name, which means nothing to the user.
fn without_temporary_name(folder: &Path, error: &io::Error) -> io::Error {
    let kind = error.kind();
    let folder = folder.display();
    io::Error::new(kind, format!("cannot create a file in {folder}: {kind}"))
}

/// Atomically replaces `path` with a file of this content.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = StagedFile::create(path)?;
    file.write_all(content)?;
    file.persist(path)
}

/// Syncs the folder of `path`, so that a new name in it survives a power failure. Failures are ignored: some file
/// systems do not support it, and the content is already safe.
pub(crate) fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

/// Removes staged files in the folder of `path` whose writers were killed.
pub(crate) fn remove_stale(path: &Path) {
    let Ok(entries) = fs::read_dir(folder_of(path)) else {
        return;
    };
    let is_staged = |entry: &DirEntry| {
        let name = entry.file_name();
        let name = OsStr::as_encoded_bytes(&name);
        name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
    };
    for entry in entries.flatten().filter(is_staged) {
        let path = entry.path();
        // A file that cannot be opened, locked or removed belongs to another user or is still being written.
        if let Ok(Some(file)) = open_regular(&path, OpenOptions::new().read(true))
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

/// A file opened by [`open_locked`].
pub(crate) struct LockedFile {
    pub(crate) file: File,
    /// Why the file is not locked: some file systems do not support locks.
    pub(crate) unlocked: Option<io::Error>,
}

/// Why [`open_locked`] failed.
pub(crate) enum OpenError {
    /// Another process holds the lock.
    Locked(File),
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens or creates a file for reading and writing, locks it, and makes it readable by its owner only.
///
/// Anything else at `path` is removed and replaced by an empty file: a symbolic link, a pipe, a file with several
/// hard links, or a file that another user owns or can write to.
pub(crate) fn open_locked(path: &Path) -> Result<LockedFile, OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match open_regular(path, options.create(true).truncate(false)) {
        // Lock before anything is removed, so that a file being written by another run is never removed.
        Ok(Some(file)) => {
            let opened = lock_at(file, path)?;
            if is_private(&opened.file.metadata()?) {
                restrict(&opened.file)?;
                return Ok(opened);
            }
        }
        Ok(None) => {}
        Err(error) => return Err(error.into()),
    }
    fs::remove_file(path)?;
    let file = open_regular(path, options.create_new(true))?;
    let file = file.ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
    lock_at(file, path)
}

/// Reads a file that this program has written; `None` if another user could have written it.
pub(crate) fn read_private(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = open_regular(path, OpenOptions::new().read(true))? else {
        return Ok(None);
    };
    if !is_private(&file.metadata()?) {
        return Ok(None);
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(Some(content))
}

/// Returns whether `path` still refers to this file.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (here, there) = (file.metadata()?, fs::symlink_metadata(path)?);
        Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        fs::exists(path)
    }
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Locks a file that was opened at `path`. Between opening and locking, the run that held the lock may have moved the
/// file to another name or replaced it: it then counts as locked, because it is not the caller's to write.
fn lock_at(file: File, path: &Path) -> Result<LockedFile, OpenError> {
    let unlocked = match file.try_lock() {
        Ok(()) => None,
        Err(TryLockError::WouldBlock) => return Err(OpenError::Locked(file)),
        Err(TryLockError::Error(error)) => Some(error),
    };
    if is_at(&file, path).unwrap_or(false) {
        Ok(LockedFile { file, unlocked })
    } else {
        Err(OpenError::Locked(file))
    }
}

/// Opens a regular file. Returns `None` for anything else: a symbolic link, a folder, a pipe, a device.
fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without `NONBLOCK`, opening a pipe would block until its other end is opened.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed()).mode(0o600);
    }
    match options.open(path) {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = rustix::process::geteuid().as_raw();
    metadata.uid() == owner && metadata.nlink() == 1 && metadata.mode() & 0o022 == 0
}

#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn is_private(_: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_file_is_opened_by_one_at_a_time_and_keeps_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let Ok(mut first) = open_locked(&path) else {
            panic!("nobody holds it");
        };
        first.file.write_all(b"words").unwrap();
        assert!(matches!(open_locked(&path), Err(OpenError::Locked(_))));
        drop(first);
        assert!(open_locked(&path).is_ok());
        assert_eq!(read_private(&path).unwrap().unwrap(), b"words");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_moved_before_it_is_locked_counts_as_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.part");
        for is_replaced in [false, true] {
            fs::write(&path, "words").unwrap();
            let opened = OpenOptions::new().write(true).open(&path).unwrap();
            fs::rename(&path, folder.path().join("file")).unwrap();
            if is_replaced {
                fs::write(&path, "of the next run").unwrap();
            }
            assert!(matches!(lock_at(opened, &path), Err(OpenError::Locked(_))));
        }
    }

    #[test]
    fn a_file_is_replaced_at_once_and_nothing_hidden_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn staged_files_are_removed_once_nobody_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let written = StagedFile::create(&path).unwrap();
        fs::write(folder.path().join(".conversations-killed.part"), "words").unwrap();
        fs::write(folder.path().join(".of-another.part"), "words").unwrap();
        remove_stale(&path);
        assert!(written.0.path().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
