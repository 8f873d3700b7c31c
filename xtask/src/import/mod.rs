//! `cargo xtask regen v3 --from …`: imports a newly published document.

mod fetch;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use conversations_changes::Reworded;
use conversations_codegen::import::{
    Current, OverlayText, ProseChange, StaleAction, corrected, examine, import, widened,
};
use conversations_codegen::{ClientModule, Document};

use crate::diff::comparison::compare;
use crate::diff::operand::Side;
use crate::error::Error;
use crate::import::fetch::fetch;
use crate::openapi_files;
use crate::outcome::Outcome;
use crate::progress::step;
use crate::regen::file_tree::Tree;
use crate::regen::{CompileCheck, FOLDERS, make};

/// The arguments of an import.
#[derive(Debug)]
pub(crate) struct Request {
    /// v1 or v3; v2 uses v3's document.
    pub(crate) version: ClientModule,
    /// A file, a URL, or `-`.
    pub(crate) from: String,
    /// The publication date, for the document's header comment.
    pub(crate) published: Option<String>,
    /// Whether to correct stale overlay targets that have exactly one replacement.
    pub(crate) fix_overlays: bool,
    /// Whether to accept the document although the workspace does not compile with it.
    pub(crate) unfinished: bool,
    /// The path of the Markdown report.
    pub(crate) report: Option<PathBuf>,
}

/// Imports the document, or rejects it and leaves the workspace unchanged.
pub(crate) fn run(root: &Path, request: &Request) -> Result<(Outcome, String), Error> {
    step("reading the document");
    let source = fetch(&request.from)?;
    let before = Tree::read(root, &FOLDERS)?;
    let document_path = openapi_files::document(request.version);
    let prose_path = openapi_files::prose(request.version);
    let current = Current {
        name: &document_path,
        text: before.get(&document_path).unwrap_or_default(),
        prose: before.get(&prose_path).unwrap_or("{}"),
    };
    let imported = import(
        request.version,
        &source,
        current,
        request.published.as_deref(),
    )?;

    let mut openapi = before.below("openapi");
    openapi.insert(document_path.clone(), imported.text);
    openapi.insert(prose_path, imported.prose);
    let old = Document::parse(current.name, current.text)?;
    let fixed = overlays(&mut openapi, request, &old, &imported.document);

    let compile_check = if request.unfinished {
        CompileCheck::Unfinished
    } else {
        CompileCheck::Workspace
    };
    step("comparing");
    let reworded: Vec<Reworded> = imported.prose_changes.iter().filter_map(reworded).collect();
    let old = side(request.version, &before)?;
    let new = side(request.version, &openapi)?;
    let report = compare(root, &old, &new, &reworded)?;
    let taken = fixed.and_then(|fixed| {
        let made = make(root, &before, &openapi, compile_check, &report.changes)?;
        Ok((fixed, made))
    });
    // A rejected document is reported too: the maintainer needs the report to adapt the code. A report
    // that cannot be written does not change whether the import succeeded.
    let written = match &request.report {
        Some(path) => fs::write(path, report.markdown())
            .map_err(|error| format!("cannot write the report {}: {error}\n", path.display())),
        None => Ok(()),
    };
    let (fixed, made) = match taken {
        Ok(taken) => taken,
        Err(error) => {
            let _ = io::stdout().write_all(report.text().as_bytes());
            if let Err(message) = written {
                eprint!("{message}");
            }
            return Err(error);
        }
    };
    let mut text = made.changes;
    if let Err(message) = written {
        text.push_str(&format!("\n{message}"));
    }
    for section in [fixed, words(&imported.prose_changes)] {
        if !section.is_empty() {
            text.push_str(&format!("\n{section}"));
        }
    }
    // Overlays and prose can hide a change from the clients, but not from the reviewer.
    let outcome = match Outcome::from(report.verdict()) {
        Outcome::Unchanged if !text.is_empty() => {
            text.push_str("\nThe documents differ, but the generated clients are unchanged.\n");
            Outcome::Compatible
        }
        outcome => {
            text.push_str(&format!("\n{}", report.text()));
            outcome
        }
    };
    if let Some(left) = made.unfinished {
        text.push_str(&format!(
            "\nUnfinished: document, overlays and clients are written, the snapshots are not. Adapt our code, \
             then `cargo xtask regen`.\n{left}\n"
        ));
    }
    Ok((outcome, text.trim_start().to_owned()))
}

/// The document of a version and what is generated from it, from the files in `openapi`.
fn side(version: ClientModule, openapi: &Tree) -> Result<Side, Error> {
    Side::of(version, version.name(), &|path| {
        let missing = || Error::Operand(format!("{path} is missing"));
        openapi.get(path).map(str::to_owned).ok_or_else(missing)
    })
}

/// Converts a change of the vendor's prose for which our wording is unchanged.
fn reworded(change: &ProseChange) -> Option<Reworded> {
    match change {
        ProseChange::Reworded {
            pointer,
            removed,
            added,
            ..
        } => Some(Reworded {
            pointer: pointer.clone(),
            removed: removed.clone(),
            added: added.clone(),
        }),
        _ => None,
    }
}

/// Finds the overlay actions that no longer match. Corrects them in `openapi` if requested and possible,
/// and returns an error for the rest.
fn overlays(
    openapi: &mut Tree,
    request: &Request,
    old: &Document,
    new: &Document,
) -> Result<String, Error> {
    let stale = stale(openapi, request.version, old, new)?;
    if stale.is_empty() {
        return Ok(String::new());
    }
    let listing = |stale: &[StaleAction]| {
        stale
            .iter()
            .fold(String::new(), |text, action| format!("{text}{action}\n"))
    };
    if !request.fix_overlays {
        return Err(Error::Overlays(listing(&stale)));
    }
    let mut fixed = openapi.clone();
    for (path, text) in overlay_texts(openapi) {
        // A shared overlay must still match the other document.
        let correct = if is_shared(&path, request.version) {
            widened
        } else {
            corrected
        };
        if let Some(text) = correct(&text, &stale) {
            fixed.insert(path, text.text);
        }
    }
    let left = self::stale(&fixed, request.version, old, new)?;
    if left.is_empty() && others_still_match(&fixed, request.version)? {
        *openapi = fixed;
        return Ok(format!("Overlays corrected:\n{}", listing(&stale)));
    }
    Err(Error::Overlays(format!(
        "{}\nNot corrected: not every target has one answer, or an overlay that other documents share would \
         match nothing there; move such an action to the overlay of its version.\n",
        listing(&stale)
    )))
}

/// The stale actions of every version that is generated from this document, without duplicates.
fn stale(
    openapi: &Tree,
    version: ClientModule,
    old: &Document,
    new: &Document,
) -> Result<Vec<StaleAction>, Error> {
    let mut stale: Vec<StaleAction> = Vec::new();
    for made_from_it in ClientModule::ALL
        .into_iter()
        .filter(|other| openapi_files::document(*other) == openapi_files::document(version))
    {
        for action in examine(&texts_of(openapi, made_from_it), old, new)? {
            if !stale.contains(&action) {
                stale.push(action);
            }
        }
    }
    Ok(stale)
}

/// Whether an overlay also applies to another document.
fn is_shared(overlay: &str, version: ClientModule) -> bool {
    ClientModule::ALL
        .into_iter()
        .filter(|other| openapi_files::document(*other) != openapi_files::document(version))
        .any(|other| openapi_files::overlays(other).any(|name| name == overlay))
}

fn others_still_match(openapi: &Tree, version: ClientModule) -> Result<bool, Error> {
    for other in ClientModule::ALL {
        let path = openapi_files::document(other);
        if path == openapi_files::document(version) {
            continue;
        }
        let document = Document::parse(&path, openapi.get(&path).unwrap_or_default())?;
        if !examine(&texts_of(openapi, other), &document, &document)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The overlays of a version, in order.
fn texts_of(openapi: &Tree, version: ClientModule) -> Vec<OverlayText> {
    openapi_files::overlays(version)
        .map(|name| OverlayText {
            text: openapi.get(&name).unwrap_or_default().to_owned(),
            name,
        })
        .collect()
}

fn overlay_texts(openapi: &Tree) -> Vec<(String, OverlayText)> {
    openapi
        .below("openapi/overlays")
        .paths()
        .map(|path| {
            let text = openapi.get(path).unwrap_or_default().to_owned();
            let name = path.to_owned();
            (name.clone(), OverlayText { name, text })
        })
        .collect()
}

/// Describes the prose changes, one or two lines each.
fn words(changes: &[ProseChange]) -> String {
    let mut text = String::new();
    let mut moved: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut removed: Vec<&String> = Vec::new();
    for change in changes {
        match change {
            ProseChange::Reworded {
                pointer,
                line,
                vendor,
                removed,
                added,
            } => {
                text.push_str(&format!(
                    "reword by hand: {pointer} (line {line} of the document)\n"
                ));
                if !(removed.is_empty() && added.is_empty()) {
                    text.push_str(&format!(
                        "    names and numbers: {} -> {}\n",
                        listed(removed),
                        listed(added)
                    ));
                }
                text.push_str(&format!("    vendor text now: {}\n", one_line(vendor)));
            }
            ProseChange::New {
                pointer,
                line,
                vendor,
            } => text.push_str(&format!(
                "describe by hand: {pointer} (line {line} of the document)\n    vendor text: {}\n",
                one_line(vendor)
            )),
            ProseChange::Moved { from, pointer } => {
                *moved.entry(without_common_end(from, pointer)).or_default() += 1;
            }
            ProseChange::Gone { pointer } => removed.push(pointer),
            other => text.push_str(&format!("{other:?}\n")),
        }
    }
    for ((from, to), pointers) in moved {
        text.push_str(&format!(
            "our descriptions moved, {pointers} location(s): {from} -> {to}\n"
        ));
    }
    match removed[..] {
        [] => {}
        [pointer] => text.push_str(&format!(
            "our description was removed with its location: {pointer}\n"
        )),
        [first, ..] => text.push_str(&format!(
            "our descriptions were removed with their locations: {first} and {} more\n",
            removed.len() - 1
        )),
    }
    text
}

/// Two pointers without their common suffix: what has moved.
fn without_common_end(from: &str, to: &str) -> (String, String) {
    let common = from
        .rsplit('/')
        .zip(to.rsplit('/'))
        .take_while(|(from, to)| from == to)
        .map(|(segment, _)| segment.len() + 1)
        .sum::<usize>();
    (
        from[..from.len().saturating_sub(common)].to_owned(),
        to[..to.len().saturating_sub(common)].to_owned(),
    )
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The vendor's text, shortened; it is printed and never written to a file.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
