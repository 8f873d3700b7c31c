//! Generates one request per parameter, so that the snapshots cover a new parameter automatically.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::flatten::flatten;
use crate::operation::{Call, has_optional_body, operations};
use crate::unsupported::rust_name;
use crate::{Document, Error};

/// Generates the Rust source of a function `requests(client)` with an entry `(name, request)` for each
/// query parameter of each operation, one named `body` for an optional body, and one named `none` for
/// the operation with only its required parameters. `request` is a boxed future that sends that one
/// parameter with an example value, the document's own if it has one. A name is `OPERATION.PARAMETER`;
/// `client_type` is the path of the version's `Client`.
///
/// # Errors
/// [`Error::Document`] for a parameter or a body without a derivable example value; add an `example` by
/// overlay. [`Error::Unsupported`] as for [`generate`](crate::generate()).
pub fn wire_cases(document: &Document, client_type: &str) -> Result<String, Error> {
    let mut document = document.clone();
    flatten(&mut document)?;
    let cases = Cases {
        document: &document,
        module: client_type.strip_suffix("Client").unwrap_or_default(),
    };
    let mut code = format!(
        "type Request<'a> = ::std::pin::Pin<Box<dyn ::std::future::Future<Output = Result<(), ()>> + Send + 'a>>;\n\n\
         pub(crate) fn requests(client: &{client_type}) -> Vec<(&'static str, Request<'_>)> {{\n    let _ = client;\n    vec![\n"
    );
    let mut paths = document.tree()["paths"].clone();
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flat_map(operations) {
            cases.operation(&mut code, path, operation)?;
        }
    }
    code.push_str("    ]\n}\n");
    code.push_str(ITEMS);
    Ok(code)
}

struct Cases<'a> {
    document: &'a Document,
    /// The path of the module with the client and its types, with `::` at its end.
    module: &'a str,
}

impl Cases<'_> {
    fn operation(
        &self,
        code: &mut String,
        path: &str,
        operation: &Map<String, Value>,
    ) -> Result<(), Error> {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let parameters = parameters.map_or(&[][..], Vec::as_slice);
        let mut call = format!(
            "client.{}()",
            setter(&(id.to_owned() + Call::STREAM_SUFFIX))
        );
        let (required, optional): (Vec<&Value>, Vec<&Value>) = parameters
            .iter()
            .partition(|parameter| parameter["required"] == true);
        for parameter in required {
            call.push_str(&self.set(path, parameter)?);
        }
        let content = operation.get("requestBody").map(|body| &body["content"]);
        let mut body = String::new();
        for (media_type, content) in content.and_then(Value::as_object).into_iter().flatten() {
            body.push_str(&self.body(path, media_type, content)?);
        }
        if has_optional_body(operation) {
            entry(code, &format!("{id}.body"), &format!("{call}{body}"));
        } else {
            call.push_str(&body);
        }
        entry(code, &format!("{id}.none"), &call);
        for parameter in optional
            .iter()
            .filter(|parameter| parameter["in"] == "query")
        {
            let name = parameter["name"].as_str().unwrap_or_default();
            let set = self.set(path, parameter)?;
            entry(code, &format!("{id}.{name}"), &format!("{call}{set}"));
        }
        Ok(())
    }

    /// The call of a parameter's setter.
    fn set(&self, path: &str, parameter: &Value) -> Result<String, Error> {
        let name = parameter["name"].as_str().unwrap_or_default();
        let example = if parameter["in"] == "path" {
            let plain =
                parameter["schema"]["type"] == "string" && parameter["schema"]["enum"].is_null();
            plain.then(|| format!("{:?}", name.to_ascii_uppercase()))
        } else {
            None
        };
        let example = example.or_else(|| self.example(parameter)).ok_or_else(|| {
            refuse(
                self.document,
                format!(
                    "no example value can be made for parameter {name} of {path}: give it an `example` by overlay, \
                     or describe it there as a text or a list of texts"
                ),
            )
        })?;
        Ok(format!(".{}({example})", setter(name)))
    }

    fn body(&self, path: &str, media_type: &str, content: &Value) -> Result<String, Error> {
        if !media_type.starts_with("application/json") && !media_type.contains("urlencoded") {
            return Ok(".body(\"body\")".to_owned());
        }
        let schema = &content["schema"];
        let name = schema["$ref"]
            .as_str()
            .and_then(|target| target.rsplit('/').next());
        let given = [&content["example"], &schema["example"]]
            .into_iter()
            .find(|value| !value.is_null());
        let example = given.cloned().or_else(|| self.instance(schema, 0));
        let (Some(name), Some(example)) = (name, example) else {
            return Err(refuse(
                self.document,
                format!(
                    "cannot derive an example for the body of {path}: add an `example` by overlay"
                ),
            ));
        };
        let ty = heck::ToPascalCase::to_pascal_case(name);
        Ok(format!(
            ".body(::serde_json::from_str::<{}types::{ty}>({:?}).map_err(drop)?)",
            self.module,
            example.to_string()
        ))
    }

    /// The smallest value that a schema allows: only what is required.
    fn instance(&self, schema: &Value, depth: usize) -> Option<Value> {
        const DEEPEST: usize = 8;
        if depth > DEEPEST {
            return None;
        }
        let schema = self.resolved(schema);
        if let Some(given) = [&schema["example"], &schema["default"], &schema["enum"][0]]
            .into_iter()
            .find(|value| !value.is_null())
        {
            return Some(given.clone());
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(first) = schema[choice].get(0) {
                return self.instance(first, depth + 1);
            }
        }
        let mut object = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Value::Object(part) = self.instance(part, depth + 1)? {
                object.extend(part);
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str()?;
            let value = self.instance(&schema["properties"][name], depth + 1)?;
            object.insert(name.to_owned(), value);
        }
        match schema["type"].as_str() {
            Some("string") if schema["format"] == "date-time" => {
                Some(json!("2026-01-01T00:00:00Z"))
            }
            Some("string") => Some(json!("Front Desk + 1")),
            Some("integer") => Some(json!(7)),
            Some("number") => Some(json!(7.5)),
            Some("boolean") => Some(json!(true)),
            Some("array") => Some(json!([])),
            _ => Some(Value::Object(object)),
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        schema["$ref"]
            .as_str()
            .and_then(|target| self.document.tree().pointer(target.strip_prefix('#')?))
            .unwrap_or(schema)
    }

    /// A Rust expression for an example value of `parameter`.
    fn example(&self, parameter: &Value) -> Option<String> {
        let schema = self.resolved(&parameter["schema"]);
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
            "array" => self.examples(given, &schema["items"]),
            _ => None,
        }
    }

    /// A Rust expression for an example list with two items, so that the snapshot shows how lists are
    /// sent.
    fn examples(&self, given: Option<&Value>, items: &Value) -> Option<String> {
        let schema = self.resolved(items);
        let list = match (given, schema["enum"].as_array(), &schema["example"]) {
            (Some(list @ Value::Array(_)), ..) => list.clone(),
            (_, Some(values), _) => values.iter().take(2).cloned().collect(),
            (.., Value::Null) => match schema["type"].as_str()? {
                "string" if schema["format"] == "date-time" => {
                    json!(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00+01:00"])
                }
                "string" => json!(["WEBCHAT", "two words"]),
                "integer" => json!([7, 12]),
                "number" => json!([7.5, 12.0]),
                "boolean" => json!([true, false]),
                _ => return None,
            },
            (.., example) => json!([example]),
        };
        Some(format!("Items({:?})", list.to_string()))
    }
}

/// A list as JSON, which deserializes into the items that the setter expects; bounds and formats decide
/// their type.
const ITEMS: &str = "
#[allow(dead_code)]
struct Items(&'static str);

impl<T: ::serde::de::DeserializeOwned> TryFrom<Items> for Vec<T> {
    type Error = ::serde_json::Error;

    fn try_from(items: Items) -> Result<Self, Self::Error> {
        ::serde_json::from_str(items.0)
    }
}
";

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

/// The name of an operation or a parameter in generated code.
fn setter(name: &str) -> String {
    rust_name(name, heck::ToSnakeCase::to_snake_case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_gets_a_request() {
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
    fn required_parameters_are_sent_with_every_request() {
        let document = Document::parse(
            "api.yaml",
            "
openapi: 3.0.1
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    post:
      operationId: addPet
      parameters:
        - {name: kind, in: query, required: true, schema: {$ref: '#/components/schemas/Kind'}}
        - {name: kinds, in: query, schema: {type: array, items: {$ref: '#/components/schemas/Kind'}}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/new_pet'}}}}
      responses: {'200': {description: ok}}
components:
  schemas:
    Kind: {type: string, enum: [cat, dog]}
    new_pet: {type: object, required: [name, age], properties: {name: {type: string}, age: {type: integer}, tag: {type: string}}}
",
        )
        .unwrap();
        let code = wire_cases(&document, "v3::Client").unwrap();
        let required = r#"client.add_pet_stream().kind("cat").id("ID").body(::serde_json::from_str::<v3::types::NewPet>("{\"age\":7,\"name\":\"Front Desk + 1\"}").map_err(drop)?)"#;
        assert!(code.contains(&format!("{required}.send()")), "{code}");
        assert!(
            code.contains(&format!(r#"{required}.kinds(Items("[\"cat\",\"dog\"]"))"#)),
            "{code}"
        );
    }

    #[test]
    fn a_parameter_without_a_possible_example_is_rejected_by_name() {
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
