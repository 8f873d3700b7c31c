//! [`Warnings`]: prints the first few of many similar warnings, then a count.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::term::stderr::say;

/// Maximum number of warnings printed. A file in the wrong format has one for each of its lines.
const SHOWN: u64 = 10;

/// Warnings about skipped records. On drop, reports how many were not printed.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    /// Print no warnings, only their number.
    quiet: bool,
    count: AtomicU64,
}

impl Warnings {
    pub(crate) const fn new(quiet: bool) -> Self {
        Self {
            quiet,
            count: AtomicU64::new(0),
        }
    }

    /// Returns whether the command is quiet.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Counts a warning and returns whether to print it.
    pub(crate) fn count(&self) -> bool {
        self.count.fetch_add(1, Ordering::Relaxed) < SHOWN && !self.quiet
    }

    /// Prints a warning if it is one of the first.
    pub(crate) fn add(&self, warning: impl Display) {
        if self.count() {
            say(format_args!("warning: {warning}"));
        }
    }

    /// Returns the closing message.
    fn rest(&self) -> Option<String> {
        let count = self.count.load(Ordering::Relaxed);
        let records = |count: u64| if count == 1 { "record" } else { "records" };
        match (self.quiet, count) {
            (_, 0) | (false, ..=SHOWN) => None,
            (true, _) => Some(format!("{count} malformed {} skipped", records(count))),
            (false, _) => {
                let more = count - SHOWN;
                Some(format!(
                    "{more} more malformed {} skipped, {count} in total",
                    records(more)
                ))
            }
        }
    }
}

impl Drop for Warnings {
    fn drop(&mut self) {
        if let Some(rest) = self.rest() {
            say(format_args!("warning: {rest}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_shown_and_the_rest_are_counted() {
        for (quiet, count, shown, rest) in [
            (false, 0, 0, None),
            (false, 10, 10, None),
            (
                false,
                11,
                10,
                Some("1 more malformed record skipped, 11 in total"),
            ),
            (
                false,
                31_394,
                10,
                Some("31384 more malformed records skipped, 31394 in total"),
            ),
            (true, 1, 0, Some("1 malformed record skipped")),
        ] {
            let warnings = Warnings::new(quiet);
            assert_eq!((0..count).filter(|_| warnings.count()).count(), shown);
            assert_eq!(warnings.rest().as_deref(), rest);
        }
    }
}
