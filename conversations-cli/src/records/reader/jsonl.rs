//! [`JsonlReader`]: reads conversations from a JSONL file or standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::file_reader::{FileReader, Position};
use crate::failure::Failure;

const BUFFER: usize = 256 * 1024;
/// Maximum length of a line. A file without a line end up to here is not JSONL.
const LONGEST: u64 = 256 * 1024 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PARQUET: &[u8] = b"PAR1";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The lines of one input. It is decompressed if its first bytes show that it is compressed, whatever its name.
pub(super) struct JsonlReader {
    name: String,
    reader: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    bytes_read: Arc<AtomicU64>,
}

/// A reader that counts the bytes read from it.
struct Metered<R> {
    source: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl JsonlReader {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::new("standard input".to_owned(), Box::new(io::stdin()))
                .map_err(|error| Failure::unreadable(Path::new("standard input"), &error));
        }
        File::open(path)
            .and_then(|file| check_not_empty(path, &file).map(|()| file))
            .and_then(|file| Self::new(path.display().to_string(), Box::new(file)))
            .map_err(|error| Failure::unreadable(path, &error))
    }

    fn new(name: String, source: Box<dyn Read + Send>) -> io::Result<Self> {
        let bytes_read = Arc::<AtomicU64>::default();
        let source = Metered {
            source,
            bytes_read: Arc::clone(&bytes_read),
        };
        let mut source = BufReader::with_capacity(BUFFER, source);
        let start = source.fill_buf()?;
        let mut reader: Box<dyn BufRead + Send> = if start.starts_with(GZIP) {
            Box::new(BufReader::with_capacity(
                BUFFER,
                MultiGzDecoder::new(source),
            ))
        } else if start.starts_with(ZSTD) {
            let unpacked = zstd::Decoder::with_buffer(source)?;
            Box::new(BufReader::with_capacity(BUFFER, unpacked))
        } else if start.starts_with(PARQUET) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a Parquet file cannot be read from a pipe; give the path of the file",
            ));
        } else {
            Box::new(source)
        };
        let start = reader.fill_buf()?.trim_ascii_start();
        let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
        if let Some(why) = not_jsonl(start) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(Self {
            name,
            reader,
            line: Vec::new(),
            number: 0,
            bytes_read,
        })
    }
}

/// Rejects an empty file whose name says that it is compressed: no writer leaves one, only a copy that broke off, and
/// its conversations must not count as none. An empty JSONL file has no conversations.
fn check_not_empty(path: &Path, file: &File) -> io::Result<()> {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let is_packed = ["gz", "zst", "parquet"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known));
    let there = file.metadata()?;
    if is_packed && there.is_file() && there.len() == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is empty, which a .{extension} file never is; copy or export it again"),
        ));
    }
    Ok(())
}

impl FileReader for JsonlReader {
    fn position(&self) -> Position {
        Position::new(&self.name, "line", self.number)
    }

    /// Returns the number of bytes read from the file, before decompression.
    fn bytes_read(&self, _: u64) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Returns the current line. One that is not UTF-8 is empty: it is as malformed as a line without an object.
    fn json(&self) -> &str {
        let line = self.line.trim_ascii();
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        str::from_utf8(line).unwrap_or_default()
    }

    /// Reads the next line that is not blank; returns `false` at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            self.line.clear();
            let mut rest = (&mut self.reader).take(LONGEST);
            let read = rest.read_until(b'\n', &mut self.line);
            let read = read.map_err(|error| Failure::unreadable(Path::new(&self.name), &error))?;
            if read == 0 {
                return Ok(false);
            }
            if read as u64 == LONGEST && !self.line.ends_with(b"\n") {
                return Err(Failure::usage(format!(
                    "cannot read {}: not JSONL: line {} is longer than 256 MiB",
                    self.name,
                    self.number + 1
                )));
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

/// Returns why the start of a file is not JSONL; `None` if it may be.
fn not_jsonl(start: &[u8]) -> Option<&'static str> {
    if start.is_empty() || start.starts_with(b"{") {
        return None;
    }
    let first = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let mut names = first.split(|byte| *byte == b',');
    let is_csv = names.any(|name| matches!(name.trim_ascii_end(), b"id" | b"conversation_id"));
    Some(if is_csv {
        "CSV does not contain complete conversations; export JSONL or Parquet"
    } else {
        "not JSONL: the first line does not begin with `{`"
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(bytes: Vec<u8>) -> Vec<String> {
        let mut lines =
            JsonlReader::new("test".to_owned(), Box::new(io::Cursor::new(bytes))).unwrap();
        let mut all = Vec::new();
        while lines.advance().unwrap() {
            all.push(lines.json().to_owned());
        }
        all
    }

    #[test]
    fn blank_lines_and_line_ends_of_any_kind_do_not_matter() {
        let text = b"\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"b\":2}".to_vec();
        assert_eq!(lines(text), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(lines(Vec::new()), [""; 0]);
        assert_eq!(lines(b"{}\n\xff\n{}".to_vec()), ["{}", "", "{}"]);
    }

    #[test]
    fn compression_is_detected_by_the_first_bytes() {
        let pack = |text: &str| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(text.as_bytes()).unwrap();
            gzip.finish().unwrap()
        };
        // Concatenated gzip files are one valid gzip file.
        assert_eq!(lines([pack("{1\n"), pack("{2\n")].concat()), ["{1", "{2"]);
        assert_eq!(
            lines(zstd::encode_all(&b"{1\n{2"[..], 0).unwrap()),
            ["{1", "{2"]
        );
    }

    #[test]
    fn a_file_that_is_not_jsonl_is_refused_by_what_it_is() {
        for (bytes, part) in [
            (&b"PAR1..."[..], "Parquet"),
            (b"\n id,started_at\n", "CSV does not"),
            (b"channel,id\r\nx", "CSV does not"),
            (b"conversation_id,turn", "CSV does not"),
            (b"hello, id", "not JSONL"),
            (b"[{\"id\":1}]", "not JSONL"),
        ] {
            let source = Box::new(io::Cursor::new(bytes.to_vec()));
            let Err(error) = JsonlReader::new("x".to_owned(), source) else {
                panic!("it is refused")
            };
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
