//! *decode*: bodies as servers send them, decoded into the generated types. Each also serializes back to
//! the JSON it was read from.

use std::fmt::Write as _;

use conversations_api::{Latency, Nullable, OneOrMany, v1, v2, v3};
use serde_json::Value;

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

/// A name and the one conversation of a page. Those named `v1_…` only occur on v1.
const CONVERSATIONS: [(&str, &str); 15] = [
    (
        "as_documented",
        r#"{"id":"CA01","account_id":"A","project_id":"P","environment":"live","started_at":"2026-04-01T08:00:00Z",
            "channel":"VOICE-SIP","in_progress":false,"num_turns":1,"total_duration":30,"handoff":true,
            "handoff_reason":"billing","metrics":{"CALL_DURATION":"30","CALL_TURN":["a","b"]},"state":{"k":{"n":[1]}},
            "turns":[{"user_input":"hi","agent_response":"hello","latency":1.5,"intents":["greet"],
            "entities":[{"size":"3"},{"days":["mo","tu"]}],"is_ood":false,"is_silence":true}]}"#,
    ),
    (
        "latency_object_null_and_whole",
        r#"{"id":"CA02","turns":[{"latency":{"label":"slow","perceived_latency":2.25,"perceived_latency_percentile_1d":97}},
            {"latency":null},{"latency":2},{"latency":"n/a"},{}]}"#,
    ),
    (
        "turn_lists_null",
        r#"{"id":"CA03","turns":[{"intents":null,"entities":null}]}"#,
    ),
    (
        "turn_flags_null",
        r#"{"id":"CA04","turns":[{"is_ood":null,"is_silence":null,"barge_in":null}]}"#,
    ),
    (
        "undocumented_turn_keys",
        r##"{"id":"CA05","turns":[{"barge_in":true,"metadata":{"model":"m"},"asr_lang_code":"en-GB","tts_lang_code":"en-GB",
            "turn_id":"t1","user_input_audio_url":"https://example.com/a","user_input_dtmf_finish_key":"#",
            "llm_requests":[{"n":1}],"reviews":[]}]}"##,
    ),
    (
        "metric_values_loose",
        r#"{"id":"CA06","metrics":{"TEXT":"1","LIST":["1","2"],"SINGLE":["1"],"NUMBER":3,"FLOAT":3.5,"FLAG":true,"NONE":null,
            "OBJECTS":[{"timestamp":"2026-04-01T08:00:00","value":"x"},{"timestamp":"2026-04-01T08:00:01","value":2}]}}"#,
    ),
    (
        "v1_text_null",
        r#"{"id":"CA07","variant_id":null,"variant_name":null,"from_number":null,"to_number":null,"handoff":null,
            "handoff_reason":null,"handoff_destination":null,"metrics":null,"state":null,
            "turns":[{"user_input":null,"agent_response":null,"translated_user_input":null,"english_agent_response":null,
            "user_input_datetime":null}]}"#,
    ),
    (
        "text_empty",
        r#"{"id":"CA08","handoff_reason":"","turns":[{"user_input":"","agent_response":""}]}"#,
    ),
    (
        "timestamps_in_every_form",
        r#"{"id":"CA09","started_at":"2026-04-01T08:00:00.123456+00:00","turns":[
            {"user_input_datetime":"2026-04-01T08:00:00.123456","agent_response_datetime":"2026-04-01T10:00:00+02:00"},
            {"user_input_datetime":"2026-04-01 08:00:00","agent_response_datetime":"Wed, 01 Apr 2026 08:00:00 GMT"},
            {"user_input_datetime":"","agent_response_datetime":"soon"}]}"#,
    ),
    (
        "turns_empty_while_counted",
        r#"{"id":"CA10","num_turns":7,"turns":[]}"#,
    ),
    (
        "v1_turns_null",
        r#"{"id":"CA11","num_turns":7,"turns":null}"#,
    ),
    (
        "v1_whitelisted",
        r#"{"id":"CA12","started_at":"2026-04-01T08:00:00Z","account_id":"A","project_id":"P"}"#,
    ),
    (
        "open_sets",
        r#"{"id":"CA13","channel":"chat.polyai","environment":"canary"}"#,
    ),
    (
        "integers_as_floats",
        r#"{"id":"CA14","num_turns":12.0,"total_duration":84.0,"polyai_duration":41.5}"#,
    ),
    (
        "undocumented_fields",
        r#"{"id":"CA15","tags":["a"],"context_state":{"deep":{"er":null}},"score":0.1}"#,
    ),
];

const PAGES: [(&str, &str); 5] = [
    (
        "page_with_cursor",
        r#"{"conversations":[],"next_offset":50,"cursor":"abc"}"#,
    ),
    ("page_at_the_end", r#"{"conversations":[],"cursor":null}"#),
    ("page_null", r#"{"conversations":null,"next_offset":null}"#),
    (
        "page_with_undocumented_fields",
        r#"{"conversations":[],"next_offset":50.0,"total":7,"took_ms":1.5}"#,
    ),
    (
        "v1_page_with_descriptions",
        r#"{"conversations":[],"descriptions":{"conversations":{"id":"Unique"},"more":1},"next_offset":5}"#,
    ),
];

const ERRORS: [(&str, &str); 2] = [
    (
        "error_published",
        r#"{"error_message":"limit must be between 1 and 1000"}"#,
    ),
    (
        "error_current",
        r#"{"success":false,"error":"Not found","error_id":"6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "error_code":"PROJECT_NOT_FOUND","error_message":"no such project","data":null}"#,
    ),
];

/// Decodes `$json` into `$version`'s `$type`, checks that it serializes back, and returns the value.
macro_rules! read {
    ($version:ident, $type:ident, $json:expr) => {{
        let sent: Value = serde_json::from_str($json).unwrap();
        let typed: $version::types::$type = serde_json::from_str($json).unwrap_or_else(|e| {
            panic!(
                "{} {}: {e}: {}",
                stringify!($version),
                stringify!($type),
                $json
            )
        });
        assert_eq!(
            serde_json::to_value(&typed).unwrap(),
            sent,
            stringify!($version)
        );
        typed
    }};
}

#[test]
fn each_real_body_decodes_to_its_snapshot_and_serializes_back() {
    let mut names = Vec::new();
    for (name, json) in CONVERSATIONS {
        let legacy = read!(v1, Conversation, json);
        let current = read!(v3, Conversation, json);
        read!(v2, Conversation, json);
        let described = if name.starts_with("v1_") {
            describe_v1(&legacy)
        } else {
            describe_v3(&current)
        };
        assert_snapshot("decode", name, &described);
        names.push(name);
    }
    for (name, json) in PAGES {
        let legacy = read!(v1, ConversationPage, json);
        let current = read!(v3, ConversationPage, json);
        read!(v2, ConversationPage, json);
        let described = if name.starts_with("v1_") {
            format!(
                "descriptions: {}\nnext_offset: {:?}\nextra: {:?}",
                legacy
                    .descriptions
                    .as_ref()
                    .map_or("none".to_owned(), |d| format!(
                        "{}",
                        serde_json::to_value(d).unwrap()
                    )),
                legacy.next_offset,
                legacy.extra
            )
        } else {
            format!(
                "conversations: {}\ncursor: {}\nnext_offset: {:?}\nextra: {:?}",
                shown(&current.conversations),
                text(&current.cursor),
                current.next_offset,
                current.extra
            )
        };
        assert_snapshot("decode", name, &described);
        names.push(name);
    }
    for (name, json) in ERRORS {
        let error = read!(v3, Error, json);
        read!(v1, Error, json);
        let described = format!(
            "success: {:?}\nerror: {}\nerror_id: {}\nerror_code: {}\nerror_message: {}\nextra: {:?}",
            error.success,
            text(&error.error),
            text(&error.error_id),
            text(&error.error_code),
            text(&error.error_message),
            error.extra
        );
        assert_snapshot("decode", name, &described);
        names.push(name);
    }
    assert_no_leftovers("decode", names);
}

#[test]
fn only_a_conversation_without_an_id_is_rejected() {
    let error =
        serde_json::from_str::<v3::types::Conversation>(r#"{"account_id":"A"}"#).unwrap_err();
    assert!(error.to_string().contains("missing field `id`"), "{error}");
}

/// The value of a field, which its own `Debug` hides.
fn shown<T: std::fmt::Debug + 'static>(field: &Nullable<T>) -> String {
    match field.as_ref() {
        Some(value) => format!("{value:?}"),
        None => format!("{field:?}"),
    }
}

/// The fields whose form varies, of a conversation of either version.
macro_rules! describe {
    ($name:ident, $version:ident) => {
        fn $name(conversation: &$version::types::Conversation) -> String {
            let c = conversation;
            let mut out = String::new();
            let mut line = |name: &str, value: String| writeln!(out, "{name}: {value}").unwrap();
            line("id", c.id.clone());
            line("started_at", format!("{:?}", c.started_at));
            line("environment", text(&c.environment));
            line("channel", text(&c.channel));
            line("in_progress", format!("{:?}", c.in_progress));
            line("from_number", text(&c.from_number));
            line("variant_name", text(&c.variant_name));
            line("num_turns", whole(&c.num_turns));
            line("total_duration", whole(&c.total_duration));
            line("polyai_duration", whole(&c.polyai_duration));
            line("handoff", format!("{:?}", c.handoff));
            line("handoff_reason", text(&c.handoff_reason));
            line("state", json(&c.state));
            line(
                "metrics",
                match &*c.metrics {
                    Some(metrics) => metrics
                        .iter()
                        .map(|(k, v)| format!("\n  {k}: {}", values(v)))
                        .collect(),
                    None => format!("{:?}", c.metrics),
                },
            );
            line("extra", format!("{:?}", c.extra));
            line(
                "turns",
                match &*c.turns {
                    Some(turns) => turns.len().to_string(),
                    None => format!("{:?}", c.turns),
                },
            );
            for turn in c.turns.iter().flatten() {
                line("- user_input", text(&turn.user_input));
                line("  agent_response", text(&turn.agent_response));
                line(
                    "  at",
                    format!(
                        "{:?}, {:?}",
                        turn.user_input_datetime, turn.agent_response_datetime
                    ),
                );
                line("  latency", latency(&turn.latency));
                line("  intents", shown(&turn.intents));
                line(
                    "  entities",
                    match &*turn.entities {
                        Some(entities) => entities
                            .iter()
                            .flatten()
                            .map(|(k, v)| format!("{k}={} ", values(v)))
                            .collect::<String>()
                            .trim_end()
                            .to_owned(),
                        None => format!("{:?}", turn.entities),
                    },
                );
                line(
                    "  is_ood, is_silence",
                    format!("{:?}, {:?}", turn.is_ood, turn.is_silence),
                );
                line(
                    "  extra",
                    turn.extra.keys().cloned().collect::<Vec<_>>().join(" "),
                );
            }
            // Most fields are absent from most of these bodies.
            out.lines()
                .filter(|line| !line.ends_with(": absent") && !line.ends_with("absent, absent"))
                .filter(|line| !line.ends_with("extra: {}") && !line.ends_with("extra: "))
                .map(|line| format!("{line}\n"))
                .collect()
        }
    };
}

describe!(describe_v1, v1);
describe!(describe_v3, v3);

fn text(field: &Nullable<String>) -> String {
    match &**field {
        Some(text) => format!("{text:?}"),
        None => format!("{field:?}"),
    }
}

fn whole(field: &Nullable<conversations_api::Integer>) -> String {
    match &**field {
        Some(number) => format!("{number}, as integer {:?}", number.as_i64()),
        None => format!("{field:?}"),
    }
}

fn json<T: serde::Serialize>(field: &Nullable<T>) -> String {
    match &**field {
        Some(value) => serde_json::to_string(value).unwrap(),
        None if field.is_null() => "null".to_owned(),
        None => "absent".to_owned(),
    }
}

fn values(value: &OneOrMany) -> String {
    let form = match value {
        OneOrMany::One(_) => "One",
        OneOrMany::Many(_) => "Many",
        _ => "Other",
    };
    format!("{form}{:?}", value.texts().collect::<Vec<_>>())
}

fn latency(field: &Nullable<Latency>) -> String {
    match &**field {
        Some(latency @ Latency::Detailed(detail)) => {
            format!(
                "Detailed {:?} s, {}",
                latency.seconds(),
                text(&detail.label)
            )
        }
        Some(latency) => format!("{latency:?}, {:?} s", latency.seconds()),
        None => format!("{field:?}"),
    }
}
