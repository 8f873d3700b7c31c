//! What each kind of change does to the generated Rust: the second column.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use conversations_changes::{Inputs, Report, Surface, Waivers};
use conversations_codegen::{Document, Overlay, generate, surface};
use serde_json::Value;

use crate::documents::Edited;
use crate::kinds::{PATHS, V3};

/// The listing of what is generated from a document with its overlays, or why nothing is.
fn listing(tree: &Value) -> Result<String, String> {
    let mut document = Document::parse("v3.yaml", &tree.to_string()).unwrap();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/overlays"));
    for file in ["common.overlay.yaml", "v3.overlay.yaml"] {
        let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
        // A renamed schema is renamed in the overlays as well.
        if tree["components"]["schemas"]["Turn"].is_object() {
            text = text.replace("schemas.ConversationTurn", "schemas.Turn");
        }
        let overlay = Overlay::parse(file, &text).unwrap();
        overlay.apply(&mut document).map_err(|e| e.to_string())?;
    }
    let code = generate(&document).map_err(|e| e.to_string())?;
    Ok(surface(&code).unwrap())
}

pub(crate) fn surfaces(old: &Value, new: &Value) -> Result<Vec<Surface>, String> {
    static PUBLISHED: LazyLock<(Value, String)> = LazyLock::new(|| {
        let tree = Edited::v3().0;
        let listed = listing(&tree).unwrap();
        (tree, listed)
    });
    let old = match *old == PUBLISHED.0 {
        true => PUBLISHED.1.clone(),
        false => listing(old)?,
    };
    let path = "GET /v3/{account_id}/{project_id}/conversations".to_owned();
    Ok(vec![Surface {
        module: "v3".to_owned(),
        old,
        new: listing(new)?,
        operations: vec![(path, "list_conversations".to_owned())],
    }])
}

pub(crate) fn report(old: &Value, new: &Value, surfaces: &[Surface]) -> Report {
    Report::new(&Inputs {
        title: "v3",
        old,
        new,
        history: &[],
        surfaces: Ok(surfaces),
        reworded: &[],
        sources: &[],
        waivers: &Waivers::default(),
        version: Some("0.1.0"),
    })
}

#[test]
fn each_kind_of_change_tells_what_it_does_to_the_generated_rust() {
    let mut table = String::new();
    for (kind, edit) in V3.iter().chain(&PATHS) {
        let old = Edited::v3();
        let mut new = old.clone();
        edit(&mut new);
        writeln!(table, "{kind}").unwrap();
        match surfaces(&old.0, &new.0) {
            Err(refusal) => writeln!(table, "  not generated: {refusal}").unwrap(),
            Ok(surfaces) => {
                let report = report(&old.0, &new.0, &surfaces);
                for entry in &report.changes {
                    let rust = entry.rust(4).unwrap_or_else(|| "nothing moves".to_owned());
                    writeln!(table, "  {rust}").unwrap();
                }
                for change in &report.other_surface {
                    writeln!(table, "  by no change: {}", change.line()).unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!("rust", table);
}
