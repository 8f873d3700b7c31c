//! Rejects what the generator cannot express in Rust, with location and workaround, before it runs.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value};

use crate::hosts::addresses;
use crate::keywords::objects_mut;
use crate::operation::{Call, operations};
use crate::{Document, Error};

/// Rejects a flattened document if no client can be generated for some part of it.
pub(crate) fn check(document: &Document) -> Result<(), Error> {
    let findings = findings(document.tree());
    match findings.into_iter().next() {
        None => Ok(()),
        Some(Unsupported {
            location,
            message,
            workaround,
        }) => Err(Error::Unsupported {
            file: document.name().to_owned(),
            location,
            message,
            workaround,
        }),
    }
}

struct Unsupported {
    location: String,
    message: String,
    workaround: &'static str,
}

fn unsupported(
    location: impl Into<String>,
    message: impl Into<String>,
    workaround: &'static str,
) -> Unsupported {
    Unsupported {
        location: location.into(),
        message: message.into(),
        workaround,
    }
}

const RENAME: &str = "Remove or merge one of the two, by overlay";
const REMOVE: &str = "Remove it by overlay";

fn findings(tree: &Value) -> Vec<Unsupported> {
    let mut tree = tree.clone();
    let servers = tree.get("servers").map(addresses);
    let security = tree.get("security").cloned().unwrap_or_default();
    let schemes = tree["components"]["securitySchemes"].clone();
    let mut findings = Vec::new();
    let mut ids = Vec::new();
    let paths = tree.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        if item.contains_key("$ref") {
            findings.push(unsupported(
                path,
                "a path that is a reference is not supported",
                "Write the path out, by overlay",
            ));
        }
        let of_path = item.get("servers").map(addresses);
        for (method, operation) in operations(item) {
            let location = format!("{} {path}", method.to_uppercase());
            let id = operation.get("operationId").and_then(Value::as_str);
            ids.push((location.clone(), id.unwrap_or_default().to_owned()));
            let own_servers = operation.get("servers").map(addresses);
            let own_servers = own_servers.or_else(|| of_path.clone());
            if own_servers.is_some() && own_servers != servers {
                findings.push(unsupported(
                    &location,
                    "the operation has other servers than the rest of its client, which has one base URL: it would \
                     be sent to the wrong host, with the key",
                    "Remove the operation by overlay, or its `servers` if the client's serve it too",
                ));
            }
            let security = operation.get("security").unwrap_or(&security);
            findings.extend(self::security(&location, security, &schemes));
            findings.extend(path_parameters(&location, path, operation));
            findings.extend(parameters(&location, operation));
            findings.extend(body(&location, operation));
            findings.extend(responses(&location, operation));
        }
    }
    findings.extend(same_name(
        ids.iter().flat_map(|(location, id)| {
            let id = rust_name(id, ToSnakeCase::to_snake_case);
            let stream = id.clone() + Call::STREAM_SUFFIX;
            [(location.clone(), id), (location.clone(), stream)]
        }),
        "operations",
        "",
    ));
    findings.extend(schema_names(&tree));
    objects_mut(&mut tree, &mut |pointer, object| {
        findings.extend(schema(pointer, object));
    });
    findings
}

/// The header that the clients send their key in.
const API_KEY: &str = "x-api-key";

/// Checks that the key which every client sends is all that an operation needs.
fn security(location: &str, security: &Value, schemes: &Value) -> Option<Unsupported> {
    let alternatives = security.as_array()?;
    let is_key = |name: &String| {
        let scheme = &schemes[name];
        let header = scheme["name"].as_str().unwrap_or_default();
        scheme["type"] == "apiKey"
            && scheme["in"] == "header"
            && header.eq_ignore_ascii_case(API_KEY)
    };
    let needed: Vec<_> = alternatives.iter().filter_map(Value::as_object).collect();
    let is_met = needed.iter().any(|names| names.keys().all(is_key));
    (!needed.is_empty() && !is_met).then(|| {
        let all_of = |names: &&Map<String, Value>| {
            let names: Vec<&str> = names.keys().map(String::as_str).collect();
            names.join(" and ")
        };
        let needed: Vec<String> = needed.iter().map(all_of).collect();
        unsupported(
            location,
            format!(
                "the operation needs {}, and the client sends its key in `{API_KEY}`: the request would be rejected, \
                 after the key has been sent",
                needed.join(" or ")
            ),
            "Remove the operation by overlay until the client can authenticate it",
        )
    })
}

/// Checks that every name in braces is a parameter; the generator has no value for it otherwise.
fn path_parameters(location: &str, path: &str, operation: &Map<String, Value>) -> Vec<Unsupported> {
    let declared = operation.get("parameters").and_then(Value::as_array);
    let declared: BTreeSet<&str> = declared
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let named = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    named
        .filter(|(name, _)| !declared.contains(name))
        .map(|(name, _)| {
            unsupported(
                location,
                format!("the path has `{{{name}}}`, and no parameter of that name is declared"),
                "Add it to the parameters by overlay",
            )
        })
        .collect()
}

fn parameters(location: &str, operation: &Map<String, Value>) -> Vec<Unsupported> {
    let mut findings = Vec::new();
    let mut names = Vec::new();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten() {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let (name, at) = (
            text("name"),
            format!("{location}, parameter {}", text("name")),
        );
        names.push((name.to_owned(), rust_name(name, ToSnakeCase::to_snake_case)));
        if text("in") == "cookie" {
            findings.push(unsupported(&at, "a cookie cannot be sent", REMOVE));
        }
        if parameter.get("content").is_some() {
            findings.push(unsupported(
                &at,
                "a parameter with `content` cannot be sent",
                "Give it a `schema` of `type: string` instead, by overlay",
            ));
        }
        let usual = if text("in") == "query" {
            "form"
        } else {
            "simple"
        };
        // A list is sent as one `name=value` per item, which is the default of `explode`.
        if text("in") == "query"
            && parameter["explode"] == false
            && parameter["schema"].get("items").is_some()
        {
            findings.push(unsupported(
                &at,
                "a comma-separated list (`explode: false`) is not supported",
                "Declare it as a string that the caller joins, by overlay",
            ));
        }
        if !text("style").is_empty() && text("style") != usual {
            findings.push(unsupported(
                &at,
                format!("`style: {}` cannot be sent", text("style")),
                "Remove the parameter, or declare each of its keys as a parameter, by overlay",
            ));
        }
    }
    findings.extend(same_name(names, "parameters", location));
    findings
}

fn body(location: &str, operation: &Map<String, Value>) -> Option<Unsupported> {
    let content = operation.get("requestBody")?["content"].as_object()?;
    if content.len() > 1 {
        let types: Vec<&str> = content.keys().map(String::as_str).collect();
        return Some(unsupported(
            location,
            format!("the body has several media types ({})", types.join(", ")),
            "Keep one of them, by overlay",
        ));
    }
    let (media_type, content) = content.iter().next()?;
    let base = media_type.split(';').next().unwrap_or_default().trim();
    let is_sent = [
        "application/json",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/x-markdown",
    ]
    .contains(&base);
    if !is_sent {
        return Some(unsupported(
            location,
            format!("a body of `{media_type}` cannot be sent"),
            "Remove the operation, or declare the body as `application/octet-stream`, by overlay",
        ));
    }
    content.get("schema").is_none().then(|| {
        unsupported(
            location,
            "the body has no schema",
            "Give it one, by overlay",
        )
    })
}

/// Checks that the success responses of an operation have one type: a Rust function has one return type.
fn responses(location: &str, operation: &Map<String, Value>) -> Option<Unsupported> {
    let responses = operation.get("responses")?.as_object()?;
    let shapes: BTreeMap<String, &str> = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, response)| (shape(response), status.as_str()))
        .collect();
    (shapes.len() > 1).then(|| {
        let statuses: Vec<&str> = shapes.values().copied().collect();
        unsupported(
            location,
            format!(
                "the success responses {} have different types",
                statuses.join(" and ")
            ),
            "Keep one of them, or give both one schema with `oneOf`, by overlay",
        )
    })
}

/// The type of a response, as a string to compare by.
fn shape(response: &Value) -> String {
    if let Some(target) = response["$ref"].as_str() {
        return target.to_owned();
    }
    let Some(content) = response["content"].as_object().filter(|c| !c.is_empty()) else {
        return "nothing".to_owned();
    };
    let json = content
        .iter()
        .find(|(media_type, _)| media_type.starts_with("application/json"));
    json.map_or_else(
        || "bytes".to_owned(),
        |(_, content)| {
            let mut schema = content["schema"].clone();
            objects_mut(&mut schema, &mut |_, object| {
                object.remove("description");
                object.remove("example");
            });
            schema.to_string()
        },
    )
}

fn schema_names(tree: &Value) -> Option<Unsupported> {
    let schemas = tree["components"]["schemas"].as_object()?;
    same_name(
        schemas
            .keys()
            .map(|name| (name.clone(), rust_name(name, ToPascalCase::to_pascal_case))),
        "schemas",
        "/components/schemas",
    )
}

fn schema(pointer: &str, object: &Map<String, Value>) -> Vec<Unsupported> {
    let mut findings = Vec::new();
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        findings.extend(same_name(
            properties
                .keys()
                .map(|name| (name.clone(), rust_name(name, ToSnakeCase::to_snake_case))),
            "fields",
            pointer,
        ));
    }
    if object.get("not").is_some_and(Value::is_object) && object.get("name").is_none() {
        findings.push(unsupported(
            pointer,
            "Rust types cannot express `not`",
            REMOVE,
        ));
    }
    findings.extend(default(pointer, object));
    let values = object.get("enum").and_then(Value::as_array);
    let texts: Vec<&str> = values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // On its second attempt the generator replaces characters that a name cannot contain with an X.
    let marked = |value: &&str| value.replace(|c: char| c == '_' || !is_in_name(c), "X");
    let simple = texts.iter().map(|value| {
        (
            (*value).to_owned(),
            rust_name(value, ToPascalCase::to_pascal_case),
        )
    });
    let second = texts.iter().map(|value| {
        (
            (*value).to_owned(),
            rust_name(&marked(value), ToPascalCase::to_pascal_case),
        )
    });
    if same_name(simple, "values", pointer).is_some() {
        findings.extend(
            same_name(second, "values", pointer).map(|finding| Unsupported {
                workaround: "Remove the `enum` by overlay, which leaves a string",
                ..finding
            }),
        );
    }
    findings
}

/// Checks that a default is allowed by its own schema; otherwise one of the two is a mistake.
fn default(pointer: &str, object: &Map<String, Value>) -> Option<Unsupported> {
    let default = object.get("default")?;
    let number = |key: &str| object.get(key).and_then(Value::as_f64);
    let is_of_type = match object.get("type")?.as_str()? {
        "string" => default.is_string(),
        "integer" => default.is_i64() || default.is_u64(),
        "number" => default.is_number(),
        "boolean" => default.is_boolean(),
        "array" => default.is_array(),
        "object" => default.is_object(),
        _ => true,
    };
    let is_null = default.is_null() && object.get("nullable") == Some(&Value::Bool(true));
    let in_range = default.as_f64().is_none_or(|value| {
        number("minimum").is_none_or(|least| value >= least)
            && number("maximum").is_none_or(|most| value <= most)
    });
    let values = object.get("enum").and_then(Value::as_array);
    let is_listed = values.is_none_or(|values| values.contains(default));
    let is_allowed = is_null || (is_of_type && in_range && is_listed);
    (!is_allowed).then(|| {
        unsupported(
            pointer,
            format!("the default {default} is not what the schema allows"),
            "Correct the one or the other by overlay",
        )
    })
}

/// The first two of `names` (each as written and as in Rust) that are equal in Rust.
fn same_name(
    names: impl IntoIterator<Item = (String, String)>,
    what: &str,
    location: &str,
) -> Option<Unsupported> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (written, rust) in names {
        if let Some(other) = seen.insert(rust.clone(), written.clone()) {
            let location = if location.is_empty() {
                &written
            } else {
                location
            };
            return Some(unsupported(
                location,
                format!("the {what} `{other}` and `{written}` are both `{rust}` in Rust"),
                RENAME,
            ));
        }
    }
    None
}

/// The name that the generator makes: other characters separate words, and a keyword or a name with
/// another first character is marked.
pub(crate) fn rust_name(name: &str, case: impl Fn(&str) -> String) -> String {
    match name {
        "+1" => case("plus1"),
        "-1" => case("minus1"),
        _ => {
            let made = case(&name.replace('\'', "").replace(|c| !is_in_name(c), "-"));
            let made = match made.chars().next() {
                None => case("x"),
                Some(first) if first.is_alphabetic() || first == '_' => made,
                Some(_) => case("x") + &made,
            };
            if syn::parse_str::<syn::Ident>(&made).is_ok() {
                made
            } else {
                made + "_"
            }
        }
    }
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
