//! What progenitor needs of a document beyond what an overlay should say: mechanical rewrites that
//! hold for every document, not knowledge about this API.

use serde_json::{Map, Value, json};

use crate::flatten::flatten;
use crate::{Document, Error, unsupported};

/// Which of the two calls an operation is prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The success response decodes into its type.
    Typed,
    /// The success response is handed over as it arrives, and the call is named `…_stream`.
    Stream,
}

impl Call {
    /// What a stream call's name ends in.
    pub(crate) const STREAM_SUFFIX: &'static str = "_stream";
}

/// A copy of `document` ready for progenitor.
pub(crate) fn prepare(document: &Document, call: Call) -> Result<Document, Error> {
    let mut document = document.clone();
    flatten(&mut document)?;
    unsupported::check(&document)?;
    let items = document.tree_mut().get_mut("paths");
    let items = items.and_then(Value::as_object_mut).into_iter().flatten();
    let items = items.filter_map(|(_, item)| item.as_object_mut());
    for (_, operation) in items.flat_map(operations) {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            errors_as_bytes(responses);
            if call == Call::Stream {
                responses
                    .values_mut()
                    .for_each(|response| *response = bytes());
            }
        }
        if let (Call::Stream, Some(Value::String(id))) = (call, operation.get_mut("operationId")) {
            id.push_str(Call::STREAM_SUFFIX);
        }
    }
    Ok(document)
}

/// Errors arrive in shapes no document lists (a gateway's HTML, nothing at all) and under statuses no
/// document lists (429, 502). As bytes under every 4xx and 5xx they keep status and headers whatever the
/// body is; one shape for all is also the only thing the generator accepts.
fn errors_as_bytes(responses: &mut Map<String, Value>) {
    // With all errors said below, what is left of `default` is success, if nothing else says it.
    if let Some(default) = responses.remove("default")
        && !responses.keys().any(|status| status.starts_with('2'))
    {
        responses.insert("2XX".to_owned(), default);
    }
    responses.retain(|status, _| status.starts_with('2'));
    for range in ["4XX", "5XX"] {
        responses.insert(range.to_owned(), bytes());
    }
}

fn bytes() -> Value {
    json!({
        "description": "",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    })
}

/// The object under `key`, made if it is not there.
pub(crate) fn entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("made an object just above")
}

pub(crate) fn pascal_case(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The operations of a path, with their methods.
pub(crate) fn operations(
    item: &mut Map<String, Value>,
) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
    item.iter_mut()
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(method, operation)| Some((method.as_str(), operation.as_object_mut()?)))
}

/// Whether an operation takes a body, and may be called without one.
pub(crate) fn has_optional_body(operation: &Map<String, Value>) -> bool {
    operation
        .get("requestBody")
        .is_some_and(|body| body["required"] != true && body["content"].is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        Document::parse(
            "api.yaml",
            "
openapi: 3.0.1
info: {title: A, version: '1'}
paths:
  /a:
    get:
      operationId: list
      parameters:
        - {name: client_env, in: query, description: Where., schema: {type: string, enum: [live]}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: string}}}}
        '401': {$ref: '#/components/responses/Denied'}
        '429': {description: slow down}
components:
  responses:
    Denied: {description: no, content: {application/json: {schema: {type: object}}}}
",
        )
        .unwrap()
    }

    #[test]
    fn errors_are_bytes_under_every_status_listed_or_not() {
        let ready = prepare(&document(), Call::Typed).unwrap();
        let responses = &ready.tree()["paths"]["/a"]["get"]["responses"];
        let statuses: Vec<_> = responses.as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["200", "4XX", "5XX"]);
        assert_eq!(responses["4XX"], bytes());
        assert_eq!(responses["5XX"], bytes());
        assert!(responses["200"]["content"]["application/json"].is_object());
    }

    #[test]
    fn a_stream_call_has_its_own_name_and_bytes_for_success() {
        let ready = prepare(&document(), Call::Stream).unwrap();
        let get = &ready.tree()["paths"]["/a"]["get"];
        assert_eq!(get["operationId"], "list_stream");
        assert!(get["responses"]["200"]["content"]["application/octet-stream"].is_object());
    }

    #[test]
    fn a_default_answer_is_the_success_where_there_is_no_other() {
        let mut document = document();
        document.tree_mut()["paths"]["/a"]["get"]["responses"] =
            json!({"default": {"description": "any"}});
        let ready = prepare(&document, Call::Typed).unwrap();
        let responses = &ready.tree()["paths"]["/a"]["get"]["responses"];
        let statuses: Vec<_> = responses.as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["2XX", "4XX", "5XX"]);
    }
}
