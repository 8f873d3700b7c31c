//! [`Findings`]: the differences between two records of one conversation, and the rules that explain others.

use super::{Rule, rule::Rules};

/// The kind of difference of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Both have it, with different values.
    Changed,
    /// The newer version does not have it, or has it empty.
    Missing,
    /// A list with the same elements in another order.
    Reordered,
}

/// The findings about a pair of records.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rules: Rules,
    /// The differences by path, each once.
    pub(super) differences: Vec<(String, Difference)>,
    /// Fields to which a rule was applied that is a note.
    pub(super) noted: Vec<String>,
}

impl Findings {
    pub(super) fn differ(&mut self, path: &str, difference: Difference) {
        let known = |(other, _): &(String, Difference)| other == path;
        if !self.differences.iter().any(known) {
            self.differences.push((path.to_owned(), difference));
        }
    }

    pub(super) fn apply(&mut self, rule: Rule) {
        self.rules.insert(rule);
    }

    /// Adds the findings of a nested comparison, which may also be tried and dropped.
    pub(super) fn absorb(&mut self, other: Self) {
        self.rules.add(other.rules);
        for (path, difference) in other.differences {
            self.differ(&path, difference);
        }
        self.noted.extend(other.noted);
    }
}
