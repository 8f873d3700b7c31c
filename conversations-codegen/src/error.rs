//! What can go wrong between a document and its client, worded for the maintainer who reads a failed
//! build.

/// Why a document could not be turned into a client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document or overlay could not be read from disk.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The text is not YAML or JSON; the message holds line, column and an excerpt.
    #[error("{file} is not valid YAML or JSON\n{message}")]
    Syntax {
        /// The file as it was named.
        file: String,
        /// Where and why, from the parser.
        message: String,
    },
    /// An `openapi` field that is missing or outside 3.0.x.
    #[error(
        "{file} says `openapi: {found}`; the generator reads 3.0.x only. \
         Ask the vendor for a 3.0 document, or convert this one (3.1 differs in `nullable`, `type` lists and `exclusiveMinimum`)"
    )]
    NotOpenapi30 {
        /// The file as it was named.
        file: String,
        /// The value of its `openapi` field, or `nothing`.
        found: String,
    },
    /// Valid YAML that is not shaped like an OpenAPI document.
    #[error("{file} is not a valid OpenAPI 3.0 document: {message}")]
    Document {
        /// The file as it was named.
        file: String,
        /// What is wrong, from the reader.
        message: String,
    },
    /// An overlay that breaks the Overlay 1.0.0 format.
    #[error("overlay {file}: {message}")]
    Overlay {
        /// The overlay file.
        file: String,
        /// Which rule it breaks, and where.
        message: String,
    },
    /// An overlay action whose target selects nothing: the document has moved on.
    #[error(
        "overlay {file}, action {number} ({description}): target {target} matches nothing in {document}. \
         The document has changed there: correct the target, or delete the action if its reason is gone"
    )]
    StaleOverlay {
        /// The overlay file.
        file: String,
        /// The action's place in `actions`, counted from 1.
        number: usize,
        /// The action's own description.
        description: String,
        /// The JSONPath that matched nothing.
        target: String,
        /// The document it was applied to.
        document: String,
    },
    /// A place of the document for which there is no Rust.
    #[error("{file}, {place}: {message}. {way_out}, with the reason")]
    Inexpressible {
        /// The document.
        file: String,
        /// The operation or schema.
        place: String,
        /// What cannot be expressed.
        message: String,
        /// What can be done about it.
        way_out: &'static str,
    },
    /// The generator refused the document.
    #[error(
        "progenitor cannot generate a client from {file}: {message}. \
         Say what it cannot express in an overlay that it can, with the reason"
    )]
    Generator {
        /// The document.
        file: String,
        /// What the generator said.
        message: String,
    },
    /// The generated code has not the shape that a rewrite expects.
    #[error("the generated code is not as expected: {0}")]
    Code(String),
}
