//! Where records go: a file that is complete or absent, or standard output.

use std::fs::File;
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

const BUFFER: usize = 256 * 1024;

/// An output being written. Dropped before [`finish`](Self::finish), it leaves nothing behind.
pub(crate) enum Output {
    File {
        // Boxed to keep the variants alike in size.
        writer: Box<BufWriter<NamedTempFile>>,
        path: PathBuf,
        bytes: u64,
    },
    Stdout {
        writer: BufWriter<StdoutLock<'static>>,
        bytes: u64,
    },
}

impl Output {
    /// Opens a hidden file beside `path`, readable by its owner only; `-` is standard output.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout {
                writer: BufWriter::with_capacity(BUFFER, io::stdout().lock()),
                bytes: 0,
            });
        }
        if path.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder",
            ));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(".conversations-")
            .suffix(".part")
            .tempfile_in(folder)
            // tempfile adds the path of the hidden file, which means nothing to the reader.
            .map_err(|error| io::Error::from(error.kind()))?;
        Ok(Self::File {
            writer: Box::new(BufWriter::with_capacity(BUFFER, file)),
            path: path.to_owned(),
            bytes: 0,
        })
    }

    /// Writes one record as one line. JSON text has line ends only between its tokens, so those of a
    /// record that arrived laid out over several lines can go.
    pub(crate) fn line(&mut self, record: &[u8]) -> io::Result<()> {
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
        let written = match self {
            Self::File { writer, bytes, .. } => {
                writer.write_all(part)?;
                bytes
            }
            Self::Stdout { writer, bytes } => {
                writer.write_all(part)?;
                bytes
            }
        };
        *written += part.len() as u64;
        Ok(())
    }

    /// How much has been written.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::File { bytes, .. } | Self::Stdout { bytes, .. } => *bytes,
        }
    }

    /// Puts the file in its place, once its content is on the disk.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout { mut writer, .. } => writer.flush(),
            Self::File { writer, path, .. } => {
                let file = writer
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(&path).map_err(|error| error.error)?;
                sync_folder(&path);
                Ok(())
            }
        }
    }
}

/// Makes the new name last through a power failure. Not every file system can, and the content is safe
/// already, so a failure is not one of the export.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        })
    {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(records: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut output = Output::create(&path).unwrap();
        for record in records {
            output.line(record.as_bytes()).unwrap();
        }
        let bytes = output.bytes();
        output.finish().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
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
        let mut output = Output::create(&folder.path().join("out.jsonl")).unwrap();
        output.line(b"{}").unwrap();
        drop(output);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
