//! The result of a run.

use std::time::Instant;

use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::download::Outcome;
use crate::clock;
use crate::failure::Failure;
use crate::output::summary::add_counts;
use crate::records::failed_requests::FailedRequests;
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
    pub(super) failed: FailedRequests,
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
            failed: FailedRequests::default(),
        }
    }

    /// Counts an outcome. Fails if more downloads failed than single conversations explain.
    pub(super) fn count(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Downloaded { .. } | Outcome::Missing => self.failed.succeeded(),
            // No request was sent.
            Outcome::Skipped(_) => {}
            Outcome::Failed { id, failed } => {
                self.failed.add(id, failed);
                self.failed.failed(failed.clone())?;
            }
        }
        match outcome {
            Outcome::Downloaded { bytes, seconds } => {
                self.downloaded += 1;
                self.bytes += bytes;
                self.seconds += seconds.unwrap_or(0.0);
            }
            Outcome::Skipped(_) => self.skipped += 1,
            Outcome::Missing => self.missing += 1,
            Outcome::Failed { .. } => {}
        }
        Ok(())
    }

    /// Returns the number of conversations whose recordings were dealt with.
    pub(super) const fn conversations(&self) -> u64 {
        self.downloaded + self.skipped + self.missing + self.failed.count()
    }

    pub(super) fn to_json(&self, output: &str) -> Value {
        json!({
            "output": output,
            "downloaded": self.downloaded,
            "bytes": self.bytes,
            "audio_seconds": self.seconds,
            "skipped": self.skipped,
            "without_recording": self.missing,
            "malformed": self.malformed,
            "failed": self.failed.count(),
            "seconds": self.started.elapsed().as_secs_f64(),
        })
    }

    pub(super) fn text(&self, output: &str) -> String {
        let mut text = format!(
            "{} ({}, {} of audio) in {:.2} s, to {}",
            plural(self.downloaded, "recording"),
            HumanBytes(self.bytes),
            clock::time(self.seconds),
            self.started.elapsed().as_secs_f64(),
            printable(output),
        );
        add_counts(
            &mut text,
            [
                (self.skipped, "already there"),
                (self.missing, "without a recording"),
                (self.malformed, "malformed and skipped"),
                (self.failed.count(), "failed"),
            ],
        );
        text
    }
}
