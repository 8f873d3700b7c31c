//! The progress line that is currently on the terminal, if any.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Sets the progress line, or removes it.
pub(crate) fn set(line: Option<ProgressBar>) {
    *drawn() = line;
}

/// Writes something above the line: otherwise it would be written into it.
pub(crate) fn above(write: impl FnOnce()) {
    let line = drawn().clone();
    match line {
        Some(line) => line.suspend(write),
        None => write(),
    }
}

fn drawn() -> MutexGuard<'static, Option<ProgressBar>> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}
