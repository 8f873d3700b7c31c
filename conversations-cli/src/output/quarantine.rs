//! [`Quarantine`]: writes malformed records to a file next to the output.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use conversations_api_ext::Error;
use object_store::ObjectStoreExt as _;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::file::{self, OpenError};
use crate::output::store;
use crate::output::{Output, Target, wait_for};
use crate::term::escape::printable;
use crate::term::stderr::say;

/// Maximum number of malformed records written. Further ones are only counted: a server that sends millions is
/// broken, and the first thousands show how.
pub(crate) const MAX_RECORDS: u64 = 10_000;
/// Maximum size in bytes. The record that reaches it is the last one written.
pub(crate) const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Writes malformed records to a separate file, which is created for the first of them.
pub(crate) struct Quarantine {
    path: Option<PathBuf>,
    /// Whether the user named the file. If so, it may be a pipe or a device.
    named: bool,
    /// Whether the content of records may be written.
    content: bool,
    /// The number of records kept from the run that is being resumed.
    earlier: u64,
    output: Option<Writer>,
    records: u64,
    bytes: u64,
}

enum Writer {
    /// Unbuffered, so that a crash loses no record.
    File(File),
    Object(Box<Output>),
}

/// A malformed record, as a line of JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Malformed<'a> {
    id: Option<&'a str>,
    /// The index of the record on its page, starting at 0.
    position: Option<usize>,
    /// The JSON path of the malformed field.
    path: Option<&'a str>,
    expected: Option<&'a str>,
    reason: String,
    bytes: usize,
    /// The record as received.
    raw: Option<String>,
}

impl<'a> Malformed<'a> {
    /// Describes a malformed record. `content` is whether its content may be shown.
    pub(crate) fn new(error: &'a Error, content: bool) -> Self {
        let raw = error.record_bytes();
        Self {
            id: error.record_id(),
            position: error.record_position(),
            path: error.record_path(),
            expected: error.record_expected(),
            reason: error.to_string(),
            bytes: raw.map_or(0, bytes::Bytes::len),
            raw: raw
                .filter(|_| content)
                .map(|raw| String::from_utf8_lossy(raw).into_owned()),
        }
    }

    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("it is plain data");
        line.push(b'\n');
        line
    }
}

impl Quarantine {
    /// Creates a quarantine for the output at `beside`. Without `given`, standard output and pipes have none,
    /// because there is no folder to put it in. `content` is false if text is masked: malformed records cannot be
    /// masked.
    pub(crate) fn new(given: Option<&Path>, beside: &Path, target: &Target, content: bool) -> Self {
        let path = match given {
            Some(path) => Some(path.to_owned()),
            None => Self::default_path(beside, target),
        };
        Self {
            path,
            named: given.is_some(),
            content,
            earlier: 0,
            output: None,
            records: 0,
            bytes: 0,
        }
    }

    /// Returns the default path of the quarantine file.
    pub(crate) fn default_path(output: &Path, target: &Target) -> Option<PathBuf> {
        match target {
            Target::Stream { .. } => None,
            Target::File(_) | Target::Object { .. } => Some(Self::beside(output)),
        }
    }

    /// Returns the default path of the quarantine file of an output that is no stream.
    pub(crate) fn beside(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_owned();
        name.push(".malformed.jsonl");
        name.into()
    }

    /// Returns the target for `path`. A pipe or link that someone has created under the default name is replaced.
    fn target(&self, path: &Path) -> Result<Target, Failure> {
        match store::local_path(path) {
            Some(path) if !self.named => Ok(Target::File(path)),
            _ => Target::find_beside(path),
        }
    }

    /// Returns the path of the quarantine file if anything was written to it.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.output.as_ref().and(self.path.as_deref())
    }

    /// Keeps the first `count` records from an earlier run.
    pub(crate) async fn keep(&mut self, count: u64) -> Result<(), Failure> {
        self.earlier = count;
        if count > 0 {
            self.open().await?;
        }
        Ok(())
    }

    pub(crate) async fn add(&mut self, error: &Error) -> Result<(), Failure> {
        self.open().await?;
        let (Some(path), Some(output)) = (&self.path, &mut self.output) else {
            return Ok(());
        };
        if self.records >= MAX_RECORDS || self.bytes >= MAX_BYTES {
            return Ok(());
        }
        let line = Malformed::new(error, self.content).line();
        self.records += 1;
        self.bytes += line.len() as u64;
        let written = match output {
            Writer::File(file) => file.write_all(&line),
            Writer::Object(output) => output.write_all(&line),
        };
        written.map_err(|error| Failure::unwritable(&path.display(), error))
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let (Some(path), None) = (&self.path, &self.output) else {
            return Ok(());
        };
        self.output = Some(match self.target(path)? {
            Target::File(path) => {
                let (file, bytes) = open(&path, self.earlier.min(MAX_RECORDS))?;
                // Records of an earlier run count towards the limit: otherwise each resumed run would add as many
                // again.
                self.records = self.earlier;
                self.bytes = bytes;
                Writer::File(file)
            }
            other => Writer::Object(Box::new(Output::create(other).await?)),
        });
        Ok(())
    }

    /// Publishes an object. If there is nothing to write, removes the file of an earlier run: its records belong to
    /// an output that is being replaced.
    pub(crate) async fn finish(self) -> Result<(), Failure> {
        let unused = match (&self.output, &self.path) {
            (None, Some(path)) => self.target(path).ok(),
            _ => None,
        };
        match (self.output, unused) {
            (Some(Writer::Object(output)), _) => wait_for(move || output.finish()).await?,
            (None, Some(Target::File(path))) => {
                let there = fs::symlink_metadata(&path);
                if there.is_ok_and(|there| there.is_file() || there.is_symlink()) {
                    fs::remove_file(&path)
                        .map_err(|error| Failure::unwritable(&path.display(), error))?;
                }
                Ok(())
            }
            (
                None,
                Some(Target::Object {
                    name, store, path, ..
                }),
            ) => {
                match store.delete(&path).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    // The credentials may only allow writing, and most likely there is nothing to remove.
                    Err(error) => say(format_args!(
                        "warning: {} of an earlier run may still exist, because it cannot be removed: {}",
                        printable(&name),
                        store::explain(&error)
                    )),
                }
                Ok(())
            }
            (Some(Writer::File(_)) | None, _) => Ok(()),
        }
    }
}

/// Opens the file and keeps the first `count` lines from an earlier run.
fn open(path: &Path, count: u64) -> Result<(File, u64), Failure> {
    let unwritable = |error: io::Error| Failure::unwritable(&path.display(), error);
    match file::open_locked(path) {
        Ok(opened) => keep_lines(opened.file, count).map_err(unwritable),
        Err(OpenError::Io(error)) => Err(unwritable(error)),
        Err(OpenError::Locked(_)) => Err(Failure::busy(format!(
            "another run is writing {}",
            printable(&path.to_string_lossy())
        ))
        .with("wait until it is finished, or write to another file")),
    }
}

/// Truncates the file after its first `count` lines, and returns their length in bytes.
fn keep_lines(mut file: File, count: u64) -> io::Result<(File, u64)> {
    let mut lines = BufReader::new(&file);
    let mut length = 0;
    let mut line = Vec::new();
    for _ in 0..count {
        line.clear();
        length += lines.read_until(b'\n', &mut line)? as u64;
    }
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    Ok((file, length))
}
