//! Judges a pair of records: equal, equal by the rules, or different.

use super::FieldPath;
use crate::{
    Record,
    migrate::{
        diff,
        findings::{Difference, Findings},
        tree::Tree,
    },
};

/// The result for a pair of records.
pub(super) struct Judged {
    pub(super) id: String,
    pub(super) in_progress: bool,
    pub(super) findings: Findings,
    /// The two values of each difference, if requested.
    pub(super) values: Vec<(Option<String>, Option<String>)>,
    /// For each required field, by index: whether the older version has it, and whether a difference affects it.
    pub(super) required: Vec<(bool, bool)>,
}

impl Judged {
    pub(super) fn is_different(&self) -> bool {
        !self.findings.differences.is_empty()
    }
}

/// The path for a record that cannot be parsed for comparison, such as one nested too deeply.
const WHOLE: &str = "(record)";

/// The maximum length of values in a report, in characters.
const VALUE: usize = 200;

pub(super) fn judge(
    before: &Record,
    after: &Record,
    required: &[FieldPath],
    values: bool,
) -> Judged {
    let mut judged = Judged {
        id: before.id().to_owned(),
        in_progress: before.in_progress() || after.in_progress(),
        findings: Findings::default(),
        values: Vec::new(),
        required: Vec::new(),
    };
    let same = before.raw_bytes() == after.raw_bytes();
    if same && required.is_empty() {
        return judged;
    }
    let trees: (Result<Tree<'_>, _>, Result<Tree<'_>, _>) = (
        serde_json::from_str(before.raw()),
        serde_json::from_str(after.raw()),
    );
    let (Ok(ours), Ok(theirs)) = trees else {
        if !same {
            judged.findings.differ(WHOLE, Difference::Changed);
        }
        return judged;
    };
    judged.findings = diff::findings(&ours, &theirs);
    let found = &judged.findings;
    judged.required = required
        .iter()
        .map(|field| {
            let there = field.is_in(&ours);
            let mut paths = found
                .differences
                .iter()
                .map(|(path, _)| path)
                .chain(&found.noted);
            (there, there && paths.any(|path| field.concerns(path)))
        })
        .collect();
    if values {
        let value = |tree, path: &str| at(tree, path).map(|value| shortened(&value.to_string()));
        judged.values = found
            .differences
            .iter()
            .map(|(path, _)| (value(&ours, path), value(&theirs, path)))
            .collect();
    }
    judged
}

/// Returns the value at the path of a difference; for a field of turns, all turns.
fn at<'b, 'a>(tree: &'b Tree<'a>, path: &str) -> Option<&'b Tree<'a>> {
    if let Some(value) = tree.get(path) {
        return Some(value);
    }
    match path.split_once('.')? {
        ("turns", _) => tree.get("turns"),
        (outer, inner) => tree.get(outer)?.get(inner),
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(VALUE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
