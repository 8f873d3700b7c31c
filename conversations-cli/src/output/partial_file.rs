//! [`PartialFile`]: a partial output that a later run can resume.
//!
//! For `april.jsonl` it is `april.jsonl.part`, and `april.jsonl.part.json` stores the resume point. Both exist only
//! between an incomplete run and the next one.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{self, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use conversations_api_ext::Checkpoint;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use twox_hash::XxHash3_64;

use super::compression::Compression;
use super::written_ids::WrittenIds;
use crate::failure::Failure;
use crate::output::file::{self, BUFFER, OpenError, folder_of};
use crate::output::summary::Counts;
use crate::term::escape::printable;

/// The resume point of a part. Bytes after it cannot be relied on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The query, and the output layout.
    plan: String,
    bytes: u64,
    /// XXH3 of these bytes. A length alone does not detect a file that was changed or not flushed to the disk.
    hash: u64,
    resume_point: ResumePoint,
}

/// A note as stored, with the hash of its text.
#[derive(Serialize, Deserialize)]
struct StoredNote<'a> {
    hash: u64,
    #[serde(borrow)]
    note: &'a RawValue,
}

/// The progress of a fetch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResumePoint {
    /// The index of the environment being read, and the position in it.
    pub(crate) environment: usize,
    pub(crate) checkpoint: Checkpoint,
    /// The number of records of earlier environments in the file.
    pub(crate) earlier_environments: u64,
    pub(crate) counts: Counts,
}

/// The state that a run resumes from.
pub(crate) struct Resumed {
    pub(crate) resume_point: ResumePoint,
    /// The records of the current environment that are in the file.
    pub(crate) written: WrittenIds,
}

/// The partial file, and the path of the complete one.
pub(crate) struct PartialFile {
    writer: BufWriter<File>,
    /// The hash of all bytes written.
    hash: XxHash3_64,
    bytes: u64,
    path: PathBuf,
    plan: String,
    /// Whether a note has been written. Without one, the file cannot be resumed.
    noted: bool,
    finished: bool,
}

/// Returns the names that an output at `path` uses until it is complete.
pub(crate) fn temporary_names(path: &Path) -> [PathBuf; 2] {
    [partial_path(path), note_path(path)]
}

/// Returns the path of the partial output of `path`.
fn partial_path(path: &Path) -> PathBuf {
    with_suffix(path, ".part")
}

/// Returns the path of the note on the partial output of `path`.
fn note_path(path: &Path) -> PathBuf {
    with_suffix(path, ".part.json")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl PartialFile {
    /// Opens the part of `path`. Resumes it if an earlier run with the same plan has left it and it is unchanged.
    pub(super) fn open(
        path: &Path,
        plan: &str,
        compression: Compression,
    ) -> Result<(Self, Option<Resumed>), Failure> {
        let part = partial_path(path);
        let mut file = match file::open_locked(&part) {
            // On a file system without locks, users must not start two runs at once.
            Ok(opened) => opened.file,
            Err(OpenError::Locked(_)) => {
                return Err(Failure::busy(format!(
                    "another run is writing {}",
                    printable(&part.to_string_lossy())
                ))
                .with("wait until it is finished, or write to another file"));
            }
            Err(OpenError::Io(error)) => return Err(cannot_create(path, &error)),
        };
        file::remove_stale(path);
        let resumed = resume(&mut file, path, plan, compression);
        let (note, hash, resumed) = match resumed {
            Some((note, hash, resumed)) => (Some(note), hash, Some(resumed)),
            None => (None, XxHash3_64::new(), None),
        };
        let bytes = note.as_ref().map_or(0, |note| note.bytes);
        file.set_len(bytes)
            .and_then(|()| file.seek(SeekFrom::Start(bytes)))
            .map_err(|error| cannot_create(path, &error))?;
        let this = Self {
            writer: BufWriter::with_capacity(BUFFER, file),
            hash,
            bytes,
            path: path.to_owned(),
            plan: plan.to_owned(),
            noted: note.is_some(),
            finished: false,
        };
        Ok((this, resumed))
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Stores a resume point at the current position.
    pub(super) fn note(&mut self, resume_point: ResumePoint) -> io::Result<()> {
        self.writer.flush()?;
        let note = Note {
            plan: self.plan.clone(),
            bytes: self.bytes,
            hash: self.hash.finish(),
            resume_point,
        };
        file::replace(&note_path(&self.path), &note.to_json())?;
        self.noted = true;
        Ok(())
    }

    /// Moves the file to its path, once its content is on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().sync_all()?;
        let part = partial_path(&self.path);
        // Do not publish a file that another process has put in its place.
        if !file::is_at(self.writer.get_ref(), &part)? {
            let why = format!("{} was replaced while it was written", part.display());
            return Err(io::Error::other(why));
        }
        fs::rename(part, &self.path)?;
        self.finished = true;
        file::sync_folder(&self.path);
        // A note without its part is never read, so a leftover one does no harm.
        let _ = fs::remove_file(note_path(&self.path));
        Ok(())
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.write(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        let part = partial_path(&self.path);
        let is_ours = || file::is_at(self.writer.get_ref(), &part).unwrap_or(false);
        if !self.finished && !self.noted && is_ours() {
            let _ = fs::remove_file(&part);
        }
    }
}

impl Note {
    fn to_json(&self) -> Vec<u8> {
        let note = serde_json::value::to_raw_value(self).expect("a note is plain data");
        let stored = StoredNote {
            hash: XxHash3_64::oneshot(note.get().as_bytes()),
            note: &note,
        };
        serde_json::to_vec(&stored).expect("a note is plain data")
    }

    /// Reads a note. Returns `None` if it is absent, unreadable or was changed.
    fn read(path: &Path) -> Option<Self> {
        let json = file::read_private(&note_path(path)).ok()??;
        let stored: StoredNote<'_> = serde_json::from_slice(&json).ok()?;
        let text = stored.note.get();
        let is_as_written = XxHash3_64::oneshot(text.as_bytes()) == stored.hash;
        is_as_written.then(|| serde_json::from_str(text).ok())?
    }
}

/// Returns the resume state if the earlier run had the same plan and the content of the file is unchanged.
fn resume(
    file: &mut File,
    path: &Path,
    plan: &str,
    compression: Compression,
) -> Option<(Note, XxHash3_64, Resumed)> {
    let note = Note::read(path).filter(|note| note.plan == plan)?;
    let hash = hash_of(file, note.bytes).ok()?;
    if hash.finish() != note.hash {
        return None;
    }
    let resume_point = note.resume_point.clone();
    let written = WrittenIds::read(
        content(file, note.bytes).ok()?,
        compression,
        resume_point.earlier_environments,
        resume_point.counts.records,
    )
    .ok()?;
    Some((
        note,
        hash,
        Resumed {
            resume_point,
            written,
        },
    ))
}

/// Returns a reader for the first `bytes` of a file.
fn content(file: &mut File, bytes: u64) -> io::Result<impl Read + '_> {
    file.rewind()?;
    Ok(file.take(bytes))
}

fn hash_of(file: &mut File, bytes: u64) -> io::Result<XxHash3_64> {
    let mut hash = XxHash3_64::new();
    let mut buffer = vec![0; BUFFER];
    let mut content = content(file, bytes)?;
    let mut read = 0;
    loop {
        match content.read(&mut buffer) {
            Ok(0) if read == bytes => return Ok(hash),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                hash.write(&buffer[..length]);
                read += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reports that no file can be created in the folder of `path`, without the temporary name, which means nothing to
/// the user.
pub(super) fn cannot_create(path: &Path, error: &io::Error) -> Failure {
    let why = io::Error::from(error.kind());
    let folder = folder_of(path).display();
    Failure::unwritable(
        &path.display(),
        format!("cannot create a file in {folder}: {why}"),
    )
}

/// Returns whether an earlier run has left a resumable output.
pub(crate) fn is_resumable(path: &Path) -> bool {
    partial_path(path).exists() && note_path(path).exists()
}

/// Deletes the resume point of an earlier run.
pub(crate) fn remove_resume_point(path: &Path) -> Result<(), Failure> {
    let note = note_path(path);
    fs::remove_file(&note).map_err(|error| Failure::unwritable(&note.display(), error))
}
