//! [`Part`]: a file being written that a later run can go on with.
//!
//! Beside `april.jsonl` it is `april.jsonl.part`, and `april.jsonl.part.json` says how far it goes. Both are there
//! only between a run that did not come to its end and the next one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use conversations_api_ext::Checkpoint;
use serde::{Deserialize, Serialize};

use super::{BUFFER, target::folder_of};
use crate::failure::Failure;
use crate::summary::Counts;

/// How far a part goes. What is behind that is not to be relied on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What was asked for, and how it was to be written.
    plan: String,
    pub(crate) bytes: u64,
    pub(crate) reached: Reached,
}

/// How far a fetch is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// Which of the environments is being read, and where in it.
    pub(crate) environment: usize,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) counts: Counts,
}

/// The file, and its place when it is complete.
pub(crate) struct Part {
    writer: BufWriter<File>,
    path: PathBuf,
    plan: String,
    /// Whether a note has been written: without one the file is of no use.
    noted: bool,
    finished: bool,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Part {
    /// Opens the part of `path`, and what an earlier run has noted of it if that run had the same plan.
    pub(crate) fn open(path: &Path, plan: &str) -> Result<(Self, Option<Note>), Failure> {
        let part = beside(path, ".part");
        let refuse = |error: io::Error| {
            let folder = folder_of(path).display().to_string();
            let why = io::Error::from(error.kind());
            Failure::unwritable(
                &path.display(),
                format!("no file can be made in {folder}: {why}"),
            )
        };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&part).map_err(refuse)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::busy(format!(
                    "another run is writing {}: wait for it, or write elsewhere",
                    part.display()
                )));
            }
            // Some file systems have no locks; two runs at once are then up to whoever starts them.
            Err(TryLockError::Error(_)) => {}
        }
        let note = read_note(path).filter(|note| note.plan == plan);
        let length = file.metadata().map_err(refuse)?.len();
        let note = note.filter(|note| note.bytes <= length);
        let keep = note.as_ref().map_or(0, |note| note.bytes);
        file.set_len(keep).map_err(refuse)?;
        file.seek(SeekFrom::Start(keep)).map_err(refuse)?;
        let this = Self {
            writer: BufWriter::with_capacity(BUFFER, file),
            path: path.to_owned(),
            plan: plan.to_owned(),
            noted: note.is_some(),
            finished: false,
        };
        Ok((this, note))
    }

    /// Notes that what has been written so far is good.
    pub(crate) fn note(&mut self, bytes: u64, reached: Reached) -> io::Result<()> {
        self.writer.flush()?;
        let note = Note {
            plan: self.plan.clone(),
            bytes,
            reached,
        };
        let json = serde_json::to_vec(&note).expect("a note is plain data");
        let (new, place) = (
            beside(&self.path, ".part.json.new"),
            beside(&self.path, ".part.json"),
        );
        let noted = fs::write(&new, json).and_then(|()| fs::rename(&new, place));
        if noted.is_err() {
            // Of no use to anybody: the note before it, if there is one, still holds.
            let _ = fs::remove_file(new);
        }
        noted?;
        self.noted = true;
        Ok(())
    }

    /// Puts the file in its place, once its content is safe.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().sync_all()?;
        fs::rename(beside(&self.path, ".part"), &self.path)?;
        self.finished = true;
        // A note without its part is never read, so one that stays does no harm.
        let _ = fs::remove_file(beside(&self.path, ".part.json"));
        Ok(())
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished && !self.noted {
            let _ = fs::remove_file(beside(&self.path, ".part"));
        }
    }
}

/// Whether there is something beside `path` that a later run can go on with.
pub(crate) fn is_kept(path: &Path) -> bool {
    beside(path, ".part").exists() && beside(path, ".part.json").exists()
}

/// Forgets how far an earlier run was.
pub(crate) fn forget_note(path: &Path) -> Result<(), Failure> {
    let note = beside(path, ".part.json");
    fs::remove_file(&note).map_err(|error| Failure::unwritable(&note.display(), error))
}

/// A note that cannot be read is as good as none.
fn read_note(path: &Path) -> Option<Note> {
    let json = fs::read(beside(path, ".part.json")).ok()?;
    serde_json::from_slice(&json).ok()
}
