//! Our own lines: where this tree uses what a change is about, and where it states the old fact.

mod index;
mod search;
mod terms;

use serde::Serialize;

pub(crate) use index::Index;
pub(crate) use search::uses;

/// One file of this tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the root, `/` between folders.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// What part of the project a line belongs to. Ordered as reports list them.
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
    /// A sentence for people: documentation comments and Markdown.
    Docs,
    /// Tests, benches and examples.
    Tests,
    /// Anything else.
    Other,
}

impl Role {
    /// The word that reports use.
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

/// A line of this tree that a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Use {
    /// What part of the project it belongs to.
    pub role: Role,
    /// The file.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The line itself, without the spaces around it.
    pub text: String,
    /// Whether it states what no longer holds, such as the old limit, rather than only using the name.
    pub states_old_fact: bool,
}

impl Use {
    /// `path:line`.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}
