//! [`Rule`]: the ways in which v1 and v3 write the same thing differently.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A difference between two versions' records that the vendor documents, or that users of both report.
///
/// A comparison counts each, instead of taking it for a difference of what was recorded. Most are harmless:
/// code that treats `""` and null alike and parses times never sees them. Those that [are a note](Self::is_note)
/// can break code that reads the field, and somebody has to look (PolyAI docs, v1 to v3 migration guide).
///
/// Written as its [name](Self::name), by serde too. New rules may be added.
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
    /// A text is null in one and `""` in the other.
    EmptyText,
    /// A list or an object is null in one and empty in the other.
    EmptyList,
    /// A field is not there in one; in the other it is null or empty.
    AbsentEmpty,
    /// `latency`, `translated_user_input` or `english_agent_response` of a turn is in the newer version only.
    TurnField,
    /// A time is without a zone in one, and means the same moment read as UTC.
    ZonelessTime,
    /// A time is written in another form, and means the same moment.
    TimeForm,
    /// A time has fewer digits of a second in one, and is the same as far as they go.
    TimePrecision,
    /// A turn's latency is a number in one and in the other an object with that number in it.
    LatencyForm,
    /// A metric or an entity has one value, plain in one and as a list in the other.
    MetricList,
    /// The value of a metric or an entity is a number or flag in one and its text in the other, or stands beside
    /// the time it was written at.
    MetricForm,
    /// A number is written in another form, such as `12` and `12.0`.
    NumberForm,
    /// A field with a value is in the newer version only.
    Added,
    /// The older version sends four fields, as projects with field whitelisting do; the others are in the newer one.
    Whitelisted,
    /// `state` is not there, or empty, in the newer version. A note.
    StateAbsent,
    /// `variant_name` is not there, or empty, in the newer version. A note.
    VariantNameAbsent,
    /// `context_state` is in the older version only; it was withdrawn. A note.
    ContextState,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 16] = [
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

    /// Its name in reports, such as `empty-text`.
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

    /// Whether code that reads the field has to be looked at.
    #[must_use]
    pub const fn is_note(self) -> bool {
        matches!(
            self,
            Self::StateAbsent | Self::VariantNameAbsent | Self::ContextState
        )
    }
}

impl fmt::Display for Rule {
    /// What it is, in a line.
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

/// A few rules, in the order they are declared in.
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
            .into_iter()
            .filter(move |rule| self.0 & (1 << *rule as u32) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_its_name() {
        for rule in Rule::ALL {
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
