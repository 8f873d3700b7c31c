//! Generation: what progenitor requires and the published documents lack.

use conversations_codegen::{
    ClientModule, Document, Error, OpenapiDir, Overlay, generate, surface,
};

const OPENAPI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi");

/// The operations of a version as published, without overlays and without those of other hosts.
fn published(file: &str) -> Document {
    let document = Document::read(&std::path::Path::new(OPENAPI).join(file)).unwrap();
    let version = match file {
        "conversations-v1.yaml" => ClientModule::V1,
        _ => ClientModule::V3,
    };
    version.overlaid(document, []).unwrap()
}

/// No published operation has an id, which stopped the generator. An id is derived from method and path,
/// and the overlay sets a readable one.
#[test]
fn operations_without_an_id_get_readable_names_from_the_overlay() {
    for file in ["conversations-v1.yaml", "conversations-v3.yaml"] {
        let listing = surface(&generate(&published(file)).unwrap()).unwrap();
        assert!(listing.contains("fn get_conversations(&self)"), "{file}");
        assert!(!listing.contains("fn list_conversations(&self)"), "{file}");
    }
    for version in ClientModule::VERSIONS {
        let document = OpenapiDir::new(OPENAPI).document(version).unwrap();
        let listing = surface(&generate(&document).unwrap()).unwrap();
        for name in [
            "fn list_conversations(&self)",
            "enum ClientEnv",
            "struct ConversationPage",
        ] {
            assert!(listing.contains(name), "{version}: {name}");
        }
        assert!(!listing.contains("GetV"), "{version}");
    }
}

/// Responses of more than one shape, one of them without a body, made the generator panic.
#[test]
fn a_429_without_a_body_next_to_json_errors_does_not_panic_the_generator() {
    let mut document = published("conversations-v3.yaml");
    Overlay::parse(
        "bodiless.overlay.yaml",
        "
overlay: 1.0.0
info: {title: t, version: '1'}
actions:
  - target: $.paths.*.get
    description: the name it needs
    update: {operationId: list_conversations}
  - target: $.paths.*.get.responses
    description: an response without a body
    update: {'429': {description: Slow down.}}
",
    )
    .unwrap()
    .apply(&mut document)
    .unwrap();
    generate(&document).unwrap();
}

/// The generator rejects OpenAPI 3.1 with an obscure error; it must be rejected with a clear message.
#[test]
fn an_openapi_3_1_document_is_rejected_with_the_reason() {
    let text = std::fs::read_to_string(format!("{OPENAPI}/conversations-v3.yaml")).unwrap();
    let text = text.replacen("openapi: 3.0.1", "openapi: 3.1.0", 1);
    let error = Document::parse("conversations-v3.yaml", &text).unwrap_err();
    assert!(matches!(error, Error::NotOpenapi30 { .. }));
    assert!(error.to_string().contains("3.1.0"), "{error}");
}
