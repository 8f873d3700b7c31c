//! Changes that a reviewer has looked at and accepts, with the reason, in a file under review.

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check::check;

/// A file of waivers that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaiverError {
    /// Not YAML, or not a list of waivers.
    #[error("{file}: {message}")]
    Syntax {
        /// The file as it was named.
        file: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A waiver without a reason.
    #[error(
        "{file}: the waiver of {place} ({fingerprint}) has no reason: say why the change is accepted"
    )]
    NoReason {
        /// The file as it was named.
        file: String,
        /// Its place.
        place: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// A check that does not exist.
    #[error(
        "{file}: the waiver of {place} names the check `{check}`, which does not exist; `cargo xtask checks` lists them"
    )]
    NoSuchCheck {
        /// The file as it was named.
        file: String,
        /// Its place.
        place: String,
        /// The check it names.
        check: String,
    },
    /// The same change waived twice.
    #[error("{file}: {fingerprint} is waived twice")]
    Twice {
        /// The file as it was named.
        file: String,
        /// The fingerprint.
        fingerprint: String,
    },
}

/// One accepted change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Waiver {
    /// The document that changes, as reports call it: `v1` or `v3`.
    pub document: String,
    /// The change's [`fingerprint`](Change::fingerprint).
    pub fingerprint: String,
    /// The check's id, for the reader and to tell a stale waiver.
    pub check: String,
    /// The place, likewise.
    pub place: String,
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
    /// Reads waivers; `file` is how messages call them.
    ///
    /// # Errors
    /// [`WaiverError`], for a file that is not a list of waivers and for a waiver that says too little.
    ///
    /// ```
    /// use conversations_changes::Waivers;
    ///
    /// let refused = Waivers::parse("waivers.yaml", "
    /// waivers:
    ///   - document: v3
    ///     fingerprint: 0123456789abcdef
    ///     check: no-such-check
    ///     place: Conversation.channel
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
            let (file, place) = (file.to_owned(), waiver.place.clone());
            if check(&waiver.check).is_none() {
                return Err(WaiverError::NoSuchCheck {
                    file,
                    place,
                    check: waiver.check.clone(),
                });
            }
            let fingerprint = waiver.fingerprint.clone();
            if waiver.reason.trim().is_empty() {
                return Err(WaiverError::NoReason {
                    file,
                    place,
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

    /// Waivers for `document` that none of `changes` needs, each with what to do about it.
    pub(crate) fn idle(&self, document: &str, changes: &[Change]) -> Vec<IdleWaiver> {
        let prints: Vec<String> = changes.iter().map(Change::fingerprint).collect();
        self.of(document)
            .filter(|waiver| !prints.contains(&waiver.fingerprint))
            .map(|waiver| {
                let successor = changes.iter().find(|change| {
                    change.check.id == waiver.check && change.place.to_string() == waiver.place
                });
                IdleWaiver {
                    waiver: waiver.clone(),
                    now: successor
                        .map(|change| format!("{} ({})", change.message(), change.fingerprint())),
                }
            })
            .collect()
    }
}

/// A waiver that waives nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdleWaiver {
    /// The waiver.
    pub waiver: Waiver,
    /// What happens at its place instead, if the waiver is stale rather than unused.
    pub now: Option<String>,
}

impl IdleWaiver {
    /// What is wrong with it and what to do, in a line.
    #[must_use]
    pub fn advice(&self) -> String {
        let Waiver {
            check,
            place,
            fingerprint,
            ..
        } = &self.waiver;
        match &self.now {
            Some(now) => format!(
                "stale: {fingerprint} ({check} at {place}) was accepted for another value; now: {now}. Judge it anew"
            ),
            None => format!(
                "unused: {fingerprint} ({check} at {place}) waives nothing here; delete it once it is merged"
            ),
        }
    }
}
