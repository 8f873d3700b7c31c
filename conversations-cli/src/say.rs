//! Words for the person at the terminal, on standard error.

use std::fmt;
use std::io::{self, Write as _};

use crate::drawn;

/// Writes `text` and a line end to standard error, without what would steer a terminal: names in it may come from
/// anywhere. Where nobody reads that any more, the work goes on: `eprintln!` would end it with a panic.
pub(crate) fn say(text: impl fmt::Display) {
    let text = text.to_string();
    let steers = |char: char| char.is_control() && !matches!(char, '\n' | '\t');
    let text = text.replace(steers, " ");
    drawn::above(|| {
        let _ = writeln!(io::stderr().lock(), "{text}");
    });
}
