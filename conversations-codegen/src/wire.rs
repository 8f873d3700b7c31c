//! Writes one request per parameter, so that a new parameter is seen on the wire without anyone having
//! to think of a test for it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Document, Error};

/// Rust source of a function `requests(client)` with an entry `(name, request)` for each query parameter
/// of each operation, and one named `none` for the operation without any. `request` is a boxed future
/// that sends that one parameter with an example value, the document's own where it has one. A name is
/// `OPERATION.PARAMETER`; `client_type` is the path of the version's `Client`.
///
/// # Errors
/// [`Error::Document`] for a parameter for which no example value can be made; giving it an `example`
/// in an overlay is the way out.
pub fn wire_cases(document: &Document, client_type: &str) -> Result<String, Error> {
    let mut code = format!(
        "type Request<'a> = ::std::pin::Pin<Box<dyn ::std::future::Future<Output = Result<(), ()>> + Send + 'a>>;\n\n\
         pub(crate) fn requests(client: &{client_type}) -> Vec<(&'static str, Request<'_>)> {{\n    vec![\n"
    );
    let paths = document.tree()["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        let operations = item.as_object().into_iter().flatten();
        for (_, operation) in operations.filter(|(_, operation)| operation["responses"].is_object())
        {
            let Some(id) = operation["operationId"].as_str() else {
                return Err(refuse(document, format!("{path} has no operationId")));
            };
            let parameters = operation["parameters"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            let call = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .fold(format!("client.{id}_stream()"), |call, name| {
                    format!("{call}.{}({:?})", setter(name), name.to_ascii_uppercase())
                });
            entry(&mut code, &format!("{id}.none"), &call);
            for parameter in parameters
                .iter()
                .filter(|parameter| parameter["in"] == "query")
            {
                let name = parameter["name"].as_str().unwrap_or_default();
                let example = example(parameter).ok_or_else(|| {
                    refuse(
                        document,
                        format!("no example value can be made for parameter {name} of {path}: give it an `example` by overlay"),
                    )
                })?;
                entry(
                    &mut code,
                    &format!("{id}.{name}"),
                    &format!("{call}.{}({example})", setter(name)),
                );
            }
        }
    }
    code.push_str("    ]\n}\n");
    Ok(code)
}

fn entry(code: &mut String, name: &str, call: &str) {
    writeln!(
        code,
        "        ({name:?}, Box::pin(async move {{ {call}.send().await.map(drop).map_err(drop) }})),"
    )
    .expect("writing to a String cannot fail");
}

fn refuse(document: &Document, message: String) -> Error {
    Error::Document {
        file: document.name().to_owned(),
        message,
    }
}

/// A Rust expression for an example value of `parameter`.
fn example(parameter: &Value) -> Option<String> {
    let schema = &parameter["schema"];
    let given = [
        &parameter["example"],
        &schema["example"],
        &schema["enum"][0],
    ]
    .into_iter()
    .find(|value| !value.is_null());
    match schema["type"].as_str()? {
        "string" => Some(format!(
            "{:?}",
            given.and_then(Value::as_str).unwrap_or("Front Desk + 1")
        )),
        "integer" => Some(format!(
            "{}_u64",
            given.and_then(Value::as_u64).unwrap_or(7)
        )),
        "number" => Some(format!(
            "{:?}_f64",
            given.and_then(Value::as_f64).unwrap_or(7.5)
        )),
        "boolean" => Some(given.and_then(Value::as_bool).unwrap_or(true).to_string()),
        "array" if schema["items"]["type"] == "string" && schema["items"]["enum"].is_null() => {
            Some(r#"vec!["WEBCHAT".to_owned(), "two words".to_owned()]"#.to_owned())
        }
        _ => None,
    }
}

fn setter(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_nobody_wrote_a_test_for_gets_a_request() {
        let document = Document::parse(
            "api.yaml",
            "
openapi: 3.0.1
paths:
  /v3/{account_id}/pets:
    get:
      operationId: list_pets
      parameters:
        - {name: account_id, in: path, required: true, schema: {type: string}}
        - {name: sort_by, in: query, schema: {type: string, enum: [age, name]}}
      responses: {'200': {description: ok}}
",
        )
        .unwrap();
        let code = wire_cases(&document, "Client").unwrap();
        assert!(code.contains("list_pets.none"), "{code}");
        assert!(
            code.contains(r#"client.list_pets_stream().account_id("ACCOUNT_ID").sort_by("age")"#),
            "{code}"
        );
    }

    #[test]
    fn a_parameter_without_a_possible_example_is_refused_by_name() {
        let document = Document::parse(
            "api.yaml",
            "
openapi: 3.0.1
paths:
  /pets:
    get:
      operationId: list_pets
      parameters: [{name: shape, in: query, schema: {type: object}}]
      responses: {'200': {description: ok}}
",
        )
        .unwrap();
        let message = wire_cases(&document, "Client").unwrap_err().to_string();
        assert!(message.contains("parameter shape of /pets"), "{message}");
    }
}
