//! Why a command did not do its job, in words for stderr and an exit code for scripts.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use conversations_api_ext::{Error, ErrorKind};

use crate::term::escape::printable;
use crate::term::stderr::say;

/// The exit codes, as `--help` documents them. 0 is success, and clap itself exits with 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Other = 1,
    Usage = 2,
    LeftOut = 3,
    Authentication = 4,
    NotFound = 5,
    Server = 6,
    Output = 7,
    Busy = 8,
    Noted = 9,
    NotReady = 10,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// Nothing where the reader of our output went away, which is no failure of ours.
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

    /// The server failed, and may not later.
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(Exit::Server, message)
    }

    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Exit::Interrupted, message)
    }

    /// Another run is at work where this one would write.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(Exit::Busy, message)
    }

    /// Whether the same may succeed later without anybody's doing.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self.exit, Exit::Server | Exit::Busy)
    }

    /// The code it leads to.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Says what to do as well.
    pub(crate) fn with(mut self, advice: &str) -> Self {
        self.message = self.message.map(|message| format!("{message}; {advice}"));
        self
    }

    /// Says which of several projects it is about.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.message = self
            .message
            .map(|message| format!("{}: {message}", printable(name)));
        self
    }

    /// Whether the request itself was refused.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self.exit, Exit::Usage)
    }

    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: Some(message.into()),
        }
    }

    /// The output at `place` cannot be written, for the reason given.
    pub(crate) fn unwritable(place: &(impl Display + ?Sized), why: impl Display) -> Self {
        Self::new(
            Exit::Output,
            printable(&format!("cannot write {place}: {why}")),
        )
    }

    /// No folder can be made or opened at `place`.
    pub(crate) fn no_folder(place: &(impl Display + ?Sized), error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => Self::unwritable(
                place,
                "there is a file where a folder is needed: name another folder, or move that file away",
            ),
            _ => Self::unwritable(place, error),
        }
    }

    /// Writing to a stream failed.
    pub(crate) fn output(stream: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Output,
                message: None,
            };
        }
        Self::unwritable(stream, error)
    }

    /// Reading `path`, which a flag names, failed.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::usage(format!(
            "cannot read {}: {error}",
            printable(&path.to_string_lossy())
        ))
    }

    /// Prints the message and gives the exit code. A reader that went away (`… | head`) ends the
    /// program quietly and well.
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
                .unwrap_or("the reader of the output went away"),
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    /// What an error of the client means for the program.
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
        Self::new(exit, error.to_string())
    }
}
