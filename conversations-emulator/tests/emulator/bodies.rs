//! Records with project settings and quirks.

use std::collections::BTreeSet;

use conversations_emulator::{Quirk, ServerBehavior};
use serde_json::{Value, json};

use crate::support::{VERSIONS, all, lines, page, sample, start};

/// A turn and metrics with everything that a quirk can change.
const FULL: &str = r#"{"id":"CA1","handoff_reason":"","num_turns":2,"started_at":"2026-04-01T09:00:00Z",
  "metrics":{"CALL_DURATION":"30","CALL_TURN":["2026-04-01T09:00:01Z","2026-04-01T09:00:02Z"],"ONE":["x"],"SCORE":4,
  "MOOD":[{"timestamp":"2026-04-01T09:00:01Z","value":"calm"},{"timestamp":"2026-04-01T09:00:02Z","value":"tired"}]},
  "mystery":1,"turns":[
  {"user_input":"","user_input_datetime":"2026-04-01T09:00:01Z","latency":0.5,"intents":[],"entities":[{"a":"b"}],
   "is_ood":false,"is_silence":true,"turn_id":"t"},
  {"user_input":"hi","latency":{"label":"fast","perceived_latency":0.25},"intents":null,"is_ood":null,"reviews":[]}]}"#;

const BOTH: &str = "include_latency=true&include_turn_metadata=true";

async fn served(version: &str, quirks: impl IntoIterator<Item = Quirk>) -> Value {
    let behavior = ServerBehavior::default().with_quirks(quirks);
    let emulator = start(lines(&[FULL]), behavior).await;
    page(&emulator, version, BOTH).await["conversations"][0].take()
}

#[tokio::test]
async fn without_quirks_a_record_is_as_published() {
    for version in VERSIONS {
        let record = served(version, []).await;
        let metrics = json!({
            "CALL_DURATION": "30",
            "CALL_TURN": ["2026-04-01T09:00:01.000000Z", "2026-04-01T09:00:02.000000Z"],
            "ONE": "x",
            "SCORE": "4",
            "MOOD": ["calm", "tired"],
        });
        assert_eq!(record["metrics"], metrics, "{version}");
        assert_eq!(record["handoff_reason"], "");
        assert_eq!(record["started_at"], "2026-04-01T09:00:00.000000Z");
        assert!(record.get("mystery").is_none());
        let turn = &record["turns"][0];
        assert_eq!(turn["user_input"], "");
        assert_eq!(turn["user_input_datetime"], "2026-04-01T09:00:01.000000Z");
        assert_eq!(
            (&turn["intents"], &turn["is_ood"]),
            (&json!([]), &json!(false))
        );
        assert!(turn.get("turn_id").is_none());
        let other = &record["turns"][1];
        assert_eq!(
            (&other["intents"], &other["is_ood"]),
            (&json!([]), &json!(false))
        );
        if version != "v1" {
            assert_eq!(
                (&turn["latency"], &other["latency"]),
                (&json!(0.5), &json!(0.25))
            );
        }
    }
}

#[tokio::test]
async fn each_quirk_occurs_wherever_possible() {
    let shows = async |version: &str, quirk, pointer: &str, expected: Value| {
        let record = served(version, [quirk]).await;
        let found = record.pointer(pointer).cloned();
        assert_eq!(found, Some(expected), "{version} {quirk:?} {pointer}");
    };
    let latency =
        json!({"label": "slow", "perceived_latency": 0.5, "perceived_latency_percentile_1d": 50});
    shows("v3", Quirk::LatencyObject, "/turns/0/latency", latency).await;
    shows("v3", Quirk::LatencyNull, "/turns/0/latency", Value::Null).await;
    for version in VERSIONS {
        shows(version, Quirk::NullLists, "/turns/0/intents", Value::Null).await;
        shows(
            version,
            Quirk::NullLists,
            "/turns/0/entities",
            json!([{"a": "b"}]),
        )
        .await;
        shows(version, Quirk::NullFlags, "/turns/0/is_ood", Value::Null).await;
        shows(
            version,
            Quirk::NullFlags,
            "/turns/0/is_silence",
            json!(true),
        )
        .await;
        shows(
            version,
            Quirk::ExtraTurnFields,
            "/turns/1/reviews",
            json!([]),
        )
        .await;
        let sent = json!("Wed, 01 Apr 2026 09:30:00 +0000");
        shows(
            version,
            Quirk::ExtraTurnFields,
            "/turns/0/llm_requests/0/sent_at",
            sent,
        )
        .await;
        shows(version, Quirk::ExtraFields, "/recording/channels", json!(2)).await;
        shows(
            version,
            Quirk::MetricNumbers,
            "/metrics/CALL_DURATION",
            json!(30),
        )
        .await;
        shows(
            version,
            Quirk::MetricObjects,
            "/metrics/MOOD/1/value",
            json!("tired"),
        )
        .await;
        let zoned = json!("2026-04-01T09:00:00.000000+00:00");
        shows(version, Quirk::OffsetTimes, "/started_at", zoned).await;
        let zoneless = json!("2026-04-01T09:00:01.000000");
        shows(
            version,
            Quirk::ZonelessTimes,
            "/metrics/CALL_TURN/0",
            zoneless,
        )
        .await;
    }
    shows("v1", Quirk::NullTexts, "/turns/0/user_input", Value::Null).await;
    shows("v1", Quirk::NullTexts, "/handoff_reason", Value::Null).await;
    shows("v3", Quirk::NullTexts, "/handoff_reason", json!("")).await;
    shows("v1", Quirk::NullTurns, "/turns", Value::Null).await;
    assert!(
        served("v1", [Quirk::AbsentTurns])
            .await
            .get("turns")
            .is_none()
    );
    assert!(served("v3", [Quirk::AbsentTurns]).await["turns"].is_array());
    let zoneless = json!("2026-04-01T09:00:01.000000");
    shows(
        "v1",
        Quirk::ZonelessTimes,
        "/turns/0/user_input_datetime",
        zoneless,
    )
    .await;
    let zoned = json!("2026-04-01T09:00:01.000000Z");
    shows(
        "v3",
        Quirk::ZonelessTimes,
        "/turns/0/user_input_datetime",
        zoned,
    )
    .await;
}

#[tokio::test]
async fn every_quirk_at_once_loses_no_conversation() {
    let behavior = ServerBehavior::default().with_quirks(Quirk::ALL);
    let (odd, plain) = (
        start(sample(), behavior).await,
        start(sample(), ServerBehavior::default()).await,
    );
    for version in VERSIONS {
        let query = format!("{}&{BOTH}", all(version));
        let ids = async |emulator| crate::support::page_ids(emulator, version, &query).await;
        assert_eq!(ids(&odd).await, ids(&plain).await, "{version}");
    }
}

#[tokio::test]
async fn only_the_selected_metrics_are_returned() {
    for (selected, expected) in [
        (
            vec!["CALL_DURATION", "ONE", "ABSENT"],
            vec!["CALL_DURATION", "ONE"],
        ),
        (vec![], vec![]),
    ] {
        let behavior = ServerBehavior::default().with_response_metrics(selected);
        let emulator = start(lines(&[FULL]), behavior).await;
        for version in VERSIONS {
            let page = page(&emulator, version, "").await;
            let record = &page["conversations"][0];
            let metrics = record["metrics"].as_object().unwrap();
            assert!(metrics.keys().eq(expected.iter()), "{version} {metrics:?}");
            assert_eq!(record["mystery"], 1, "the rest stays as it is");
        }
    }
}

#[tokio::test]
async fn the_v1_whitelist_does_not_affect_later_versions() {
    let behavior = ServerBehavior::default().with_v1_whitelist(ServerBehavior::V1_WHITELIST);
    let emulator = start(sample(), behavior).await;
    for version in VERSIONS {
        let page = page(&emulator, version, "limit=20&include_context_state=true").await;
        for record in page["conversations"].as_array().unwrap() {
            let fields: BTreeSet<&str> = record
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            if version == "v1" {
                assert_eq!(fields, ServerBehavior::V1_WHITELIST.into());
            } else {
                assert!(fields.contains("turns") && fields.contains("channel"));
            }
        }
    }
}

#[tokio::test]
async fn labels_of_channels_are_an_open_set() {
    let emulator = start(
        lines(&[
            r#"{"id":"CA1","channel":"chat.polyai"}"#,
            r#"{"id":"CA2","channel":"SMS"}"#,
        ]),
        ServerBehavior::default(),
    )
    .await;
    let listed = crate::support::page_ids(&emulator, "v3", "channel=chat.polyai").await;
    assert_eq!(listed, ["CA1"]);
}
