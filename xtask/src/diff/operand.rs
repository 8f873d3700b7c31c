//! The operands of `cargo xtask diff`: a document of this workspace, now or at a revision, or a file.

use std::fs;
use std::path::Path;

use conversations_codegen::{ClientModule, Document, Overlay, versioned_paths};

use crate::error::Error;
use crate::git::Git;
use crate::openapi_files;

/// One side of a comparison: a document as published, and what is generated from it.
#[derive(Debug)]
pub(crate) struct Side {
    /// The operand as given.
    pub(crate) label: String,
    /// The path of the document, relative to the root if it is below it.
    pub(crate) file: String,
    /// The text of the document.
    pub(crate) text: String,
    /// The document without overlays.
    pub(crate) document: Document,
    /// The API version that it describes, v1 or v3, if it is one of ours.
    pub(crate) version: Option<ClientModule>,
    /// The revision, if it was not read from a file.
    pub(crate) revision: Option<String>,
    /// Each client module generated from it, with overlays applied, or the error.
    pub(crate) prepared: Vec<(ClientModule, Result<Document, String>)>,
}

impl Side {
    /// Reads `v3`, `v3@REVISION` or a file path.
    pub(crate) fn read(root: &Path, operand: &str) -> Result<Self, Error> {
        let (name, revision) = match operand.split_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (operand, None),
        };
        let version = match name {
            "v1" => Some(ClientModule::V1),
            "v3" => Some(ClientModule::V3),
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

    /// The module of the document's own version, without those of other hosts.
    pub(crate) fn own_module(&self) -> Option<&(ClientModule, Result<Document, String>)> {
        let version = self.version?;
        self.prepared.iter().find(|(module, _)| *module == version)
    }

    fn published(
        root: &Path,
        operand: &str,
        version: ClientModule,
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

    /// The document of `version` with its overlays; `read` returns the files of `openapi/`.
    pub(crate) fn of(
        version: ClientModule,
        label: &str,
        read: &dyn Fn(&str) -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let file = openapi_files::document(version);
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
        version: Option<ClientModule>,
        read: &dyn Fn(&str) -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let document = Document::parse(operand, &text)?;
        let version = version.or_else(|| described(&document));
        let made_from_it = |other: &ClientModule| {
            version.is_some_and(|version| {
                openapi_files::document(*other) == openapi_files::document(version)
            })
        };
        let prepared = ClientModule::ALL
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

fn with_overlays(
    document: &Document,
    version: ClientModule,
    read: &dyn Fn(&str) -> Result<String, Error>,
) -> Result<Document, Error> {
    let overlays = openapi_files::overlays(version)
        .map(|path| Ok((read(&path)?, path)))
        .collect::<Result<Vec<_>, Error>>()?;
    let overlays = overlays
        .into_iter()
        .map(|(text, path)| Overlay::parse(path, &text));
    Ok(version.overlaid(document.clone(), overlays)?)
}

/// The version that the paths of a document's own servers belong to.
fn described(document: &Document) -> Option<ClientModule> {
    let paths = versioned_paths(document);
    [ClientModule::V1, ClientModule::V3]
        .into_iter()
        .find(|version| {
            let prefix = format!("/{version}/");
            !paths.is_empty() && paths.iter().all(|path| path.starts_with(&prefix))
        })
}
