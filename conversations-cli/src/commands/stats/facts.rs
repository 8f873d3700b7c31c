//! [`Facts`]: the fields of a record that are counted. Transcripts are skipped without parsing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use conversations_api_ext::api::{Field, Integer, Latency, OneOrMany, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(crate) struct Facts<'a> {
    /// Required: a record without an id is not a conversation.
    #[serde(borrow, rename = "id")]
    _id: Cow<'a, str>,
    #[serde(default)]
    started_at: Field<Timestamp>,
    #[serde(default)]
    pub(super) channel: Field<String>,
    #[serde(default)]
    pub(super) environment: Field<String>,
    #[serde(default)]
    pub(super) variant_id: Field<String>,
    #[serde(default)]
    pub(super) variant_name: Field<String>,
    #[serde(default)]
    pub(super) in_progress: Field<bool>,
    #[serde(default)]
    pub(super) handoff: Field<bool>,
    #[serde(default)]
    pub(super) handoff_reason: Field<String>,
    #[serde(default)]
    pub(super) num_turns: Field<Integer>,
    #[serde(default)]
    pub(super) num_silences: Field<Integer>,
    #[serde(default)]
    pub(super) num_ood: Field<Integer>,
    #[serde(default)]
    pub(super) total_duration: Field<Integer>,
    #[serde(default)]
    pub(super) polyai_duration: Field<Integer>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) turns: Field<Vec<TurnFacts>>,
}

#[derive(Deserialize)]
pub(super) struct TurnFacts {
    #[serde(default)]
    pub(super) latency: Field<Latency>,
    #[serde(default)]
    pub(super) barge_in: Field<bool>,
}

impl<'a> Facts<'a> {
    /// Parses a record. Returns `None` if it is not a conversation, or if even the lenient types reject it.
    pub(crate) fn read(record: &'a str) -> Option<Self> {
        serde_json::from_str(record).ok()
    }

    /// Returns the start of the conversation, if it can be parsed.
    pub(crate) fn started(&self) -> Option<DateTime<Utc>> {
        self.started_at.as_ref().and_then(Timestamp::to_utc)
    }

    /// Returns the metrics by name; empty if they cannot be parsed.
    pub(super) fn metrics(&self) -> BTreeMap<String, OneOrMany> {
        let metrics = self.metrics.map(|raw| serde_json::from_str(raw.get()));
        metrics.and_then(Result::ok).unwrap_or_default()
    }

    /// Returns the name of the variant, or else its id.
    pub(super) fn variant(&self) -> Option<&str> {
        let name = self.variant_name.as_deref().filter(|name| !name.is_empty());
        name.or(self.variant_id.as_deref())
    }
}
