//! The effect of each kind of change on the generated Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

use conversations_changes::{Inputs, Report, Surface, Waivers};
use conversations_codegen::{Document, Error, Overlay, generate, surface};
use serde_json::Value;

use crate::documents::Edited;
use crate::kinds::{PATHS, V3};

/// The surface listing generated from a document with its overlays, or the error.
fn listing(tree: &Value) -> Result<String, String> {
    let mut document = Document::parse("v3.yaml", &tree.to_string()).unwrap();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents"));
    for file in ["common.overlay.yaml", "v3.overlay.yaml"] {
        let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
        // A renamed schema is also renamed in the overlays.
        if tree["components"]["schemas"]["Turn"].is_object() {
            text = text.replace("schemas.ConversationTurn", "schemas.Turn");
        }
        let overlay = Overlay::parse(file, &text).unwrap();
        overlay.apply(&mut document).map_err(|error| match error {
            // The number of the action depends on the overlays, not on the kind of change.
            Error::StaleOverlay { .. } => "an overlay action matches nothing".to_owned(),
            other => other.to_string(),
        })?;
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
    let summary = (format!("{path}/summary"), "get_summary".to_owned());
    Ok(vec![Surface {
        module: "v3".to_owned(),
        old,
        new: listing(new)?,
        operations: vec![(path, "list_conversations".to_owned()), summary],
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

/// Formats one kind of change.
fn reported(kind: &str, edit: fn(&mut Edited)) -> String {
    let old = Edited::v3();
    let mut new = old.clone();
    edit(&mut new);
    let mut text = format!("{kind}\n");
    match surfaces(&old.0, &new.0) {
        Err(refusal) => writeln!(text, "  not generated: {refusal}").unwrap(),
        Ok(surfaces) => {
            let report = report(&old.0, &new.0, &surfaces);
            for entry in &report.changes {
                let rust = entry.rust(4).unwrap_or_else(|| "nothing moves".to_owned());
                writeln!(text, "  {rust}").unwrap();
            }
            for change in &report.other_surface {
                writeln!(text, "  by no change: {}", change.line()).unwrap();
            }
        }
    }
    text
}

#[test]
fn each_kind_of_change_reports_its_effect_on_the_generated_rust() {
    let kinds: Vec<_> = V3.iter().chain(&PATHS).collect();
    // Generating each client is slow, so two run at a time.
    let table: String = thread::scope(|scope| {
        let halves: Vec<_> = kinds
            .chunks(kinds.len().div_ceil(2))
            .map(|half| {
                scope.spawn(|| {
                    half.iter()
                        .map(|(kind, edit)| reported(kind, *edit))
                        .collect::<String>()
                })
            })
            .collect();
        halves
            .into_iter()
            .map(|half| half.join().unwrap())
            .collect()
    });
    insta::assert_snapshot!("rust", table);
}
