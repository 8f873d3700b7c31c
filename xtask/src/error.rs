//! Why a chore failed.

use std::path::PathBuf;

/// Why a chore failed, worded for the maintainer at the terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A document or overlay was refused.
    #[error(transparent)]
    Document(#[from] conversations_codegen::Error),
    /// A file of the tree could not be read or written.
    #[error("{action} {path}: {source}", path = path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The tests that write or compare the snapshots did not run through.
    #[error("{0}")]
    Snapshots(String),
    /// `--check` found differences.
    #[error(
        "{0}\nWhat follows from openapi/ is stale. Run `cargo xtask regen`, read the diff and commit it with the change."
    )]
    Stale(String),
    /// An operand of `diff` that names no document.
    #[error("{0}")]
    Operand(String),
    /// Git refused.
    #[error("git {command}: {message}")]
    Git {
        /// What was asked of it.
        command: String,
        /// What it said.
        message: String,
    },
    /// The file of waivers cannot be used.
    #[error(transparent)]
    Waivers(#[from] conversations_changes::WaiverError),
}

impl Error {
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
