//! Writes records to a file or an object that is complete or absent, or to a stream such as standard output.
//!
//! # Memory
//!
//! The memory of an output does not depend on the number of records: buffers of 256 KiB, up to six batches of at most
//! 128 records or 512 KiB each (a larger record is a batch of its own), one Parquet row group, and five 8 MiB parts for
//! an object (1 MiB in a local folder). A run that resumes also holds 8 bytes for each record already written.

pub(crate) mod checksum;
pub(crate) mod distinct;
pub(crate) mod file;
pub(crate) mod options;
pub(crate) mod quarantine;
pub(crate) mod shared_folder;
pub(crate) mod store;
pub(crate) mod summary;

mod compression;
mod partial_file;
mod sink;
mod target;
mod upload;
mod writer_thread;
mod written_ids;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::Failure;
use crate::output::checksum::Checksum;
use crate::output::file::{BUFFER, StagedFile};
use partial_file::{PartialFile, cannot_create};
use upload::Upload;

pub(crate) use compression::{Compression, Compressor};
pub(crate) use partial_file::{
    ResumePoint, Resumed, is_resumable, remove_resume_point, temporary_names,
};
pub(crate) use sink::{Format, Layout, Sink};
pub(crate) use target::Target;
pub(crate) use upload::end_uploads;
pub(crate) use writer_thread::{WriterThread, wait_for};
pub(crate) use written_ids::WrittenIds;

/// An output being written. If dropped before [`finish`](Self::finish), a file or an object leaves nothing behind.
pub(crate) struct Output {
    /// The display name.
    name: String,
    writer: Writer,
    bytes: Arc<AtomicU64>,
    checksum: Checksum,
}

enum Writer {
    Staged {
        // Boxed so that the variants have similar sizes.
        writer: Box<BufWriter<StagedFile>>,
        path: PathBuf,
    },
    PartialFile(Box<PartialFile>),
    Object(Upload),
    Stream(BufWriter<Box<dyn Write + Send>>),
}

impl Output {
    /// Opens the target. A file is staged as a hidden file next to it, readable by its owner only.
    pub(crate) async fn create(target: Target) -> Result<Self, Failure> {
        let (name, writer) = match target {
            Target::Stream { name, stream } => (
                name,
                Writer::Stream(BufWriter::with_capacity(BUFFER, stream)),
            ),
            Target::File(path) => {
                file::remove_stale(&path);
                return Self::create_swept(path);
            }
            Target::Object {
                name,
                store,
                path,
                is_local,
            } => {
                let upload = Upload::start(&store, &path, is_local).await;
                let upload =
                    upload.map_err(|error| Failure::unwritable(&name, store::explain(&error)))?;
                (name, Writer::Object(upload))
            }
        };
        Ok(Self {
            name,
            writer,
            bytes: Arc::default(),
            checksum: Checksum::default(),
        })
    }

    /// Opens a file in a folder that [`file::remove_stale`] has already swept: that reads the whole folder, which
    /// costs too much for each of many files.
    pub(crate) fn create_swept(path: PathBuf) -> Result<Self, Failure> {
        Ok(Self {
            name: path.display().to_string(),
            writer: stage(path)?,
            bytes: Arc::default(),
            checksum: Checksum::default(),
        })
    }

    /// Writes `content` to a target as a whole.
    pub(crate) async fn put(target: Target, content: Vec<u8>) -> Result<(), Failure> {
        let mut output = Self::create(target).await?;
        wait_for(move || {
            let written = output.write_all(&content);
            written.map_err(|error| Failure::output(output.name(), &error))?;
            output.finish()
        })
        .await?
    }

    /// Opens a resumable file, and resumes what an earlier run with the same `plan` has written to it.
    pub(crate) fn resume(
        path: &Path,
        plan: &str,
        compression: Compression,
    ) -> Result<(Self, Option<Resumed>), Failure> {
        let (part, resumed) = PartialFile::open(path, plan, compression)?;
        let output = Self {
            name: path.display().to_string(),
            bytes: Arc::new(part.bytes().into()),
            writer: Writer::PartialFile(Box::new(part)),
            checksum: Checksum::default(),
        };
        Ok((output, resumed))
    }

    /// Stores a resume point at the current position, if the output is resumable.
    pub(crate) fn note(&mut self, resume_point: ResumePoint) -> io::Result<()> {
        match &mut self.writer {
            Writer::PartialFile(part) => part.note(resume_point),
            Writer::Staged { .. } | Writer::Object(_) | Writer::Stream(_) => Ok(()),
        }
    }

    /// Returns the display name: the path, the URL, or `standard output`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the counter of bytes written, which other threads may read.
    pub(crate) fn bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Returns the checksum of the bytes written so far, without those of an earlier run.
    pub(crate) fn checksum(&self) -> String {
        self.checksum.to_string()
    }

    /// Returns whether a later run can resume the output.
    pub(crate) fn is_resumable(&self) -> bool {
        matches!(self.writer, Writer::PartialFile(_))
    }

    /// Returns whether the output is invisible until it is finished.
    pub(crate) fn is_staged(&self) -> bool {
        !matches!(self.writer, Writer::Stream(_))
    }

    /// Moves a file or an object into place once its content is safe, or flushes a stream. May block, so call it on
    /// a thread that may block.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { name, writer, .. } = self;
        let staged = |error: io::Error| Failure::unwritable(&name, removed(&error));
        match writer {
            Writer::Stream(mut writer) => writer.flush().map_err(|e| Failure::output(&name, &e)),
            Writer::Staged { writer, path } => writer
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.persist_durably(&path))
                .map_err(staged),
            Writer::Object(upload) => upload.finish().map_err(staged),
            Writer::PartialFile(part) => part
                .finish()
                .map_err(|error| Failure::unwritable(&name, error)),
        }
    }

    /// Like [`finish`](Self::finish), without blocking the thread.
    pub(crate) async fn complete(self) -> Result<(), Failure> {
        match self.writer {
            Writer::Object(upload) => {
                let completed = upload.complete().await;
                completed.map_err(|error| Failure::unwritable(&self.name, removed(&error)))
            }
            _ => wait_for(move || self.finish()).await?,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.writer {
            Writer::Staged { writer, .. } => writer.write(bytes)?,
            Writer::Object(upload) => upload.write(bytes)?,
            Writer::PartialFile(part) => part.write(bytes)?,
            Writer::Stream(writer) => writer.write(bytes)?,
        };
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        self.checksum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Staged { writer, .. } => writer.flush(),
            Writer::Object(upload) => upload.flush(),
            Writer::PartialFile(part) => part.flush(),
            Writer::Stream(writer) => writer.flush(),
        }
    }
}

fn stage(path: PathBuf) -> Result<Writer, Failure> {
    let file = StagedFile::create(&path).map_err(|error| cannot_create(&path, &error))?;
    let writer = Box::new(BufWriter::with_capacity(BUFFER, file));
    Ok(Writer::Staged { writer, path })
}

pub(crate) const REMOVED: &str = "the incomplete output was removed";

fn removed(error: &io::Error) -> String {
    format!("{error}; {REMOVED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn create(path: &Path) -> Output {
        Output::create(Target::find(path).unwrap()).await.unwrap()
    }

    fn lines() -> Layout {
        Layout {
            format: Format::Jsonl,
            turns: false,
            csv_safe: false,
            columns: conversations_table::Columns::default(),
            compression: Compression::None,
            redaction: None,
        }
    }

    #[tokio::test]
    async fn a_record_is_one_line_however_it_was_laid_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let output = create(&path).await;
        let bytes = output.bytes();
        let mut sink = Sink::new(output, &lines()).unwrap();
        for record in ["{\"a\": 1}", "{\r\n  \"a\": \"x\\ny\"\n}"] {
            sink.write(record).unwrap();
        }
        sink.finish().unwrap().finish().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "{\"a\": 1}\n{  \"a\": \"x\\ny\"}\n");
        assert_eq!(text.len() as u64, bytes.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn an_output_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = create(&folder.path().join("out.jsonl")).await;
        output.write_all(b"{}").unwrap();
        drop(output);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn nothing_is_at_the_target_before_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut output = create(&path).await;
        output.write_all(&vec![b' '; 2 * BUFFER]).unwrap();
        assert!(!path.exists());
        output.finish().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
