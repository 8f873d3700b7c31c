//! The progress line that is on the terminal, if there is one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on this line is drawn, or none.
pub(crate) fn set(line: Option<ProgressBar>) {
    *drawn() = line;
}

/// Writes something above the line, which would otherwise be written into it.
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
