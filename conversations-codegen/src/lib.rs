//! Generates the Rust clients: reads a vendored OpenAPI document, applies its overlays, runs
//! [progenitor], and rewrites the result into the modules of the `conversations-api` crate.
//!
//! The build script of `conversations-api`, `cargo xtask regen` and the snapshot tests share these
//! steps:
//!
//! 1. [`OpenapiDir::document`] reads the document of one client module, applies its overlays
//!    ([`Overlay`], OpenAPI Overlay 1.0.0), and keeps the operations that the module's servers serve.
//! 2. [`generate`] prepares the document (lenient responses, named parameter enums, errors as byte streams),
//!    runs progenitor and rewrites the syntax tree.
//! 3. [`surface`] lists the public API of generated code; [`wire_cases`] writes one request per
//!    parameter. Both feed the snapshots.
//!
//! With the feature `import`, the `import` module converts a newly published document to the form of the
//! vendored ones.
//!
//! ```
//! use conversations_codegen::{Document, generate, surface};
//!
//! let document = Document::parse("pets.yaml", r#"
//! openapi: 3.0.1
//! info: { title: Pets, version: "1" }
//! paths:
//!   /pets:
//!     get:
//!       operationId: list_pets
//!       responses:
//!         '200':
//!           description: All pets.
//!           content: { application/json: { schema: { type: array, items: { type: string } } } }
//! "#)?;
//! let code = generate(&document)?;
//! assert!(surface(&code)?.contains("fn list_pets_stream(&self)"));
//! # Ok::<(), conversations_codegen::Error>(())
//! ```
//!
//! [progenitor]: https://docs.rs/progenitor

mod client_module;
mod document;
mod error;
mod flatten;
mod generate;
mod hosts;
#[cfg(feature = "import")]
pub mod import;
mod json_pointer;
mod keywords;
mod lenient;
mod operation;
mod overlay;
mod prepare;
mod replaced;
mod rewrite;
mod surface;
mod unsupported;
mod wire_cases;

pub use client_module::{ClientModule, OpenapiDir};
pub use document::Document;
pub use error::Error;
pub use generate::generate;
pub use hosts::versioned_paths;
pub use lenient::with_lenient_responses;
pub use overlay::Overlay;
pub use surface::surface;
pub use wire_cases::wire_cases;
