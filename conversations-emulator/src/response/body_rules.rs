//! Records as a project's settings and the readings shape them, after the view of their version.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat};

use crate::behavior::quirk::Oddity;
use crate::data::spans::{self, Span};
use crate::data::time;
use crate::response::object_writer::{ObjectWriter, write_array};

/// What is left out of every record, and how odd the rest is.
#[derive(Debug, Clone)]
pub(crate) struct Bodies {
    pub(crate) v1: bool,
    /// The members a conversation may have; all when absent.
    pub(crate) fields: Option<BTreeSet<String>>,
    /// The metrics a conversation may have; all when absent.
    pub(crate) metrics: Option<BTreeSet<String>>,
    /// The oddities it has; those of the data when absent.
    pub(crate) oddities: Option<BTreeSet<Oddity>>,
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

/// The text fields of conversations and of turns.
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

/// What [`Oddity::ExtraTurnFields`] adds to a turn: keys with their quotes, and values.
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

impl Bodies {
    /// Whether records are answered as their version's view writes them.
    pub(crate) fn are_plain(&self) -> bool {
        self.fields.is_none() && self.metrics.is_none() && self.oddities.is_none()
    }

    /// Writes a record, which is valid JSON.
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
                b"turns" if self.oddities.is_some() => match self.turns_of(record) {
                    Some(Oddity::AbsentTurns) => {}
                    Some(_) => object.member(key, b"null"),
                    None => self.write_turns(record, &member.value, object.key(key)),
                },
                _ => self.write_field(&FIELDS, key, name, &record[member.value], &mut object),
            }
        }
        if self.has(Oddity::ExtraFields) && self.fields.is_none() {
            object.member(b"\"recording\"", br#"{"status":"stored","channels":2}"#);
        }
        object.close();
    }

    /// Whether an oddity was asked for by name.
    fn has(&self, oddity: Oddity) -> bool {
        self.oddities
            .as_ref()
            .is_some_and(|oddities| oddities.contains(&oddity))
    }

    /// One of two oddities that exclude each other; `at` decides where both are asked for.
    fn either(&self, one: Oddity, other: Oddity, at: usize) -> Option<Oddity> {
        match (self.has(one), self.has(other)) {
            (true, true) => Some(if at.is_multiple_of(2) { one } else { other }),
            (true, false) => Some(one),
            (false, true) => Some(other),
            (false, false) => None,
        }
    }

    fn turns_of(&self, record: &[u8]) -> Option<Oddity> {
        self.either(Oddity::NullTurns, Oddity::AbsentTurns, record.len())
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
                            let null = self.has(Oddity::NullLists);
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
                            let null = self.has(Oddity::NullFlags);
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
                if self.has(Oddity::ExtraTurnFields) {
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
            self.either(Oddity::LatencyObject, Oddity::LatencyNull, index),
        ) {
            (_, Some(Oddity::LatencyNull)) => object.member(b"\"latency\"", b"null"),
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

    /// A member that is neither metrics nor turns nor one of the odd fields of a turn.
    fn write_field(
        &self,
        known: &[&[u8]],
        key: &[u8],
        name: &[u8],
        value: &[u8],
        object: &mut ObjectWriter<'_>,
    ) {
        if self.oddities.is_none() {
            return object.member(key, value);
        }
        if !known.contains(&name) {
            return;
        }
        if TIMES.contains(&name) {
            let oddity = self.either(Oddity::OffsetTimes, Oddity::ZonelessTimes, name.len());
            // Only the times of turns come without a zone, and on v1 only.
            let oddity = match oddity {
                Some(Oddity::ZonelessTimes) if !self.v1 || name == b"started_at" => None,
                oddity => oddity,
            };
            write_time(value, oddity, object.key(key));
        } else if TEXTS.contains(&name) {
            let empty = matches!(value, b"null" | b"\"\"");
            let null = self.v1 && self.has(Oddity::NullTexts);
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
            if self.oddities.is_none() {
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
                several if self.has(Oddity::MetricObjects) => {
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

    /// One value of a metric as text, or as a number where that is asked for.
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
            Some(text) if self.has(Oddity::MetricNumbers) && is_number(text) => {
                out.extend_from_slice(text);
            }
            Some(_) => {
                let oddity = self.either(Oddity::OffsetTimes, Oddity::ZonelessTimes, index);
                write_time(value, oddity, out);
            }
            None if self.has(Oddity::MetricNumbers) && is_number(value) => {
                out.extend_from_slice(value);
            }
            None => {
                let text = String::from_utf8_lossy(value);
                serde_json::to_writer(out, &text)
                    .expect("a text is JSON and a Vec takes all bytes");
            }
        }
    }
}

/// Writes a quoted text; one that is a time with a time of day in the spelling asked for.
fn write_time(quoted: &[u8], oddity: Option<Oddity>, out: &mut Vec<u8>) {
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
    let zone = match oddity {
        Some(Oddity::ZonelessTimes) => "",
        Some(_) => "+00:00",
        None => "Z",
    };
    out.push(b'"');
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(zone.as_bytes());
    out.push(b'"');
}
