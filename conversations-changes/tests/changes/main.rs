//! Reports of changes to this project's own documents.

mod coming;
mod documents;
mod kinds;
mod laws;
mod report;
mod rust;
