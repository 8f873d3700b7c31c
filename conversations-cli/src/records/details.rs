//! Adds to a record of the list what only the response for a single conversation has: summary, tags, score and more.
//!
//! The added fields are in snake case, like those of the list, so that a record has one form whichever request it
//! came from.

use std::collections::BTreeMap;

use conversations_api_ext::detail::to_conversation;
use conversations_api_ext::{Client, ConversationDetail, Error, ErrorKind, Record};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The fields that the list does not have: their names in a detail, and in a record.
const FIELDS: [(&str, &str); 12] = [
    ("language", "language"),
    ("direction", "direction"),
    ("tags", "tags"),
    ("shortSummary", "short_summary"),
    ("polyScore", "poly_score"),
    ("note", "note"),
    ("functionEvents", "function_events"),
    ("createdAt", "created_at"),
    ("finishedAt", "finished_at"),
    ("duration", "duration"),
    ("deploymentId", "deployment_id"),
    ("audioUrl", "audio_url"),
];

const SERIALIZES: &str = "a conversation that was read from JSON serializes to JSON";

/// Rejects a client that does not know where single conversations and recordings come from.
pub(crate) fn check_host(client: &Client) -> Result<(), Failure> {
    if client.agents_base_url().is_some() {
        return Ok(());
    }
    let host = client.base_url().as_str();
    Err(Failure::usage(format!(
        "single conversations and recordings come from another host, which is not known for {host}"
    ))
    .with(
        "set --agents-base-url, POLYAI_AGENTS_BASE_URL or, in a file of projects, agents_base_url",
    ))
}

/// Requests one conversation; `None` if the server does not have it.
pub(crate) async fn request(
    client: &Client,
    id: &str,
) -> Result<Option<ConversationDetail>, Error> {
    match client.conversation(id).await {
        Ok(detail) => Ok(Some(detail)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a detail as a record of the list with the fields that only the detail has.
pub(crate) fn record(detail: ConversationDetail) -> String {
    let added = fields(&detail);
    let listed = serde_json::to_string(&to_conversation(detail)).expect(SERIALIZES);
    with(&listed, added)
}

/// Returns a record of the list with the fields that only its detail has.
pub(crate) fn enriched(record: &Record, detail: &ConversationDetail) -> Result<Record, Error> {
    Record::from_json(with(record.raw(), fields(detail)))
}

/// Returns the fields of a detail that the list does not have, the undocumented ones last.
fn fields(detail: &ConversationDetail) -> Vec<(String, Value)> {
    let mut json = serde_json::to_value(detail).expect(SERIALIZES);
    let known = FIELDS.iter().filter_map(|(name, listed_as)| {
        let value = json.get_mut(*name)?.take();
        Some(((*listed_as).to_owned(), value))
    });
    let mut fields: Vec<_> = known.collect();
    let unknown: &Map<_, _> = &detail.extra;
    fields.extend(unknown.clone());
    fields
}

/// Appends fields to the text of an object, which is otherwise left as it is. A field that it already has stays.
fn with(object: &str, added: Vec<(String, Value)>) -> String {
    let own: BTreeMap<String, IgnoredAny> = serde_json::from_str(object).unwrap_or_default();
    let Some(open) = object.trim_end().strip_suffix('}') else {
        return object.to_owned();
    };
    let mut text = open.trim_end().to_owned();
    let mut separator = if own.is_empty() { "" } else { "," };
    for (name, value) in added {
        if !own.contains_key(&name) {
            let name = Value::String(name);
            text.push_str(&format!("{separator}{name}:{value}"));
            separator = ",";
        }
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn detail(more: Value) -> ConversationDetail {
        let mut detail = json!({"conversationId": "CA1", "clientEnv": "live"});
        for (name, value) in more.as_object().unwrap() {
            detail[name] = value.clone();
        }
        serde_json::from_value(detail).unwrap()
    }

    #[test]
    fn a_detail_is_a_record_of_the_list_and_more() {
        let detail = detail(json!({
            "tags": ["billing"], "note": null, "polyScore": 4.5, "shortSummary": {"heading": "Bill", "content": "x"},
            "functionEvents": {"0": [{"name": "f"}]}, "duration": 7, "new": 1, "turns": [{"user_input": "hi"}],
        }));
        let record: Value = serde_json::from_str(&record(detail)).unwrap();
        assert_eq!(
            record,
            json!({
                "id": "CA1", "environment": "live", "tags": ["billing"], "note": null, "poly_score": 4.5,
                "short_summary": {"heading": "Bill", "content": "x"}, "function_events": {"0": [{"name": "f"}]},
                "duration": 7, "new": 1, "turns": [{"user_input": "hi"}],
            })
        );
    }

    #[test]
    fn a_listed_record_keeps_its_text_and_its_own_fields() {
        let detail = detail(json!({"tags": ["b"], "language": "en", "new": {"a": 1}}));
        let listed =
            Record::from_json("{\"id\": \"CA1\", \"tags\": [\"own\"], \"x\": 1.50 }\n").unwrap();
        assert_eq!(
            enriched(&listed, &detail).unwrap().raw(),
            r#"{"id": "CA1", "tags": ["own"], "x": 1.50,"language":"en","new":{"a":1}}"#
        );
        assert_eq!(with("{}", Vec::new()), "{}");
        assert_eq!(with("{ }", vec![("a".into(), json!(1))]), r#"{"a":1}"#);
    }
}
