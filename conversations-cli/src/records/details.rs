//! Adds to a record of the list what only the response for a single conversation has: summary, tags, score and more.
//!
//! The added fields are in snake case, like those of the list, so that a record has one form whichever request it
//! came from.

use std::collections::{BTreeMap, BTreeSet};

use conversations_api_ext::{Client, Error, ErrorKind, Record};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The fields that the list has too: their names in a detail, and in a record.
const LISTED: [(&str, &str); 17] = [
    ("conversationId", "id"),
    ("accountId", "account_id"),
    ("projectId", "project_id"),
    ("startedAt", "started_at"),
    ("channel", "channel"),
    ("clientEnv", "environment"),
    ("fromNumber", "from_number"),
    ("toNumber", "to_number"),
    ("inProgress", "in_progress"),
    ("variantId", "variant_id"),
    ("totalDuration", "total_duration"),
    ("polyaiDuration", "polyai_duration"),
    ("handoff", "handoff"),
    ("handoffReason", "handoff_reason"),
    ("handoffDestination", "handoff_destination"),
    ("metrics", "metrics"),
    ("turns", "turns"),
];

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

/// Requests one conversation as JSON; `None` if the server does not have it.
pub(crate) async fn request(client: &Client, id: &str) -> Result<Option<String>, Error> {
    match client.conversation_json(id).await {
        Ok(detail) => Ok(Some(detail)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a detail as a record of the list with the fields that only the detail has.
pub(crate) fn record(detail: &str) -> String {
    let mut fields = fields(detail);
    let listed = take(&mut fields, &LISTED);
    let added = added(fields);
    with("{}", listed.into_iter().chain(added))
}

/// Returns a record of the list with the fields that only its detail has; `None` if that is no record.
pub(crate) fn enriched(record: &Record, detail: &str) -> Option<Record> {
    let mut fields = fields(detail);
    take(&mut fields, &LISTED);
    Record::from_json(with(record.raw(), added(fields))).ok()
}

/// The fields of a detail, each as received: one of an unexpected type must not cost the others.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

fn fields(detail: &str) -> Fields<'_> {
    serde_json::from_str(detail).unwrap_or_default()
}

/// Takes the fields with these names, and renames them.
fn take<'a>(fields: &mut Fields<'a>, names: &[(&str, &str)]) -> Vec<(String, &'a RawValue)> {
    let taken = names.iter().filter_map(|(name, listed_as)| {
        let value = fields.remove(*name)?;
        Some(((*listed_as).to_owned(), value))
    });
    taken.collect()
}

/// Returns the fields that the list does not have, the undocumented ones last.
fn added(mut fields: Fields<'_>) -> impl Iterator<Item = (String, &RawValue)> {
    let known = take(&mut fields, &FIELDS);
    known.into_iter().chain(fields)
}

/// Appends fields to the text of an object, which is otherwise left as it is. A field that it already has stays.
fn with<'a>(object: &str, added: impl IntoIterator<Item = (String, &'a RawValue)>) -> String {
    let own: BTreeMap<String, IgnoredAny> = serde_json::from_str(object).unwrap_or_default();
    let mut own: BTreeSet<_> = own.into_keys().collect();
    let Some(open) = object.trim_end().strip_suffix('}') else {
        return object.to_owned();
    };
    let mut text = open.trim_end().to_owned();
    for (name, value) in added {
        let separator = if own.is_empty() { "" } else { "," };
        if own.insert(name.clone()) {
            let name = serde_json::Value::String(name);
            text.push_str(&format!("{separator}{name}:{value}"));
        }
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_detail_is_a_record_of_the_list_and_more() {
        let detail = json!({
            "conversationId": "CA1", "clientEnv": "live", "id": "undocumented",
            "tags": "billing", "note": null, "polyScore": 4.5, "shortSummary": {"heading": "Bill", "content": "x"},
            "functionEvents": {"0": [{"name": "f"}]}, "duration": 7, "new": 1, "turns": {}, "metrics": [],
        });
        let record: Value = serde_json::from_str(&record(&detail.to_string())).unwrap();
        assert_eq!(
            record,
            json!({
                "id": "CA1", "environment": "live", "tags": "billing", "note": null, "poly_score": 4.5,
                "short_summary": {"heading": "Bill", "content": "x"}, "function_events": {"0": [{"name": "f"}]},
                "duration": 7, "new": 1, "turns": {}, "metrics": [],
            })
        );
    }

    #[test]
    fn a_listed_record_keeps_its_text_and_its_own_fields_and_a_detail_its_text() {
        let detail = r#"{"conversationId": "CA1", "clientEnv": "live", "tags": ["b"], "language": "en", "polyScore": 4.50,
            "new": {"a":  1}}"#;
        let listed =
            Record::from_json("{\"id\": \"CA1\", \"tags\": [\"own\"], \"x\": 1.50 }\n").unwrap();
        assert_eq!(
            enriched(&listed, detail).unwrap().raw(),
            r#"{"id": "CA1", "tags": ["own"], "x": 1.50,"language":"en","poly_score":4.50,"new":{"a":  1}}"#
        );
        let fields = fields(r#"{"a": 1, "b": 2}"#);
        assert_eq!(with("{ }", fields.clone()), r#"{"a":1,"b":2}"#);
        assert_eq!(with("{}", fields.into_iter().take(0)), "{}");
    }

    /// A field that a new document adds to a detail must get a name in records here.
    #[test]
    fn every_documented_field_of_a_detail_has_a_name_in_records() {
        let schema = schemars::schema_for!(conversations_api_ext::ConversationDetail).to_value();
        let documented = schema["properties"].as_object().unwrap().keys();
        let named = LISTED.iter().chain(&FIELDS).map(|(name, _)| *name);
        assert_eq!(
            documented.map(String::as_str).collect::<BTreeSet<_>>(),
            named.collect()
        );
    }
}
