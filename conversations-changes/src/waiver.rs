//! Waivers: changes that a reviewer has accepted, with the reason, in a file under review.

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check::check;

/// Why a waiver file is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaiverError {
    /// The file is not YAML, or not a list of waivers.
    #[error("{file}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The message, with line and column.
        message: String,
    },
    /// A waiver has no reason.
    #[error(
        "{file}: the waiver of {location} ({fingerprint}) has no reason: state why the change is accepted"
    )]
    NoReason {
        /// The file.
        file: String,
        /// The location of the waiver.
        location: String,
        /// The fingerprint of the waiver.
        fingerprint: String,
    },
    /// A waiver names an unknown check.
    #[error(
        "{file}: the waiver of {location} names the check `{check}`, which does not exist; `cargo xtask checks` lists them"
    )]
    NoSuchCheck {
        /// The file.
        file: String,
        /// The location of the waiver.
        location: String,
        /// The unknown check.
        check: String,
    },
    /// A change is waived twice.
    #[error("{file}: {fingerprint} is waived twice")]
    Twice {
        /// The file.
        file: String,
        /// The fingerprint.
        fingerprint: String,
    },
}

/// An accepted change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Waiver {
    /// The name of the changed document in reports: `v1` or `v3`.
    pub document: String,
    /// The change's [`fingerprint`](Change::fingerprint).
    pub fingerprint: String,
    /// The check's id, for readers and to detect a stale waiver.
    pub check: String,
    /// The location, for the same purpose.
    pub location: String,
    /// Why the change is accepted.
    pub reason: String,
}

/// The waivers of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers(Vec<Waiver>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverFile {
    waivers: Vec<Waiver>,
}

impl Waivers {
    /// Parses waivers; `file` identifies the file in error messages.
    ///
    /// # Errors
    /// [`WaiverError`] if the file is not a list of waivers or a waiver is incomplete.
    ///
    /// ```
    /// use conversations_changes::Waivers;
    ///
    /// let refused = Waivers::parse("waivers.yaml", "
    /// waivers:
    ///   - document: v3
    ///     fingerprint: 0123456789abcdef
    ///     check: no-such-check
    ///     location: Conversation.channel
    ///     reason: not used by anyone
    /// ").unwrap_err();
    /// assert!(refused.to_string().contains("`no-such-check`, which does not exist"));
    /// ```
    pub fn parse(file: &str, text: &str) -> Result<Self, WaiverError> {
        let read: WaiverFile =
            serde_saphyr::from_str(text).map_err(|error| WaiverError::Syntax {
                file: file.to_owned(),
                message: error.to_string(),
            })?;
        for (index, waiver) in read.waivers.iter().enumerate() {
            let (file, location) = (file.to_owned(), waiver.location.clone());
            if check(&waiver.check).is_none() {
                return Err(WaiverError::NoSuchCheck {
                    file,
                    location,
                    check: waiver.check.clone(),
                });
            }
            let fingerprint = waiver.fingerprint.clone();
            if waiver.reason.trim().is_empty() {
                return Err(WaiverError::NoReason {
                    file,
                    location,
                    fingerprint,
                });
            }
            if read.waivers[..index].iter().any(|other| {
                (&other.document, &other.fingerprint) == (&waiver.document, &fingerprint)
            }) {
                return Err(WaiverError::Twice { file, fingerprint });
            }
        }
        Ok(Self(read.waivers))
    }

    fn of<'w>(&'w self, document: &'w str) -> impl Iterator<Item = &'w Waiver> {
        self.0
            .iter()
            .filter(move |waiver| waiver.document == document)
    }

    /// The reason for which `change` of `document` is accepted, if it is.
    pub(crate) fn reason<'w>(&'w self, document: &'w str, change: &Change) -> Option<&'w str> {
        let fingerprint = change.fingerprint();
        let waiver = self
            .of(document)
            .find(|waiver| waiver.fingerprint == fingerprint)?;
        Some(&waiver.reason)
    }

    /// The waivers for `document` that match none of `changes`, each with what to do.
    pub(crate) fn idle(&self, document: &str, changes: &[Change]) -> Vec<UnusedWaiver> {
        let prints: Vec<String> = changes.iter().map(Change::fingerprint).collect();
        self.of(document)
            .filter(|waiver| !prints.contains(&waiver.fingerprint))
            .map(|waiver| {
                let successor = changes.iter().find(|change| {
                    change.check.id == waiver.check
                        && change.location.to_string() == waiver.location
                });
                UnusedWaiver {
                    waiver: waiver.clone(),
                    now: successor
                        .map(|change| format!("{} ({})", change.message(), change.fingerprint())),
                }
            })
            .collect()
    }
}

/// A waiver that matches no change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnusedWaiver {
    /// The waiver.
    pub waiver: Waiver,
    /// The change at its location, if the waiver is stale instead of unused.
    pub now: Option<String>,
}

impl UnusedWaiver {
    /// One line about what is wrong and what to do.
    #[must_use]
    pub fn advice(&self) -> String {
        let Waiver {
            check,
            location,
            fingerprint,
            ..
        } = &self.waiver;
        match &self.now {
            Some(now) => format!(
                "stale: {fingerprint} ({check} at {location}) was accepted for another value; now: {now}. Review it again"
            ),
            None => format!(
                "unused: {fingerprint} ({check} at {location}) matches no change; delete it once it is merged"
            ),
        }
    }
}
