//! [`findings`]: what is different about two versions' records of one conversation.

use serde_json::Number;

use super::{Rule, metric, moment, rule::Rules, tree::Tree, turns};

/// How a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Both have it, with different values.
    Changed,
    /// The newer version does not have it, or has it empty.
    Missing,
    /// A list with the same elements in another order.
    Reordered,
}

/// What was found about a pair of records.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) rules: Rules,
    /// By path, each once.
    pub(super) differences: Vec<(String, Difference)>,
    /// Fields that a rule which is a note was applied to.
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

    /// For nested comparisons that may be tried and dropped.
    pub(super) fn absorb(&mut self, other: Self) {
        self.rules.add(other.rules);
        for (path, difference) in other.differences {
            self.differ(&path, difference);
        }
        self.noted.extend(other.noted);
    }
}

/// What a project with field whitelisting sends of a conversation, at the least.
const WHITELISTED: [&str; 4] = ["account_id", "id", "project_id", "started_at"];

/// Compares the records of one conversation, of the older version and of the newer.
pub(super) fn findings(before: &Tree<'_>, after: &Tree<'_>) -> Findings {
    let mut found = Findings::default();
    let whitelisted = before
        .members()
        .iter()
        .all(|(key, _)| WHITELISTED.contains(&key.as_ref()))
        && after.members().len() > before.members().len();
    if whitelisted {
        found.apply(Rule::Whitelisted);
    }
    for (key, ours, theirs) in before.union(after) {
        if whitelisted && ours.is_none() {
            continue;
        }
        match (key, ours, theirs) {
            ("metrics" | "state", Some(ours @ Tree::Object(_)), Some(theirs @ Tree::Object(_)))
                if !(key == "state" && lost(ours, theirs)) =>
            {
                let compare = if key == "metrics" {
                    metric::compare
                } else {
                    value
                };
                for (name, ours, theirs) in ours.union(theirs) {
                    member(&mut found, &format!("{key}.{name}"), ours, theirs, compare);
                }
            }
            ("turns", ours, theirs) => turns::compare(&mut found, ours, theirs),
            (_, ours, theirs) => member(&mut found, key, ours, theirs, value),
        }
    }
    found
}

fn lost(ours: &Tree<'_>, theirs: &Tree<'_>) -> bool {
    theirs.is_empty() && !ours.is_empty()
}

/// Compares two values of which either may be absent; `compare` looks at two that are there.
pub(super) fn member(
    found: &mut Findings,
    path: &str,
    ours: Option<&Tree<'_>>,
    theirs: Option<&Tree<'_>>,
    compare: fn(&mut Findings, &str, &Tree<'_>, &Tree<'_>),
) {
    match (ours, theirs) {
        (None, None) => {}
        (None, Some(theirs)) if theirs.is_empty() => found.apply(Rule::AbsentEmpty),
        (None, Some(_)) => found.apply(Rule::Added),
        (Some(ours), None) if ours.is_empty() => found.apply(Rule::AbsentEmpty),
        (Some(_), None) => missing(found, path),
        (Some(ours), Some(theirs)) if lost(ours, theirs) => missing(found, path),
        (Some(ours), Some(theirs)) => compare(found, path, ours, theirs),
    }
}

fn missing(found: &mut Findings, path: &str) {
    let rule = match path {
        "state" => Rule::StateAbsent,
        "variant_name" => Rule::VariantNameAbsent,
        "context_state" => Rule::ContextState,
        _ => return found.differ(path, Difference::Missing),
    };
    found.apply(rule);
    found.noted.push(path.to_owned());
}

/// Compares two values that are there.
pub(super) fn value(found: &mut Findings, path: &str, ours: &Tree<'_>, theirs: &Tree<'_>) {
    let rule = match (ours, theirs) {
        (Tree::Text(ours), Tree::Text(theirs)) if ours == theirs => return,
        (Tree::Text(ours), Tree::Text(theirs)) if is_time(path) => moment::same(ours, theirs),
        (Tree::Null, Tree::Text(text)) | (Tree::Text(text), Tree::Null) if text.is_empty() => {
            Some(Rule::EmptyText)
        }
        (Tree::Null, other @ (Tree::List(_) | Tree::Object(_)))
        | (other @ (Tree::List(_) | Tree::Object(_)), Tree::Null)
            if other.is_empty() =>
        {
            Some(Rule::EmptyList)
        }
        (Tree::Number(ours), Tree::Number(theirs)) if ours != theirs => {
            same_number(ours, theirs).then_some(Rule::NumberForm)
        }
        _ if ours == theirs => return,
        _ => None,
    };
    match rule {
        Some(rule) => found.apply(rule),
        None => found.differ(path, Difference::Changed),
    }
}

fn is_time(path: &str) -> bool {
    path == "started_at" || path.ends_with("_datetime")
}

pub(super) fn same_number(ours: &Number, theirs: &Number) -> bool {
    ours == theirs || (ours.as_f64() == theirs.as_f64() && ours.is_f64() != theirs.is_f64())
}
