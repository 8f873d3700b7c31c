//! Compares the values of one field in two records.

use serde_json::Number;

use super::{
    Rule,
    findings::{Difference, Findings},
    timestamp,
    tree::Tree,
};

/// Returns whether the newer version has no value where the older one has.
pub(super) fn lost(ours: &Tree<'_>, theirs: &Tree<'_>) -> bool {
    theirs.is_empty() && !ours.is_empty()
}

/// Compares two values, if both are present with `compare`.
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

/// Compares two values that are both present.
pub(super) fn value(found: &mut Findings, path: &str, ours: &Tree<'_>, theirs: &Tree<'_>) {
    let rule = match (ours, theirs) {
        (Tree::Text(ours), Tree::Text(theirs)) if ours == theirs => return,
        (Tree::Text(ours), Tree::Text(theirs)) if is_time(path) => timestamp::same(ours, theirs),
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
