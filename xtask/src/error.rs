//! Errors of xtask commands.

use std::path::PathBuf;

use conversations_codegen::import::ImportError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A document or overlay is invalid.
    #[error(transparent)]
    Document(#[from] conversations_codegen::Error),
    /// A new document was rejected.
    #[error("{0}")]
    Refused(#[from] ImportError),
    /// A new document could not be fetched.
    #[error("cannot fetch {url}: {message}")]
    Download {
        /// The URL, without credentials and query.
        url: String,
        /// What failed.
        message: String,
    },
    /// Overlay actions match nothing in the new document.
    #[error(
        "{0}\nThe document has changed there. Correct each target, or delete the action if its reason is gone; \
         `--fix-overlays` corrects those with `now:`."
    )]
    Overlays(String),
    /// The workspace does not compile with the new document.
    #[error(
        "the workspace does not compile with this document:\n{0}\
         Adapt our code first, or take the document with `--unfinished` and adapt it then."
    )]
    Compile(String),
    /// Cargo failed.
    #[error("cargo failed:\n{0}")]
    Cargo(String),
    /// Another run holds the workspace copy.
    #[error("another `cargo xtask regen` is running; wait for it, then try again")]
    Busy,
    /// The files changed during the run.
    #[error("files changed during the run; nothing was written, try again")]
    Disturbed,
    /// A file could not be read or written.
    #[error("{action} {path}: {source}", path = path.display())]
    File {
        /// The failed action.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The snapshot tests failed.
    #[error("{0}")]
    Snapshots(String),
    /// A vendored document is not in the canonical layout.
    #[error(
        "{path} is not laid out as `cargo xtask regen VERSION --from` lays it out:\n{difference}\
         Take over the lines with a plus."
    )]
    Layout {
        /// The document.
        path: String,
        /// The difference.
        difference: String,
    },
    /// `--check` found differences.
    #[error(
        "{0}\nWhat follows from openapi/ is stale. Run `cargo xtask regen`, read the diff and commit it with the change."
    )]
    Stale(String),
    /// An operand of `diff` is not a document.
    #[error("{0}")]
    Operand(String),
    /// Git failed.
    #[error("git {command}: {message}")]
    Git {
        /// The git command.
        command: String,
        /// Git's message.
        message: String,
    },
    /// The waiver file is invalid.
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
