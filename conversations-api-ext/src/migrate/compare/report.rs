//! [`Report`]: the results of a comparison, to be shown, stored and resumed.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FieldPath, SampleReport, judge::Judged};
use crate::{
    BoundedRange, Error,
    migrate::{Rule, findings::Difference},
};

/// The results of a comparison.
///
/// `Display` writes it for people, [`markdown`](Self::markdown) for a ticket, serde for programs and for
/// [`Compare::resume`](super::Compare::resume). It contains ids and field names, but nothing of what was said, no
/// number and no value of a field, unless [`values`](super::Compare::values) were requested.
///
/// Each conversation is in exactly one of `equal`, `normalised`, `different`, `only_before`, `only_after` and
/// `changing`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The current version.
    pub before: SideReport,
    /// The version to switch to.
    pub after: SideReport,
    /// The start of the range, inclusive.
    pub start: DateTime<Utc>,
    /// The end of the range, exclusive.
    pub end: DateTime<Utc>,
    /// Everything before this time has been compared; for a sample, every slice before it.
    pub covered_to: DateTime<Utc>,
    /// The sample that was compared, unless it was the whole range.
    pub sample: Option<SampleReport>,
    /// Conversations that are equal, field by field.
    pub equal: u64,
    /// Conversations that are equal by the rules.
    pub normalised: u64,
    /// Conversations with a field that differs and no rule that explains it.
    pub different: Tally,
    /// Conversations that the newer version does not have.
    pub only_before: Tally,
    /// Conversations that the older version does not have.
    pub only_after: Tally,
    /// Conversations that differ while they are in progress on either side.
    pub changing: Tally,
    /// The number of equal and normalized conversations that were neither until they were re-read.
    pub settled: u64,
    /// The number of conversations in which each rule was applied, including different ones.
    pub rules: BTreeMap<Rule, Tally>,
    /// The fields that differ, by path.
    pub fields: BTreeMap<String, FieldReport>,
    /// The required fields.
    pub required: Vec<RequiredReport>,
    /// The failure that stopped the comparison early.
    pub failure: Option<Failure>,
}

/// The side of a comparison: one of the two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SideReport {
    /// The version, such as `v3`.
    pub version: String,
    /// The host.
    pub host: String,
    /// Account and project.
    pub project: String,
    /// The number of conversations received.
    pub records: u64,
    /// The number of conversations received again.
    pub duplicates: u64,
    /// The number of malformed records: without an id, or not an object.
    pub malformed: u64,
    /// The fingerprint of the query.
    #[serde(alias = "question")]
    pub(super) fingerprint: String,
}

/// A number of conversations, with a few of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// The number of conversations.
    pub count: u64,
    /// The ids of the first five.
    pub examples: Vec<String>,
}

/// The number of conversations in which a field differs, by kind of difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldReport {
    /// Both have it, with different values.
    pub changed: u64,
    /// The newer version does not have it, or has it empty.
    pub missing: u64,
    /// The same elements are in another order.
    pub reordered: u64,
    /// The first five examples.
    pub examples: Vec<Example>,
}

/// A conversation in which a field differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// The id of the conversation.
    pub id: String,
    /// The older version's value as JSON, if values were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The newer version's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The result for a required field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequiredReport {
    /// The path of the field.
    pub path: FieldPath,
    /// The number of conversations in which the older version has it.
    pub present: u64,
    /// The conversations among them in which the newer version lacks or changes it.
    pub affected: Tally,
}

/// The side that failed, and its error.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The version of the side.
    pub version: String,
    /// What failed and what to do, safe to log.
    pub message: String,
    /// The error itself; not part of a stored report.
    #[serde(skip)]
    pub error: Option<Arc<Error>>,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("version", &self.version)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

const EXAMPLES: usize = 5;

/// The maximum number of fields counted separately: a project may keep adding names to `state`.
const FIELDS: usize = 1000;
const OTHERS: &str = "(other fields)";

impl Tally {
    pub(super) fn add(&mut self, id: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(id.to_owned());
        }
    }
}

impl FieldReport {
    /// Returns the number of conversations in which the field differs.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.changed + self.missing + self.reordered
    }
}

impl Report {
    pub(super) fn new(
        before: SideReport,
        after: SideReport,
        range: BoundedRange,
        required: &[FieldPath],
        sample: Option<SampleReport>,
    ) -> Self {
        let required = required.iter().map(|path| RequiredReport {
            path: path.clone(),
            present: 0,
            affected: Tally::default(),
        });
        Self {
            before,
            after,
            start: range.start(),
            end: range.end(),
            covered_to: range.start(),
            sample,
            equal: 0,
            normalised: 0,
            different: Tally::default(),
            only_before: Tally::default(),
            only_after: Tally::default(),
            changing: Tally::default(),
            settled: 0,
            rules: BTreeMap::new(),
            fields: BTreeMap::new(),
            required: required.collect(),
            failure: None,
        }
    }

    /// Returns whether the whole range, or every slice of the sample, was compared.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.covered_to >= self.end
    }

    /// Returns the number of conversations that both versions have.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.equal + self.normalised + self.different.count + self.changing.count
    }

    /// Returns the number of conversations that differ, or are on only one side.
    pub(super) fn deviations(&self) -> u64 {
        self.different.count + self.only_before.count + self.only_after.count
    }

    /// Counts a pair whose result is final.
    pub(super) fn count(&mut self, judged: &Judged) {
        let found = &judged.findings;
        if judged.is_different() && judged.in_progress {
            return self.changing.add(&judged.id);
        }
        for rule in found.rules.iter() {
            self.rules.entry(rule).or_default().add(&judged.id);
        }
        for (required, (there, affected)) in self.required.iter_mut().zip(&judged.required) {
            required.present += u64::from(*there);
            if *affected {
                required.affected.add(&judged.id);
            }
        }
        if judged.is_different() {
            self.different.add(&judged.id);
        } else if found.rules.is_empty() {
            self.equal += 1;
        } else {
            self.normalised += 1;
        }
        for (index, (path, difference)) in found.differences.iter().enumerate() {
            let room = self.fields.len() < FIELDS || self.fields.contains_key(path);
            let path = if room { path } else { OTHERS };
            let field = self.fields.entry(path.to_owned()).or_default();
            match difference {
                Difference::Changed => field.changed += 1,
                Difference::Missing => field.missing += 1,
                Difference::Reordered => field.reordered += 1,
            }
            if field.examples.len() < EXAMPLES {
                let (before, after) = judged.values.get(index).cloned().unwrap_or_default();
                field.examples.push(Example {
                    id: judged.id.clone(),
                    before,
                    after,
                });
            }
        }
    }
}
