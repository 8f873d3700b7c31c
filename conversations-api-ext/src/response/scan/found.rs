//! What a scan gives: the elements of the list, what stands beside it, or why there is none.

use std::fmt;

use bytes::Bytes;

use super::value::{Expected, Fields, ID, IN_PROGRESS, STARTED_AT};

/// Where the fields of a record are that every record is asked for, counted from its first byte.
#[derive(Debug, Clone)]
pub(crate) struct Heads(Fields);

impl Heads {
    pub(super) const fn new(fields: Fields) -> Self {
        Self(fields)
    }

    /// A key of the record is written with escapes: the fields are still to be looked for.
    pub(crate) const fn disguised(&self) -> bool {
        self.0.disguised
    }

    pub(crate) fn id<'a>(&self, record: &'a str) -> Option<&'a str> {
        self.at(ID, record)
    }

    pub(crate) fn started_at<'a>(&self, record: &'a str) -> Option<&'a str> {
        self.at(STARTED_AT, record)
    }

    pub(crate) fn in_progress<'a>(&self, record: &'a str) -> Option<&'a str> {
        self.at(IN_PROGRESS, record)
    }

    fn at<'a>(&self, field: usize, record: &'a str) -> Option<&'a str> {
        record.get(self.0.places[field].clone()?)
    }
}

/// An element of the list of records.
#[derive(Debug)]
pub(crate) enum Found {
    Whole(Whole),
    /// It is not JSON, or too long to be kept.
    Broken {
        position: usize,
        fault: Fault,
        /// Its id, if that came before the fault.
        id: Option<String>,
        /// The bytes, unless there were too many.
        bytes: Bytes,
    },
}

/// An element that is valid JSON.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) position: usize,
    /// JSON, and UTF-8.
    pub(crate) bytes: Bytes,
    pub(crate) heads: Heads,
}

/// Why an element of the list is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// At this byte of the record, something else should stand.
    Json { at: usize, expected: Expected },
    /// It is longer than records may be.
    TooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("is longer than a record may be"),
            Self::Json { at, expected } => {
                let expected = match expected {
                    Expected::Value => "a value",
                    Expected::Key => "a key in quotes",
                    Expected::Colon => "a colon",
                    Expected::CommaOrEnd => "a comma or a closing bracket",
                    Expected::Escape => "an escape that JSON has",
                    Expected::Text => "text without control characters",
                    Expected::Number => "the rest of a number",
                    Expected::Utf8 => "UTF-8",
                };
                write!(f, "is not JSON: at its byte {at}, {expected} is expected")
            }
        }
    }
}

/// What a page says besides its records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// The JSON of `cursor`, if there is such a key.
    pub(crate) cursor: Option<Bytes>,
    /// The JSON of `next_offset`, if there is such a key.
    pub(crate) next_offset: Option<Bytes>,
}

/// Why a body is not a page. Holds no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAPage {
    Empty,
    NotAnObject,
    /// The text ends before the JSON does.
    CutOff {
        at: usize,
    },
    Json {
        at: usize,
    },
    NoConversations,
}

impl fmt::Display for NotAPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the body is empty"),
            Self::NotAnObject => f.write_str("the body is not a JSON object"),
            Self::CutOff { at } => {
                write!(f, "the JSON of the page ends too early, after {at} bytes")
            }
            Self::Json { at } => write!(f, "the body is not the JSON of a page, at byte {at}"),
            Self::NoConversations => f.write_str("the JSON has no list \"conversations\""),
        }
    }
}
