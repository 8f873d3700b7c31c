//! [`Fields`]: the fields of a record that are counted. Transcripts are skipped without parsing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use conversations_api_ext::api::{Integer, Latency, Nullable, OneOrMany, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(crate) struct Fields<'a> {
    /// Required: a record without an id is not a conversation.
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    #[serde(default)]
    started_at: Nullable<Timestamp>,
    #[serde(default)]
    pub(crate) channel: Nullable<String>,
    #[serde(default)]
    pub(crate) environment: Nullable<String>,
    #[serde(default)]
    pub(crate) variant_id: Nullable<String>,
    #[serde(default)]
    pub(crate) variant_name: Nullable<String>,
    #[serde(default)]
    pub(crate) in_progress: Nullable<bool>,
    #[serde(default)]
    pub(crate) handoff: Nullable<bool>,
    #[serde(default)]
    pub(crate) handoff_reason: Nullable<String>,
    #[serde(default)]
    pub(crate) num_turns: Nullable<Integer>,
    #[serde(default)]
    pub(crate) num_silences: Nullable<Integer>,
    #[serde(default)]
    pub(crate) num_ood: Nullable<Integer>,
    #[serde(default)]
    pub(crate) total_duration: Nullable<Integer>,
    #[serde(default)]
    pub(crate) polyai_duration: Nullable<Integer>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) turns: Nullable<Vec<TurnFields>>,
}

#[derive(Deserialize)]
pub(crate) struct TurnFields {
    #[serde(default)]
    pub(crate) latency: Nullable<Latency>,
    #[serde(default)]
    pub(crate) barge_in: Nullable<bool>,
    #[serde(default)]
    pub(crate) is_silence: Nullable<bool>,
}

impl<'a> Fields<'a> {
    /// Parses a record. Returns `None` if it is not a conversation, or if even the lenient types reject it.
    pub(crate) fn read(record: &'a str) -> Option<Self> {
        serde_json::from_str(record).ok()
    }

    /// Returns the start of the conversation, if it can be parsed.
    pub(crate) fn started(&self) -> Option<DateTime<Utc>> {
        self.started_at.as_ref().and_then(Timestamp::to_utc)
    }

    /// Returns the latencies of the turns, in seconds.
    pub(crate) fn latencies(&self) -> impl Iterator<Item = f64> {
        let turns = self.turns.iter().flatten();
        turns.filter_map(|turn| turn.latency.as_ref().and_then(Latency::seconds))
    }

    /// Returns the metrics by name; empty if they cannot be parsed.
    pub(crate) fn metrics(&self) -> BTreeMap<String, OneOrMany> {
        let metrics = self.metrics.map(|raw| serde_json::from_str(raw.get()));
        metrics.and_then(Result::ok).unwrap_or_default()
    }

    /// Returns the name of the variant, or else its id.
    pub(crate) fn variant(&self) -> Option<&str> {
        let name = self.variant_name.as_deref().filter(|name| !name.is_empty());
        name.or(self.variant_id.as_deref())
    }
}
