//! Expands a document so that every operation is self-contained: operation id, all parameters, body, and
//! a name for each schema that becomes a type.

use serde_json::{Map, Value, json};

use crate::keywords::objects_mut;
use crate::operation::{entry, operations, pascal_case};
use crate::{Document, Error};

/// Expands `document` so that no part of an operation has to be resolved elsewhere.
pub(crate) fn flatten(document: &mut Document) -> Result<(), Error> {
    let components = document.tree()["components"].clone();
    let mut named = Named::default();
    let paths = document.tree_mut().get_mut("paths");
    for (path, item) in paths.and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let shared = item
            .remove("parameters")
            .and_then(|shared| shared.as_array().cloned())
            .unwrap_or_default();
        for (method, operation) in operations(item) {
            let id = operation
                .entry("operationId")
                .or_insert_with(|| json!(operation_id(method, path)))
                .as_str()
                .unwrap_or_default()
                .to_owned();
            take_in_parameters(operation, &shared, &components);
            name_parameter_schemas(operation, &components, &mut named);
            name_body(operation, &id, &components, &mut named);
        }
    }
    named.put_into(document)?;
    loosen(document.tree_mut());
    Ok(())
}

/// Derives an operation id from method and path: `get_conversations`, `get_conversations_by_id`.
fn operation_id(method: &str, path: &str) -> String {
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let is_version = |segment: &str| {
        segment
            .strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut words: Vec<String> = vec![method.to_owned()];
    words.extend(
        segments
            .iter()
            .filter(|segment| !segment.starts_with('{') && !is_version(segment))
            .map(|segment| heck::ToSnakeCase::to_snake_case(*segment)),
    );
    if let Some(name) = segments.last().and_then(|last| last.strip_prefix('{')) {
        words.push("by".to_owned());
        words.push(heck::ToSnakeCase::to_snake_case(name.trim_end_matches('}')));
    }
    words.join("_")
}

/// Adds the path's parameters that the operation does not declare itself, and resolves references.
fn take_in_parameters(operation: &mut Map<String, Value>, shared: &[Value], components: &Value) {
    let own = operation
        .remove("parameters")
        .and_then(|own| own.as_array().cloned())
        .unwrap_or_default();
    let mut all: Vec<Value> = Vec::new();
    for parameter in own.iter().chain(shared) {
        let parameter = resolved(parameter, components);
        let is_same =
            |other: &Value| other["name"] == parameter["name"] && other["in"] == parameter["in"];
        if !all.iter().any(is_same) {
            all.push(parameter);
        }
    }
    if !all.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(all));
    }
}

/// Resolves a reference to a component; returns any other value unchanged.
fn resolved(value: &Value, components: &Value) -> Value {
    value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix("#/components"))
        .and_then(|pointer| components.pointer(pointer))
        .unwrap_or(value)
        .clone()
}

/// Names an inline parameter schema that becomes a type (`client_env` becomes `ClientEnv`), so that the
/// typed and the stream call share it and users see `types::ClientEnv`. A list that is a component is written out: as a
/// type of its own it could not be set from a `Vec`.
fn name_parameter_schemas(
    operation: &mut Map<String, Value>,
    components: &Value,
    named: &mut Named,
) {
    let parameters = operation.get_mut("parameters");
    for parameter in parameters
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(name) = parameter["name"].as_str().map(pascal_case) else {
            continue;
        };
        let description = parameter.get("description").cloned();
        let Some(schema) = parameter.get_mut("schema") else {
            continue;
        };
        let list = resolved(schema, components);
        if list.get("items").is_some() {
            *schema = list;
        }
        let schema = match schema.get("items") {
            Some(_) => &mut schema["items"],
            None => schema,
        };
        if becomes_a_type(schema) {
            named.take(name, schema, description, "a parameter");
        }
    }
}

fn becomes_a_type(schema: &Value) -> bool {
    ["enum", "allOf", "oneOf", "anyOf", "properties"]
        .iter()
        .any(|keyword| schema.get(keyword).is_some())
}

/// Names a JSON or form body after its operation.
fn name_body(operation: &mut Map<String, Value>, id: &str, components: &Value, named: &mut Named) {
    let Some(body) = operation.get_mut("requestBody") else {
        return;
    };
    *body = resolved(body, components);
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for (media_type, content) in content.into_iter().flatten() {
        let is_typed = ["application/json", "application/x-www-form-urlencoded"]
            .iter()
            .any(|typed| media_type.starts_with(typed));
        if let Some(schema) = content.get_mut("schema")
            && is_typed
            && schema.get("$ref").is_none()
        {
            let name = format!("{}Body", heck::ToPascalCase::to_pascal_case(id));
            named.take(name, schema, None, "a body");
        }
    }
}

/// Schemas to move to the components.
#[derive(Default)]
struct Named(Vec<(String, Value, &'static str)>);

impl Named {
    fn take(
        &mut self,
        name: String,
        schema: &mut Value,
        description: Option<Value>,
        of: &'static str,
    ) {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let mut component = std::mem::replace(schema, reference);
        if let (Some(map), Some(description)) = (component.as_object_mut(), description) {
            map.insert("description".to_owned(), description);
        }
        self.0.push((name, component, of));
    }

    fn put_into(self, document: &mut Document) -> Result<(), Error> {
        let file = document.name().to_owned();
        for (name, component, of) in self.0 {
            let Some(tree) = document.tree_mut().as_object_mut() else {
                continue;
            };
            let schemas = entry(entry(tree, "components"), "schemas");
            match schemas.get(&name) {
                Some(there) if !same_but_for_words(there, &component) => {
                    return Err(Error::Unsupported {
                        file,
                        location: format!("/components/schemas/{name}"),
                        message: format!(
                            "the schema of {of} would be named {name}, but another schema already has that name"
                        ),
                        workaround: "Make it a component with a unique name, by overlay",
                    });
                }
                Some(_) => {}
                None => {
                    schemas.insert(name, component);
                }
            }
        }
        Ok(())
    }
}

fn same_but_for_words(a: &Value, b: &Value) -> bool {
    let wordless = |value: &Value| {
        let mut value = value.clone();
        objects_mut(&mut value, &mut |_, object| {
            object.remove("description");
        });
        value
    };
    wordless(a) == wordless(b)
}

/// Removes what the generator would turn into validation of every response: one unexpected value must
/// not fail a page, and the server decides what it accepts. It would also require crates that the
/// clients do not have (`uuid`, `regress`).
fn loosen(tree: &mut Value) {
    objects_mut(tree, &mut |_, object| {
        for keyword in ["pattern", "minLength", "maxLength"] {
            if !object.get(keyword).is_some_and(Value::is_object) {
                object.remove(keyword);
            }
        }
        // For a number with an enum the generator emits a type that does not compile.
        let is_number = matches!(
            object.get("type").and_then(Value::as_str),
            Some("integer" | "number" | "boolean")
        );
        if is_number && object.get("enum").is_some_and(Value::is_array) {
            object.remove("enum");
        }
        let has_a_type_for_it = object.get("format").is_none_or(|format| {
            format.is_object() || matches!(format.as_str(), Some("date-time" | "binary"))
        });
        if !has_a_type_for_it {
            object.remove("format");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Result<Value, Error> {
        let mut document = Document::parse("api.yaml", &format!("openapi: 3.0.1\n{text}"))?;
        flatten(&mut document)?;
        Ok(document.tree().clone())
    }

    #[test]
    fn a_missing_operation_id_is_derived_from_method_and_path() {
        for (method, path, id) in [
            (
                "get",
                "/v3/{account_id}/{project_id}/conversations",
                "get_conversations",
            ),
            (
                "get",
                "/v3/{account_id}/conversations/{id}",
                "get_conversations_by_id",
            ),
            (
                "post",
                "/v1/audio-files/{fileId}/share",
                "post_audio_files_share",
            ),
            ("get", "/", "get"),
        ] {
            assert_eq!(operation_id(method, path), id);
        }
    }

    #[test]
    fn an_operation_has_the_parameters_of_its_path_unless_it_has_its_own() {
        let tree = flat(
            "paths: {/a: {parameters: [{$ref: '#/components/parameters/P'}, {name: q, in: query, schema: {type: integer}}],
               get: {parameters: [{name: q, in: query, schema: {type: boolean}}], responses: {}}}}
components: {parameters: {P: {name: p, in: header, schema: {type: string}}}}",
        )
        .unwrap();
        assert_eq!(
            tree["paths"]["/a"]["get"]["parameters"],
            json!([
                {"name": "q", "in": "query", "schema": {"type": "boolean"}},
                {"name": "p", "in": "header", "schema": {"type": "string"}}
            ])
        );
    }

    #[test]
    fn schemas_that_become_types_get_names() {
        let tree = flat(
            "paths: {/a: {post: {operationId: make_it, responses: {},
               parameters: [
                 {name: client_env, in: query, description: Where., schema: {type: string, enum: [live]}},
                 {name: kinds, in: query, schema: {type: array, items: {type: string, enum: [a]}}},
                 {name: plain, in: query, schema: {type: string}}],
               requestBody: {content: {application/json: {schema: {type: object}}}}}}}",
        )
        .unwrap();
        let post = &tree["paths"]["/a"]["post"];
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        assert_eq!(post["parameters"][0]["schema"], reference("ClientEnv"));
        assert_eq!(post["parameters"][1]["schema"]["items"], reference("Kinds"));
        assert_eq!(post["parameters"][2]["schema"], json!({"type": "string"}));
        assert_eq!(
            post["requestBody"]["content"]["application/json"]["schema"],
            reference("MakeItBody")
        );
        let named = &tree["components"]["schemas"]["ClientEnv"];
        assert_eq!(
            *named,
            json!({"type": "string", "enum": ["live"], "description": "Where."})
        );
    }

    #[test]
    fn the_same_parameter_of_two_operations_has_one_name_and_a_taken_one_is_refused() {
        let two = |values: &str, description: &str| {
            flat(&format!(
                "paths: {{/a: {{get: {{responses: {{}}, parameters: [{{name: env, in: query, schema: {{enum: [live]}}}}]}},
                   put: {{responses: {{}}, parameters: [{{name: env, in: query, description: {description}, schema: {{enum: [{values}]}}}}]}}}}}}"
            ))
        };
        assert!(two("live", "Put in other words").is_ok());
        let error = two("sandbox", "x").unwrap_err().to_string();
        assert!(error.contains("named Env, but another"), "{error}");
        assert!(error.contains("by overlay"), "{error}");
    }

    #[test]
    fn validation_keywords_are_removed_but_not_fields_of_the_same_names() {
        let tree = flat(
            "components: {schemas: {A: {properties: {
               id: {type: string, format: uuid, pattern: x, maxLength: 3}, at: {type: string, format: date-time},
               n: {type: integer, format: int64, enum: [1, 2]}, pattern: {type: string}, format: {type: string}}}}}",
        )
        .unwrap();
        assert_eq!(
            tree["components"]["schemas"]["A"]["properties"],
            json!({"id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "n": {"type": "integer"},
                   "pattern": {"type": "string"}, "format": {"type": "string"}})
        );
    }
}
