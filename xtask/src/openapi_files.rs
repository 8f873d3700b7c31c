//! The files of `openapi/` by version, as paths below the workspace with `/` separators.

use std::path::Path;

use conversations_codegen::{ClientModule, OpenapiDir};

/// The folder of the documents and overlays.
pub(crate) const FOLDER: &str = "openapi";

/// The document of `version`; v2 uses v3's.
pub(crate) fn document(version: ClientModule) -> String {
    text(&OpenapiDir::new(FOLDER).document_path(version))
}

/// The fingerprints of the vendor's prose in that document.
pub(crate) fn prose(version: ClientModule) -> String {
    text(&OpenapiDir::new(FOLDER).prose_path(version))
}

/// The overlays of `version` in order of application.
pub(crate) fn overlays(version: ClientModule) -> impl Iterator<Item = String> {
    let inputs = OpenapiDir::new(FOLDER).inputs(version).into_iter();
    inputs.skip(1).map(|path| text(&path))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
