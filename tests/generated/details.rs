//! *details*: one conversation by its id, in every form that servers send. Each serializes back to the
//! JSON it was read from.

use conversations_api::ShortSummary;
use conversations_api::agents::types::{ConversationDetail, DebugChatResponse};
use serde_json::{Value, json};

fn read(sent: &Value) -> ConversationDetail {
    let text = sent.to_string();
    let detail: ConversationDetail =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(serde_json::to_value(&detail).unwrap(), *sent);
    detail
}

/// A detail with one more field.
fn with(field: &str, value: Value) -> ConversationDetail {
    let mut sent = json!({"conversationId": "CA1", "accountId": "A", "projectId": "P"});
    sent[field] = value;
    read(&sent)
}

#[test]
fn the_documented_form_is_decoded() {
    let detail = read(&json!({
        "conversationId": "CAabcd1234567abcdef1250065d4fc7389", "accountId": "A", "projectId": "P",
        "createdAt": "2026-07-01T08:00:00Z", "startedAt": "2026-07-01T08:00:01Z", "finishedAt": "2026-07-01T08:02:00Z",
        "channel": "VOICE-SIP", "fromNumber": "+12025550101", "toNumber": "+12025550102", "language": "en-GB",
        "variantId": "V", "clientEnv": "live", "totalDuration": 119, "polyaiDuration": 80, "duration": 119,
        "inProgress": false, "handoff": true, "handoffDestination": "desk", "handoffReason": "billing",
        "direction": "inbound", "tags": ["billing"], "polyScore": 4.5, "shortSummary": "Asked about a bill.",
        "deploymentId": "D", "note": "checked", "audioUrl": "https://example.com/a.wav",
        "turns": [{"user_input": "hi", "latency": 1.5}], "metrics": {}, "functionEvents": {}
    }));
    assert_eq!(detail.language.as_deref(), Some("en-GB"));
    assert_eq!(
        detail.poly_score.map(conversations_api::Number::as_f64),
        Some(4.5)
    );
    assert_eq!(detail.tags.as_deref(), Some(&["billing".to_owned()][..]));
    assert_eq!(
        detail.started_at.as_ref().unwrap().as_str(),
        "2026-07-01T08:00:01Z"
    );
    let summary = detail.short_summary.as_ref().unwrap();
    assert_eq!(summary.content(), Some("Asked about a bill."));
}

#[test]
fn only_the_id_is_required_and_every_other_field_may_be_null() {
    let fields = [
        "accountId",
        "projectId",
        "createdAt",
        "startedAt",
        "finishedAt",
        "channel",
        "fromNumber",
        "toNumber",
        "language",
        "variantId",
        "clientEnv",
        "totalDuration",
        "polyaiDuration",
        "duration",
        "inProgress",
        "handoff",
        "handoffDestination",
        "handoffReason",
        "direction",
        "tags",
        "polyScore",
        "shortSummary",
        "deploymentId",
        "note",
        "audioUrl",
        "turns",
        "metrics",
        "functionEvents",
    ];
    read(&json!({"conversationId": "CA1"}));
    for field in fields {
        with(field, Value::Null);
    }
    let nulls = fields
        .iter()
        .map(|field| ((*field).to_owned(), Value::Null));
    let mut sent = Value::Object(nulls.collect());
    sent["conversationId"] = "CA1".into();
    assert!(read(&sent).note.is_null());
}

#[test]
fn a_summary_is_a_text_or_an_object() {
    let detail = with(
        "shortSummary",
        json!({"heading": "Bill", "content": "Asked about it."}),
    );
    let summary = detail.short_summary.as_ref().unwrap();
    assert_eq!(
        (summary.heading(), summary.content()),
        (Some("Bill"), Some("Asked about it."))
    );
    with(
        "shortSummary",
        json!({"heading": null, "content": "x", "bullets": [1]}),
    );
    let odd = with("shortSummary", json!([{"heading": "x"}]));
    assert!(matches!(
        odd.short_summary.as_ref(),
        Some(ShortSummary::Other(_))
    ));
}

#[test]
fn metrics_are_lists_of_times_and_values() {
    let detail = with(
        "metrics",
        json!({"CALL_TURN": [{"timestamp": "2026-07-01T08:00:00.123456", "value": "1"}], "PLAIN": "2", "NUMBER": 3}),
    );
    let metrics = detail.metrics.as_ref().unwrap();
    let texts = |name: &str| metrics[name].texts().map(String::from).collect::<Vec<_>>();
    assert_eq!(texts("CALL_TURN"), ["1"]);
    assert_eq!(texts("NUMBER"), ["3"]);
}

#[test]
fn function_events_are_listed_by_turn() {
    let detail = with(
        "functionEvents",
        json!({
            "12": [{"name": "end_call", "function_id": "F2", "duration": 12.5, "arguments": {}, "state_changes": null,
                    "start_time": "Wed, 01 Jul 2026 08:01:00 GMT"}],
            "3": [{"name": "find_bill", "function_id": "F1", "duration": 250, "arguments": {"number": "7"},
                   "state_changes": {"bill": {"due": 3}}, "start_time": "Wed, 01 Jul 2026 08:00:30 GMT", "error": "x"}]
        }),
    );
    let events: Vec<_> = detail.function_events.as_ref().unwrap().iter().collect();
    let turns: Vec<_> = events.iter().map(|(turn, _)| *turn).collect();
    assert_eq!(turns, [Some(3), Some(12)]);
    let first = events[0].1;
    assert_eq!(
        first.duration.map(conversations_api::Number::as_f64),
        Some(250.0)
    );
    assert!(first.start_time.as_ref().unwrap().to_utc().is_some());
    assert_eq!(first.extra["error"], "x");
    for odd in [
        json!([]),
        json!({"1": {"name": "x"}}),
        json!({"1": null}),
        json!("none"),
    ] {
        with("functionEvents", odd);
    }
}

#[test]
fn a_score_keeps_the_form_in_which_it_was_written() {
    for (sent, score) in [
        (json!(4), Some(4.0)),
        (json!(9.5), Some(9.5)),
        (json!("4"), Some(4.0)),
        (json!({}), None),
    ] {
        let detail = with("polyScore", sent);
        assert_eq!(
            detail.poly_score.map(conversations_api::Number::as_f64),
            score
        );
    }
}

#[test]
fn turns_are_as_loose_as_in_the_list() {
    let detail = with(
        "turns",
        json!([
            {"latency": {"label": "slow", "perceived_latency": 2.25, "perceived_latency_percentile_1d": 97}},
            {"entities": null, "intents": null, "is_ood": null, "is_silence": null},
            {"metadata": {"retrieved_topics": [], "function_events": [], "top_transcripts": ["x"],
                          "asr_corrected_user_input": "x", "safety": {}}},
            {"user_input_audio_url": "conversations/CA1/turns/5/audio"},
            {"user_input_audio_url": null, "llm_requests": []}
        ]),
    );
    let turns = detail.turns.as_ref().unwrap();
    assert_eq!(turns[0].latency.as_ref().unwrap().seconds(), Some(2.25));
    assert_eq!(
        turns[3].user_input_audio_url.as_deref(),
        Some("conversations/CA1/turns/5/audio")
    );
}

#[test]
fn relative_paths_odd_times_and_other_ids_are_kept() {
    with("audioUrl", json!("conversations/CA1/audio"));
    let detail = with("startedAt", json!("2026-07-01T08:00:00.123456+00:00"));
    assert!(detail.started_at.as_ref().unwrap().to_utc().is_some());
    for id in [
        "LOCAL-6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "KA-123",
        "OUT-1",
    ] {
        assert_eq!(read(&json!({"conversationId": id})).conversation_id, id);
    }
    let detail = with("newField", json!({"deep": [1]}));
    assert_eq!(detail.extra["newField"], json!({"deep": [1]}));
}

#[test]
fn debug_output_shows_no_word_and_no_number() {
    let detail = read(&json!({
        "conversationId": "CA1", "fromNumber": "+MARKER", "note": "MARKER", "shortSummary": {"content": "MARKER"},
        "tags": ["MARKER"], "functionEvents": {"1": [{"name": "MARKER", "arguments": "MARKER"}]},
        "metrics": {"MARKER": "MARKER"}, "audioUrl": "MARKER", "turns": [{"user_input": "MARKER"}], "MARKER": 1
    }));
    let shown = format!("{detail:?}");
    assert!(
        shown.contains("CA1") && !shown.contains("MARKER"),
        "{shown}"
    );
}

#[test]
fn a_debug_chat_response_is_decoded() {
    let sent = json!({"conversationId": "C", "userInput": "hi", "response": "hello", "metadata": {"asrLangCode": "en-US"},
                      "conversationEnded": false, "delayedResponse": false});
    let response: DebugChatResponse = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(response.response.as_deref(), Some("hello"));
    assert_eq!(serde_json::to_value(&response).unwrap(), sent);
}
