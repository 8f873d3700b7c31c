//! [`Report`]: what a comparison has found, to be shown, stored and gone on from.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FieldPath, SampleReport, judge::Judged};
use crate::{
    BoundedRange, Error,
    migrate::{Rule, differ::Difference},
};

/// What a comparison has found.
///
/// `Display` writes it for people, [`markdown`](Self::markdown) for a ticket, serde for programs and for
/// [`Compare::resume`](super::Compare::resume). It has ids and names of fields in it, and nothing of what was
/// said, no number and no value of a field, unless [`values`](super::Compare::values) were asked for.
///
/// Each conversation is in exactly one of `equal`, `normalised`, `different`, `only_before`, `only_after` and
/// `changing`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The version to leave.
    pub before: SideReport,
    /// The version to go to.
    pub after: SideReport,
    /// The first moment of the range.
    pub start: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
    /// Everything before this moment has been compared; of a sample, every slice before it.
    pub covered_to: DateTime<Utc>,
    /// What part of the range, where it was not all.
    pub sample: Option<SampleReport>,
    /// Conversations that are the same, field for field.
    pub equal: u64,
    /// Conversations that are the same by the rules.
    pub normalised: u64,
    /// Conversations of which a field differs that no rule explains.
    pub different: Tally,
    /// Conversations that the newer version does not have.
    pub only_before: Tally,
    /// Conversations that the older version does not have.
    pub only_after: Tally,
    /// Conversations that differ while they are in progress, on either side.
    pub changing: Tally,
    /// Of the equal and normalised, those that were neither until they were read again.
    pub settled: u64,
    /// In how many conversations each rule was applied, different ones included.
    pub rules: BTreeMap<Rule, Tally>,
    /// The fields that differ, by path.
    pub fields: BTreeMap<String, FieldReport>,
    /// The fields that were named as required.
    pub required: Vec<RequiredReport>,
    /// Why it ended before its end.
    pub failure: Option<Failure>,
}

/// One of the two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SideReport {
    /// Such as `v3`.
    pub version: String,
    /// The host that was asked.
    pub host: String,
    /// Account and project.
    pub project: String,
    /// How many conversations it gave.
    pub records: u64,
    /// How many it gave again.
    pub duplicates: u64,
    /// How many were no records: without an id, or not an object.
    pub malformed: u64,
    /// What was asked, as a hash.
    pub(super) question: String,
}

/// A number of conversations, with the ids of a few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The ids of the first five.
    pub examples: Vec<String>,
}

/// How a field differs, in how many conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldReport {
    /// Both have it, with different values.
    pub changed: u64,
    /// The newer version does not have it, or has it empty.
    pub missing: u64,
    /// The same elements are in another order.
    pub reordered: u64,
    /// The first five.
    pub examples: Vec<Example>,
}

/// A conversation in which a field differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// Its id.
    pub id: String,
    /// The older version's value as JSON, if values were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The newer version's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What became of a field that was named as required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequiredReport {
    /// Its path.
    pub path: FieldPath,
    /// In how many conversations the older version has it.
    pub present: u64,
    /// In how many of them the newer version lacks or changes it.
    pub affected: Tally,
}

/// Which side ended a comparison.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// Its version.
    pub version: String,
    /// What went wrong and what to do, safe to log.
    pub message: String,
    /// The error itself; not in a report that was stored.
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

/// Fields beyond so many are counted together: a project may write ever new names into `state`.
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
    /// In how many conversations it differs.
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

    /// Whether the whole range, or every slice of the sample, was compared.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.covered_to >= self.end
    }

    /// How many conversations both versions have.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.equal + self.normalised + self.different.count + self.changing.count
    }

    /// How many conversations differ, or are on one side alone.
    pub(super) fn deviations(&self) -> u64 {
        self.different.count + self.only_before.count + self.only_after.count
    }

    /// Counts a pair whose judgement is final.
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
