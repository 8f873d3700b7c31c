//! What an export ended with.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use conversations_api_ext::{Environment, Record};
use indicatif::{HumanBytes, HumanCount};

/// Counts of a running export.
#[derive(Debug)]
pub(crate) struct Summary {
    started: Instant,
    environments: Vec<Environment>,
    pub(crate) records: u64,
    pub(crate) in_progress: u64,
    pub(crate) malformed: u64,
    pub(crate) outside_range: u64,
    pub(crate) pages: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Summary {
    pub(crate) fn start(environments: &[Environment]) -> Self {
        Self {
            started: Instant::now(),
            environments: environments.to_vec(),
            records: 0,
            in_progress: 0,
            malformed: 0,
            outside_range: 0,
            pages: 0,
            first: None,
            last: None,
        }
    }

    pub(crate) fn count(&mut self, record: &Record) {
        self.records += 1;
        self.in_progress += u64::from(record.in_progress());
        if let Some(time) = record.started_at() {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }

    /// The closing lines, with what was written and where.
    pub(crate) fn text<'a>(&'a self, bytes: u64, place: &'a str) -> impl fmt::Display + 'a {
        Text {
            summary: self,
            elapsed: self.started.elapsed(),
            bytes,
            place,
        }
    }
}

struct Text<'a> {
    summary: &'a Summary,
    elapsed: Duration,
    bytes: u64,
    place: &'a str,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.summary;
        let environments: Vec<_> = summary.environments.iter().map(|e| e.name()).collect();
        write!(
            f,
            "{} conversation{} ({})",
            HumanCount(summary.records),
            plural(summary.records),
            environments.join(", ")
        )?;
        if let (Some(first), Some(last)) = (summary.first, summary.last) {
            let form = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
            write!(f, ", started {} to {}", form(first), form(last))?;
        }
        write!(
            f,
            "\n{} in {:.2} s, {} page{}, to {}",
            HumanBytes(self.bytes),
            self.elapsed.as_secs_f64(),
            HumanCount(summary.pages),
            plural(summary.pages),
            self.place,
        )?;
        for (count, what) in [
            (
                summary.in_progress,
                "still in progress: they may change, export them again later",
            ),
            (
                summary.outside_range,
                "outside the time range, sent by the server all the same and left out",
            ),
            (summary.malformed, "malformed and left out"),
        ] {
            if count > 0 {
                write!(f, "\n{} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}

const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
