//! The progress line that is currently on the terminal, if any.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Sets the progress line, or removes it.
pub(crate) fn set(line: Option<ProgressBar>) {
    *drawn() = line;
}

/// Writes text to standard error above the line: otherwise it would be written into it. Takes the text and no closure:
/// one that itself writes above the line would wait forever for the lock that suspending the line holds.
pub(crate) fn write_above(text: &[u8]) -> io::Result<()> {
    let write = || io::stderr().lock().write_all(text);
    let line = drawn().clone();
    match line {
        Some(line) => line.suspend(write),
        None => write(),
    }
}

fn drawn() -> MutexGuard<'static, Option<ProgressBar>> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}
