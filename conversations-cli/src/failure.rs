//! [`Failure`]: why a command failed, as a message for stderr and an exit code for scripts.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use conversations_api_ext::{Error, ErrorKind};

use crate::term::escape::printable;
use crate::term::stderr::say;

/// The exit codes, as documented in `--help`. 0 is success; clap itself exits with 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    Other = 1,
    Usage = 2,
    Skipped = 3,
    Authentication = 4,
    NotFound = 5,
    Server = 6,
    Output = 7,
    Busy = 8,
    ReadyWithNotes = 9,
    NotReady = 10,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    exit: Exit,
    /// `None` if the reader of the output closed it, which is not a failure of this program.
    message: Option<String>,
}

impl Failure {
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Other, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// The server failed; a retry may succeed.
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(Exit::Server, message)
    }

    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Exit::Interrupted, message)
    }

    /// Another run holds the lock on the output.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(Exit::Busy, message)
    }

    /// Returns whether the same command may succeed later without any change.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self.exit, Exit::Server | Exit::Busy)
    }

    /// Returns whether the output cannot be written, which is not the case if its reader has closed it.
    pub(crate) const fn is_of_output(&self) -> bool {
        matches!(self.exit, Exit::Output) && self.message.is_some()
    }

    /// Returns the exit code.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Counts it as a failure of the server.
    pub(crate) fn of_server(mut self) -> Self {
        self.exit = Exit::Server;
        self
    }

    /// Appends a hint to the message, on a line of its own.
    pub(crate) fn with(mut self, hint: &str) -> Self {
        self.message = self
            .message
            .map(|message| format!("{message}\nhint: {hint}"));
        self
    }

    /// Appends a statement to the message, before any hint.
    pub(crate) fn and(mut self, fact: &str) -> Self {
        self.message = self
            .message
            .map(|message| match message.split_once("\nhint: ") {
                Some((what, hint)) => format!("{what}; {fact}\nhint: {hint}"),
                None => format!("{message}; {fact}"),
            });
        self
    }

    /// Returns the message without its hint, for a message that contains it.
    pub(crate) fn summary(&self) -> &str {
        let message = self.message.as_deref().unwrap_or_default();
        message
            .split_once("\nhint: ")
            .map_or(message, |(what, _)| what)
    }

    /// Prefixes the message with the name of the project it is about.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.message = self
            .message
            .map(|message| format!("{}: {message}", printable(name)));
        self
    }

    /// Returns whether the request itself was rejected.
    pub(crate) const fn is_rejection(&self) -> bool {
        matches!(self.exit, Exit::Usage)
    }

    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: Some(message.into()),
        }
    }

    /// The output at `path` cannot be written because of `why`.
    pub(crate) fn unwritable(path: &(impl Display + ?Sized), why: impl Display) -> Self {
        Self::new(
            Exit::Output,
            printable(&format!("cannot write {path}: {why}")),
        )
    }

    /// The folder `path` cannot be created or opened.
    pub(crate) fn no_folder(path: &(impl Display + ?Sized), error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                Self::unwritable(path, "a file is in place of a folder")
                    .with("use another folder, or move the file")
            }
            _ => Self::unwritable(path, error),
        }
    }

    /// Writing to the stream `stream` failed.
    pub(crate) fn output(stream: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Output,
                message: None,
            };
        }
        Self::unwritable(stream, error)
    }

    /// Reading `path`, given by a flag, failed.
    pub(crate) fn unreadable(path: &Path, error: &impl fmt::Display) -> Self {
        Self::usage(format!(
            "cannot read {}: {error}",
            printable(&path.to_string_lossy())
        ))
    }

    /// Prints the message and returns the exit code. If the reader closed the output (`… | head`), prints nothing
    /// and returns success.
    pub(crate) fn report(self) -> ExitCode {
        match self.message {
            Some(message) => {
                say(format_args!("error: {message}"));
                self.exit.into()
            }
            None => ExitCode::SUCCESS,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            self.message
                .as_deref()
                .unwrap_or("the reader of the output has closed it"),
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    /// Maps an error of the client to a failure of the program.
    pub(crate) fn of(error: &Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::BadRequest => Exit::Usage,
            ErrorKind::Unauthorized | ErrorKind::Forbidden => Exit::Authentication,
            ErrorKind::NotFound => Exit::NotFound,
            ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::Body
            | ErrorKind::Paging => Exit::Server,
            _ => Exit::Other,
        };
        // A user of the program cannot call the library.
        let message = error.to_string().replace(
            "set a larger `ClientBuilder::max_record_len`",
            "this program reads no larger one; report its id and the correlation id to PolyAI",
        );
        Self::new(exit, message)
    }
}
