//! [`FileReader`]: reads the conversations of one file, whatever its format.

use std::fmt;

use crate::failure::Failure;
use crate::term::escape::printable;

/// Reads the conversations of one file.
pub(super) trait FileReader {
    /// Advances to the next conversation or malformed line; returns `false` at the end.
    fn advance(&mut self) -> Result<bool, Failure>;

    /// Returns the JSON of the current conversation; empty for a line that is not UTF-8.
    fn json(&self) -> &str;

    /// Returns the number of conversations that were passed over because they have another id than the wanted one.
    fn passed_over(&self) -> u64 {
        0
    }

    /// Returns the position of the current conversation.
    fn position(&self) -> Position;

    /// Returns how many of the file's `size` bytes the conversations read so far represent.
    fn bytes_read(&self, size: u64) -> u64;
}

/// The position of a conversation in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    file: String,
    unit: &'static str,
    number: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = printable(&self.file);
        write!(f, "{file}: {} {}", self.unit, self.number)
    }
}

impl Position {
    pub(super) fn new(file: &str, unit: &'static str, number: u64) -> Self {
        let file = file.to_owned();
        Self { file, unit, number }
    }
}
