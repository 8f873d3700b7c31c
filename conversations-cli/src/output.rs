//! Where records go: a file that is complete or absent, or a stream such as standard output.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::Failure;

const BUFFER: usize = 256 * 1024;

/// A place for an output, found fit to be written to.
pub(crate) enum Target {
    /// A file that is to appear, or to be replaced, at this path.
    File(PathBuf),
    /// What is written at once: standard output, or a pipe or device that is there already, which a
    /// rename would replace.
    Stream {
        name: String,
        stream: Box<dyn Write>,
    },
}

impl Target {
    /// Finds out what is at `path`; `-` is standard output. Whatever can be known before the first
    /// record is fetched is refused here.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stream {
                name: "standard output".to_owned(),
                stream: Box::new(io::stdout().lock()),
            });
        }
        let refuse = |why: String| Failure::unwritable(&path.display(), why);
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => {
                Err(refuse("it is a folder: name a file in it".to_owned()))
            }
            // The file behind a symbolic link is replaced, not the link.
            Ok(there) if there.is_file() => {
                let link = fs::symlink_metadata(path).is_ok_and(|at| at.is_symlink());
                let real = if link {
                    fs::canonicalize(path)
                } else {
                    Ok(path.to_owned())
                };
                real.map(Self::File).map_err(|e| refuse(e.to_string()))
            }
            Ok(_) => match OpenOptions::new().write(true).open(path) {
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
}

/// An output being written. Dropped before [`finish`](Self::finish), a file leaves nothing behind.
pub(crate) struct Output {
    /// What people call it.
    name: String,
    writer: Writer,
    bytes: u64,
}

enum Writer {
    Staged {
        // Boxed to keep the variants alike in size.
        writer: Box<BufWriter<NamedTempFile>>,
        path: PathBuf,
    },
    Stream(BufWriter<Box<dyn Write>>),
}

impl Output {
    /// Opens the target; for a file that is a hidden one beside it, readable by its owner only.
    pub(crate) fn create(target: Target) -> Result<Self, Failure> {
        let (name, writer) = match target {
            Target::Stream { name, stream } => (
                name,
                Writer::Stream(BufWriter::with_capacity(BUFFER, stream)),
            ),
            Target::File(path) => {
                let name = path.display().to_string();
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
                            &name,
                            format!("no file can be made in {folder}: {why}"),
                        )
                    })?;
                let writer = Box::new(BufWriter::with_capacity(BUFFER, file));
                (name, Writer::Staged { writer, path })
            }
        };
        Ok(Self {
            name,
            writer,
            bytes: 0,
        })
    }

    /// What people call it: its path, or `standard output`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How much has been written.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes one record as one line. JSON text has line ends only between its tokens, so those of a
    /// record that arrived laid out over several lines can go.
    pub(crate) fn line(&mut self, record: &[u8]) -> Result<(), Failure> {
        self.write_line(record).map_err(|error| self.failed(&error))
    }

    fn write_line(&mut self, record: &[u8]) -> io::Result<()> {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        if record.iter().any(is_end) {
            for part in record.split(is_end) {
                self.write(part)?;
            }
        } else {
            self.write(record)?;
        }
        self.write(b"\n")
    }

    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        match &mut self.writer {
            Writer::Staged { writer, .. } => writer.write_all(part)?,
            Writer::Stream(writer) => writer.write_all(part)?,
        }
        self.bytes += part.len() as u64;
        Ok(())
    }

    /// Puts a file in its place, once its content is on the disk; hands over the rest of a stream.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { name, writer, .. } = self;
        match writer {
            Writer::Stream(mut writer) => writer.flush().map_err(|e| Failure::output(&name, &e)),
            Writer::Staged { writer, path } => {
                put(*writer, &path).map_err(|e| Failure::unwritable(&name, nothing_left(&e)))
            }
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        match self.writer {
            Writer::Stream(_) => Failure::output(&self.name, error),
            Writer::Staged { .. } => Failure::unwritable(&self.name, nothing_left(error)),
        }
    }
}

fn nothing_left(error: &io::Error) -> String {
    format!("{error}; nothing half-written was left behind")
}

fn put(writer: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = writer
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

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// `Path` itself takes `folder/` and `folder` for the same.
fn ends_in_separator(path: &Path) -> bool {
    let last = OsStr::as_encoded_bytes(path.as_os_str()).last().copied();
    last.is_some_and(|byte| std::path::is_separator(char::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(path: &Path) -> Output {
        Output::create(Target::find(path).unwrap()).unwrap()
    }

    fn written(records: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut output = create(&path);
        for record in records {
            output.line(record.as_bytes()).unwrap();
        }
        let bytes = output.bytes();
        output.finish().unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text.len() as u64, bytes);
        text
    }

    #[test]
    fn a_record_is_one_line_however_it_was_laid_out() {
        assert_eq!(
            written(&["{\"a\": 1}", "{\r\n  \"a\": \"x\\ny\"\n}"]),
            "{\"a\": 1}\n{  \"a\": \"x\\ny\"}\n"
        );
    }

    #[test]
    fn an_output_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = create(&folder.path().join("out.jsonl"));
        output.line(b"{}").unwrap();
        drop(output);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_at_the_target_before_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut output = create(&path);
        output.line(&vec![b' '; 2 * BUFFER]).unwrap();
        assert!(!path.exists());
        output.finish().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
