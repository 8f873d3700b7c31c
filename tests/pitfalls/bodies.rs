//! Success bodies: one unexpected value must not fail a page, and no data is lost.

use conversations_api::v3::types::ConversationPage;
use serde_json::{Value, json};

fn page(conversation: Value) -> ConversationPage {
    let body = json!({"conversations": [conversation, {"id": "after"}]});
    serde_json::from_str(&body.to_string()).unwrap()
}

/// `null` for a list, a number as a metric and `12.0` as a count each failed the whole page.
#[test]
fn null_lists_numeric_metrics_and_float_counts_do_not_fail_the_page() {
    for odd in [
        json!({"turns": null}),
        json!({"metrics": null}),
        json!({"state": null}),
        json!({"turns": [{"entities": null, "intents": null}]}),
        json!({"metrics": {"N": 3}}),
        json!({"metrics": {"L": ["only one"]}}),
        json!({"turns": [{"entities": [{"size": 3}]}]}),
        json!({"num_turns": 12.0}),
        json!({"handoff_reason": null}),
    ] {
        let mut conversation = odd.clone();
        conversation["id"] = "odd".into();
        let page = page(conversation.clone());
        let conversations = page.conversations.as_ref().unwrap();
        assert_eq!(conversations.len(), 2);
        assert_eq!(
            serde_json::to_value(&conversations[0]).unwrap(),
            conversation
        );
    }
}

/// A time without a zone, or an invalid one, failed the whole page.
#[test]
fn a_time_in_another_format_does_not_fail_the_page() {
    for (text, utc) in [
        (
            "2021-07-01T14:15:00.123456",
            Some("2021-07-01T14:15:00.123456+00:00"),
        ),
        (
            "2021-07-01T14:15:00.123456+00:00",
            Some("2021-07-01T14:15:00.123456+00:00"),
        ),
        ("", None),
        ("yesterday", None),
    ] {
        let page = page(json!({"id": "odd", "started_at": text}));
        let conversation = &page.conversations.as_ref().unwrap()[0];
        let started = conversation.started_at.as_ref().unwrap();
        assert_eq!(started.as_str(), text);
        assert_eq!(
            started.to_utc().map(|time| time.to_rfc3339()).as_deref(),
            utc
        );
    }
}

/// Unknown fields were dropped, even with `additionalProperties: true`.
#[test]
fn unknown_fields_are_preserved_at_every_level() {
    let sent = json!({
        "conversations": [{"id": "1", "new": {"deep": [1]}, "turns": [{"turn_id": "t", "reviews": []}]}],
        "total": 1,
    });
    let page: ConversationPage = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(page.extra["total"], 1);
    let conversation = &page.conversations.as_ref().unwrap()[0];
    assert_eq!(conversation.extra["new"], json!({"deep": [1]}));
    assert_eq!(
        conversation.turns.as_ref().unwrap()[0].extra["turn_id"],
        "t"
    );
    assert_eq!(serde_json::to_value(&page).unwrap(), sent);
}

/// Derived `Debug` and the `Display` of errors printed transcripts and phone numbers.
#[test]
fn debug_output_of_types_has_no_transcripts_or_phone_numbers() {
    let text = "marker-of-a-caller";
    let conversation = json!({
        "id": "CA1", "from_number": text, "to_number": text, "variant_name": text,
        "handoff_reason": text, "handoff_destination": text, "started_at": text,
        "metrics": {"M": text, "L": [text]}, "state": {"k": text}, "unknown": text,
        "turns": [{"user_input": text, "agent_response": text, "user_input_dtmf": text,
            "translated_user_input": text, "english_agent_response": text, "intents": [text],
            "entities": [{"e": text}], "latency": {"label": text, "unknown": text}, "new": text}],
    });
    let page = page(conversation);
    let turn = &page.conversations.as_ref().unwrap()[0]
        .turns
        .as_ref()
        .unwrap()[0];
    let error: conversations_api::v3::types::Error =
        serde_json::from_value(json!({"error_message": text, "data": text})).unwrap();
    for shown in [
        format!("{page:?}"),
        format!("{page:#?}"),
        format!("{:?}", page.conversations.as_ref().unwrap()[0]),
        format!("{turn:?} {:?} {:?}", turn.latency, turn.entities),
        format!("{:?} {:?}", turn.user_input, turn.intents),
        format!("{:?}", page.conversations),
        format!("{error:?}"),
    ] {
        assert!(!shown.contains(text), "{shown}");
    }
    let shown = format!("{:?}", page.conversations.as_ref().unwrap()[0]);
    assert!(shown.contains("CA1"), "identifiers are printed: {shown}");
}
