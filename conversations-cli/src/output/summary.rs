//! [`Summary`]: the result of an export.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, Utc};
use conversations_api_ext::{Drift, DriftKind, Environment, Record};
use indicatif::{HumanBytes, HumanCount};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Output, Target};
use crate::failure::Failure;
use crate::records::failed_requests::FailedRequests;
use crate::records::fetch::Fetch;
use crate::term::escape::printable;
use crate::term::plural::plural;

/// Number of records that are all checked for drift from the API document. After these only one in [`ONE_IN`] is
/// checked: checking all of them would take a fifth of an export's time.
const ALL_OF: u64 = 1000;
const ONE_IN: u64 = 16;

/// The results of an export so far.
#[derive(Debug)]
pub(crate) struct Summary {
    started: Instant,
    environments: Vec<Environment>,
    pub(crate) counts: Counts,
    /// The number of bytes written.
    pub(crate) bytes: u64,
    /// The path of the quarantine file.
    pub(crate) quarantine: Option<String>,
    /// The number of values that a table does not hold exactly, by field.
    pub(crate) inexact: BTreeMap<String, u64>,
    /// Whether the table has the original values in `extra`.
    pub(crate) keeps_inexact: bool,
    drift: Drift,
}

/// The counts that a resumed run takes over from the earlier run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) in_progress: u64,
    pub(crate) malformed: u64,
    pub(crate) outside_range: u64,
    pub(crate) duplicates: u64,
    /// The number of duplicates whose content differs from that of the record that was written.
    #[serde(default)]
    pub(crate) conflicting_duplicates: u64,
    pub(crate) retries: u64,
    pub(crate) pages: u64,
    /// The number of records whose start is in an unknown format.
    #[serde(default)]
    pub(crate) unreadable_starts: u64,
    /// The number of conversations whose details were requested and that have none.
    #[serde(default)]
    pub(crate) without_detail: u64,
    #[serde(default)]
    pub(crate) failed_details: FailedRequests,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Counts {
    /// Adds the counts of a fetch in progress.
    pub(crate) fn with(&self, fetch: &Fetch) -> Self {
        Self {
            outside_range: self.outside_range + fetch.outside_range(),
            duplicates: self.duplicates + fetch.duplicates(),
            conflicting_duplicates: self.conflicting_duplicates + fetch.conflicts(),
            retries: self.retries + fetch.retries(),
            pages: self.pages + fetch.pages_read(),
            ..self.clone()
        }
    }
}

impl Summary {
    pub(crate) fn start(environments: &[Environment]) -> Self {
        Self {
            started: Instant::now(),
            environments: environments.to_vec(),
            counts: Counts::default(),
            bytes: 0,
            quarantine: None,
            inexact: BTreeMap::new(),
            keeps_inexact: true,
            drift: Drift::default(),
        }
    }

    pub(crate) fn count(&mut self, record: &Record) {
        let counts = &mut self.counts;
        counts.records += 1;
        counts.in_progress += u64::from(record.in_progress());
        if counts.records <= ALL_OF || counts.records.is_multiple_of(ONE_IN) {
            self.drift.observe(record);
        }
        if let Some(time) = record.started_at() {
            counts.first = Some(counts.first.map_or(time, |first| first.min(time)));
            counts.last = Some(counts.last.map_or(time, |last| last.max(time)));
        } else {
            counts.unreadable_starts += 1;
        }
    }

    /// Returns the closing lines: what was written, and where.
    pub(crate) fn text(&self, output: &str) -> String {
        let counts = &self.counts;
        let environments: Vec<_> = self.environments.iter().map(|e| e.name()).collect();
        let mut text = format!(
            "{} ({})",
            plural(counts.records, "conversation"),
            environments.join(", ")
        );
        if let (Some(first), Some(last)) = (counts.first, counts.last) {
            let form = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
            text.push_str(&format!(", started {} to {}", form(first), form(last)));
        }
        text.push_str(&format!(
            "\n{} in {:.2} s, {}, to {}",
            HumanBytes(self.bytes),
            self.started.elapsed().as_secs_f64(),
            plural(counts.pages, "page"),
            printable(output),
        ));
        let malformed = match &self.quarantine {
            Some(path) => format!("malformed and skipped; see {}", printable(path)),
            None => "malformed and skipped".to_owned(),
        };
        add_counts(
            &mut text,
            [
                (
                    counts.in_progress,
                    "still in progress, which may change; export them again later",
                ),
                (
                    counts.outside_range,
                    "skipped because the server returned them outside the time range",
                ),
                (
                    counts.duplicates,
                    "received more than once: each was written once",
                ),
                (
                    counts.conflicting_duplicates,
                    "sent again with different content: the first was kept, export again for the current one",
                ),
                (
                    counts.unreadable_starts,
                    "without a readable start time, which no time range excludes",
                ),
                (
                    counts.without_detail,
                    "without details, because the server has none",
                ),
                (
                    counts.failed_details.count(),
                    "without details, because the requests for them failed",
                ),
                (counts.malformed, &malformed),
            ],
        );
        for line in [self.inexact(), self.drift()].into_iter().flatten() {
            text.push_str(&format!("\n{line}"));
        }
        text
    }

    /// Returns the summary as JSON.
    pub(crate) fn to_json(&self, output: &str) -> Value {
        json!({
            "output": output,
            "environments": self.environments.iter().map(|e| e.name()).collect::<Vec<_>>(),
            "records": self.counts.records,
            "in_progress": self.counts.in_progress,
            "malformed": self.counts.malformed,
            "quarantine": self.quarantine,
            "outside_range": self.counts.outside_range,
            "duplicates": self.counts.duplicates,
            "conflicting_duplicates": self.counts.conflicting_duplicates,
            "pages": self.counts.pages,
            "retries": self.counts.retries,
            "first_started_at": self.counts.first,
            "last_started_at": self.counts.last,
            "bytes": self.bytes,
            "seconds": self.started.elapsed().as_secs_f64(),
            "unreadable_starts": self.counts.unreadable_starts,
            "without_detail": self.counts.without_detail,
            "failed_details": self.counts.failed_details.count(),
            "inexact": self.inexact,
            "drift": {"checked": self.drift.records(), "findings": drift_json(&self.drift)},
        })
    }

    /// Describes in a line which values a table does not hold exactly.
    fn inexact(&self) -> Option<String> {
        let all: u64 = self.inexact.values().sum();
        if all == 0 {
            return None;
        }
        let fields = self.inexact.iter();
        let fields = fields.map(|(name, count)| format!("{name} {}", HumanCount(*count)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let kept = if self.keeps_inexact {
            "the original values are in `extra`"
        } else {
            "the original values are lost, because the column `extra` is not selected"
        };
        Some(format!(
            "{} not exactly representable in the column ({fields}): {kept}",
            plural(all, "value")
        ))
    }

    /// Describes drift from the API document in a line.
    fn drift(&self) -> Option<String> {
        const NAMED: usize = 4;
        let met: Vec<_> = self.drift.met().collect();
        if met.is_empty() {
            return None;
        }
        let named = met.iter().take(NAMED).map(|met| match met.what() {
            DriftKind::Value(value) => format!("{} {value:?}", printable(met.path())),
            // The document has the field, but with another type.
            DriftKind::Type(kind) => format!("{} as {kind}", printable(met.path())),
            _ => printable(met.path()),
        });
        let named = named.collect::<Vec<_>>().join(", ");
        let more = met.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(format!(
            "undocumented in the API: {named}{more} (written as received)"
        ))
    }
}

/// Adds a line for each count that is not zero.
pub(crate) fn add_counts<'a>(text: &mut String, counts: impl IntoIterator<Item = (u64, &'a str)>) {
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!("\n{} {what}", HumanCount(count)));
    }
}

/// Returns what the API document does not describe as JSON.
pub(crate) fn drift_json(drift: &Drift) -> Vec<Value> {
    let findings = drift.met().map(|met| {
        json!({
            "path": met.path(),
            "kind": met.what().to_string(),
            "count": met.count(),
            "first_id": met.first_id(),
        })
    });
    findings.collect()
}

/// Writes the summary of a run to a file. `complete` is what the run has written nevertheless if that fails, with its
/// verb.
pub(crate) async fn write_summary(
    path: &Path,
    summary: &impl Serialize,
    complete: &str,
) -> Result<(), Failure> {
    let mut json = serde_json::to_vec_pretty(summary).expect("a summary is plain data");
    json.push(b'\n');
    let written = async { Output::put(Target::find_beside(path)?, json).await };
    written.await.map_err(|failure| {
        failure.with(&format!("{complete} complete; only the summary is missing"))
    })
}
