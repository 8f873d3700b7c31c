//! What the generator has no Rust for, or wrong Rust, refused by place and with the way out before it runs.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value};

use crate::keywords::objects_mut;
use crate::prepare::{Call, operations};
use crate::{Document, Error};

/// Refuses the first place of a flattened document for which no client can be generated.
pub(crate) fn check(document: &Document) -> Result<(), Error> {
    let faults = faults(document.tree());
    match faults.into_iter().next() {
        None => Ok(()),
        Some(Fault {
            place,
            message,
            way_out,
        }) => Err(Error::Inexpressible {
            file: document.name().to_owned(),
            place,
            message,
            way_out,
        }),
    }
}

struct Fault {
    place: String,
    message: String,
    way_out: &'static str,
}

fn fault(place: impl Into<String>, message: impl Into<String>, way_out: &'static str) -> Fault {
    Fault {
        place: place.into(),
        message: message.into(),
        way_out,
    }
}

const RENAME: &str = "Remove one of the two, or say both as one, by overlay";
const REMOVE: &str = "Remove it by overlay";

fn faults(tree: &Value) -> Vec<Fault> {
    let mut tree = tree.clone();
    let servers = tree.get("servers").map(addresses);
    let mut faults = Vec::new();
    let mut ids = Vec::new();
    let paths = tree.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        if item.contains_key("$ref") {
            faults.push(fault(
                path,
                "a path that is a reference is not read",
                "Write the path out, by overlay",
            ));
        }
        let of_path = item.get("servers").map(addresses);
        for (method, operation) in operations(item) {
            let place = format!("{} {path}", method.to_uppercase());
            let id = operation.get("operationId").and_then(Value::as_str);
            ids.push((place.clone(), id.unwrap_or_default().to_owned()));
            let own_servers = operation.get("servers").map(addresses);
            let own_servers = own_servers.or_else(|| of_path.clone());
            if own_servers.is_some() && own_servers != servers {
                faults.push(fault(
                    &place,
                    "the operation has servers of its own, and a client has one: it would be sent to the wrong \
                     host, with the key",
                    "Remove the operation by overlay, or its `servers` if the documented ones answer as well",
                ));
            }
            faults.extend(path_parameters(&place, path, operation));
            faults.extend(parameters(&place, operation));
            faults.extend(body(&place, operation));
            faults.extend(answers(&place, operation));
        }
    }
    faults.extend(same_name(
        ids.iter().flat_map(|(place, id)| {
            let id = rust_name(id, ToSnakeCase::to_snake_case);
            let stream = id.clone() + Call::STREAM_SUFFIX;
            [(place.clone(), id), (place.clone(), stream)]
        }),
        "operations",
        "",
    ));
    faults.extend(schema_names(&tree));
    objects_mut(&mut tree, &mut |pointer, object| {
        faults.extend(schema(pointer, object));
    });
    faults
}

/// Where servers are, whatever is said about them.
fn addresses(servers: &Value) -> BTreeSet<String> {
    let servers = servers.as_array().into_iter().flatten();
    servers
        .filter_map(|server| server["url"].as_str().map(str::to_owned))
        .collect()
}

/// Every name in braces is a parameter: without one the generator has nothing to put there.
fn path_parameters(place: &str, path: &str, operation: &Map<String, Value>) -> Vec<Fault> {
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
            fault(
                place,
                format!("the path has `{{{name}}}`, and no parameter of that name is declared"),
                "Add it to the parameters by overlay",
            )
        })
        .collect()
}

fn parameters(place: &str, operation: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut names = Vec::new();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten() {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let (name, at) = (text("name"), format!("{place}, parameter {}", text("name")));
        names.push((name.to_owned(), rust_name(name, ToSnakeCase::to_snake_case)));
        if text("in") == "cookie" {
            faults.push(fault(&at, "a cookie cannot be sent", REMOVE));
        }
        if parameter.get("content").is_some() {
            faults.push(fault(
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
        // A list is sent as one `name=value` an item, which is what `explode` means unless it says otherwise.
        if text("in") == "query"
            && parameter["explode"] == false
            && parameter["schema"].get("items").is_some()
        {
            faults.push(fault(
                &at,
                "a list in one value, with commas (`explode: false`), cannot be sent",
                "Describe it as a text that the caller joins, by overlay",
            ));
        }
        if !text("style").is_empty() && text("style") != usual {
            faults.push(fault(
                &at,
                format!("`style: {}` cannot be sent", text("style")),
                "Remove the parameter, or describe each of its keys as a parameter, by overlay",
            ));
        }
    }
    faults.extend(same_name(names, "parameters", place));
    faults
}

fn body(place: &str, operation: &Map<String, Value>) -> Option<Fault> {
    let content = operation.get("requestBody")?["content"].as_object()?;
    if content.len() > 1 {
        let types: Vec<&str> = content.keys().map(String::as_str).collect();
        return Some(fault(
            place,
            format!("the body has several forms ({})", types.join(", ")),
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
        return Some(fault(
            place,
            format!("a body of `{media_type}` cannot be sent"),
            "Remove the operation, or describe the body as `application/octet-stream`, by overlay",
        ));
    }
    content
        .get("schema")
        .is_none()
        .then(|| fault(place, "the body has no schema", "Give it one, by overlay"))
}

/// The successes of an operation must be of one shape: a Rust function has one return type.
fn answers(place: &str, operation: &Map<String, Value>) -> Option<Fault> {
    let responses = operation.get("responses")?.as_object()?;
    let shapes: BTreeMap<String, &str> = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, response)| (shape(response), status.as_str()))
        .collect();
    (shapes.len() > 1).then(|| {
        let statuses: Vec<&str> = shapes.values().copied().collect();
        fault(
            place,
            format!(
                "the successes {} have different shapes",
                statuses.join(" and ")
            ),
            "Keep one of them, or give both one schema with `oneOf`, by overlay",
        )
    })
}

/// What a response decodes into, as a text to compare by.
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

fn schema_names(tree: &Value) -> Option<Fault> {
    let schemas = tree["components"]["schemas"].as_object()?;
    same_name(
        schemas
            .keys()
            .map(|name| (name.clone(), rust_name(name, ToPascalCase::to_pascal_case))),
        "schemas",
        "/components/schemas",
    )
}

fn schema(pointer: &str, object: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        faults.extend(same_name(
            properties
                .keys()
                .map(|name| (name.clone(), rust_name(name, ToSnakeCase::to_snake_case))),
            "fields",
            pointer,
        ));
    }
    if object.get("not").is_some_and(Value::is_object) && object.get("name").is_none() {
        faults.push(fault(
            pointer,
            "`not` has no counterpart among Rust's types",
            REMOVE,
        ));
    }
    faults.extend(default(pointer, object));
    let values = object.get("enum").and_then(Value::as_array);
    let texts: Vec<&str> = values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // The generator's second try writes an X for what a name cannot hold.
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
        faults.extend(same_name(second, "values", pointer).map(|fault| Fault {
            way_out: "Remove the `enum` by overlay, which leaves a text",
            ..fault
        }));
    }
    faults
}

/// A default that the schema itself forbids: one of the two cannot be what the vendor means.
fn default(pointer: &str, object: &Map<String, Value>) -> Option<Fault> {
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
        fault(
            pointer,
            format!("the default {default} is not what the schema allows"),
            "Correct the one or the other by overlay",
        )
    })
}

/// The first two of `names` (each as it is written, and as it is in Rust) that are one in Rust.
fn same_name(
    names: impl IntoIterator<Item = (String, String)>,
    what: &str,
    place: &str,
) -> Option<Fault> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (written, rust) in names {
        if let Some(other) = seen.insert(rust.clone(), written.clone()) {
            let place = if place.is_empty() { &written } else { place };
            return Some(fault(
                place,
                format!("the {what} `{other}` and `{written}` are both `{rust}` in Rust"),
                RENAME,
            ));
        }
    }
    None
}

/// The name that the generator makes: what cannot be in one separates words, and a word that Rust keeps
/// for itself or that starts otherwise is marked.
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
