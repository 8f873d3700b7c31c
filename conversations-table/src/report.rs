//! [`TableReport`]: what a table could not hold as it was sent.

use std::collections::BTreeMap;

/// What a table could not hold as it was sent, and which selected metrics no record had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableReport {
    /// The number of values that their column does not hold exactly, by field, such as `total_duration` or
    /// `turns[].is_ood`. They are in the column `extra` as they were sent.
    pub inexact: BTreeMap<String, u64>,
    /// The selected metrics that no record had, though records had others.
    pub absent_metrics: Vec<AbsentMetric>,
}

/// A selected metric that no record had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbsentMetric {
    /// The name that was selected.
    pub name: String,
    /// The metric of the records that has the most similar name, if one is similar.
    pub nearest: Option<String>,
}
