//! The JSON body of one conversation: its listed record under the names of the agents host, and more.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::agents::detail_values::DetailValues;
use crate::agents::function_events;
use crate::agents::quirks::DetailQuirks;
use crate::behavior::quirk::Quirk;
use crate::data::time;
use crate::response::object_writer::ObjectWriter;

/// Everything that a detail is written from.
pub(crate) struct Detail<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) project_id: &'a str,
    /// Microseconds since the Unix epoch.
    pub(crate) started_at: i64,
    pub(crate) values: DetailValues<'a>,
    /// The record as v3 lists it, with latencies.
    pub(crate) listed: &'a Value,
    pub(crate) quirks: DetailQuirks<'a>,
    /// The absolute URL of the recording, if there is one.
    pub(crate) audio_url: Option<String>,
}

/// The members that a detail takes from the listed record as they are.
const LISTED: [(&str, &str); 9] = [
    ("channel", "channel"),
    ("fromNumber", "from_number"),
    ("toNumber", "to_number"),
    ("clientEnv", "environment"),
    ("totalDuration", "total_duration"),
    ("polyaiDuration", "polyai_duration"),
    ("duration", "total_duration"),
    ("inProgress", "in_progress"),
    ("handoff", "handoff"),
];

/// 2026-07-01, when scores got their present scale, in microseconds since the Unix epoch.
const FIVE_POINTS_SINCE: i64 = 1_782_864_000_000_000;

impl Detail<'_> {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        let mut put = |name: &str, value: Value| put(&mut object, name, &value);
        let (listed, values) = (self.listed, &self.values);
        put("conversationId", listed["id"].clone());
        put("accountId", self.account_id.into());
        put("projectId", self.project_id.into());
        let created_at = self.started_at - 1_000 * (values.number("created") % 900) as i64;
        put("createdAt", self.time(created_at).into());
        put("startedAt", self.time(self.started_at).into());
        if let Some(finished_at) = self.finished_at() {
            put("finishedAt", finished_at.into());
        }
        for (name, from) in LISTED {
            if let Some(value) = listed.get(from) {
                put(name, value.clone());
            }
        }
        put(
            "direction",
            self.or_stored("direction", values.direction().into()),
        );
        put("tags", self.or_stored("tags", values.tags().into()));
        let nullable = [
            (
                "language",
                self.or_stored("language", values.language().into()),
            ),
            ("variantId", listed["variant_id"].clone()),
            (
                "deploymentId",
                self.or_stored("deployment_id", values.deployment_id().into()),
            ),
            ("handoffReason", listed["handoff_reason"].clone()),
            ("handoffDestination", listed["handoff_destination"].clone()),
            ("note", self.or_stored("note", values.note().into())),
            ("polyScore", self.or_stored("poly_score", self.score())),
        ];
        for (name, value) in nullable {
            let absent = value.is_null() || value == "";
            if !absent {
                put(name, value);
            } else if self.quirks.has(Quirk::NullDetails, 30) {
                put(name, Value::Null);
            } else if value == "" {
                put(name, value);
            }
        }
        if let Some(summary) = self.summary() {
            put("shortSummary", summary);
        }
        if let Some(url) = self.audio_url() {
            put("audioUrl", url);
        }
        put("turns", self.turns());
        put("metrics", self.metrics());
        let events = function_events::of(values, self.started_at);
        put("functionEvents", self.or_stored("function_events", events));
        object.close();
        out
    }

    /// A member of the stored record, or another value if it has none.
    fn or_stored(&self, name: &str, otherwise: Value) -> Value {
        self.values.record.get(name).cloned().unwrap_or(otherwise)
    }

    fn time(&self, micros: i64) -> String {
        let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let text = time.to_rfc3339_opts(SecondsFormat::Micros, true);
        match self.quirks.has(Quirk::OffsetTimes, 85) {
            true => text.replace('Z', "+00:00"),
            false => text,
        }
    }

    fn finished_at(&self) -> Option<String> {
        let seconds = self.listed["total_duration"].as_i64()?;
        (!self.values.in_progress()).then(|| {
            self.time(
                self.started_at
                    .saturating_add(seconds.saturating_mul(1_000_000)),
            )
        })
    }

    fn score(&self) -> Value {
        let Some(tenths) = self.values.score() else {
            return Value::Null;
        };
        // From 1 to 5, or the same on a scale from 0 to 10.
        let is_early = self.started_at < FIVE_POINTS_SINCE;
        match is_early && self.quirks.has(Quirk::TenPointScore, 100) {
            true => json!((tenths as f64 - 10.0) / 4.0),
            false => json!(tenths as f64 / 10.0),
        }
    }

    fn summary(&self) -> Option<Value> {
        if let Some(stored) = self.values.record.get("short_summary") {
            return Some(stored.clone());
        }
        let quirk = self
            .quirks
            .either(Quirk::SummaryObject, Quirk::SummaryNull, 12);
        let Some(summary) = self.values.summary() else {
            return quirk.map(|_| Value::Null);
        };
        Some(match quirk {
            Some(Quirk::SummaryObject) => {
                json!({"heading": summary.heading, "content": summary.content})
            }
            Some(_) => Value::Null,
            None => summary.content.into(),
        })
    }

    /// An absolute URL as published, or one of the other forms.
    fn audio_url(&self) -> Option<Value> {
        let quirk = self
            .quirks
            .either(Quirk::RelativeAudioUrls, Quirk::NullAudioUrls, 45);
        match (&self.audio_url, quirk) {
            (_, Some(Quirk::NullAudioUrls)) => Some(Value::Null),
            (Some(_), Some(_)) => Some(format!("conversations/{}/audio", self.id()).into()),
            (Some(url), None) => Some(url.as_str().into()),
            (None, _) => None,
        }
    }

    fn id(&self) -> &str {
        self.listed["id"].as_str().unwrap_or_default()
    }

    /// The turns as listed, with the members that only details have.
    fn turns(&self) -> Value {
        let Some(turns) = self.listed["turns"].as_array() else {
            return json!([]);
        };
        let urls = self
            .quirks
            .either(Quirk::RelativeAudioUrls, Quirk::NullAudioUrls, 45);
        let has_metadata = self.quirks.has(Quirk::TurnMetadata, 40);
        let mut turns = turns.clone();
        for (index, turn) in turns.iter_mut().enumerate() {
            let Some(turn) = turn.as_object_mut() else {
                continue;
            };
            let spoken = turn
                .get("user_input")
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty());
            if has_metadata {
                let metadata = metadata(turn.get("user_input"), &self.values);
                turn.insert("metadata".into(), metadata);
            }
            let url = match urls {
                Some(Quirk::RelativeAudioUrls) if spoken && self.audio_url.is_some() => {
                    format!("conversations/{}/turns/{index}/audio", self.id()).into()
                }
                Some(_) => Value::Null,
                None => continue,
            };
            turn.insert("user_input_audio_url".into(), url);
        }
        turns.into()
    }

    /// The metrics as listed, or each as a list of logged values with times without a zone.
    fn metrics(&self) -> Value {
        let metrics = match self.listed["metrics"].as_object() {
            Some(metrics) if self.quirks.has(Quirk::MetricObjects, 70) => metrics,
            Some(metrics) => return metrics.clone().into(),
            None => return json!({}),
        };
        let turns = self.values.turns();
        let logged_at = |index: usize| {
            let turn = turns
                .get(index)
                .map(|turn| &turn["agent_response_datetime"]);
            let at = turn.and_then(Value::as_str).and_then(time::parse);
            let at = DateTime::from_timestamp_micros(at.unwrap_or(self.started_at));
            let text = at
                .unwrap_or_default()
                .to_rfc3339_opts(SecondsFormat::Micros, true);
            text.trim_end_matches('Z').to_owned()
        };
        let logged = metrics.iter().map(|(name, value)| {
            let values = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            let values = values.iter().enumerate().map(|(index, value)| {
                let value = value.get("value").unwrap_or(value);
                let text = value.as_str().map_or_else(|| value.to_string(), Into::into);
                json!({"timestamp": logged_at(index), "value": text})
            });
            (name.clone(), values.collect())
        });
        Value::Object(logged.collect())
    }
}

fn metadata(user_input: Option<&Value>, values: &DetailValues<'_>) -> Value {
    let text = user_input.and_then(Value::as_str).unwrap_or_default();
    let transcripts = match text {
        "" => json!([]),
        text => json!([{"transcript": text, "confidence": 0.93}]),
    };
    let topics: Vec<_> = values.intents().into_iter().take(1).collect();
    json!({
        "retrieved_topics": topics,
        "function_events": [],
        "top_transcripts": transcripts,
        "asr_corrected_user_input": text,
        "safety": {"flagged": false, "categories": []},
    })
}

fn put(object: &mut ObjectWriter<'_>, name: &str, value: &Value) {
    let out = object.key(format!("\"{name}\"").as_bytes());
    serde_json::to_writer(out, value)
        .expect("a JSON value serializes, and writing to a Vec cannot fail");
}
