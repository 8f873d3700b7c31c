//! Records in the view of each API version.

use crate::data::entry::{Entry, OptionalTurnField};
use crate::data::spans::{self, Span};
use crate::response::body_rules::BodyRules;
use crate::response::object_writer::{ObjectWriter, write_array};

/// The parts of a record to send.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) shape: Shape,
    /// If false, `turns` is an empty array.
    pub(crate) transcripts: bool,
    pub(crate) bodies: BodyRules,
}

/// The two version families, with the options of each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    V1 { context_state: bool },
    V2AndV3 { latency: bool, turn_metadata: bool },
}

impl View {
    /// Writes a record; verbatim unless the view changes something.
    pub(crate) fn write(&self, entry: &Entry, out: &mut Vec<u8>) {
        if self.bodies.are_plain() {
            return self.write_shape(entry, out);
        }
        let mut record = Vec::with_capacity(entry.raw.len());
        self.write_shape(entry, &mut record);
        self.bodies.write(&record, out);
    }

    fn write_shape(&self, entry: &Entry, out: &mut Vec<u8>) {
        match self.shape {
            Shape::V1 { context_state } => self.write_v1(entry, context_state, out),
            Shape::V2AndV3 { .. } if !self.transcripts && !entry.turns.is_empty() => {
                out.extend_from_slice(&entry.raw[..entry.turns.start]);
                out.extend_from_slice(b"[]");
                out.extend_from_slice(&entry.raw[entry.turns.end..]);
            }
            Shape::V2AndV3 {
                latency,
                turn_metadata,
            } => write_cut(entry, latency, turn_metadata, out),
        }
    }

    fn write_v1(&self, entry: &Entry, context_state: bool, out: &mut Vec<u8>) {
        let raw = entry.raw.as_ref();
        let mut state = None;
        let mut object = ObjectWriter::open(out);
        for member in spans::members(raw, &(0..raw.len())) {
            let value = &raw[member.value.clone()];
            let out = object.key(&raw[member.key.clone()]);
            match member.name(raw) {
                b"turns" if !self.transcripts => out.extend_from_slice(b"[]"),
                b"turns" if value.starts_with(b"[") => write_v1_turns(raw, &member.value, out),
                name if TEXTS.contains(&name) => write_text_or_null(value, out),
                name => {
                    if name == b"state" {
                        state = Some(value);
                    }
                    out.extend_from_slice(value);
                }
            }
        }
        if let Some(state) = state.filter(|_| context_state) {
            object.key(b"\"context_state\"").extend_from_slice(state);
        }
        object.close();
    }
}

/// The string fields of a conversation that v1 sends as null if they are empty.
const TEXTS: [&[u8]; 6] = [
    b"variant_id",
    b"variant_name",
    b"from_number",
    b"to_number",
    b"handoff_reason",
    b"handoff_destination",
];

/// The string fields of a turn that v1 sends as null if they are empty.
const TURN_TEXTS: [&[u8]; 3] = [b"user_input", b"user_input_dtmf", b"agent_response"];

/// The fields of a turn that only later versions have.
const NOT_IN_V1_TURNS: [&[u8]; 5] = [
    b"latency",
    b"translated_user_input",
    b"english_agent_response",
    b"barge_in",
    b"metadata",
];

/// The times that v1 sends without a zone, in UTC.
const TURN_TIMES: [&[u8]; 2] = [b"user_input_datetime", b"agent_response_datetime"];

fn write_v1_turns(raw: &[u8], turns: &Span, out: &mut Vec<u8>) {
    write_array(spans::elements(raw, turns), out, |turn, out| {
        if raw[turn.start] != b'{' {
            return out.extend_from_slice(&raw[turn]);
        }
        let mut object = ObjectWriter::open(out);
        for member in spans::members(raw, &turn) {
            let name = member.name(raw);
            if NOT_IN_V1_TURNS.contains(&name) {
                continue;
            }
            let value = &raw[member.value.clone()];
            let out = object.key(&raw[member.key.clone()]);
            if TURN_TIMES.contains(&name) {
                write_without_zone(value, out);
            } else if TURN_TEXTS.contains(&name) {
                write_text_or_null(value, out);
            } else {
                out.extend_from_slice(value);
            }
        }
        object.close();
    });
}

fn write_text_or_null(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(if value == b"\"\"" { b"null" } else { value });
}

/// Drops the zone of a UTC time; another zone stays, because the time would be wrong without it.
fn write_without_zone(value: &[u8], out: &mut Vec<u8>) {
    let in_utc = value
        .strip_suffix(b"Z\"")
        .or_else(|| value.strip_suffix(b"+00:00\""));
    match in_utc {
        Some(naive) => {
            out.extend_from_slice(naive);
            out.push(b'"');
        }
        None => out.extend_from_slice(value),
    }
}

/// Copies a record without the optional turn fields that were not requested.
fn write_cut(entry: &Entry, latency: bool, turn_metadata: bool, out: &mut Vec<u8>) {
    let raw = entry.raw.as_ref();
    let mut at = 0;
    for cut in &entry.cuts {
        let kept = match cut.field {
            OptionalTurnField::Latency => latency,
            OptionalTurnField::Metadata => turn_metadata,
        };
        if kept {
            continue;
        }
        out.extend_from_slice(&raw[at..cut.span.start]);
        at = cut.span.end;
        if raw[at] == b'}' {
            remove_last_comma(out);
        }
    }
    out.extend_from_slice(&raw[at..]);
}

/// The comma before an object's last member, if that member was omitted.
fn remove_last_comma(out: &mut Vec<u8>) {
    out.truncate(out.trim_ascii_end().len());
    if out.ends_with(b",") {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::entry::Labels;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn written(record: &[u8], shape: Shape) -> Vec<u8> {
        let (entry, _) = Entry::read(record.to_vec().into(), &mut Labels::new()).unwrap();
        let mut out = Vec::new();
        View {
            shape,
            transcripts: true,
            bodies: BodyRules {
                v1: matches!(shape, Shape::V1 { .. }),
                fields: None,
                metrics: None,
                quirks: None,
            },
        }
        .write(&entry, &mut out);
        out
    }

    fn turn() -> impl Strategy<Value = Value> {
        let keys = prop::sample::subsequence(
            vec![
                "agent_response",
                "barge_in",
                "latency",
                "metadata",
                "note",
                "turn_id",
            ],
            0..=6,
        );
        keys.prop_map(|keys| {
            let members = keys.into_iter().map(|key| (key.into(), json!({"of": key})));
            Value::Object(members.collect::<Map<_, _>>())
        })
    }

    proptest! {
        #[test]
        fn exactly_the_fields_not_requested_are_omitted(
            turns in prop::collection::vec(turn(), 0..4),
            latency in any::<bool>(),
            turn_metadata in any::<bool>(),
            spaced in any::<bool>(),
        ) {
            let record = json!({"id": "CA1", "started_at": "2026-04-01", "turns": turns, "zone": 1});
            let raw = if spaced {
                serde_json::to_vec_pretty(&record).unwrap()
            } else {
                serde_json::to_vec(&record).unwrap()
            };
            let mut expected = record;
            for turn in expected["turns"].as_array_mut().unwrap() {
                let turn = turn.as_object_mut().unwrap();
                if !latency {
                    turn.remove("latency");
                }
                if !turn_metadata {
                    turn.remove("metadata");
                }
            }
            let out = written(&raw, Shape::V2AndV3 { latency, turn_metadata });
            prop_assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
            if latency && turn_metadata {
                prop_assert_eq!(out, raw);
            }
        }
    }

    #[test]
    fn v1_keeps_unknown_members() {
        let record = br#"{"id":"CA1","started_at":"2026-04-01","turns":[null,{"x":""}],"own":{"variant_id":""}}"#;
        let out = written(
            record,
            Shape::V1 {
                context_state: true,
            },
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            String::from_utf8(record.to_vec()).unwrap()
        );
    }

    #[test]
    fn v1_does_not_change_a_time_in_another_zone() {
        let mut out = Vec::new();
        write_without_zone(br#""2026-04-01T09:00:00+02:00""#, &mut out);
        assert_eq!(out, br#""2026-04-01T09:00:00+02:00""#);
    }
}
