//! Reading conversations from JSON lines.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::data::dataset::{Dataset, Loading};

/// Why conversations could not be read. No variant holds or shows anything of a record.
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
        /// The file, as it was named.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Reading broke off.
    #[error("cannot read the conversations: {0}")]
    Read(#[source] io::Error),
    /// One line cannot be served as a conversation.
    #[error("line {line} {problem}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// What is wrong with one line of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The line is not JSON, or is JSON of another kind than an object.
    #[error("is not a JSON object; write one conversation a line")]
    NotAnObject,
    /// There is no `id`, or it is empty or no text.
    #[error("has no `id`; every conversation needs one that is text and not empty")]
    NoId,
    /// There is no `started_at`, or it cannot be read as a time.
    #[error("has no readable `started_at`; write it in RFC 3339, such as 2026-04-01T09:30:00Z")]
    NoStartedAt,
    /// An earlier line has the same `id`.
    #[error("has the `id` of an earlier line; remove one of the two")]
    RepeatedId,
}

pub(crate) fn read_file(path: &Path) -> Result<Dataset, DatasetError> {
    let opened = File::open(path);
    let file = opened.map_err(|source| DatasetError::Open {
        path: path.into(),
        source,
    })?;
    read(BufReader::new(file))
}

pub(crate) fn read(mut reader: impl BufRead) -> Result<Dataset, DatasetError> {
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

/// The lines that are not blank, numbered from 1, without the white space around them.
fn lines(buffer: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> {
    // Spreadsheet programs put a byte order mark in front of UTF-8.
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
