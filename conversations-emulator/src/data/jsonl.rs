//! Loads conversations from JSONL.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::data::dataset::{Dataset, Loading};
use crate::data::line_problem::LineProblem;

/// Why conversations could not be loaded. Errors never contain record content.
///
/// ```
/// use conversations_emulator::{Dataset, DatasetError, LineProblem};
///
/// let error = Dataset::from_jsonl(&br#"{"id":"CA1","started_at":"soon"}"#[..]).unwrap_err();
/// let DatasetError::Line { line, problem } = error else { unreachable!() };
/// assert_eq!((line, problem), (1, LineProblem::NoStartedAt));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file could not be opened.
    #[error("cannot open the data file {}: {source}", path.display())]
    Open {
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Reading failed.
    #[error("cannot read the conversations: {0}")]
    Read(#[source] io::Error),
    /// A line is not a valid conversation.
    #[error("line {line} {problem}")]
    Line {
        /// The line number, from 1.
        line: usize,
        /// What is wrong with the line.
        problem: LineProblem,
    },
}

/// # Loading JSONL
impl Dataset {
    /// Reads a JSONL file with one conversation per line.
    ///
    /// # Errors
    ///
    /// Those of [`from_jsonl`](Self::from_jsonl), and [`DatasetError::Open`] if the file cannot be
    /// opened.
    ///
    /// ```no_run
    /// use conversations_emulator::Dataset;
    ///
    /// let data = Dataset::from_jsonl_file("conversations.jsonl")?;
    /// println!("{} conversations of {}", data.len(), data.project_id());
    /// # Ok::<(), conversations_emulator::DatasetError>(())
    /// ```
    pub fn from_jsonl_file(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        read_file(path.as_ref())
    }

    /// Reads JSONL, one conversation per line. Each line must be a JSON object with a string `id` and an
    /// RFC 3339 `started_at` (UTC if it has no zone); everything else is kept unchanged. Blank lines are
    /// skipped.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Line`] with the line number if a line is not such an object or repeats an earlier
    /// `id`; [`DatasetError::Read`] if reading fails. Errors never contain record content.
    ///
    /// ```
    /// use conversations_emulator::Dataset;
    ///
    /// let data = Dataset::from_jsonl(
    ///     &br#"{"id":"CA1","account_id":"acme","project_id":"desk","started_at":"2026-04-01T09:00:00Z"}"#[..],
    /// )?;
    /// assert_eq!((data.account_id(), data.project_id()), ("acme", "desk"));
    ///
    /// let error = Dataset::from_jsonl(&b"\n[1, 2]\n"[..]).unwrap_err();
    /// assert_eq!(error.to_string(), "line 2 is not a JSON object; write one conversation per line");
    /// # Ok::<(), conversations_emulator::DatasetError>(())
    /// ```
    pub fn from_jsonl(reader: impl BufRead) -> Result<Self, DatasetError> {
        read(reader)
    }
}

fn read_file(path: &Path) -> Result<Dataset, DatasetError> {
    let opened = File::open(path);
    let file = opened.map_err(|source| DatasetError::Open {
        path: path.into(),
        source,
    })?;
    read(BufReader::new(file))
}

fn read(mut reader: impl BufRead) -> Result<Dataset, DatasetError> {
    let mut buffer = Vec::new();
    reader
        .read_to_end(&mut buffer)
        .map_err(DatasetError::Read)?;
    let buffer = Bytes::from(buffer);
    let mut loading = Loading::default();
    let mut seen = HashSet::new();
    for (line, span) in lines(&buffer) {
        let raw = buffer.slice(span);
        check(&raw)
            .and_then(|()| loading.push(raw))
            .and_then(|id| {
                seen.insert(id.to_owned())
                    .then_some(())
                    .ok_or(LineProblem::RepeatedId)
            })
            .map_err(|problem| DatasetError::Line { line, problem })?;
    }
    Ok(loading.finish())
}

/// The non-blank lines, numbered from 1, without surrounding white space.
fn lines(buffer: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> {
    // Spreadsheet programs write a byte order mark at the start of UTF-8 files.
    let mut start = if buffer.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let ends = memchr::memchr_iter(b'\n', buffer).chain([buffer.len()]);
    ends.enumerate().filter_map(move |(index, end)| {
        let line = &buffer[start..end];
        let from = start + (line.len() - line.trim_ascii_start().len());
        let to = from + line.trim_ascii().len();
        start = end + 1;
        (from < to).then_some((index + 1, from..to))
    })
}

fn check(raw: &[u8]) -> Result<(), LineProblem> {
    let text = std::str::from_utf8(raw).map_err(|_| LineProblem::NotAnObject)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| LineProblem::NotAnObject)?;
    Ok(())
}
