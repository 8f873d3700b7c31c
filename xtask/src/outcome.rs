//! The outcome of a command as an exit code.

use std::process::ExitCode;

use conversations_changes::Verdict;

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The new documents are equivalent to the current ones.
    Unchanged,
    /// Users of the clients do not have to change anything.
    Compatible,
    /// Users of the clients have to change something.
    Breaking,
    /// The document was rejected, or something is stale; no file has changed.
    Refused,
}

impl Outcome {
    /// The exit code; clap uses 2 for usage errors.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Unchanged => 0,
            Self::Refused => 1,
            Self::Compatible => 10,
            Self::Breaking => 11,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unchanged => Self::Unchanged,
            Verdict::Compatible => Self::Compatible,
            Verdict::Breaking => Self::Breaking,
        }
    }
}
