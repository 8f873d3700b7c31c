//! Records in the view of each version.

use conversations_emulator::{Dataset, ServerBehavior};
use serde_json::{Value, json};

use crate::support::{VERSIONS, get, ids, lines, page, sample, start};

/// Spaces, escapes, key order and numbers that no parse-and-serialize round trip preserves.
const ODD: &str = r#"{ "zz" : 1.50, "id":"CA\u0031" ,"account_id":"a","project_id":"p","started_at":"2026-04-01T09:00:00.000000+00:00","turns" : [ ] ,"big":12345678901234567890123, "é":"\u00e9" }"#;

/// A turn with everything that a view can change.
const FULL: &str = r#"{"id":"CA2","variant_id":"","variant_name":"","from_number":"","to_number":"+12025550101",
  "handoff_reason":"","handoff_destination":"","environment":"live","channel":"","state":{"k":[1,{"n":""}]},
  "metrics":{"EMPTY":""},"num_turns":1,"own":"","turns":[{"user_input":"","user_input_dtmf":"",
  "user_input_datetime":"2026-04-01T09:00:00.5+00:00","agent_response":"","agent_response_datetime":"2026-04-01T09:00:01Z",
  "latency":0.5,"translated_user_input":"","english_agent_response":"","barge_in":false,"metadata":{"m":1},
  "intents":null,"entities":[{"e":""}],"is_ood":null,"is_silence":true,"turn_id":""}]}"#;

#[tokio::test]
async fn a_record_is_sent_byte_for_byte_on_v2_and_v3() {
    let emulator = start(
        Dataset::from_jsonl(ODD.as_bytes()).unwrap(),
        ServerBehavior::default(),
    )
    .await;
    for version in ["v2", "v3"] {
        let body = get(&emulator, version, "").await.text().await.unwrap();
        assert_eq!(
            body,
            format!("{{\"conversations\":[{ODD}],\"cursor\":null}}")
        );
    }
}

#[tokio::test]
async fn with_both_options_every_generated_record_is_verbatim() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let query = "include_latency=true&include_turn_metadata=true";
    let body = get(&emulator, "v3", query).await.text().await.unwrap();
    let listed = ids(&serde_json::from_str(&body).unwrap()).len();
    let verbatim = emulator
        .data()
        .records()
        .filter(|record| body.contains(std::str::from_utf8(record).unwrap()));
    assert_eq!(verbatim.count(), listed);
}

#[tokio::test]
async fn latency_and_metadata_of_turns_are_sent_only_on_request() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    for version in ["v2", "v3"] {
        for (query, latency, metadata) in [
            ("", false, false),
            ("include_latency=true", true, false),
            ("include_turn_metadata=true", false, true),
            (
                "include_latency=true&include_turn_metadata=true",
                true,
                true,
            ),
            (
                "include_latency=false&include_turn_metadata=false",
                false,
                false,
            ),
        ] {
            let page = page(&emulator, version, query).await;
            let mut record: Value = serde_json::from_str(FULL).unwrap();
            record["account_id"] = "acme".into();
            record["project_id"] = "desk".into();
            record["started_at"] = "2026-04-01T09:00:00Z".into();
            let turn = record["turns"][0].as_object_mut().unwrap();
            if !latency {
                turn.remove("latency");
            }
            if !metadata {
                turn.remove("metadata");
            }
            assert_eq!(page["conversations"], json!([record]), "{version} {query}");
        }
    }
}

#[tokio::test]
async fn v1_sends_null_for_empty_strings_and_none_of_the_later_turn_fields() {
    let emulator = start(lines(&[FULL]), ServerBehavior::default()).await;
    let page = page(
        &emulator,
        "v1",
        "include_latency=true&include_turn_metadata=true",
    )
    .await;
    let record = json!({
        "id": "CA2", "account_id": "acme", "project_id": "desk", "started_at": "2026-04-01T09:00:00Z",
        "variant_id": null, "variant_name": null, "from_number": null, "to_number": "+12025550101",
        "handoff_reason": null, "handoff_destination": null, "environment": "live", "channel": "",
        "state": {"k": [1, {"n": ""}]}, "metrics": {"EMPTY": ""}, "num_turns": 1, "own": "",
        "turns": [{
            "user_input": null, "user_input_dtmf": null, "user_input_datetime": "2026-04-01T09:00:00.5",
            "agent_response": null, "agent_response_datetime": "2026-04-01T09:00:01",
            "intents": null, "entities": [{"e": ""}], "is_ood": null, "is_silence": true, "turn_id": "",
        }],
    });
    assert_eq!(page["conversations"], json!([record]));
}

#[tokio::test]
async fn v1_adds_the_context_state_on_request() {
    let emulator = start(lines(&[FULL, r#"{"id":"CA3"}"#]), ServerBehavior::default()).await;
    let without = page(&emulator, "v1", "include_context_state=false").await;
    assert!(without["conversations"][0].get("context_state").is_none());
    let with = page(&emulator, "v1", "include_context_state=true").await;
    assert_eq!(
        with["conversations"][0]["context_state"],
        json!({"k": [1, {"n": ""}]})
    );
    assert_eq!(
        with["conversations"][0]["state"],
        with["conversations"][0]["context_state"]
    );
    assert!(with["conversations"][1].get("context_state").is_none());
}

#[tokio::test]
async fn v1_describes_the_keys_of_a_conversation() {
    let emulator = start(sample(), ServerBehavior::default()).await;
    let page = page(&emulator, "v1", "limit=1").await;
    let described = page["descriptions"]["conversations"].as_object().unwrap();
    for key in page["conversations"][0]
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| *key != "recording")
    {
        assert!(described[key].is_string(), "{key}");
    }
}

#[tokio::test]
async fn without_transcripts_turns_are_empty_and_num_turns_is_unchanged() {
    let emulator = start(sample(), ServerBehavior::default().with_transcripts(false)).await;
    let shown = start(sample(), ServerBehavior::default()).await;
    for version in VERSIONS {
        let switches = "limit=200&include_latency=true&include_turn_metadata=true";
        let hidden = page(&emulator, version, switches).await;
        let mut expected = page(&shown, version, switches).await;
        for record in expected["conversations"].as_array_mut().unwrap() {
            assert_eq!(
                record["num_turns"],
                record["turns"].as_array().unwrap().len()
            );
            record["turns"] = json!([]);
        }
        assert_eq!(hidden, expected);
    }
}
