//! The functions that an agent ran during a conversation.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::agents::detail_values::DetailValues;
use crate::data::time;

/// What a function ran for.
struct Purpose<'a> {
    turn: usize,
    name: &'a str,
    millis: u64,
    failed: bool,
    arguments: Value,
}

/// The events of a conversation by the index of their turn, as text. The functions are the tools in the
/// conversation's state, each in the last turn with its intent, and `transfer_call` in the last turn of a
/// conversation that was handed off.
pub(crate) fn of(values: &DetailValues<'_>, started_at: i64) -> Value {
    let mut purposes: Vec<Purpose<'_>> = Vec::new();
    for task in values.record["state"]["tasks"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let has_intent = |turn: &Value| {
            let intents = turn["intents"].as_array();
            intents.is_some_and(|intents| intents.contains(&task["intent"]))
        };
        let turn = values.turns().iter().rposition(has_intent);
        let (Some(turn), Some(name)) = (turn, task["tool"]["name"].as_str()) else {
            continue;
        };
        purposes.push(Purpose {
            turn,
            name,
            millis: task["tool"]["took_ms"].as_u64().unwrap_or(250),
            failed: task["tool"]["status"]
                .as_u64()
                .is_some_and(|status| status >= 400),
            arguments: task["slots"].clone(),
        });
    }
    if values.handoff()
        && let Some(turn) = values.turns().len().checked_sub(1)
    {
        purposes.push(Purpose {
            turn,
            name: "transfer_call",
            millis: 20 + values.number("transfer") % 180,
            failed: false,
            arguments: json!({"destination": values.record["handoff_destination"]}),
        });
    }
    let mut by_turn = Map::new();
    purposes.sort_by_key(|purpose| purpose.turn);
    for purpose in purposes {
        let turn = &values.turns()[purpose.turn];
        let at = turn["agent_response_datetime"]
            .as_str()
            .and_then(time::parse);
        let event = event(values, &purpose, at.unwrap_or(started_at));
        match by_turn
            .entry(purpose.turn.to_string())
            .or_insert_with(|| json!([]))
        {
            Value::Array(events) => events.push(event),
            _ => continue,
        }
    }
    Value::Object(by_turn)
}

fn event(values: &DetailValues<'_>, purpose: &Purpose<'_>, at: i64) -> Value {
    let start = at.saturating_sub(
        i64::try_from(purpose.millis)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000),
    );
    let start = DateTime::from_timestamp_micros(start).unwrap_or_default();
    let name = purpose.name;
    let mut event = json!({
        "name": name,
        "function_id": format!("FUNCTION-{:04x}", values.number(name) & 0xffff),
        "duration": purpose.millis,
        "arguments": purpose.arguments,
        "state_changes": {"last_function": name},
        "start_time": start.to_rfc2822(),
    });
    if purpose.failed {
        event["error"] = "the service behind the function answered 503".into();
    }
    event
}
