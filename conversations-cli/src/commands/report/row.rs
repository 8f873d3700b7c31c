//! [`Row`]: one conversation of the table.

use chrono::{DateTime, Utc};
use conversations_api_ext::Redaction;
use conversations_api_ext::api::{Integer, OneOrMany};

use super::transcript;
use crate::commands::stats::{Fields, InputArguments, named, shortened};
use crate::term::escape::printable;

/// How transcripts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transcripts {
    None,
    Masked,
    Full,
}

/// The fields that the table shows and filters by. Labels are those that the charts count.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) started: Option<DateTime<Utc>>,
    /// The local date and time of the start, as seconds since 1970 if it were in UTC.
    pub(super) local: Option<i64>,
    pub(super) channel: String,
    pub(super) variant: String,
    pub(super) environment: String,
    pub(super) handoff: Option<bool>,
    /// The reason of a handoff.
    pub(super) reason: Option<String>,
    /// In seconds.
    pub(super) duration: Option<f64>,
    pub(super) turns: Option<i64>,
    pub(super) silences: Option<i64>,
    pub(super) out_of_domain: Option<i64>,
    pub(super) barge_ins: u64,
    /// The greatest latency of a turn in seconds.
    pub(super) latency: Option<f64>,
    /// The distinct values of each requested metric.
    pub(super) metrics: Vec<Vec<String>>,
    /// JSON; `None` without transcripts, or if the conversation cannot be decoded.
    pub(super) transcript: Option<String>,
    /// The URL of the recording, relative to the page.
    pub(super) recording: Option<String>,
}

impl Row {
    pub(super) fn new(
        fields: &Fields<'_>,
        started: Option<DateTime<Utc>>,
        input: &InputArguments,
        json: &str,
        transcripts: Transcripts,
        mask: &Redaction,
    ) -> Self {
        let local = started.map(|time| time.with_timezone(&input.time_zone).naive_local());
        let handed_off = *fields.handoff == Some(true);
        let number = |number: Option<Integer>| number.and_then(Integer::as_i64);
        let mut row = Self {
            id: printable(shortened(&fields.id)),
            started,
            local: local.map(|local| local.and_utc().timestamp()),
            channel: label(fields.channel.as_deref()),
            variant: label(fields.variant()),
            environment: label(fields.environment.as_deref()),
            handoff: *fields.handoff,
            reason: handed_off.then(|| label(fields.handoff_reason.as_deref())),
            duration: fields.total_duration.map(Integer::as_f64),
            turns: number(*fields.num_turns),
            silences: number(*fields.num_silences),
            out_of_domain: number(*fields.num_ood),
            latency: fields.latencies().reduce(f64::max),
            ..Self::default()
        };
        let turns = fields.turns.iter().flatten();
        row.barge_ins = turns.filter(|turn| *turn.barge_in == Some(true)).count() as u64;
        if !input.metric.is_empty() {
            let found = fields.metrics();
            row.metrics = input
                .metric
                .iter()
                .map(|name| {
                    let values = found.get(name).into_iter().flat_map(OneOrMany::texts);
                    let mut values: Vec<_> = values.map(|value| label(Some(&value))).collect();
                    values.sort();
                    values.dedup();
                    values
                })
                .collect();
        }
        row.transcript = match transcripts {
            Transcripts::None => None,
            Transcripts::Full => transcript::json(json),
            Transcripts::Masked => mask
                .json(json)
                .ok()
                .and_then(|json| transcript::json(&json)),
        };
        row
    }

    #[cfg(test)]
    pub(super) fn with_id(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }
}

/// Returns the label of a value in charts and in the table, so that a filter by one finds the other.
pub(super) fn label(value: Option<&str>) -> String {
    printable(shortened(named(value)))
}
