//! Why a chore failed.

use std::path::PathBuf;

use conversations_codegen::import::Refusal;

/// Why a chore failed, worded for the maintainer at the terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A document or overlay was refused.
    #[error(transparent)]
    Document(#[from] conversations_codegen::Error),
    /// A new document was not taken.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A new document could not be fetched.
    #[error("cannot fetch {url}: {message}")]
    Download {
        /// The address, without what may be secret in it.
        url: String,
        /// How far it came.
        message: String,
    },
    /// Overlay actions that match nothing in the new document.
    #[error(
        "{0}\nThe document has changed there. Correct each target, or delete the action if its reason is gone; \
         `--fix-overlays` corrects those with `now:`."
    )]
    Overlays(String),
    /// Our own code does not compile with the new document.
    #[error(
        "the workspace does not compile with this document:\n{0}\
         Adapt our code first, or take the document with `--unfinished` and adapt it then."
    )]
    Compile(String),
    /// Cargo itself failed.
    #[error("cargo failed:\n{0}")]
    Cargo(String),
    /// Another run holds the copy of the workspace.
    #[error("another `cargo xtask regen` is at work; wait for it, then run this again")]
    Busy,
    /// Somebody else wrote to the tree meanwhile.
    #[error("files changed while the new ones were prepared; nothing was written, run it again")]
    Disturbed,
    /// An earlier run was killed while it wrote.
    #[error("an earlier run was interrupted while it wrote; `cargo xtask regen` finishes it")]
    Interrupted,
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
    /// A vendored document is not in the one layout that all have.
    #[error(
        "{path} is not laid out as `cargo xtask regen VERSION --from` lays it out:\n{difference}\
         Take over the lines with a plus."
    )]
    Layout {
        /// The document.
        path: String,
        /// What differs.
        difference: String,
    },
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
