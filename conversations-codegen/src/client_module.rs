//! The generated client modules and the files that each is generated from.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::hosts::{Servers, keep_schemas_of, keep_servers};
use crate::{Document, Error, Overlay};

/// A generated client module: one per version of the API, and one for the operations of v3's document
/// that other hosts serve.
///
/// v2 has no document of its own: it has v3's schema under another path and with the older API keys
/// (PolyAI docs, Conversations API overview, API versions), so it is generated from v3's document with
/// one more overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientModule {
    /// The legacy pipeline, unsupported since 2026-08-31.
    V1,
    /// v3's schema with the legacy authentication.
    V2,
    /// The supported release.
    V3,
    /// The operations of v3's document that have `servers` of their own: the agents host. A client of
    /// its own, so that the API key is not sent to a host that it was not meant for.
    Agents,
}

impl ClientModule {
    /// Every module.
    pub const ALL: [Self; 4] = [Self::V1, Self::V2, Self::V3, Self::Agents];

    /// The modules that are versions of the API, oldest first; paths begin with their names.
    pub const VERSIONS: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The module name: `v1`, `v2`, `v3` or `agents`.
    ///
    /// ```
    /// assert_eq!(conversations_codegen::ClientModule::V3.name(), "v3");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::Agents => "agents",
        }
    }

    const fn document_file(self) -> &'static str {
        match self {
            Self::V1 => "conversations-v1.yaml",
            Self::V2 | Self::V3 | Self::Agents => "conversations-v3.yaml",
        }
    }

    const fn prose_file(self) -> &'static str {
        match self {
            Self::V1 => "prose-v1.json",
            Self::V2 | Self::V3 | Self::Agents => "prose-v3.json",
        }
    }

    pub(crate) const fn overlay_files(self) -> &'static [&'static str] {
        match self {
            Self::V1 => &["overlays/common.overlay.yaml", "overlays/v1.overlay.yaml"],
            Self::V2 => &[
                "overlays/common.overlay.yaml",
                "overlays/v3.overlay.yaml",
                "overlays/v2.overlay.yaml",
            ],
            Self::V3 => &["overlays/common.overlay.yaml", "overlays/v3.overlay.yaml"],
            Self::Agents => &[
                "overlays/common.overlay.yaml",
                "overlays/v3.overlay.yaml",
                "overlays/agents.overlay.yaml",
            ],
        }
    }

    /// Applies `overlays` in order to the published document and returns the document that this
    /// module's client is generated from: only the operations that its servers serve, and for v2 only
    /// the paths that its overlay copies from v3. Schemas that only the removed operations use are
    /// removed with them.
    ///
    /// # Errors
    /// The first error among `overlays`, and those of [`Overlay::apply`].
    pub fn overlaid(
        self,
        mut document: Document,
        overlays: impl IntoIterator<Item = Result<Overlay, Error>>,
    ) -> Result<Document, Error> {
        for overlay in overlays {
            overlay?.apply(&mut document)?;
        }
        let whole = document.tree().clone();
        if self == Self::V2 {
            keep_paths_of(self, &mut document);
        }
        match self {
            // Not split: no client exists for the other part, and the generator rejects it.
            Self::V1 => {}
            Self::V2 | Self::V3 => keep_servers(Servers::Global, &mut document),
            Self::Agents => keep_servers(Servers::Own, &mut document),
        }
        keep_schemas_of(&mut document, &whole);
        Ok(document)
    }
}

impl fmt::Display for ClientModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The `openapi/` directory: documents and overlays.
#[derive(Debug, Clone)]
pub struct OpenapiDir(PathBuf);

impl OpenapiDir {
    /// Creates a handle for the directory at `path`; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The document of `module`; v2 and `agents` use v3's.
    #[must_use]
    pub fn document_path(&self, module: ClientModule) -> PathBuf {
        self.0.join(module.document_file())
    }

    /// The file with the fingerprints of the vendor's prose in that document.
    #[must_use]
    pub fn prose_path(&self, module: ClientModule) -> PathBuf {
        self.0.join(module.prose_file())
    }

    /// The files that `module` is generated from: the document, then the overlays in order of
    /// application.
    #[must_use]
    pub fn inputs(&self, module: ClientModule) -> Vec<PathBuf> {
        std::iter::once(&module.document_file())
            .chain(module.overlay_files())
            .map(|file| self.0.join(file))
            .collect()
    }

    /// Reads `module`'s document and prepares it as [`ClientModule::overlaid`] does.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, a document that is not OpenAPI 3.0.x, an overlay action
    /// that no longer matches. Each error names the file.
    pub fn document(&self, module: ClientModule) -> Result<Document, Error> {
        self.with_overlays(module, |overlay| overlay)
    }

    /// Like [`document`](Self::document), but with schemas as published: actions on schemas are left out.
    ///
    /// # Errors
    /// Those of [`document`](Self::document).
    pub fn document_with_published_schemas(&self, module: ClientModule) -> Result<Document, Error> {
        self.with_overlays(module, Overlay::without_schemas)
    }

    fn with_overlays(
        &self,
        module: ClientModule,
        adapt: impl Fn(Overlay) -> Overlay,
    ) -> Result<Document, Error> {
        let document = Document::read(&self.0.join(module.document_file()))?;
        let overlays = module.overlay_files().iter();
        let overlays = overlays.map(|file| Overlay::read(&self.0.join(file)).map(&adapt));
        module.overlaid(document, overlays)
    }
}

/// Removes the paths of other versions. Whether v2 also serves the paths that v3 gains later has to be
/// checked by a person; until then a v2 key must not be sent to v3.
fn keep_paths_of(version: ClientModule, document: &mut Document) {
    let paths = document.tree_mut().get_mut("paths");
    if let Some(paths) = paths.and_then(serde_json::Value::as_object_mut) {
        paths.retain(|path, _| {
            let first = path.split('/').nth(1).unwrap_or_default();
            !ClientModule::VERSIONS
                .iter()
                .any(|other| *other != version && other.name() == first)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v2_has_no_paths_of_v3() {
        let mut document = Document::parse(
            "api.yaml",
            "{openapi: 3.0.1, paths: {/v2/a: {}, /v3/a: {}, /v3/b: {}, /health: {}}}",
        )
        .unwrap();
        keep_paths_of(ClientModule::V2, &mut document);
        let paths = document.tree()["paths"].as_object().unwrap();
        assert_eq!(paths.keys().collect::<Vec<_>>(), ["/health", "/v2/a"]);
    }
}
