//! Prepares a document for progenitor: mechanical rewrites that apply to every document and need no
//! knowledge about this API.

use serde_json::{Map, Value, json};

use crate::flatten::flatten;
use crate::lenient::with_lenient_responses;
use crate::operation::{Call, operations};
use crate::{Document, Error, unsupported};

/// Returns a copy of `document` prepared for progenitor.
pub(crate) fn prepare(document: &Document, call: Call) -> Result<Document, Error> {
    let mut document = with_lenient_responses(document);
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

/// Declares every 4xx and 5xx response as bytes. Real errors have undocumented bodies (a gateway's HTML,
/// nothing at all) and undocumented statuses (429, 502); as bytes they keep status and headers whatever
/// the body is. The generator also requires one shape for all errors.
fn errors_as_bytes(responses: &mut Map<String, Value>) {
    // Errors are declared below, so `default` can only be the success response, if there is no other.
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
    fn a_default_response_is_the_success_if_there_is_no_other() {
        let mut document = document();
        document.tree_mut()["paths"]["/a"]["get"]["responses"] =
            json!({"default": {"description": "any"}});
        let ready = prepare(&document, Call::Typed).unwrap();
        let responses = &ready.tree()["paths"]["/a"]["get"]["responses"];
        let statuses: Vec<_> = responses.as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["2XX", "4XX", "5XX"]);
    }
}
