//! What progenitor needs of a document beyond what an overlay should say: mechanical rewrites that
//! hold for every document, not knowledge about this API.

use serde_json::{Map, Value, json};

use crate::{Document, Error};

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
    name_parameter_enums(&mut document)?;
    for operation in operations(document.tree_mut()) {
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
    responses.retain(|status, _| status.starts_with('2') || status == "default");
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

/// Gives an inline enum of a parameter a name of its own (`client_env` becomes `ClientEnv`), so that
/// the typed and the stream call share it and users read `types::ClientEnv`.
fn name_parameter_enums(document: &mut Document) -> Result<(), Error> {
    let mut named: Vec<(String, Value)> = Vec::new();
    for operation in operations(document.tree_mut()) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let Some(name) = parameter["name"].as_str().map(pascal_case) else {
                continue;
            };
            let description = parameter.get("description").cloned();
            let Some(schema) = parameter
                .get_mut("schema")
                .filter(|s| s.get("enum").is_some())
            else {
                continue;
            };
            let mut component = std::mem::replace(
                schema,
                json!({"$ref": format!("#/components/schemas/{name}")}),
            );
            if let (Some(map), Some(description)) = (component.as_object_mut(), description) {
                map.insert("description".to_owned(), description);
            }
            named.push((name, component));
        }
    }
    let file = document.name().to_owned();
    for (name, component) in named {
        let schemas = document
            .tree_mut()
            .as_object_mut()
            .map(|tree| entry(entry(tree, "components"), "schemas"));
        let Some(schemas) = schemas else { continue };
        match schemas.get(&name) {
            Some(there) if *there != component => {
                return Err(Error::Document {
                    file,
                    message: format!(
                        "the values of a parameter would be named {name}, but another schema has that name already"
                    ),
                });
            }
            _ => {
                schemas.insert(name, component);
            }
        }
    }
    Ok(())
}

fn entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
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

fn operations(tree: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    tree.get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.iter_mut())
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
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
    fn a_parameter_enum_gets_the_parameters_name() {
        let ready = prepare(&document(), Call::Typed).unwrap();
        assert_eq!(
            ready.tree()["paths"]["/a"]["get"]["parameters"][0]["schema"],
            json!({"$ref": "#/components/schemas/ClientEnv"})
        );
        let named = &ready.tree()["components"]["schemas"]["ClientEnv"];
        assert_eq!(named["enum"], json!(["live"]));
        assert_eq!(named["description"], "Where.");
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let mut document = document();
        document.tree_mut()["components"]["schemas"] = json!({"ClientEnv": {"type": "object"}});
        let error = prepare(&document, Call::Typed).unwrap_err().to_string();
        assert!(error.contains("ClientEnv"), "{error}");
    }
}
