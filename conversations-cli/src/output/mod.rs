//! Where records go: a file or an object that is complete or absent, or a stream such as standard output.

mod compression;
mod part;
mod sink;
mod target;
mod upload;
mod writing;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::NamedTempFile;

use crate::failure::Failure;
use part::Part;
use target::folder_of;
use upload::Upload;

pub(crate) use compression::{Compression, Packed};
pub(crate) use part::{Note, Reached, forget_note, is_kept};
pub(crate) use sink::{Format, Layout, Sink};
pub(crate) use target::Target;
pub(crate) use writing::Writing;

const BUFFER: usize = 256 * 1024;

/// An output being written. Dropped before [`finish`](Self::finish), a file or an object leaves nothing
/// behind.
pub(crate) struct Output {
    /// What people call it.
    name: String,
    writer: Writer,
    bytes: Arc<AtomicU64>,
}

enum Writer {
    Staged {
        // Boxed to keep the variants alike in size.
        writer: Box<BufWriter<Hidden>>,
        path: PathBuf,
    },
    Part(Box<Part>),
    Object(Upload),
    Stream(BufWriter<Box<dyn Write + Send>>),
}

impl Output {
    /// Opens the target; for a file that is a hidden one beside it, readable by its owner only.
    pub(crate) async fn create(target: Target) -> Result<Self, Failure> {
        let (name, writer) = match target {
            Target::Stream { name, stream } => (
                name,
                Writer::Stream(BufWriter::with_capacity(BUFFER, stream)),
            ),
            Target::File(path) => (path.display().to_string(), stage(path)?),
            Target::Object { name, store, path } => {
                let upload = Upload::start(&store, &path).await;
                let upload = upload.map_err(|error| Failure::unwritable(&name, error))?;
                (name, Writer::Object(upload))
            }
        };
        Ok(Self {
            name,
            writer,
            bytes: Arc::default(),
        })
    }

    /// Opens a file that a later run can go on with, and what an earlier run has noted of it. `plan` is what both
    /// must have in common.
    pub(crate) fn resume(path: &Path, plan: &str) -> Result<(Self, Option<Note>), Failure> {
        let (part, note) = Part::open(path, plan)?;
        let bytes = note.as_ref().map_or(0, |note| note.bytes);
        let output = Self {
            name: path.display().to_string(),
            writer: Writer::Part(Box::new(part)),
            bytes: Arc::new(bytes.into()),
        };
        Ok((output, note))
    }

    /// Notes that a later run can go on from here, if it can at all.
    pub(crate) fn note(&mut self, reached: Reached) -> io::Result<()> {
        let bytes = self.bytes.load(Ordering::Relaxed);
        match &mut self.writer {
            Writer::Part(part) => part.note(bytes, reached),
            Writer::Staged { .. } | Writer::Object(_) | Writer::Stream(_) => Ok(()),
        }
    }

    /// What people call it: its path, its URL, or `standard output`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How much has been written, to be read while others write.
    pub(crate) fn bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Whether a later run can go on with it.
    pub(crate) fn is_resumable(&self) -> bool {
        matches!(self.writer, Writer::Part(_))
    }

    /// Whether nobody sees a part of it before it is finished.
    pub(crate) fn is_staged(&self) -> bool {
        !matches!(self.writer, Writer::Stream(_))
    }

    /// Puts a file or an object in its place, once its content is safe; hands over the rest of a stream.
    /// May wait, so use it on a thread that may.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { name, writer, .. } = self;
        let staged = |error: io::Error| Failure::unwritable(&name, nothing_left(&error));
        match writer {
            Writer::Stream(mut writer) => writer.flush().map_err(|e| Failure::output(&name, &e)),
            Writer::Staged { writer, path } => put(*writer, &path).map_err(staged),
            Writer::Object(upload) => upload.finish().map_err(staged),
            Writer::Part(part) => part
                .finish()
                .map_err(|error| Failure::unwritable(&name, error)),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.writer {
            Writer::Staged { writer, .. } => writer.write(bytes)?,
            Writer::Object(upload) => upload.write(bytes)?,
            Writer::Part(part) => part.write(bytes)?,
            Writer::Stream(writer) => writer.write(bytes)?,
        };
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Staged { writer, .. } => writer.flush(),
            Writer::Object(upload) => upload.flush(),
            Writer::Part(part) => part.flush(),
            Writer::Stream(writer) => writer.flush(),
        }
    }
}

fn stage(path: PathBuf) -> Result<Writer, Failure> {
    let folder = folder_of(&path);
    let file = tempfile::Builder::new()
        .prefix(".conversations-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(|error| {
            // tempfile adds the name of the hidden file, which means nothing to the reader.
            let why = io::Error::from(error.kind());
            let folder = folder.display();
            Failure::unwritable(
                &path.display(),
                format!("no file can be made in {folder}: {why}"),
            )
        })?;
    let writer = Box::new(BufWriter::with_capacity(BUFFER, Hidden(file)));
    Ok(Writer::Staged { writer, path })
}

pub(crate) const NOTHING_LEFT: &str = "nothing half-written was left behind";

fn nothing_left(error: &io::Error) -> String {
    format!("{error}; {NOTHING_LEFT}")
}

/// A hidden file beside its place. Errors of writing to it are the system's own: with the name that the library
/// adds they would mean nothing to the reader.
struct Hidden(NamedTempFile);

impl Write for Hidden {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file_mut().flush()
    }
}

fn put(writer: BufWriter<Hidden>, path: &Path) -> io::Result<()> {
    let Hidden(file) = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // Makes the new name last through a power failure. Not every file system can, and the content is
    // safe already, so a failure is not one of the export.
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
    Ok(())
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
