//! Compares metric and entity values: texts, numbers, lists of them, lists with times.

use super::{
    Rule,
    field::{same_number, value},
    findings::{Difference, Findings},
    rule::Rules,
    timestamp,
    tree::Tree,
};

/// Compares two values with the same name.
pub(super) fn compare(found: &mut Findings, path: &str, ours: &Tree<'_>, theirs: &Tree<'_>) {
    match same(ours, theirs) {
        Some(rules) => found.rules.add(rules),
        None => found.differ(path, Difference::Changed),
    }
}

/// Compares the maps from name to value of two lists of entities.
pub(super) fn compare_entities(
    found: &mut Findings,
    path: &str,
    ours: &Tree<'_>,
    theirs: &Tree<'_>,
) {
    let (Tree::List(ours), Tree::List(theirs)) = (ours, theirs) else {
        return value(found, path, ours, theirs);
    };
    let same = ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(ours, theirs)| {
            ours.union(theirs).all(|(_, ours, theirs)| {
                let rules = ours
                    .zip(theirs)
                    .and_then(|(ours, theirs)| same(ours, theirs));
                rules.is_some_and(|rules| {
                    found.rules.add(rules);
                    true
                })
            })
        });
    if !same {
        found.differ(path, Difference::Changed);
    }
}

/// Returns the rules by which two values are the same, or `None` if they differ.
fn same(ours: &Tree<'_>, theirs: &Tree<'_>) -> Option<Rules> {
    let mut rules = Rules::default();
    if ours == theirs {
        return Some(rules);
    }
    if matches!(ours, Tree::List(_)) != matches!(theirs, Tree::List(_)) {
        rules.insert(Rule::MetricList);
    }
    let (ours, theirs) = (values(ours), values(theirs));
    if ours.len() != theirs.len() {
        return None;
    }
    for (ours, theirs) in ours.iter().zip(theirs) {
        let (ours, ours_timed) = plain(ours);
        let (theirs, theirs_timed) = plain(theirs);
        if ours_timed != theirs_timed {
            rules.insert(Rule::MetricForm);
        }
        if let Some(rule) = scalar(ours, theirs)? {
            rules.insert(rule);
        }
    }
    Some(rules)
}

fn values<'b, 'a>(value: &'b Tree<'a>) -> &'b [Tree<'a>] {
    match value {
        Tree::List(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// Returns the value itself, and whether it had its time next to it.
fn plain<'b, 'a>(value: &'b Tree<'a>) -> (&'b Tree<'a>, bool) {
    match value.get("value") {
        Some(inner) => (inner, true),
        None => (value, false),
    }
}

/// Returns `None` if they differ, else the rule that makes them the same, if one is needed.
fn scalar(ours: &Tree<'_>, theirs: &Tree<'_>) -> Option<Option<Rule>> {
    match (ours, theirs) {
        _ if ours == theirs => Some(None),
        (Tree::Text(ours), Tree::Text(theirs)) => timestamp::same(ours, theirs).map(Some),
        (Tree::Null, Tree::Text(text)) | (Tree::Text(text), Tree::Null) if text.is_empty() => {
            Some(Some(Rule::EmptyText))
        }
        (Tree::Number(ours), Tree::Number(theirs)) => {
            same_number(ours, theirs).then_some(Some(Rule::NumberForm))
        }
        (Tree::Number(number), Tree::Text(text)) | (Tree::Text(text), Tree::Number(number)) => {
            let read: Option<f64> = text.parse().ok();
            (number.to_string() == text.as_ref() || (read.is_some() && read == number.as_f64()))
                .then_some(Some(Rule::MetricForm))
        }
        (Tree::Bool(flag), Tree::Text(text)) | (Tree::Text(text), Tree::Bool(flag)) => text
            .eq_ignore_ascii_case(if *flag { "true" } else { "false" })
            .then_some(Some(Rule::MetricForm)),
        _ => None,
    }
}
