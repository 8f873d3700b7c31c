//! Finds our own source lines that a change affects or makes false.

mod index;
mod search;
mod terms;

use serde::Serialize;

pub(crate) use index::Index;
pub(crate) use search::uses;

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path below the root, with `/` separators.
    pub path: String,
    /// The content.
    pub text: String,
}

/// The role of a source line, in report order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An overlay on the documents.
    Overlay,
    /// The emulator's rules.
    Emulator,
    /// The clients, raw and high level.
    Client,
    /// Tables: CSV and Parquet.
    Table,
    /// The `conversations` program.
    Program,
    /// Documentation: doc comments and Markdown.
    Docs,
    /// Tests, benches and examples.
    Tests,
    /// Anything else.
    Other,
}

impl Role {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::Emulator => "emulator",
            Self::Client => "client",
            Self::Table => "table",
            Self::Program => "program",
            Self::Docs => "docs",
            Self::Tests => "tests",
            Self::Other => "other",
        }
    }

    fn of(path: &str, line: &str) -> Self {
        let is_test = ["/tests/", "/benches/", "/examples/"]
            .iter()
            .any(|part| path.contains(part))
            || path.starts_with("tests/")
            || path.ends_with("/tests.rs");
        let line = line.trim_start();
        if path.starts_with("openapi/overlays/") {
            Self::Overlay
        } else if path.ends_with(".md") {
            Self::Docs
        } else if is_test {
            Self::Tests
        } else if line.starts_with("///") || line.starts_with("//!") {
            Self::Docs
        } else if path.starts_with("conversations-emulator/") {
            Self::Emulator
        } else if path.starts_with("conversations-api") {
            Self::Client
        } else if path.starts_with("conversations-table/") {
            Self::Table
        } else if path.starts_with("conversations-cli/") {
            Self::Program
        } else {
            Self::Other
        }
    }
}

/// A source line that a change affects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Use {
    /// The role of the line.
    pub role: Role,
    /// The path of the file.
    pub path: String,
    /// The line number, from 1.
    pub line: usize,
    /// The line, trimmed.
    pub text: String,
    /// Whether the line states the old fact, such as an old limit, instead of only using the name.
    pub states_old_fact: bool,
}

impl Use {
    /// `path:line`.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}
