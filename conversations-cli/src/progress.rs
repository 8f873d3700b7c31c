//! A line on the terminal that says how far a fetch is.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};

use crate::say::say;

const TICK: Duration = Duration::from_millis(100);
const UNKNOWN: i64 = i64::MIN;

/// Progress on standard error; silent where that is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    here: Arc<Here>,
}

/// What the line says beside the number of records. It is put into words when the line is drawn: that
/// costs more than the record it is about.
struct Here {
    bytes: AtomicU64,
    /// Seconds since 1970.
    started: AtomicI64,
}

impl Progress {
    /// `quiet` asks for none, on a terminal too.
    pub(crate) fn new(quiet: bool) -> Self {
        let here = Arc::new(Here {
            bytes: AtomicU64::new(0),
            started: AtomicI64::new(UNKNOWN),
        });
        if quiet || !std::io::stderr().is_terminal() {
            let bar = ProgressBar::hidden();
            return Self { bar, here };
        }
        let drawn = Arc::clone(&here);
        let style = ProgressStyle::with_template(
            "{spinner} {human_pos} conversations, {rate}{here} [{elapsed_precise}]",
        )
        .expect("the template is a constant that is known to parse")
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{:.0}/s", state.per_sec());
        })
        .with_key(
            "here",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = write!(out, "{drawn}");
            },
        );
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(TICK);
        Self { bar, here }
    }

    /// Says where the fetch is: how many records, how much of them was written (0 where nothing is),
    /// and the start of the last one.
    pub(crate) fn at(&self, records: u64, bytes: u64, started: Option<DateTime<Utc>>) {
        let started = started.map_or(UNKNOWN, |time| time.timestamp());
        self.here.bytes.store(bytes, Ordering::Relaxed);
        self.here.started.store(started, Ordering::Relaxed);
        self.bar.set_position(records);
    }

    /// Says that one more record has come, for several that fetch at once.
    pub(crate) fn one_more(&self, started: Option<DateTime<Utc>>) {
        let started = started.map_or(UNKNOWN, |time| time.timestamp());
        self.here.started.store(started, Ordering::Relaxed);
        self.bar.inc(1);
    }

    /// Writes a warning above the line.
    pub(crate) fn warn(&self, warning: impl fmt::Display) {
        self.bar.suspend(|| say(format_args!("warning: {warning}")));
    }
}

impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.load(Ordering::Relaxed);
        if bytes > 0 {
            write!(f, ", {}", HumanBytes(bytes))?;
        }
        let started = self.started.load(Ordering::Relaxed);
        if let Some(time) = DateTime::from_timestamp(started, 0) {
            write!(f, ", at {}", time.format("%Y-%m-%d %H:%M"))?;
        }
        Ok(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let progress = Progress::new(true);
        assert_eq!(progress.here.to_string(), "");
        let start = DateTime::from_timestamp(1_775_001_600, 0);
        progress.at(1, 2048, start);
        assert_eq!(progress.here.to_string(), ", 2.00 KiB, at 2026-04-01 00:00");
        progress.at(2, 0, start);
        assert_eq!(progress.here.to_string(), ", at 2026-04-01 00:00");
    }
}
