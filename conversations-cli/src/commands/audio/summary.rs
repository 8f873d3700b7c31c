//! The result of a run.

use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount};
use serde_json::json;

use super::download::Outcome;
use crate::clock;
use crate::term::escape::printable;
use crate::term::plural::plural;

/// The counts of a run.
#[derive(Debug)]
pub(super) struct Summary {
    started: Instant,
    pub(super) downloaded: u64,
    pub(super) bytes: u64,
    /// The length of what was downloaded, as far as headers state it.
    pub(super) seconds: f64,
    /// Recordings that were there already.
    pub(super) skipped: u64,
    /// Conversations without a recording.
    pub(super) missing: u64,
    /// Malformed records among those that the filters select.
    pub(super) malformed: u64,
}

impl Summary {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            downloaded: 0,
            bytes: 0,
            seconds: 0.0,
            skipped: 0,
            missing: 0,
            malformed: 0,
        }
    }

    /// Counts an outcome.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Downloaded { bytes, seconds } => {
                self.downloaded += 1;
                self.bytes += bytes;
                self.seconds += seconds.unwrap_or(0.0);
            }
            Outcome::Skipped(_) => self.skipped += 1,
            Outcome::Missing => self.missing += 1,
        }
    }

    /// Returns the number of conversations whose recordings were dealt with.
    pub(super) const fn conversations(&self) -> u64 {
        self.downloaded + self.skipped + self.missing
    }

    pub(super) fn to_json(&self, output: &str) -> Vec<u8> {
        let summary = json!({
            "output": output,
            "downloaded": self.downloaded,
            "bytes": self.bytes,
            "audio_seconds": self.seconds,
            "skipped": self.skipped,
            "without_recording": self.missing,
            "malformed": self.malformed,
            "seconds": self.started.elapsed().as_secs_f64(),
        });
        let mut json = serde_json::to_vec_pretty(&summary).expect("a summary is plain data");
        json.push(b'\n');
        json
    }

    pub(super) fn text<'a>(&'a self, output: &'a str) -> impl fmt::Display + 'a {
        Text {
            summary: self,
            elapsed: self.started.elapsed(),
            output,
        }
    }
}

struct Text<'a> {
    summary: &'a Summary,
    elapsed: Duration,
    output: &'a str,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.summary;
        write!(
            f,
            "{} ({}, {} of audio) in {:.2} s, to {}",
            plural(summary.downloaded, "recording"),
            HumanBytes(summary.bytes),
            clock::time(summary.seconds),
            self.elapsed.as_secs_f64(),
            printable(self.output),
        )?;
        for (count, what) in [
            (summary.skipped, "already there"),
            (summary.missing, "without a recording"),
            (summary.malformed, "malformed and skipped"),
        ] {
            if count > 0 {
                write!(f, "\n{} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}
