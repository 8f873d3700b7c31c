//! The location of a change in a document, in terms of the vendor's documentation instead of JSON keys.

use std::fmt;

use serde::{Serialize, Serializer};

/// A location in a document, such as ``GET /v3/{account_id}/{project_id}/conversations query `limit` `` or
/// `ConversationTurn.latency`. The same location has the same text in two documents, so that waivers and
/// the history can identify it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    steps: Vec<String>,
}

impl Location {
    pub(crate) fn new(first: impl Into<String>) -> Self {
        Self {
            steps: vec![first.into()],
        }
    }

    pub(crate) fn step(&self, step: impl Into<String>) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step.into());
        Self { steps }
    }

    /// The first step: a path, a component's name, or a part of the document.
    pub(crate) fn root(&self) -> &str {
        &self.steps[0]
    }

    /// Whether `self` contains or equals `other`.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.steps.starts_with(&self.steps)
    }

    /// The location with the middle segments of its path elided, for narrow output.
    #[must_use]
    pub fn short(&self) -> String {
        self.written(&elided(self.root()))
    }

    fn written(&self, root: &str) -> String {
        let rest = &self.steps[1..];
        let (mut text, rest) = match rest.split_first() {
            Some((method, rest)) if is_method(method) => (format!("{method} {root}"), rest),
            _ => (root.to_owned(), rest),
        };
        for step in rest {
            if !step.starts_with(['.', '[', '{']) {
                text.push(' ');
            }
            text.push_str(step);
        }
        text
    }
}

fn is_method(step: &str) -> bool {
    step.chars().all(|c| c.is_ascii_uppercase())
}

fn elided(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    if !path.starts_with('/') || !segments.iter().any(|s| s.starts_with('{')) {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in segments {
        if !segment.starts_with('{') {
            kept.push(segment);
        } else if kept.last() != Some(&"…") {
            kept.push("…");
        }
    }
    kept.join("/")
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written(self.root()))
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_formatted_like_the_vendors_documentation() {
        let operation = Location::new("/v3/{account_id}/{project_id}/conversations").step("GET");
        let location = operation.step("query limit");
        assert_eq!(
            location.to_string(),
            "GET /v3/{account_id}/{project_id}/conversations query limit"
        );
        assert_eq!(location.short(), "GET /v3/…/conversations query limit");
        let location = operation.step("200 body").step(".conversations").step("[]");
        assert_eq!(
            location.short(),
            "GET /v3/…/conversations 200 body.conversations[]"
        );
        assert_eq!(
            Location::new("Turn").step(".latency").to_string(),
            "Turn.latency"
        );
    }

    #[test]
    fn a_path_with_a_common_prefix_does_not_contain_the_other() {
        let short = Location::new("/v3/a");
        assert!(short.holds(&short.step("GET")));
        assert!(!short.holds(&Location::new("/v3/a/b").step("GET")));
    }
}
