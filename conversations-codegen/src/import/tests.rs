//! Complete imports of the vendored documents and of small ones.

use super::*;

const V1: &str = include_str!("../../../openapi/conversations-v1.yaml");
const V3: &str = include_str!("../../../openapi/conversations-v3.yaml");

fn current(text: &str) -> Current<'_> {
    Current {
        name: "ours.yaml",
        text,
        prose: "{}",
    }
}

fn import_v3(name: &str, text: &str) -> Result<Imported, ImportError> {
    let source = Source::from_bytes(name, text.as_bytes())?;
    import(ClientModule::V3, &source, current(V3), None)
}

#[test]
fn the_vendored_documents_are_in_the_canonical_layout() {
    for (name, text) in [("conversations-v1.yaml", V1), ("conversations-v3.yaml", V3)] {
        let normal = normalize(name, text).unwrap();
        assert_eq!(normal, text, "{name}");
    }
}

#[test]
fn importing_our_own_document_in_any_format_changes_nothing() {
    let tree: serde_json::Value = serde_saphyr::from_str(V3).unwrap();
    let with_bom = format!("\u{feff}{}", V3.replace('\n', "\r\n"));
    for (name, text) in [
        ("same.yaml", V3.to_owned()),
        ("compact.json", tree.to_string()),
        ("pretty.json", serde_json::to_string_pretty(&tree).unwrap()),
        ("stdin", tree.to_string()),
        ("dos.yaml", with_bom),
    ] {
        let imported = import_v3(name, &text).unwrap();
        assert_eq!(imported.text, V3, "{name}");
        assert_eq!(imported.prose, "{}\n", "{name}");
        assert_eq!(imported.prose_changes, [], "{name}");
        assert_eq!(*imported.document.tree(), tree, "{name}");
    }
}

#[test]
fn a_structural_change_only_changes_its_own_lines() {
    let changed = V3.replace("maximum: 1000", "maximum: 500");
    let imported = import_v3("new.yaml", &changed).unwrap();
    let body = |text: &str| text[header(text).len()..].to_owned();
    assert_eq!(body(&imported.text), body(&changed));
    assert!(header(&imported.text).contains("as published;"));
}

#[test]
fn a_publication_date_is_written_to_the_header_comment() {
    let source = Source::from_bytes("new.yaml", V3.as_bytes()).unwrap();
    let imported = import(ClientModule::V3, &source, current(V3), Some("2026-08-03")).unwrap();
    assert!(header(&imported.text).contains("published on\n# 2026-08-03;"));
}

#[test]
fn a_document_of_another_api_is_rejected() {
    let pets = "openapi: 3.0.1\ninfo: {title: P, version: '1'}\npaths: {/pets: {get: {responses: {'200': {description: P}}}}}\n";
    for (name, text, reason) in [
        ("page.html", "<!DOCTYPE html>\n<html>", "this is a web page"),
        ("data.json", "\n <html>", "this is a web page"),
        ("pets.yaml", pets, "another API (it has /pets)"),
        (
            "v1.yaml",
            V1,
            "its paths belong to v1, but v3 was requested",
        ),
        ("a.json", "{\"openapi\": \"3.0.1\",}", "trailing comma"),
    ] {
        let refusal = import_v3(name, text).unwrap_err();
        assert!(refusal.message().contains(reason), "{refusal}");
        assert!(refusal.line_and_column().is_some(), "{refusal}");
    }
}

#[test]
fn a_document_with_other_paths_and_known_schemas_is_accepted() {
    let moved = V3.replace("/conversations:", "/conversation-records:");
    assert_ne!(moved, V3);
    let imported = import_v3("new.yaml", &moved).unwrap();
    assert!(imported.text.contains("/conversation-records:"));
    let v4 = moved.replace("  /v3/", "  /v1/");
    let refusal = import_v3("new.yaml", &v4).unwrap_err();
    assert!(refusal.message().contains("belong to v1"), "{refusal}");
}

#[test]
fn a_truncated_document_is_always_rejected() {
    let json = serde_saphyr::from_str::<serde_json::Value>(V3)
        .unwrap()
        .to_string();
    for end in (1..json.len()).step_by(97) {
        assert!(import_v3("new.json", &json[..end]).is_err(), "{end} bytes");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_corruption_of_a_document_makes_the_parser_panic(at in 0..V3.len(), with in "\\PC{0,3}", length in 0_usize..40) {
        let mut bytes = V3.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.bytes());
        if let Ok(source) = Source::from_bytes("new.yaml", &bytes)
            && let Ok(imported) = import(ClientModule::V3, &source, current(V3), None)
        {
            // An accepted document serializes to one that is accepted again, unchanged.
            let again = Source::from_bytes("again.yaml", imported.text.as_bytes()).unwrap();
            let again = import(ClientModule::V3, &again, current(&imported.text), None).unwrap();
            proptest::prop_assert_eq!(again.text, imported.text);
        }
    }
}
