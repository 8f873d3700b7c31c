//! [`TableReport`]: the values that a table could not hold exactly, and missing metrics.

use std::collections::BTreeMap;

/// The values that a table could not hold exactly, and the selected metrics that no record had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableReport {
    /// The number of values that their column does not hold exactly, by field, such as `total_duration` or
    /// `turns[].is_ood`. Their original JSON is in the column `extra`.
    pub inexact: BTreeMap<String, u64>,
    /// The selected metrics that no record had, though records had others.
    pub absent_metrics: Vec<AbsentMetric>,
}

/// A selected metric that no record had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbsentMetric {
    /// The selected name.
    pub name: String,
    /// The most similar metric name in the records, if one is similar.
    pub nearest: Option<String>,
}
