//! The transcript of a conversation, as JSON for the page.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use conversations_api_ext::Conversation;
use conversations_api_ext::api::v3::types::ConversationTurn;
use conversations_api_ext::api::{FunctionEvents, Latency, Timestamp};
use serde::{Deserialize as _, Serialize};

/// Maximum number of characters of a text: a browser needs seconds to lay out megabytes.
const LONGEST: usize = 20_000;

/// A turn. The names are short because there are hundreds of thousands of them.
#[derive(Default, Serialize)]
struct Turn<'a> {
    /// What the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    /// The same, translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_en: Option<Cow<'a, str>>,
    /// When the caller spoke, in seconds after the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_at: Option<f64>,
    /// What happened in the turn of the caller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    functions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_en: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_at: Option<f64>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<f64>,
}

/// Returns the turns of a conversation as a JSON array; `None` if it cannot be decoded, which the page shows.
pub(super) fn json(conversation: &str) -> Option<String> {
    let conversation: Conversation = serde_json::from_str(conversation).ok()?;
    let start = conversation.started_at.as_ref().and_then(Timestamp::to_utc);
    let turns = conversation.turns.as_deref().unwrap_or_default();
    let mut turns: Vec<_> = turns.iter().map(|turn| of(turn, start)).collect();
    let known = turns.len();
    let events = conversation.extra.get("function_events");
    if let Some(events) = events.and_then(|events| FunctionEvents::deserialize(events).ok()) {
        for (turn, event) in events.iter() {
            let name = event.name.as_deref().unwrap_or("(unnamed)");
            let seconds = event.duration.as_ref().map(|millis| millis.as_f64());
            let seconds = seconds.map(|millis| format!(", {:.2} s", millis / 1000.0));
            let is_error = event
                .extra
                .get("error")
                .is_some_and(|error| !error.is_null());
            let error = if is_error { ", failed" } else { "" };
            let text = format!("{}{}{error}", short(name), seconds.unwrap_or_default());
            // An event of no known turn is shown at the end.
            let turn = turn.and_then(|turn| usize::try_from(turn).ok());
            let turn = turn.filter(|turn| *turn < known);
            match turn {
                Some(turn) => turns[turn].functions.push(text),
                None => turns.push(Turn {
                    functions: vec![text],
                    ..Turn::default()
                }),
            }
        }
    }
    serde_json::to_string(&turns).ok()
}

fn of(turn: &ConversationTurn, start: Option<DateTime<Utc>>) -> Turn<'_> {
    let mut marks = Vec::new();
    for (is_set, mark) in [
        (*turn.is_silence, "Silence"),
        (*turn.is_ood, "Out of domain"),
        (*turn.barge_in, "Barge-in"),
    ] {
        marks.extend((is_set == Some(true)).then(|| mark.to_owned()));
    }
    let keys = text(turn.user_input_dtmf.as_deref());
    marks.extend(keys.map(|keys| format!("Keys {keys}")));
    let intents = turn.intents.iter().flatten();
    marks.extend(intents.map(|intent| format!("Intent {}", short(intent))));
    Turn {
        user: text(turn.user_input.as_deref()),
        user_en: text(turn.translated_user_input.as_deref()),
        user_at: offset(start, turn.user_input_datetime.as_ref()),
        marks,
        functions: Vec::new(),
        agent: text(turn.agent_response.as_deref()),
        agent_en: text(turn.english_agent_response.as_deref()),
        agent_at: offset(start, turn.agent_response_datetime.as_ref()),
        latency: turn.latency.as_ref().and_then(Latency::seconds),
    }
}

/// Returns a text of limited length; `None` if it is empty.
fn text(text: Option<&str>) -> Option<Cow<'_, str>> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let Some((end, _)) = text.char_indices().nth(LONGEST) else {
        return Some(Cow::Borrowed(text));
    };
    let more = text[end..].chars().count();
    Some(Cow::Owned(format!(
        "{} … ({more} more characters)",
        &text[..end]
    )))
}

/// Returns the start of a name.
fn short(name: &str) -> String {
    name.chars().take(120).collect()
}

/// Returns the seconds after the start, in tenths.
fn offset(start: Option<DateTime<Utc>>, at: Option<&Timestamp>) -> Option<f64> {
    let after = at?.to_utc()? - start?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "tenths of seconds of a conversation are few"
    )]
    let tenths = (after.num_milliseconds() / 100) as f64;
    Some(tenths / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_has_times_marks_latencies_and_function_calls() {
        let json = json(
            r#"{"id":"a","started_at":"2026-04-01T09:00:00Z","turns":[
                {"agent_response":"Hello","agent_response_datetime":"2026-04-01T09:00:01.5Z"},
                {"user_input":"A table","is_silence":false,"barge_in":true,"user_input_dtmf":"1","intents":["book"],
                 "agent_response":"Done","latency":{"perceived_latency":1.25}}],
                "function_events":{"1":[{"name":"book","duration":400,"error":"x"}],"9":[{"name":"late"}]}}"#,
        );
        let turns: serde_json::Value = serde_json::from_str(&json.unwrap()).unwrap();
        assert_eq!(
            turns,
            serde_json::json!([
                {"agent": "Hello", "agent_at": 1.5},
                {"user": "A table", "marks": ["Barge-in", "Keys 1", "Intent book"],
                 "functions": ["book, 0.40 s, failed"], "agent": "Done", "latency": 1.25},
                {"functions": ["late"]},
            ])
        );
    }

    #[test]
    fn a_text_of_megabytes_is_cut_and_says_so() {
        let long = "é".repeat(LONGEST + 7);
        let cut = text(Some(&long)).unwrap();
        assert!(cut.ends_with("é … (7 more characters)"));
        assert_eq!(text(Some(" ")), None);
    }
}
