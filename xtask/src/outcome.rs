//! What a run found, as programs read it: the exit code.

use std::process::ExitCode;

use conversations_changes::Verdict;

/// What a run found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The new documents say what the present ones say.
    Unchanged,
    /// Nobody who uses the clients has to change anything.
    Compatible,
    /// Somebody who uses the clients has to change something.
    Breaking,
    /// The document was not taken, or something is stale; no file has changed.
    Refused,
}

impl Outcome {
    /// The exit code; 2 is left to wrong usage.
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
