//! A line on the terminal that says how far an export is.

use std::io::IsTerminal as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Progress on standard error; silent where that is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(
            "{spinner} {human_pos} conversations, {per_sec:>9}, {msg} [{elapsed_precise}]",
        )
        .expect("the template is a constant that is known to parse");
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Says where the export is.
    pub(crate) fn at(&self, records: u64, bytes: u64, started: Option<DateTime<Utc>>) {
        // The text costs more than the record it is about, and the eye sees ten a second.
        if self.0.is_hidden() || !records.is_multiple_of(256) {
            return;
        }
        self.0.set_position(records);
        let bytes = HumanBytes(bytes);
        self.0.set_message(match started {
            Some(time) => format!("{bytes}, at {}", time.format("%Y-%m-%d %H:%M")),
            None => bytes.to_string(),
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
