//! Masked copies: the structure stays, and what people said does not.

use conversations_api_ext::{ErrorKind, Query, Redaction, V3};
use conversations_emulator::ServerBehavior;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{client, emulator};

/// Every string of a value, with the path to it.
fn strings(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => out.push((path, text.clone())),
        Value::Array(items) => {
            for item in items {
                strings(item, format!("{path}[]"), out);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                strings(value, format!("{path}.{key}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn a_marker_in_every_text_is_left_in_the_safe_fields_only() {
    let marker = "MARKER 5550137";
    let turn: Value = [
        "user_input",
        "user_input_dtmf",
        "user_input_datetime",
        "agent_response",
        "agent_response_datetime",
        "translated_user_input",
        "english_agent_response",
        "user_input_audio_url",
        "asr_lang_code",
        "turn_id",
    ]
    .iter()
    .map(|name| ((*name).to_owned(), json!(marker)))
    .chain([
        ("intents".to_owned(), json!([marker])),
        (
            "entities".to_owned(),
            json!([{"name": marker, "other": [marker]}]),
        ),
        (
            "metadata".to_owned(),
            json!({"deep": {"er": [marker, {"x": marker}]}}),
        ),
    ])
    .collect::<serde_json::Map<_, _>>()
    .into();
    let mut record: Value = [
        "id",
        "account_id",
        "project_id",
        "environment",
        "started_at",
        "channel",
        "variant_id",
        "variant_name",
        "from_number",
        "to_number",
        "handoff_reason",
        "handoff_destination",
        "new_field",
    ]
    .iter()
    .map(|name| ((*name).to_owned(), json!(marker)))
    .collect::<serde_json::Map<_, _>>()
    .into();
    record["turns"] = json!([turn]);
    record["metrics"] =
        json!({"NAME": marker, "LIST": [marker, {"timestamp": "t", "value": marker}]});
    record["state"] =
        json!({"name": marker, "kept": marker, "deep": {"number": 5_550_137, "on": true}});
    let redaction = Redaction::default().keep_state(["kept"]);
    let masked: Value =
        serde_json::from_str(&redaction.json(&record.to_string()).unwrap()).unwrap();
    let mut left = Vec::new();
    strings(&masked, String::new(), &mut left);
    let lines: Vec<_> = left
        .iter()
        .filter(|(_, text)| text.contains("MARKER"))
        .map(|(path, text)| {
            format!(
                "{path}{}",
                if text.contains("5550137") {
                    ""
                } else {
                    ", without numbers"
                }
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ".account_id",
            ".channel",
            ".environment",
            ".handoff_reason, without numbers",
            ".id",
            ".metrics.LIST[], without numbers",
            ".metrics.LIST[].value, without numbers",
            ".metrics.NAME, without numbers",
            ".project_id",
            ".started_at",
            ".state.kept",
            ".turns[].agent_response, without numbers",
            ".turns[].agent_response_datetime",
            ".turns[].asr_lang_code",
            ".turns[].english_agent_response, without numbers",
            ".turns[].intents[]",
            ".turns[].turn_id",
            ".turns[].user_input_datetime",
            ".variant_id",
            ".variant_name",
        ]
    );
    assert_eq!(masked["state"]["deep"], json!({"number": 0, "on": true}));
    let all = redaction
        .agent_words(true)
        .json(&record.to_string())
        .unwrap();
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["turns"][0]["agent_response"], "****** *******");
}

#[tokio::test]
async fn a_masked_record_is_still_a_record_and_fits_the_typed_form() {
    let emulator = emulator(40, ServerBehavior::default()).await;
    let mut records = client::<V3>(&emulator).records(Query::v3());
    while let Some(record) = records.next_record().await.unwrap() {
        let masked = Redaction::default().record(&record);
        assert_eq!(
            (masked.id(), masked.started_at()),
            (record.id(), record.started_at())
        );
        let (before, after) = (record.decode().unwrap(), masked.decode().unwrap());
        assert_eq!(before.total_duration, after.total_duration);
        let copy = Redaction::default().conversation(&before).unwrap();
        assert_eq!(copy.id, before.id);
        let said = |turns: &conversations_api_ext::Conversation| {
            let turns = turns.turns.as_ref().unwrap().iter();
            let words = turns.filter_map(|turn| turn.user_input.as_deref().map(str::to_owned));
            words.collect::<Vec<_>>()
        };
        assert_eq!(said(&copy), said(&after));
        assert!(
            said(&after)
                .iter()
                .all(|text| !text.contains(char::is_alphanumeric))
        );
    }
}

#[test]
fn what_is_not_masked_stays_byte_for_byte_in_its_order() {
    let json = r#"{"num_turns":1.50,"id":"\u0041","metrics":{"B":"x","A":["y"]},"turns":[]}"#;
    assert_eq!(
        Redaction::default().json(json).unwrap(),
        r#"{"num_turns":1.50,"id":"\u0041","metrics":{"B":"x","A":["y"]},"turns":[]}"#
    );
    for json in ["", "[]", "{", "null"] {
        let error = Redaction::default().json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9 ()+-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            prop::sample::select(vec![
                "turns",
                "state",
                "metrics",
                "user_input",
                "agent_response",
                "id"
            ])
            .prop_map(str::to_owned),
            ".{0,5}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn masking_twice_is_masking_once(
        fields in prop::collection::hash_map(".{0,5}|turns|state|metrics|agent_response", value(), 0..5),
        agent in any::<bool>(),
    ) {
        let json = Value::Object(fields.into_iter().collect()).to_string();
        let redaction = Redaction::default().agent_words(agent);
        let once = redaction.json(&json).unwrap();
        prop_assert_eq!(&redaction.json(&once).unwrap(), &once);
        prop_assert!(once.chars().count() <= json.chars().count());
    }
}
