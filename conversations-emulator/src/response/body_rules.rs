//! Rewrites records for project settings and quirks, after the view of their version.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat};

use crate::behavior::quirk::Quirk;
use crate::data::spans::{self, Span};
use crate::data::time;
use crate::response::object_writer::{ObjectWriter, write_array};

/// The members omitted from every record, and its quirks.
#[derive(Debug, Clone)]
pub(crate) struct BodyRules {
    pub(crate) v1: bool,
    /// The members that a conversation may have; `None` for all.
    pub(crate) fields: Option<BTreeSet<String>>,
    /// The metrics that a conversation may have; `None` for all.
    pub(crate) metrics: Option<BTreeSet<String>>,
    /// Its quirks; `None` for those of the data.
    pub(crate) quirks: Option<BTreeSet<Quirk>>,
}

const FIELDS: [&[u8]; 23] = [
    b"id",
    b"account_id",
    b"project_id",
    b"variant_id",
    b"variant_name",
    b"environment",
    b"started_at",
    b"channel",
    b"from_number",
    b"to_number",
    b"in_progress",
    b"num_turns",
    b"total_duration",
    b"polyai_duration",
    b"handoff",
    b"handoff_reason",
    b"handoff_destination",
    b"num_silences",
    b"num_ood",
    b"metrics",
    b"state",
    b"context_state",
    b"turns",
];

/// The string fields of conversations and of turns.
const TEXTS: [&[u8]; 12] = [
    b"variant_id",
    b"variant_name",
    b"channel",
    b"from_number",
    b"to_number",
    b"handoff_reason",
    b"handoff_destination",
    b"user_input",
    b"user_input_dtmf",
    b"agent_response",
    b"translated_user_input",
    b"english_agent_response",
];

const TIMES: [&[u8]; 3] = [
    b"started_at",
    b"user_input_datetime",
    b"agent_response_datetime",
];

const TURN_FIELDS: [&[u8]; 14] = [
    b"user_input",
    b"user_input_dtmf",
    b"user_input_datetime",
    b"agent_response",
    b"agent_response_datetime",
    b"latency",
    b"translated_user_input",
    b"english_agent_response",
    b"intents",
    b"entities",
    b"is_ood",
    b"is_silence",
    b"barge_in",
    b"metadata",
];

/// The members that [`Quirk::ExtraTurnFields`] adds to a turn: quoted keys, and values.
const EXTRA_TURN_FIELDS: [(&[u8], &[u8]); 7] = [
    (b"\"turn_id\"", b"\"turn-0000\""),
    (b"\"asr_lang_code\"", b"\"en-GB\""),
    (b"\"tts_lang_code\"", b"\"en-GB\""),
    (b"\"user_input_audio_url\"", b"null"),
    (b"\"user_input_dtmf_finish_key\"", b"\"#\""),
    (
        b"\"llm_requests\"",
        br#"[{"sent_at":"Wed, 01 Apr 2026 09:30:00 +0000"}]"#,
    ),
    (b"\"reviews\"", b"[]"),
];

impl BodyRules {
    /// Whether records are sent exactly as their version's view writes them.
    pub(crate) fn are_plain(&self) -> bool {
        self.fields.is_none() && self.metrics.is_none() && self.quirks.is_none()
    }

    /// Writes a record, which must be valid JSON.
    pub(crate) fn write(&self, record: &[u8], out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for member in spans::members(record, &(0..record.len())) {
            let name = member.name(record);
            let listed =
                |fields: &BTreeSet<String>| fields.iter().any(|field| field.as_bytes() == name);
            if !self.fields.as_ref().is_none_or(listed) {
                continue;
            }
            let key = &record[member.key.clone()];
            match name {
                b"metrics" => self.write_metrics(record, &member.value, object.key(key)),
                b"turns" if self.quirks.is_some() => match self.turns_of(record) {
                    Some(Quirk::AbsentTurns) => {}
                    Some(_) => object.member(key, b"null"),
                    None => self.write_turns(record, &member.value, object.key(key)),
                },
                _ => self.write_field(&FIELDS, key, name, &record[member.value], &mut object),
            }
        }
        if self.has(Quirk::ExtraFields) && self.fields.is_none() {
            object.member(b"\"recording\"", br#"{"status":"stored","channels":2}"#);
        }
        object.close();
    }

    /// Whether a quirk was selected by name.
    fn has(&self, quirk: Quirk) -> bool {
        self.quirks
            .as_ref()
            .is_some_and(|quirks| quirks.contains(&quirk))
    }

    /// One of two quirks that exclude each other; `at` decides if both are selected.
    fn either(&self, one: Quirk, other: Quirk, at: usize) -> Option<Quirk> {
        match (self.has(one), self.has(other)) {
            (true, true) => Some(if at.is_multiple_of(2) { one } else { other }),
            (true, false) => Some(one),
            (false, true) => Some(other),
            (false, false) => None,
        }
    }

    fn turns_of(&self, record: &[u8]) -> Option<Quirk> {
        self.either(Quirk::NullTurns, Quirk::AbsentTurns, record.len())
            .filter(|_| self.v1)
    }

    fn write_turns(&self, record: &[u8], turns: &Span, out: &mut Vec<u8>) {
        write_array(
            spans::elements(record, turns).enumerate(),
            out,
            |(index, turn), out| {
                let mut object = ObjectWriter::open(out);
                for member in spans::members(record, &turn) {
                    let key = &record[member.key.clone()];
                    let value = &record[member.value.clone()];
                    match member.name(record) {
                        b"latency" => self.write_latency(record, &member.value, index, &mut object),
                        b"intents" | b"entities" => {
                            let empty = matches!(value, b"null" | b"[]");
                            let null = self.has(Quirk::NullLists);
                            object.member(
                                key,
                                if !empty {
                                    value
                                } else if null {
                                    b"null"
                                } else {
                                    b"[]"
                                },
                            );
                        }
                        b"is_ood" | b"is_silence" => {
                            let set = value == b"true";
                            let null = self.has(Quirk::NullFlags);
                            object.member(
                                key,
                                if set {
                                    b"true"
                                } else if null {
                                    b"null"
                                } else {
                                    b"false"
                                },
                            );
                        }
                        name => self.write_field(&TURN_FIELDS, key, name, value, &mut object),
                    }
                }
                if self.has(Quirk::ExtraTurnFields) {
                    for (key, value) in EXTRA_TURN_FIELDS {
                        object.member(key, value);
                    }
                }
                object.close();
            },
        );
    }

    fn write_latency(
        &self,
        record: &[u8],
        value: &Span,
        index: usize,
        object: &mut ObjectWriter<'_>,
    ) {
        let mut perceived = spans::members(record, value)
            .find(|member| member.name(record) == b"perceived_latency")
            .map(|member| &record[member.value]);
        if record[value.clone()]
            .first()
            .is_some_and(|first| first.is_ascii_digit() || *first == b'-')
        {
            perceived = Some(&record[value.clone()]);
        }
        match (
            perceived,
            self.either(Quirk::LatencyObject, Quirk::LatencyNull, index),
        ) {
            (_, Some(Quirk::LatencyNull)) => object.member(b"\"latency\"", b"null"),
            (Some(seconds), Some(_)) => {
                let mut object = ObjectWriter::open(object.key(b"\"latency\""));
                object.member(b"\"label\"", b"\"slow\"");
                object.member(b"\"perceived_latency\"", seconds);
                object.member(b"\"perceived_latency_percentile_1d\"", b"50");
                object.close();
            }
            (Some(seconds), None) => object.member(b"\"latency\"", seconds),
            (None, _) => {}
        }
    }

    /// Writes a member other than metrics, turns and those with quirks.
    fn write_field(
        &self,
        known: &[&[u8]],
        key: &[u8],
        name: &[u8],
        value: &[u8],
        object: &mut ObjectWriter<'_>,
    ) {
        if self.quirks.is_none() {
            return object.member(key, value);
        }
        if !known.contains(&name) {
            return;
        }
        if TIMES.contains(&name) {
            let quirk = self.either(Quirk::OffsetTimes, Quirk::ZonelessTimes, name.len());
            // On v1 only the times of turns have no zone.
            let quirk = match quirk {
                Some(Quirk::ZonelessTimes) if !self.v1 || name == b"started_at" => None,
                quirk => quirk,
            };
            write_time(value, quirk, object.key(key));
        } else if TEXTS.contains(&name) {
            let empty = matches!(value, b"null" | b"\"\"");
            let null = self.v1 && self.has(Quirk::NullTexts);
            object.member(
                key,
                if !empty {
                    value
                } else if null {
                    b"null"
                } else {
                    b"\"\""
                },
            );
        } else if value != b"null" {
            object.member(key, value);
        }
    }

    fn write_metrics(&self, record: &[u8], metrics: &Span, out: &mut Vec<u8>) {
        if record[metrics.clone()].first() != Some(&b'{') {
            return out.extend_from_slice(b"{}");
        }
        let mut object = ObjectWriter::open(out);
        for (index, member) in spans::members(record, metrics).enumerate() {
            let listed = |names: &BTreeSet<String>| {
                spans::text(record, &member.key).is_some_and(|name| names.contains(name.as_ref()))
            };
            if !self.metrics.as_ref().is_none_or(listed) {
                continue;
            }
            let key = &record[member.key.clone()];
            if self.quirks.is_none() {
                object.member(key, &record[member.value]);
                continue;
            }
            let mut values = Vec::new();
            match record[member.value.start] {
                b'[' => values.extend(spans::elements(record, &member.value)),
                _ => values.push(member.value),
            }
            values.retain(|value| &record[value.clone()] != b"null");
            match values.as_slice() {
                [] => {}
                [only] => self.write_metric(record, only, index, object.key(key)),
                several if self.has(Quirk::MetricObjects) => {
                    write_array(several.iter(), object.key(key), |value, out| {
                        let mut object = ObjectWriter::open(out);
                        object.member(b"\"timestamp\"", b"\"2026-04-01T09:30:00.000000+00:00\"");
                        self.write_metric(record, value, index, object.key(b"\"value\""));
                        object.close();
                    });
                }
                several => write_array(several.iter(), object.key(key), |value, out| {
                    self.write_metric(record, value, index, out);
                }),
            }
        }
        object.close();
    }

    /// Writes a metric value as a string, or as a number if selected.
    fn write_metric(&self, record: &[u8], value: &Span, index: usize, out: &mut Vec<u8>) {
        let inner = spans::members(record, value).find(|member| member.name(record) == b"value");
        let value = &record[inner.map_or(value.clone(), |member| member.value)];
        let text = value
            .strip_prefix(b"\"")
            .and_then(|value| value.strip_suffix(b"\""));
        let is_number = |text: &[u8]| {
            (1..16).contains(&text.len())
                && text.iter().all(u8::is_ascii_digit)
                && (text[0] != b'0' || text.len() == 1)
        };
        match text {
            Some(text) if self.has(Quirk::MetricNumbers) && is_number(text) => {
                out.extend_from_slice(text);
            }
            Some(_) => {
                let quirk = self.either(Quirk::OffsetTimes, Quirk::ZonelessTimes, index);
                write_time(value, quirk, out);
            }
            None if self.has(Quirk::MetricNumbers) && is_number(value) => {
                out.extend_from_slice(value);
            }
            None => {
                let text = String::from_utf8_lossy(value);
                serde_json::to_writer(out, &text)
                    .expect("a string serializes to JSON, and writing to a Vec cannot fail");
            }
        }
    }
}

/// Writes a quoted string; a time is written in the selected format.
fn write_time(quoted: &[u8], quirk: Option<Quirk>, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(quoted)
        .unwrap_or_default()
        .trim_matches('"');
    let instant = Some(text)
        .filter(|text| text.as_bytes().get(10) == Some(&b'T'))
        .and_then(time::parse)
        .and_then(DateTime::from_timestamp_micros);
    let Some(instant) = instant else {
        return out.extend_from_slice(quoted);
    };
    let utc = instant.to_rfc3339_opts(SecondsFormat::Micros, true);
    let digits = utc.trim_end_matches('Z');
    let zone = match quirk {
        Some(Quirk::ZonelessTimes) => "",
        Some(_) => "+00:00",
        None => "Z",
    };
    out.push(b'"');
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(zone.as_bytes());
    out.push(b'"');
}
