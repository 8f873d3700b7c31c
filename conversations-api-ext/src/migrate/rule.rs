//! [`Rule`]: the known format differences between v1 and v3.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A difference between two versions' records that the vendor documents or users of both report.
///
/// A comparison counts each separately from differences in content. Most are harmless: code that treats `""` and null
/// alike and parses times never notices them. Those that [are a note](Self::is_note) can break code that reads the
/// field, and must be checked (PolyAI docs, v1 to v3 migration guide).
///
/// Serialized as its [name](Self::name), also by serde. New rules may be added.
///
/// ```
/// use conversations_api_ext::migrate::Rule;
///
/// assert_eq!(Rule::EmptyText.name(), "empty-text");
/// assert!(!Rule::EmptyText.is_note() && Rule::StateAbsent.is_note());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A text is null in one version and `""` in the other.
    EmptyText,
    /// A list or an object is null in one version and empty in the other.
    EmptyList,
    /// A field is absent in one version, and null or empty in the other.
    AbsentEmpty,
    /// `latency`, `translated_user_input` or `english_agent_response` of a turn is in the newer version only.
    TurnField,
    /// A time has no zone in one version, and is the same time read as UTC.
    ZonelessTime,
    /// A time is written in another format, and is the same time.
    TimeForm,
    /// A time has fewer fractional digits in one version, and is the same up to these.
    TimePrecision,
    /// A turn's latency is a number in one version, and an object with that number in the other.
    LatencyForm,
    /// A metric or an entity has one value, plain in one version and in a list in the other.
    MetricList,
    /// The value of a metric or an entity is a number or flag in one version, and in the other its text or an object
    /// with the value and the time it was written at.
    MetricForm,
    /// A number is written in another format, such as `12` and `12.0`.
    NumberForm,
    /// A field with a value is only in the newer version.
    Added,
    /// The older version sends four fields, as projects with field whitelisting do; the newer one sends the others
    /// too.
    Whitelisted,
    /// `state` is absent or empty in the newer version. A note.
    StateAbsent,
    /// `variant_name` is absent or empty in the newer version. A note.
    VariantNameAbsent,
    /// `context_state` is only in the older version; it was withdrawn. A note.
    ContextState,
}

impl Rule {
    /// Every rule.
    pub const ALL: &'static [Self] = &[
        Self::EmptyText,
        Self::EmptyList,
        Self::AbsentEmpty,
        Self::TurnField,
        Self::ZonelessTime,
        Self::TimeForm,
        Self::TimePrecision,
        Self::LatencyForm,
        Self::MetricList,
        Self::MetricForm,
        Self::NumberForm,
        Self::Added,
        Self::Whitelisted,
        Self::StateAbsent,
        Self::VariantNameAbsent,
        Self::ContextState,
    ];

    /// Returns its name in reports, such as `empty-text`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmptyText => "empty-text",
            Self::EmptyList => "empty-list",
            Self::AbsentEmpty => "absent-empty",
            Self::TurnField => "turn-field",
            Self::ZonelessTime => "zoneless-time",
            Self::TimeForm => "time-form",
            Self::TimePrecision => "time-precision",
            Self::LatencyForm => "latency-form",
            Self::MetricList => "metric-list",
            Self::MetricForm => "metric-form",
            Self::NumberForm => "number-form",
            Self::Added => "added",
            Self::Whitelisted => "whitelisted",
            Self::StateAbsent => "state-absent",
            Self::VariantNameAbsent => "variant-name-absent",
            Self::ContextState => "context-state",
        }
    }

    /// Returns whether code that reads the field must be checked.
    #[must_use]
    pub const fn is_note(self) -> bool {
        matches!(
            self,
            Self::StateAbsent | Self::VariantNameAbsent | Self::ContextState
        )
    }
}

impl fmt::Display for Rule {
    /// Writes a one-line description.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EmptyText => "null in one, \"\" in the other",
            Self::EmptyList => "null in one, an empty list or object in the other",
            Self::AbsentEmpty => "not there in one, empty in the other",
            Self::TurnField => "latency or a translation of a turn that the newer version adds",
            Self::ZonelessTime => "a time without its zone, the same read as UTC",
            Self::TimeForm => "the same time in another form",
            Self::TimePrecision => "the same time with fewer digits of a second",
            Self::LatencyForm => "latency as a number, or as an object with that number",
            Self::MetricList => "a single value, plain or as a list",
            Self::MetricForm => "the same value as text or number, or beside its time",
            Self::NumberForm => "the same number in another form",
            Self::Added => "a field that the newer version adds",
            Self::Whitelisted => "four fields only in the older version (field whitelisting)",
            Self::StateAbsent => "`state` is missing from the newer version",
            Self::VariantNameAbsent => "`variant_name` is missing from the newer version",
            Self::ContextState => "`context_state` was withdrawn; `state` is the nearest",
        })
    }
}

/// A set of rules, in the order of their declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules(u32);

impl Rules {
    pub(super) fn insert(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u32;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL
            .iter()
            .copied()
            .filter(move |rule| self.0 & (1 << *rule as u32) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_its_name() {
        for &rule in Rule::ALL {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(json, format!("{:?}", rule.name()));
            assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
        }
    }

    #[test]
    fn a_set_of_rules_gives_back_what_was_put_in() {
        let mut rules = Rules::default();
        assert!(rules.is_empty());
        rules.insert(Rule::Added);
        rules.insert(Rule::EmptyText);
        let mut more = Rules::default();
        more.insert(Rule::ContextState);
        rules.add(more);
        let all: Vec<_> = rules.iter().collect();
        assert_eq!(all, [Rule::EmptyText, Rule::Added, Rule::ContextState]);
    }
}
