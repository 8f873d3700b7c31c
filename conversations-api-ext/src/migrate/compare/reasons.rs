//! [`Verdict`]: whether to switch, and the [`Reason`]s for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FieldPath, Report};
use crate::migrate::Rule;

/// The verdict whether programs can switch to the newer version.
///
/// ```
/// use conversations_api_ext::migrate::Verdict;
///
/// assert!(Verdict::Ready < Verdict::ReadyWithNotes && Verdict::ReadyWithNotes < Verdict::NotReady);
/// assert_eq!(Verdict::NotReady.to_string(), "not ready");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every conversation is in both versions, equal except for documented format differences.
    Ready,
    /// As `Ready`, with notes that should be checked first.
    ReadyWithNotes,
    /// Numbers would change, or it is not known whether they would.
    NotReady,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ready => "ready",
            Self::ReadyWithNotes => "ready with notes",
            Self::NotReady => "not ready",
        })
    }
}

/// A reason why a verdict is not [`Verdict::Ready`]. `Display` describes it and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A side failed before the end of the range.
    Stopped {
        /// The version of the side.
        version: String,
    },
    /// Neither side had a conversation.
    NothingCompared,
    /// One side had no conversations, though the other did.
    EmptySide {
        /// The version of the side.
        version: String,
    },
    /// Conversations that the newer version does not have.
    OnlyBefore(u64),
    /// Conversations with a field that differs.
    Different(u64),
    /// Conversations without turns in the newer version that have turns in the older one.
    NoTurns(u64),
    /// A required field that the newer version lacks or changes.
    Required {
        /// The path of the field.
        path: FieldPath,
        /// The number of conversations.
        conversations: u64,
    },
    /// A required field that the older version never has.
    RequiredNeverSeen {
        /// The path of the field.
        path: FieldPath,
    },
    /// Records that could not be compared, because they have no id or are not objects.
    Malformed {
        /// The version that sent them.
        version: String,
        /// The number of records.
        records: u64,
    },
    /// Conversations that the older version does not have.
    OnlyAfter(u64),
    /// Conversations in progress that differ so far.
    Changing(u64),
    /// A rule whose occurrences must be checked.
    Noted {
        /// The rule.
        rule: Rule,
        /// The number of conversations.
        conversations: u64,
    },
    /// Only a sample was compared.
    Sampled,
}

impl Reason {
    /// Returns the best verdict that is possible with this reason.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Stopped { .. }
            | Self::NothingCompared
            | Self::EmptySide { .. }
            | Self::OnlyBefore(_)
            | Self::Different(_)
            | Self::NoTurns(_)
            | Self::Required { .. }
            | Self::Malformed { .. } => Verdict::NotReady,
            Self::RequiredNeverSeen { .. }
            | Self::OnlyAfter(_)
            | Self::Changing(_)
            | Self::Noted { .. }
            | Self::Sampled => Verdict::ReadyWithNotes,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { version } => write!(
                f,
                "{version} failed before the end: see to its error, then resume from this report"
            ),
            Self::NothingCompared => f.write_str(
                "neither side has a conversation in this range: choose another range or environment",
            ),
            Self::EmptySide { version } => write!(
                f,
                "{version} has no conversation in this range: check that its key is for this project, and that \
                 both sides are asked for the same environment"
            ),
            Self::OnlyBefore(count) => write!(
                f,
                "{count} conversations are missing from the newer version: report their ids to PolyAI"
            ),
            Self::Different(count) => write!(
                f,
                "{count} conversations differ in what was recorded: look at the fields, report examples to PolyAI"
            ),
            Self::NoTurns(count) => write!(
                f,
                "{count} of them have no turns in the newer version: check in Agent Studio that the project shows \
                 transcripts and that the key may read them"
            ),
            Self::Required {
                path,
                conversations,
            } => write!(
                f,
                "`{path}` is required, and lost or changed in {conversations} conversations"
            ),
            Self::RequiredNeverSeen { path } => write!(
                f,
                "`{path}` is required, and no conversation of the older version has it: check its name"
            ),
            Self::Malformed { version, records } => write!(
                f,
                "{records} records of {version} could not be compared, as they are no objects with an id"
            ),
            Self::OnlyAfter(count) => write!(
                f,
                "{count} conversations are in the newer version only: counts will go up by them"
            ),
            Self::Changing(count) => write!(
                f,
                "{count} conversations were in progress or changed meanwhile: compare an older range to be sure of them"
            ),
            Self::Noted {
                rule,
                conversations,
            } => write!(
                f,
                "{rule}, in {conversations} conversations: check code that reads it, or require it"
            ),
            Self::Sampled => {
                f.write_str("a sample was compared: compare the whole range before the switch")
            }
        }
    }
}

impl Report {
    /// Returns the verdict: the worst that any [reason](Self::reasons) permits.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.reasons()
            .iter()
            .map(Reason::verdict)
            .max()
            .unwrap_or(Verdict::Ready)
    }

    /// Returns the reasons against switching and the notes to check, the most serious first.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Some(failure) = &self.failure {
            reasons.push(Reason::Stopped {
                version: failure.version.clone(),
            });
        }
        match (self.before.records, self.after.records) {
            (0, 0) if self.failure.is_none() => reasons.push(Reason::NothingCompared),
            (0, 0) => {}
            (0, _) => reasons.push(Reason::EmptySide {
                version: self.before.version.clone(),
            }),
            (_, 0) => reasons.push(Reason::EmptySide {
                version: self.after.version.clone(),
            }),
            _ => {}
        }
        let some = |count: u64, reason: fn(u64) -> Reason| (count > 0).then(|| reason(count));
        reasons.extend(some(self.only_before.count, Reason::OnlyBefore));
        reasons.extend(some(self.different.count, Reason::Different));
        let turns = self.fields.get("turns").map_or(0, |turns| turns.missing);
        reasons.extend(some(turns, Reason::NoTurns));
        for required in &self.required {
            let path = required.path.clone();
            if required.affected.count > 0 {
                reasons.push(Reason::Required {
                    path,
                    conversations: required.affected.count,
                });
            } else if required.present == 0 && self.pairs() > 0 {
                reasons.push(Reason::RequiredNeverSeen { path });
            }
        }
        for side in [&self.before, &self.after] {
            if side.malformed > 0 {
                reasons.push(Reason::Malformed {
                    version: side.version.clone(),
                    records: side.malformed,
                });
            }
        }
        reasons.extend(some(self.only_after.count, Reason::OnlyAfter));
        reasons.extend(some(self.changing.count, Reason::Changing));
        for (rule, tally) in &self.rules {
            if rule.is_note() {
                reasons.push(Reason::Noted {
                    rule: *rule,
                    conversations: tally.count,
                });
            }
        }
        if self.sample.is_some() {
            reasons.push(Reason::Sampled);
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict()));
        reasons
    }
}
