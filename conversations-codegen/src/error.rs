//! Errors on the way from a document to a client.

/// Why a client could not be generated from a document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document or overlay could not be read from disk.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The text is not YAML or JSON; the message has line, column and an excerpt.
    #[error("{file} is not valid YAML or JSON\n{message}")]
    Syntax {
        /// The file.
        file: String,
        /// The parser's message.
        message: String,
    },
    /// The `openapi` field is missing or not 3.0.x.
    #[error(
        "{file} has `openapi: {found}`; the generator supports 3.0.x only. \
         Ask the vendor for a 3.0 document, or convert this one (3.1 differs in `nullable`, `type` lists and `exclusiveMinimum`)"
    )]
    NotOpenapi30 {
        /// The file.
        file: String,
        /// The value of its `openapi` field, or `nothing`.
        found: String,
    },
    /// The text is valid YAML but not an OpenAPI document.
    #[error("{file} is not a valid OpenAPI 3.0 document: {message}")]
    Document {
        /// The file.
        file: String,
        /// The deserializer's message.
        message: String,
    },
    /// An overlay violates the Overlay 1.0.0 format.
    #[error("overlay {file}: {message}")]
    Overlay {
        /// The overlay file.
        file: String,
        /// The violated rule and where.
        message: String,
    },
    /// The target of an overlay action matches nothing, because the document has changed.
    #[error(
        "overlay {file}, action {number} ({description}): target {target} matches nothing in {document}. \
         The document has changed there: correct the target, or delete the action if it is no longer needed"
    )]
    StaleOverlay {
        /// The overlay file.
        file: String,
        /// The action's position in `actions`, from 1.
        number: usize,
        /// The action's own description.
        description: String,
        /// The JSONPath that matched nothing.
        target: String,
        /// The document that the overlay was applied to.
        document: String,
    },
    /// A part of the document cannot be expressed in Rust.
    #[error("{file}, {location}: {message}. {workaround}, and state the reason")]
    Unsupported {
        /// The document.
        file: String,
        /// The operation or schema.
        location: String,
        /// What cannot be expressed.
        message: String,
        /// How to work around it.
        workaround: &'static str,
    },
    /// progenitor rejected the document.
    #[error(
        "progenitor cannot generate a client from {file}: {message}. \
         Describe the unsupported part differently in an overlay"
    )]
    Generator {
        /// The document.
        file: String,
        /// progenitor's message.
        message: String,
    },
    /// The generated code does not have the structure that a rewrite expects.
    #[error("unexpected structure of the generated code: {0}")]
    Code(String),
}
