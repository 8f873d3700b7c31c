//! Words for the person at the terminal, on standard error.

use std::fmt;
use std::io::{self, Write as _};

/// Writes `text` and a line end to standard error. Where nobody reads that any more, the work goes on:
/// `eprintln!` would end it with a panic.
pub(crate) fn say(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
