//! Errors of invalid documents with their locations.

use super::*;
use crate::import::tree::json;
use crate::import::tree::yaml;

const HEAD: &str = "openapi: 3.0.1\ninfo: {title: A, version: '1'}\n";

fn refusal(text: &str) -> ImportError {
    let source = Source::from_bytes("api.yaml", text.as_bytes()).unwrap();
    let root = yaml::read(&source).unwrap();
    check(&source, &root).unwrap_err()
}

fn passes(text: &str) {
    let source = Source::from_bytes("api.yaml", text.as_bytes()).unwrap();
    check(&source, &yaml::read(&source).unwrap()).unwrap();
}

#[test]
fn another_kind_of_document_is_rejected_by_name() {
    for (text, position, reason) in [
        ("openapi: 3.1.0\n", (1, 10), "OpenAPI 3.1.0"),
        ("swagger: '2.0'\n", (1, 1), "Swagger 2"),
        ("a: 1\n", (1, 1), "no `openapi` field"),
        ("[]\n", (1, 1), "this is a list"),
        ("openapi: 3.0\n", (1, 10), "3.0.x only"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.message().contains(reason), "{refusal}");
        assert_eq!(refusal.line_and_column(), Some(position), "{refusal}");
    }
}

#[test]
fn a_structural_error_is_reported_at_its_location() {
    for (text, position, reason) in [
        ("", (1, 1), "needs `paths`"),
        (
            "paths: []\n",
            (3, 8),
            "`paths` is an object, this is a list",
        ),
        ("paths:\n  /a:\n    got: {}\n", (5, 5), "is `get` meant?"),
        (
            "paths:\n  /a:\n    get: {}\n",
            (5, 10),
            "an operation needs `responses`",
        ),
        (
            "paths: {}\ncomponents:\n  schemas:\n    A: {type: strin}\n",
            (6, 15),
            "not `strin`",
        ),
        (
            "paths: {}\ncomponents:\n  schemas:\n    A: {const: 1}\n",
            (6, 9),
            "was added in 3.1",
        ),
        (
            "paths: {}\ncomponents:\n  schemas:\n    A: {type: integer, exclusiveMaximum: 5}\n",
            (6, 42),
            "`exclusiveMaximum` is true or false, this is a number",
        ),
        (
            "paths: {}\ncomponents:\n  schemas:\n    A: {type: array}\n",
            (6, 8),
            "needs `items`",
        ),
    ] {
        let refusal = refusal(&format!("{HEAD}{text}"));
        assert!(refusal.message().contains(reason), "{refusal}");
        assert_eq!(refusal.line_and_column(), Some(position), "{refusal}");
    }
}

#[test]
fn dangling_external_and_circular_references_are_rejected() {
    let schemas = |text: &str| format!("{HEAD}paths: {{}}\ncomponents:\n  schemas:\n{text}");
    let dangling = refusal(&schemas(
        "    Turn: {type: object}\n    A: {$ref: '#/components/schemas/Tern'}\n",
    ));
    assert_eq!(dangling.line_and_column(), Some((7, 15)));
    assert!(
        dangling
            .message()
            .contains("leads nowhere; the nearest that exists is `#/components/schemas/Turn`"),
        "{dangling}"
    );

    let outside = refusal(&schemas("    A: {$ref: 'other.yaml#/A'}\n"));
    assert!(
        outside.message().contains("refers to another document"),
        "{outside}"
    );

    for text in [
        "    A: {$ref: '#/components/schemas/A'}\n",
        "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n",
        "    A: {allOf: [{type: object}, {$ref: '#/components/schemas/B'}]}\n    B: {oneOf: [{$ref: '#/components/schemas/A'}]}\n",
    ] {
        let circle = refusal(&schemas(text));
        assert!(circle.message().contains("circular reference"), "{circle}");
    }
    passes(&schemas(
        "    A: {type: object, properties: {a: {$ref: '#/components/schemas/A'}, b: {type: array, items: {$ref: '#/components/schemas/A'}}}}\n",
    ));
    passes(&schemas(
        "    A: {type: object, example: {$ref: 'a text'}, properties: {default: {type: string}}}\n",
    ));
}

#[test]
fn placeholders_and_path_parameters_are_the_same_names() {
    for (parameters, reason) in [
        ("[]", "`{id}` is not declared"),
        (
            "[{name: id, in: path, schema: {type: string}}]",
            "needs `required: true`",
        ),
        (
            "[{name: id, in: path, required: true}, {name: x, in: path, required: true}]",
            "`x` of `get` is not in the path",
        ),
        (
            "[{name: id, in: path, required: true}, {name: a, in: query}, {name: a, in: query}]",
            "declared twice",
        ),
    ] {
        let refusal = refusal(&format!(
            "{HEAD}paths: {{'/a/{{id}}': {{get: {{parameters: {parameters}, responses: {{}}}}}}}}\n"
        ));
        assert!(refusal.message().contains(reason), "{refusal}");
    }
    passes(&format!(
        "{HEAD}paths:\n  /a/{{id}}:\n    parameters: [{{$ref: '#/components/parameters/Id'}}]\n    get: {{responses: {{}}}}\ncomponents: {{parameters: {{Id: {{name: id, in: path, required: true, schema: {{type: string}}}}}}}}\n"
    ));
}

#[test]
fn json_and_yaml_give_the_same_error() {
    let text = r#"{"openapi": "3.0.1", "info": {"title": "A", "version": "1"}, "paths": {"/a": {"get": {}}}}"#;
    let source = Source::from_bytes("a.json", text.as_bytes()).unwrap();
    let by_json = check(&source, &json::read(&source).unwrap()).unwrap_err();
    let by_yaml = check(&source, &yaml::read(&source).unwrap()).unwrap_err();
    assert_eq!(by_json, by_yaml);
}
