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
    #[serde(borrow, rename = "id")]
    _id: Cow<'a, str>,
    #[serde(default)]
    started_at: Nullable<Timestamp>,
    #[serde(default)]
    pub(super) channel: Nullable<String>,
    #[serde(default)]
    pub(super) environment: Nullable<String>,
    #[serde(default)]
    pub(super) variant_id: Nullable<String>,
    #[serde(default)]
    pub(super) variant_name: Nullable<String>,
    #[serde(default)]
    pub(super) in_progress: Nullable<bool>,
    #[serde(default)]
    pub(super) handoff: Nullable<bool>,
    #[serde(default)]
    pub(super) handoff_reason: Nullable<String>,
    #[serde(default)]
    pub(super) num_turns: Nullable<Integer>,
    #[serde(default)]
    pub(super) num_silences: Nullable<Integer>,
    #[serde(default)]
    pub(super) num_ood: Nullable<Integer>,
    #[serde(default)]
    pub(super) total_duration: Nullable<Integer>,
    #[serde(default)]
    pub(super) polyai_duration: Nullable<Integer>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) turns: Nullable<Vec<TurnFields>>,
}

#[derive(Deserialize)]
pub(super) struct TurnFields {
    #[serde(default)]
    pub(super) latency: Nullable<Latency>,
    #[serde(default)]
    pub(super) barge_in: Nullable<bool>,
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
