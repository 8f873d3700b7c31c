//! Decides which client sends an operation, by the servers that serve it.
//!
//! A client has one base URL and sends its API key there. An operation with `servers` of its own, or of
//! its path, must therefore not be in the same client as the others: the key would reach a host that it
//! was not meant for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Document;
use crate::operation::operations;

/// The servers that serve an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Servers {
    /// Those of the document.
    Global,
    /// Those of the operation or of its path.
    Own,
}

/// Removes the operations that other servers than `kept` serve. With [`Servers::Own`], the document gets
/// the servers of its operations; if they differ, the generator rejects the operations that are served
/// by others than the first.
pub(crate) fn keep_servers(kept: Servers, document: &mut Document) {
    let Some(tree) = document.tree_mut().as_object_mut() else {
        return;
    };
    let global = tree.get("servers").map(addresses).unwrap_or_default();
    let mut own_servers = None;
    let paths = tree.get_mut("paths").and_then(Value::as_object_mut);
    if let Some(paths) = paths {
        for (_, item) in paths.iter_mut() {
            let Some(item) = item.as_object_mut() else {
                continue;
            };
            let of_path = item.get("servers").cloned();
            let served: Vec<(String, Servers)> = operations(item)
                .map(|(method, operation)| {
                    let servers = operation.get("servers").or(of_path.as_ref());
                    let servers = servers.filter(|servers| addresses(servers) != global);
                    if own_servers.is_none() {
                        own_servers = servers.cloned();
                    }
                    let servers = match servers {
                        Some(_) => Servers::Own,
                        None => Servers::Global,
                    };
                    (method.to_owned(), servers)
                })
                .collect();
            for (method, servers) in served {
                if servers != kept {
                    item.remove(&method);
                }
            }
        }
        paths.retain(|_, item| item.as_object_mut().is_none_or(has_operations));
    }
    if kept == Servers::Own {
        tree.insert(
            "servers".to_owned(),
            own_servers.unwrap_or_else(|| Value::Array(Vec::new())),
        );
    }
}

/// Returns the paths with operations that the document's own servers serve. The operations of other hosts have
/// versions of their own, so their paths say nothing about the document's version.
#[must_use]
pub fn versioned_paths(document: &Document) -> Vec<String> {
    let mut document = document.clone();
    keep_servers(Servers::Global, &mut document);
    let paths = document.tree()["paths"].as_object();
    paths.into_iter().flat_map(Map::keys).cloned().collect()
}

/// Whether a path has an operation left; a path that is a reference counts as one, for the generator to
/// reject it.
fn has_operations(item: &mut Map<String, Value>) -> bool {
    item.contains_key("$ref") || operations(item).next().is_some()
}

/// The server URLs, without descriptions.
pub(crate) fn addresses(servers: &Value) -> BTreeSet<String> {
    let servers = servers.as_array().into_iter().flatten();
    servers
        .filter_map(|server| server["url"].as_str().map(str::to_owned))
        .collect()
}

/// Removes the schemas that operations of `whole` use and those that are left do not.
pub(crate) fn keep_schemas_of(document: &mut Document, whole: &Value) {
    let before = schemas_used(whole);
    let after = schemas_used(document.tree());
    let schemas = document.tree_mut().pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
        schemas.retain(|name, _| after.contains(name) || !before.contains(name));
    }
}

/// The names of the schemas that the paths of `tree` refer to, directly or through components.
fn schemas_used(tree: &Value) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut left = vec![&tree["paths"]];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(object) => left.extend(object.values()),
            Value::Array(items) => left.extend(items),
            // Any text, because a discriminator's mapping has references without `$ref`.
            Value::String(text) => {
                if let Some(pointer) = text.strip_prefix('#')
                    && pointer.starts_with("/components/")
                    && seen.insert(text.clone())
                {
                    left.extend(tree.pointer(pointer));
                }
            }
            _ => {}
        }
    }
    seen.iter()
        .filter_map(|target| target.strip_prefix("#/components/schemas/"))
        .filter_map(|rest| rest.split('/').next())
        .map(crate::json_pointer::unescaped)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientModule;

    /// A list operation on the global servers, and a detail operation with servers of its own.
    fn document(of_operation: &str, of_path: &str) -> Document {
        Document::parse(
            "api.yaml",
            &format!(
                "
openapi: 3.0.1
info: {{title: A, version: '1'}}
servers: [{{url: https://list.example}}]
paths:
  /v3/calls:
    get: {{responses: {{'200': {{$ref: '#/components/responses/Page'}}}}}}
  /v1/agents/calls:
    {of_path}
    get:
      {of_operation}
      responses: {{'200': {{description: '', content: {{application/json: {{schema: {{$ref: '#/components/schemas/Detail'}}}}}}}}}}
components:
  responses:
    Page: {{description: '', content: {{application/json: {{schema: {{$ref: '#/components/schemas/Page'}}}}}}}}
  schemas:
    Page: {{type: array, items: {{$ref: '#/components/schemas/Call'}}}}
    Call: {{type: object}}
    Detail: {{type: object, properties: {{turns: {{type: array, items: {{$ref: '#/components/schemas/Turn'}}}}}}}}
    Turn: {{type: object}}
    Unused: {{type: object}}
"
            ),
        )
        .unwrap()
    }

    const OWN: &str = "servers: [{url: https://agents.example}]";

    fn part(module: ClientModule, document: &Document) -> Document {
        module.overlaid(document.clone(), []).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        let object = value.as_object().unwrap();
        object.keys().map(String::as_str).collect()
    }

    #[test]
    fn operations_with_servers_of_their_own_or_of_their_path_go_to_the_agents_client_alone() {
        for document in [document(OWN, ""), document("", OWN)] {
            let list = part(ClientModule::V3, &document);
            assert_eq!(keys(&list.tree()["paths"]), ["/v3/calls"]);
            assert_eq!(list.tree()["servers"][0]["url"], "https://list.example");
            let agents = part(ClientModule::Agents, &document);
            assert_eq!(keys(&agents.tree()["paths"]), ["/v1/agents/calls"]);
            assert_eq!(agents.tree()["servers"][0]["url"], "https://agents.example");
            let v2 = part(ClientModule::V2, &document);
            assert_eq!(v2.tree()["paths"], serde_json::json!({}));
        }
    }

    #[test]
    fn servers_that_repeat_the_global_ones_do_not_move_an_operation() {
        let document = document(
            "servers: [{url: https://list.example, description: Again.}]",
            "",
        );
        let list = part(ClientModule::V3, &document);
        assert_eq!(keys(&list.tree()["paths"]).len(), 2);
        let agents = part(ClientModule::Agents, &document);
        assert_eq!(agents.tree()["paths"], serde_json::json!({}));
    }

    #[test]
    fn each_client_has_the_schemas_of_its_operations() {
        let document = document(OWN, "");
        let list = part(ClientModule::V3, &document);
        let schemas = |document: &Document| {
            let mut names = keys(&document.tree()["components"]["schemas"])
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>();
            names.sort();
            names
        };
        assert_eq!(schemas(&list), ["Call", "Page", "Unused"]);
        let agents = part(ClientModule::Agents, &document);
        assert_eq!(schemas(&agents), ["Detail", "Turn", "Unused"]);
    }

    #[test]
    fn a_third_host_is_rejected() {
        let mut document = document(OWN, "");
        let mut other = document.tree()["paths"]["/v1/agents/calls"].clone();
        other["get"]["servers"][0]["url"] = "https://third.example".into();
        document.tree_mut()["paths"]["/v1/other"] = other;
        let agents = part(ClientModule::Agents, &document);
        let error = crate::generate(&agents).unwrap_err().to_string();
        assert!(error.contains("GET /v1/other"), "{error}");
        assert!(error.contains("wrong host, with the key"), "{error}");
    }

    #[test]
    fn the_operations_of_a_v1_document_are_not_split_but_rejected() {
        let error = crate::generate(&part(ClientModule::V1, &document(OWN, ""))).unwrap_err();
        assert!(
            error.to_string().contains("wrong host, with the key"),
            "{error}"
        );
    }

    #[test]
    fn a_client_without_operations_is_generated() {
        let document = document("", "");
        let code = crate::generate(&part(ClientModule::Agents, &document)).unwrap();
        assert!(
            code.contains("pub const BASE_URLS: &[&str] = &[];"),
            "{code}"
        );
        let requests = crate::wire_cases(&part(ClientModule::Agents, &document), "Client").unwrap();
        assert!(requests.contains("vec![\n    ]"), "{requests}");
    }
}
