//! The choices that faults leave: by which time, at which edge, in which way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// By which time a fault waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// The machine's, also where the emulator has a virtual clock.
    #[default]
    Real,
    /// The emulator's [clock](crate::Clock).
    Clock,
}

/// How a body that breaks off was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// In chunks; the last one, which says that it is the last, never comes.
    #[default]
    Chunked,
    /// By `Content-Length`, with the length of the whole.
    ContentLength,
}

/// An end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Where the page before joins on. Duplicates are that page's last records.
    Start,
    /// Where the next page joins on. Duplicates are this page's last records.
    #[default]
    End,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Malformation {
    /// Its closing brace is missing.
    Unclosed,
    /// It stops in the middle, and the next record follows.
    CutInHalf,
    /// There is a comma in front of its closing brace.
    TrailingComma,
    /// A text holds an escape that JSON does not have.
    BadEscape,
    /// A text holds a byte that is not UTF-8.
    NotUtf8,
    /// A text holds a raw control character.
    ControlCharacter,
    /// A text holds half of a surrogate pair.
    LoneSurrogate,
    /// It is a number.
    NotAnObject,
    /// It is null.
    Null,
    /// It has no `id`.
    NoId,
    /// Its `id` is a number.
    NumericId,
    /// Its `started_at` is no time.
    BadStartedAt,
    /// It holds 200 arrays in one another.
    DeepNesting,
    /// It holds a number no machine integer can hold.
    HugeNumber,
    /// It has `id` twice, with different values.
    DuplicateKey,
}
