//! What `cargo xtask diff` is asked to compare: a document of this workspace, now or at a revision, or a
//! file.

use std::fs;
use std::path::Path;

use conversations_codegen::{ApiVersion, Document, OpenapiDir, Overlay};

use crate::error::Error;
use crate::git::Git;

/// One side of a comparison: a document as published, and what is made from it.
#[derive(Debug)]
pub(crate) struct Side {
    /// As it was named.
    pub(crate) label: String,
    /// Where the document is, below the root if it is there.
    pub(crate) file: String,
    /// What the document says.
    pub(crate) text: String,
    /// The document without overlays.
    pub(crate) document: Document,
    /// The version of the API that it describes, v1 or v3, if it is one of ours.
    pub(crate) version: Option<ApiVersion>,
    /// The revision it was read from, if it was not read from a file.
    pub(crate) revision: Option<String>,
    /// Each version made from it with its overlays, or why it cannot be made.
    pub(crate) prepared: Vec<(ApiVersion, Result<Document, String>)>,
}

impl Side {
    /// Reads `v3`, `v3@REVISION` or the path of a file.
    pub(crate) fn read(root: &Path, operand: &str) -> Result<Self, Error> {
        let (name, revision) = match operand.split_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (operand, None),
        };
        let version = match name {
            "v1" => Some(ApiVersion::V1),
            "v3" => Some(ApiVersion::V3),
            "v2" => {
                return Err(Error::Operand(
                    "v2 has no document of its own: compare v3".into(),
                ));
            }
            _ => None,
        };
        match (version, revision) {
            (Some(version), revision) => Self::published(root, operand, version, revision),
            (None, _) => Self::file(root, operand),
        }
    }

    fn published(
        root: &Path,
        operand: &str,
        version: ApiVersion,
        revision: Option<&str>,
    ) -> Result<Self, Error> {
        let read = |path: &str| match revision {
            Some(revision) => Git::new(root).file_at(revision, path),
            None => {
                let path = root.join(path);
                fs::read_to_string(&path).map_err(Error::file("cannot read", path))
            }
        };
        let side = Self::of(version, operand, &read)?;
        Ok(Self {
            revision: revision.map(str::to_owned),
            ..side
        })
    }

    /// The document of `version` with its overlays, from wherever `read` takes the files of `openapi/`.
    pub(crate) fn of(
        version: ApiVersion,
        label: &str,
        read: &dyn Fn(&str) -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let file = document_file(version);
        let text = read(&file)?;
        Self::new(label, file, text, Some(version), read)
    }

    fn file(root: &Path, operand: &str) -> Result<Self, Error> {
        let path = Path::new(operand);
        if !path.exists() {
            return Err(Error::Operand(format!(
                "{operand} is neither a file nor v1, v3, v1@REVISION or v3@REVISION"
            )));
        }
        let text = fs::read_to_string(path).map_err(Error::file("cannot read", path))?;
        let read = |path: &str| {
            let path = root.join(path);
            fs::read_to_string(&path).map_err(Error::file("cannot read", path))
        };
        Self::new(operand, operand.to_owned(), text, None, &read)
    }

    fn new(
        operand: &str,
        file: String,
        text: String,
        version: Option<ApiVersion>,
        read: &dyn Fn(&str) -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let document = Document::parse(operand, &text)?;
        let version = version.or_else(|| described(&document));
        let made_from_it = |other: &ApiVersion| {
            version.is_some_and(|version| document_file(*other) == document_file(version))
        };
        let prepared = ApiVersion::ALL
            .into_iter()
            .filter(made_from_it)
            .map(|version| {
                (
                    version,
                    with_overlays(&document, version, read).map_err(|e| e.to_string()),
                )
            })
            .collect();
        Ok(Self {
            label: operand.to_owned(),
            file,
            text,
            document,
            version,
            revision: None,
            prepared,
        })
    }
}

/// The path of a version's document below the root.
pub(crate) fn document_file(version: ApiVersion) -> String {
    inputs(version).swap_remove(0)
}

/// The paths of everything a version is made from, the document first.
fn inputs(version: ApiVersion) -> Vec<String> {
    OpenapiDir::new("openapi")
        .inputs(version)
        .iter()
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect()
}

fn with_overlays(
    document: &Document,
    version: ApiVersion,
    read: &dyn Fn(&str) -> Result<String, Error>,
) -> Result<Document, Error> {
    let overlays = inputs(version)
        .into_iter()
        .skip(1)
        .map(|path| Ok((read(&path)?, path)))
        .collect::<Result<Vec<_>, Error>>()?;
    let overlays = overlays
        .into_iter()
        .map(|(text, path)| Overlay::parse(path, &text));
    Ok(version.overlaid(document.clone(), overlays)?)
}

/// The version whose paths a document has.
fn described(document: &Document) -> Option<ApiVersion> {
    let paths = document.tree()["paths"].as_object()?;
    [ApiVersion::V1, ApiVersion::V3]
        .into_iter()
        .find(|version| {
            let prefix = format!("/{version}/");
            !paths.is_empty() && paths.keys().all(|path| path.starts_with(&prefix))
        })
}
