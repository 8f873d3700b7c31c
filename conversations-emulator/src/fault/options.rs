//! Settings of faults: clock, page edge, framing, malformation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The clock by which a delay is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// The system time, even if the emulator has a virtual clock.
    #[default]
    Real,
    /// The emulator's [clock](crate::Clock).
    Clock,
}

/// How the length of a truncated body was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Chunked encoding; the final chunk is never sent.
    #[default]
    Chunked,
    /// `Content-Length` with the length of the complete body.
    ContentLength,
}

/// An edge of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The boundary with the previous page. Duplicates are the last records of that page.
    Start,
    /// The boundary with the next page. Duplicates are the last records of this page.
    #[default]
    End,
}

/// How a record is corrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Malformation {
    /// Its closing brace is missing.
    Unclosed,
    /// It ends in the middle, and the next record follows.
    CutInHalf,
    /// A comma precedes its closing brace.
    TrailingComma,
    /// A string contains an escape that JSON does not define.
    BadEscape,
    /// A string contains a byte that is not UTF-8.
    NotUtf8,
    /// A string contains a raw control character.
    ControlCharacter,
    /// A string contains half of a surrogate pair.
    LoneSurrogate,
    /// It is a number.
    NotAnObject,
    /// It is null.
    Null,
    /// It has no `id`.
    NoId,
    /// Its `id` is a number.
    NumericId,
    /// Its `started_at` is not a valid time.
    BadStartedAt,
    /// It contains 200 nested arrays.
    DeepNesting,
    /// It contains a number that no machine integer can hold.
    HugeNumber,
    /// It has two `id` members with different values.
    DuplicateKey,
}
