//! Masked copies keep the structure and remove what people said.

use conversations_api_ext::{ErrorKind, Query, Redaction, V3};
use conversations_emulator::ServerBehavior;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{client, emulator};

/// Collects every string of a value with its path.
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
        json!({"name": marker, "kept": marker, "inner": {"number": 5_550_137, "on": true}});
    let redaction = Redaction::default().keep(["kept"]);
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
            ".channel, without numbers",
            ".environment",
            ".id",
            ".project_id",
            ".started_at",
            ".state.kept",
            ".turns[].agent_response_datetime",
            ".turns[].asr_lang_code",
            ".turns[].intents[], without numbers",
            ".turns[].turn_id",
            ".turns[].user_input_datetime",
            ".variant_id",
            ".variant_name, without numbers",
        ]
    );
    assert_eq!(masked["state"]["*****"], json!({"******": 0, "**": true}));
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
        Redaction::default().keep(["A", "B"]).json(json).unwrap(),
        r#"{"num_turns":1.50,"id":"\u0041","metrics":{"B":"x","A":["y"]},"turns":[]}"#
    );
    for json in ["", "[]", "{", "null"] {
        let error = Redaction::default().json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn what_a_caller_says_is_left_in_no_text_of_the_conversation() {
    let conversation = json!({
        "id": "CA1",
        "handoff_reason": "Ann Robinson wants a person",
        "metrics": {"CALLER_NAME": "Ann Robinson", "LANGUAGE": "en", "SEATS": 4,
                    "TIMES": [{"timestamp": "2026-04-01T09:00:00Z", "value": "at 5"}]},
        "state": {"+12025550137": {"ann": "Robinson"}, "language": "en", "mail ann@example.com": [1, "x"]},
        "turns": [
            {"user_input": "Ann Robinson, code 4 1 5 1", "user_input_dtmf": "9#",
             "entities": [{"name": "Ann", "city": ["Zürich"], "number": [42]}],
             "agent_response": "Thanks, ANN! Robinson's code is 4, 1, then 5 and 1. Zürich, room 42, ann.r@example.com",
             "english_agent_response": "Is it ann at example dot com?"},
            {"user_input": "yes", "agent_response": "Press 9, Ms robinson"},
        ],
    });
    let redaction = Redaction::default().keep(["LANGUAGE", "language"]);
    let masked = redaction.json(&conversation.to_string()).unwrap();
    let masked: Value = serde_json::from_str(&masked).unwrap();
    assert_eq!(
        masked,
        json!({
            "id": "CA1",
            "handoff_reason": "*** ******** ***** * ******",
            "metrics": {"CALLER_NAME": "*** ********", "LANGUAGE": "en", "SEATS": 0,
                        "TIMES": [{"timestamp": "****-**-*****:**:***", "value": "** *"}]},
            "state": {"+***********": {"***": "********"}, "language": "en", "**** ***@*******.***": [0, "*"]},
            "turns": [
                {"user_input": "*** ********, **** * * * *", "user_input_dtmf": "*#",
                 "entities": [{"name": "***", "city": ["******"], "number": [0]}],
                 "agent_response": "Thanks, ***! ********'s **** is *, *, then * and *. ******, room **, ***.*@*******.***",
                 "english_agent_response": "** ** *** ** ******* *** ***?"},
                {"user_input": "***", "agent_response": "Press *, Ms ********"},
            ],
        })
    );
}

#[test]
fn keys_that_are_masked_to_the_same_text_stay_two_fields() {
    let masked = Redaction::default()
        .json(r#"{"state":{"ann":1,"bob":2,"carl":3,"eve":4}}"#)
        .unwrap();
    assert_eq!(masked, r#"{"state":{"***":0,"***'":0,"****":0,"***-":0}}"#);
}

#[test]
fn thousands_of_keys_of_one_length_stay_short() {
    let keys: Vec<_> = (1000..5000).map(|key| format!(r#""k{key}":1"#)).collect();
    let state = format!(r#"{{"state":{{{}}}}}"#, keys.join(","));
    let masked = Redaction::default().json(&state).unwrap();
    let fields: Value = serde_json::from_str(&masked).unwrap();
    assert_eq!(fields["state"].as_object().unwrap().len(), keys.len());
    assert!(masked.len() < 3 * state.len(), "{}", masked.len());
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

/// Returns every word of a text in lowercase.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

proptest! {
    #[test]
    fn no_word_of_the_caller_is_left_in_what_the_agent_said(
        said in "[a-zé0-9' ,-]{0,30}",
        before in "[A-Za-z0-9 .]{0,12}",
        after in "[A-Za-z0-9 .]{0,12}",
        upper in any::<bool>(),
    ) {
        let repeated = if upper { said.to_uppercase() } else { said.clone() };
        let answer = format!("{before} {repeated} {after}");
        let json = json!({"turns": [{"user_input": said, "agent_response": answer}]});
        let masked: Value =
            serde_json::from_str(&Redaction::default().json(&json.to_string()).unwrap()).unwrap();
        let left = words(masked["turns"][0]["agent_response"].as_str().unwrap());
        for word in words(&said) {
            prop_assert!(!left.contains(&word), "{word:?} of {said:?} is left in {left:?}");
        }
    }

    #[test]
    fn masking_twice_is_masking_once(
        fields in prop::collection::hash_map(".{0,5}|turns|state|metrics|agent_response", value(), 0..5),
        agent in any::<bool>(),
    ) {
        let json = Value::Object(fields.into_iter().collect()).to_string();
        let redaction = Redaction::default().agent_words(agent);
        let once = redaction.json(&json).unwrap();
        prop_assert_eq!(&redaction.json(&once).unwrap(), &once);
    }
}

#[test]
fn of_what_only_a_single_conversation_has_labels_and_numbers_are_left() {
    let event = json!({
        "name": "find_booking", "function_id": "FN-1", "duration": 433, "start_time": "Wed, 01 Apr 2026 09:00:00 GMT",
        "arguments": {"who": ["Ann", 42]}, "state_changes": {"a": {"b": "Ann"}}, "error": "no Ann", "Ann": 42,
    });
    let record = json!({
        "id": "CA1", "language": "en-GB", "direction": "inbound", "tags": ["billing", "call 5550137"],
        "poly_score": 4.5, "created_at": "2026-04-01T09:00:00Z", "duration": 42, "note": "Ann called",
        "short_summary": {"heading": "Ann", "content": "Ann, 42"},
        "function_events": {"1": [event, "Ann"], "2": "Ann"}, "audio_url": "https://host/Ann",
    });
    let masked = Redaction::default().json(&record.to_string()).unwrap();
    let masked: Value = serde_json::from_str(&masked).unwrap();
    assert_eq!(
        masked,
        json!({
            "id": "CA1", "language": "en-GB", "direction": "inbound", "tags": ["*******", "**** *******"],
            "poly_score": 4.5, "created_at": "2026-04-01T09:00:00Z", "duration": 42, "note": "*** ******",
            "short_summary": {"heading": "***", "content": "***, **"},
            "function_events": {
                "1": [{
                    "name": "find_booking", "function_id": "FN-1", "duration": 433,
                    "start_time": "Wed, 01 Apr 2026 09:00:00 GMT",
                    "arguments": {"who": ["***", 0]}, "state_changes": {"a": {"b": "***"}}, "error": "** ***", "Ann": 0,
                }, "***"],
                "2": "***",
            },
            "audio_url": "*****://****/***",
        })
    );
    let kept = Redaction::default().keep(["tags"]);
    let kept = kept.json(&record.to_string()).unwrap();
    assert!(
        kept.contains(r#"["billing","call 5550137"]"#) && !kept.contains("Ann called"),
        "{kept}"
    );
    let events = json!({"function_events": [{"error": "no Ann"}]}).to_string();
    assert!(!Redaction::default().json(&events).unwrap().contains("Ann"));
}
