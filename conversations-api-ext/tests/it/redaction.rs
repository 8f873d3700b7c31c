//! Masked copies keep the structure and remove what people said.

use conversations_api_ext::{ConversationDetail, ErrorKind, Query, Redaction, V3};
use conversations_emulator::ServerBehavior;
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

pub(crate) fn masked(json: &str) -> Value {
    let masked = Redaction::default().json(json).unwrap();
    serde_json::from_str(&masked).unwrap()
}

#[test]
fn a_lone_surrogate_hides_no_word() {
    for json in [
        r#"{"turns":[{"user_input":"I am Ann \ud83d","agent_response":"Thanks Ann"}]}"#,
        r#"{"turns":[{"user_input":"Ann","\ud800":1},{"agent_response":"\ude00Ann"}]}"#,
        r#"{"turns":[{"entities":{"\ud800":"Ann"}},{"agent_response":"Ann"}]}"#,
        r#"{"\ud800":1,"turns":[{"user_input":"Ann"},{"agent_response":"Ann"}]}"#,
    ] {
        let masked = masked(json).to_string();
        assert!(
            !masked.contains("Ann") && masked.contains("***"),
            "{masked}"
        );
    }
    let masked = masked(r#"{"turns":[{"user_input":"I am Ann \ud83d!"}]}"#);
    let said = masked["turns"][0]["user_input"].as_str().unwrap();
    assert!(
        said.starts_with("* ** *** ") && said.ends_with('!'),
        "{said}"
    );
}

/// Every word for every other one would take hours.
#[test]
fn hostile_text_is_masked_in_linear_time() {
    for part in ["a@", "@ ", "at dot ", "a at b.", "e\u{301}"] {
        let text = part.repeat((1 << 20) / part.len());
        let json = json!({"turns": [{"user_input": text, "agent_response": text}]});
        let masked = masked(&json.to_string());
        let left = masked["turns"][0]["agent_response"].as_str().unwrap();
        assert!(!left.contains(char::is_alphanumeric), "{part}");
    }
}

#[test]
fn a_value_that_is_not_of_the_documented_type_is_masked_whole() {
    let record = json!({
        "id": "CA1", "handoff": {"reason": "Ann asked"}, "language": ["Ann"], "poly_score": "Ann", "num_turns": "4",
        "in_progress": "True", "started_at": {"Ann": [5, true]},
        "turns": [
            {"latency": {"label": "good", "perceived_latency": 0.8, "perceived_latency_percentile_1d": "0.5",
                         "heard": ["Ann"], "n": 5},
             "turn_id": 7, "is_ood": "Ann said", "barge_in": null, "asr_lang_code": "en"},
            {"latency": "1.25", "is_silence": "false"},
            {"latency": ["Ann", 1]},
            [{"user_input": "Ann", "agent_response": "Ann"}],
        ],
    });
    assert_eq!(
        masked(&record.to_string()),
        json!({
            "id": "CA1", "handoff": {"reason": "*** *****"}, "language": ["***"], "poly_score": "***", "num_turns": "4",
            "in_progress": "True", "started_at": {"Ann": [0, true]},
            "turns": [
                {"latency": {"label": "good", "perceived_latency": 0.8, "perceived_latency_percentile_1d": "0.5",
                             "heard": ["***"], "n": 0},
                 "turn_id": 7, "is_ood": "*** ****", "barge_in": null, "asr_lang_code": "en"},
                {"latency": "1.25", "is_silence": "false"},
                {"latency": ["***", 0]},
                [{"user_input": "***", "agent_response": "***"}],
            ],
        })
    );
}

#[test]
fn what_is_said_in_another_form_than_text_is_masked_as_well() {
    let record = json!({"turns": [
        {"user_input": {"Ann": [42]}},
        {"agent_response": {"Ann": "Hi Ann", "seats": 42, "rooms": 3}},
    ]});
    assert_eq!(
        masked(&record.to_string()),
        json!({"turns": [
            {"user_input": {"***": [0]}},
            {"agent_response": {"***": "Hi ***", "seats": 0, "rooms": 3}},
        ]})
    );
}

#[test]
fn a_conversation_by_its_id_is_masked_as_in_the_list() {
    let detail = json!({
        "conversationId": "CA1", "accountId": "ws-1", "clientEnv": "live", "startedAt": "2026-04-01T09:00:00Z",
        "inProgress": false, "polyScore": 4.5, "totalDuration": 80, "deploymentId": "D-1", "fromNumber": "+12025550137",
        "shortSummary": {"content": "Ann called"}, "tags": ["vip"], "newField": "Ann",
        "functionEvents": {"1": [{"name": "find_booking", "function_id": "FN-1", "duration": 433, "error": "no Ann"}]},
        "turns": [{"user_input": "Ann", "agent_response": "Hi Ann", "user_input_datetime": "2026-04-01T09:00:00Z"}],
    });
    let expected = json!({
        "conversationId": "CA1", "accountId": "ws-1", "clientEnv": "live", "startedAt": "2026-04-01T09:00:00Z",
        "inProgress": false, "polyScore": 4.5, "totalDuration": 80, "deploymentId": "D-1", "fromNumber": "+***********",
        "shortSummary": {"content": "*** ******"}, "tags": ["***"], "newField": "***",
        "functionEvents": {"1": [{"name": "find_booking", "function_id": "FN-1", "duration": 433, "error": "** ***"}]},
        "turns": [{"user_input": "***", "agent_response": "Hi ***", "user_input_datetime": "2026-04-01T09:00:00Z"}],
    });
    assert_eq!(masked(&detail.to_string()), expected);
    let detail: ConversationDetail = serde_json::from_value(detail).unwrap();
    let copy = Redaction::default().detail(&detail).unwrap();
    assert_eq!(serde_json::to_value(&copy).unwrap(), expected);
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
