//! [`Lines`]: records that were exported before, out of a JSONL file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::failure::Failure;
use crate::terminal::printable;

const BUFFER: usize = 256 * 1024;
/// No record is longer; what has no line end up to here is no JSONL.
const LONGEST: u64 = 256 * 1024 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PARQUET: &[u8] = b"PAR1";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The lines of one input, unpacked if it is compressed: its first bytes say so, whatever its name.
pub(crate) struct Lines {
    /// What people call it.
    name: String,
    reader: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    taken: Arc<AtomicU64>,
}

/// A source, and how many bytes have been taken from it.
struct Metered<R> {
    source: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Lines {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::new("standard input".to_owned(), Box::new(io::stdin()))
                .map_err(|error| Failure::unreadable(Path::new("standard input"), &error));
        }
        if path.is_dir() {
            let path = printable(&path.to_string_lossy());
            return Err(Failure::usage(format!(
                "{path} is a folder: name the files in it, such as {path}/*/*.jsonl.zst"
            )));
        }
        File::open(path)
            .and_then(|file| Self::new(path.display().to_string(), Box::new(file)))
            .map_err(|error| Failure::unreadable(path, &error))
    }

    fn new(name: String, source: Box<dyn Read + Send>) -> io::Result<Self> {
        let taken = Arc::<AtomicU64>::default();
        let source = Metered {
            source,
            taken: Arc::clone(&taken),
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
                "it is a Parquet file; read here is JSONL, also as .gz and .zst",
            ));
        } else {
            Box::new(source)
        };
        let start = reader.fill_buf()?.trim_ascii_start();
        let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
        if !start.is_empty() && !start.starts_with(b"{") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it is no JSONL: its first line does not begin with `{`",
            ));
        }
        Ok(Self {
            name,
            reader,
            line: Vec::new(),
            number: 0,
            taken,
        })
    }

    /// What people call the input.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes of the input have been taken, as they are in the file.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The number of the last line, counted from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not blank, or `None` at the end. A line that is not UTF-8 is empty: it is as
    /// malformed as one without an object.
    pub(crate) fn next_line(&mut self) -> Result<Option<&str>, Failure> {
        loop {
            self.line.clear();
            let mut rest = (&mut self.reader).take(LONGEST);
            let read = rest.read_until(b'\n', &mut self.line);
            let read = read.map_err(|error| Failure::unreadable(Path::new(&self.name), &error))?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == LONGEST && !self.line.ends_with(b"\n") {
                return Err(Failure::usage(format!(
                    "{}: line {} has no end: this is not JSONL",
                    self.name,
                    self.number + 1
                )));
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let line = self.line.trim_ascii();
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        Ok(Some(str::from_utf8(line).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(bytes: Vec<u8>) -> Vec<String> {
        let mut lines = Lines::new("test".to_owned(), Box::new(io::Cursor::new(bytes))).unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(line.to_owned());
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
    fn compression_is_told_by_the_first_bytes() {
        let pack = |text: &str| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(text.as_bytes()).unwrap();
            gzip.finish().unwrap()
        };
        // Files that were packed one by one and then joined are one file to gzip.
        assert_eq!(lines([pack("{1\n"), pack("{2\n")].concat()), ["{1", "{2"]);
        assert_eq!(
            lines(zstd::encode_all(&b"{1\n{2"[..], 0).unwrap()),
            ["{1", "{2"]
        );
    }

    #[test]
    fn what_is_no_jsonl_is_refused_by_what_it_is() {
        for (bytes, part) in [
            (&b"PAR1..."[..], "Parquet"),
            (b"\n id,started_at\n", "no JSONL"),
        ] {
            let source = Box::new(io::Cursor::new(bytes.to_vec()));
            let Err(error) = Lines::new("x".to_owned(), source) else {
                panic!("it is refused")
            };
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
