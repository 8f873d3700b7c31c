//! The results of a scan: the elements of the list, the other fields of the page, or an error.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use super::field_spans::FieldSpans;
use super::value_scanner::Expected;

/// An element of the list of records.
#[derive(Debug)]
pub(crate) enum Element {
    Valid(ValidElement),
    /// The element is not JSON, or too long to keep.
    Invalid {
        position: usize,
        fault: Fault,
        /// The id, if it came before the fault.
        id: Option<String>,
        /// The bytes; empty if the element is too long.
        bytes: Bytes,
    },
}

/// An element that is valid JSON.
#[derive(Debug)]
pub(crate) struct ValidElement {
    pub(crate) position: usize,
    pub(crate) json: ByteString,
    pub(crate) spans: FieldSpans,
}

/// Why an element of the list is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Invalid JSON at this byte of the record.
    Json { at: usize, expected: Expected },
    /// The record exceeds the maximum length.
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

/// The fields of a page other than its records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PageFields {
    /// The JSON of `cursor`, if the page has it.
    pub(crate) cursor: Option<Bytes>,
    /// The JSON of `next_offset`, if the page has it.
    pub(crate) next_offset: Option<Bytes>,
}

/// Why a body is not a page. Contains no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAPage {
    Empty,
    NotAnObject,
    /// The input ends before the JSON does.
    CutOff {
        at: usize,
    },
    Json {
        at: usize,
    },
    NoConversations,
    /// The page says itself that it is none.
    Refusal,
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
            Self::Refusal => f.write_str("the server reports an error under a status of success"),
            Self::NoConversations => f.write_str("the JSON has no list \"conversations\""),
        }
    }
}
