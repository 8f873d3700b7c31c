//! Converts a newly published document to the form of the vendored ones, or rejects it with file, line,
//! column and an excerpt. Nothing here writes a file.
//!
//! 1. [`Source::from_bytes`] decodes the text and normalizes line ends.
//! 2. [`import`] parses strict JSON or YAML, checks that it is OpenAPI 3.0.x of this API without
//!    dangling references, applies order and layout of the current document, and keeps our own
//!    descriptions.
//! 3. [`examine`] and [`corrected`] find the overlay actions that have become stale, and fix them.
//!
//! ```
//! use conversations_codegen::ClientModule;
//! use conversations_codegen::import::{Current, Source, import};
//!
//! let ours = "\
//! openapi: 3.0.1
//! info:
//!   title: A
//!   version: '1'
//! paths:
//!   /v3/conversations:
//!     get:
//!       description: In our words.
//!       responses:
//!         '200':
//!           description: All of them.
//! ";
//! let published = r#"{"openapi": "3.0.1", "info": {"version": "2", "title": "A"}, "paths": {
//!     "/v3/conversations": {"get": {"responses": {"200": {"description": "Everything"}},
//!     "description": "In theirs"}}}}"#;
//! let source = Source::from_bytes("new.json", published.as_bytes())?;
//! let current = Current { name: "openapi.yaml", text: ours, prose: "{}" };
//! let imported = import(ClientModule::V3, &source, current, None)?;
//! assert!(imported.text.ends_with(&ours.replace("'1'", "'2'")), "{}", imported.text);
//! # Ok::<(), conversations_codegen::import::ImportError>(())
//! ```

mod align;
mod layout;
mod overlay;
mod prose;
mod source;
mod tree;
mod validate;

pub use overlay::{OverlayText, StaleAction, corrected, examine, widened};
pub use prose::ProseChange;
pub use source::{ImportError, SIZE_LIMIT, Source};

use std::collections::BTreeSet;

use crate::{ClientModule, Document, versioned_paths};
use prose::fingerprints::Fingerprints;
use tree::Node;

/// The vendored document that a new one is to replace.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// The document's name in error messages.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The fingerprints of the vendor's prose; `{}` if there are none yet.
    pub prose: &'a str,
}

/// A new document in the form of the vendored ones.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Imported {
    /// The document to write.
    pub text: String,
    /// The fingerprints of the vendor's prose to write.
    pub prose: String,
    /// The parsed document, for overlays and the generator.
    pub document: Document,
    /// Where the vendor's prose has changed.
    pub prose_changes: Vec<ProseChange>,
}

/// Imports `source` as the new document of `version`, replacing `current`. `published` is the
/// publication date for the document's header comment, if known.
///
/// # Errors
/// A [`ImportError`] with the location if the source is not valid JSON or YAML, not OpenAPI 3.0.x, has
/// dangling or circular references, or describes another API; also if the current document or
/// fingerprints cannot be read.
pub fn import(
    version: ClientModule,
    source: &Source,
    current: Current<'_>,
    published: Option<&str>,
) -> Result<Imported, ImportError> {
    let mut node = read(source)?;
    validate::check(source, &node)?;
    let present = Source::from_bytes(current.name, current.text.as_bytes())?;
    let old = read(&present)?;
    is_this_api(version, source, &node, &old)?;
    is_readable(source, &node)?;

    let mut fingerprints = Fingerprints::parse(current.prose).map_err(|e| {
        ImportError::of_whole(
            current.name,
            format!("cannot read the fingerprints of the vendor's prose: {e}"),
        )
    })?;

    align::align(&mut node, &old);
    let prose_changes = prose::keep_our_prose(&mut node, &old, &mut fingerprints, |at| {
        source.position(at).0
    });
    let body = layout::lay_out(&node);
    let header = header(current.text);
    let same = body == layout::lay_out(&old);
    let header = match published {
        Some(_) => new_header(version, published),
        None if same => header.to_owned(),
        None => new_header(version, None),
    };
    Ok(Imported {
        text: header + &body,
        prose: fingerprints.lay_out(),
        document: Document::of_tree(current.name, node.to_value()),
        prose_changes,
    })
}

/// Serializes a vendored document in the canonical layout: the result of [`import`] for a document with
/// the same content.
///
/// # Errors
/// A [`ImportError`] if the text is not valid YAML.
pub fn normalize(name: &str, text: &str) -> Result<String, ImportError> {
    let source = Source::from_bytes(name, text.as_bytes())?;
    Ok(header(source.text()).to_owned() + &layout::lay_out(&read(&source)?))
}

/// Lists the descriptions that still have to be written by hand: placeholders, and those whose vendor
/// text has changed since they were written.
///
/// # Errors
/// A [`ImportError`] if the document or the fingerprints cannot be read.
pub fn missing_descriptions(current: Current<'_>) -> Result<Vec<String>, ImportError> {
    let node = read(&Source::from_bytes(current.name, current.text.as_bytes())?)?;
    let fingerprints = Fingerprints::parse(current.prose).map_err(|e| {
        ImportError::of_whole(
            current.name,
            format!("cannot read the fingerprints of the vendor's prose: {e}"),
        )
    })?;
    Ok(prose::missing_descriptions(&node, &fingerprints))
}

fn read(source: &Source) -> Result<Node, ImportError> {
    let text = source.text().trim_start();
    if text.starts_with('<') {
        let at = source.text().len() - text.len();
        return Err(source.refuse(
            at,
            "this is a web page or XML, not an API document: check that the URL is that of the raw file and needs no login",
        ));
    }
    let name = source.name().to_ascii_lowercase();
    let by_name = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if by_name(&[".json"]) || (text.starts_with('{') && !by_name(&[".yaml", ".yml"])) {
        tree::json::read(source)
    } else {
        tree::yaml::read(source)
    }
}

/// Rejects a document of another API or of another version of this one. A document that has schemas of
/// `present` is of the same API, whatever its paths are.
fn is_this_api(
    version: ClientModule,
    source: &Source,
    root: &Node,
    present: &Node,
) -> Result<(), ImportError> {
    let Some(paths) = root.entry("paths") else {
        return Ok(());
    };
    let document = Document::parse(source.name(), source.text())
        .map_err(|error| ImportError::of_whole(source.name(), error.to_string()))?;
    let keys = versioned_paths(&document);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let lists: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|path| path.split('/').any(|segment| segment == "conversations"))
        .collect();
    let lists = if lists.is_empty() && has_schemas_of(root, present) {
        keys.clone()
    } else {
        lists
    };
    if lists.is_empty() {
        let some: Vec<&str> = keys.into_iter().take(3).collect();
        return Err(source.refuse(
            paths.at,
            format!(
                "no path has the segment `conversations`, and no schema matches: this is the \
                 document of another API{}",
                if some.is_empty() {
                    String::new()
                } else {
                    format!(" (it has {})", some.join(", "))
                }
            ),
        ));
    }
    let other = ClientModule::VERSIONS.into_iter().find(|other| {
        *other != version
            && lists
                .iter()
                .all(|path| path.split('/').nth(1) == Some(other.name()))
    });
    match other {
        Some(other) => Err(source.refuse(
            paths.at,
            format!("its paths belong to {other}, but {version} was requested"),
        )),
        None => Ok(()),
    }
}

/// Whether `root` also has some schema of `present` with most of its fields.
fn has_schemas_of(root: &Node, present: &Node) -> bool {
    let schemas = |node: &Node| node.pointer("/components/schemas").cloned();
    let (Some(new), Some(old)) = (schemas(root), schemas(present)) else {
        return false;
    };
    // Another API of the same vendor may have the same body of errors.
    let mut names = keys(&old).into_iter().filter(|name| *name != "Error");
    names.any(|name| {
        let fields = |schemas: &Node| -> BTreeSet<String> {
            let properties = schemas.get(name).and_then(|node| node.get("properties"));
            let names = properties.map(keys).unwrap_or_default();
            names.into_iter().map(str::to_owned).collect()
        };
        let (old, new) = (fields(&old), fields(&new));
        old.len() >= 3 && old.intersection(&new).count() * 2 > old.len()
    })
}

fn keys(node: &Node) -> Vec<&str> {
    let entries = node.map().unwrap_or(&[]);
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// Checks that the generator's own deserializer accepts the document.
fn is_readable(source: &Source, root: &Node) -> Result<(), ImportError> {
    let result: Result<openapiv3::OpenAPI, _> = serde_path_to_error::deserialize(root.to_value());
    result.map(drop).map_err(|error| {
        use serde_path_to_error::Segment;
        let mut node = root;
        for segment in error.path() {
            let below = match segment {
                Segment::Map { key } => node.get(key),
                Segment::Seq { index } => node.list().and_then(|items| items.get(*index)),
                _ => None,
            };
            node = below.unwrap_or(node);
        }
        source.refuse(
            node.at,
            format!("not valid OpenAPI 3.0: {}", error.into_inner()),
        )
    })
}

/// The header comment of a document.
fn header(text: &str) -> &str {
    let length = text
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('#'))
        .map(str::len)
        .sum();
    &text[..length]
}

fn new_header(version: ClientModule, published: Option<&str>) -> String {
    let number = version.name().trim_start_matches('v');
    let head = format!("# OpenAPI document of PolyAI's Conversations API, version {number}.");
    match published {
        Some(date) => format!(
            "{head} Its structure is as published on\n\
             # {date}; every description is in this project's own words. Do not correct it here: what is\n\
             # known better than the published document goes to overlays/, one action a reason.\n"
        ),
        None => format!(
            "{head} Its structure is as published;\n\
             # every description is in this project's own words. Do not correct it here: what is known\n\
             # better than the published document goes to overlays/, one action a reason.\n"
        ),
    }
}

#[cfg(test)]
mod tests;
