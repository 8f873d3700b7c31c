//! Rules: which requests trigger a fault.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::kind::Fault;

/// A fault and its conditions. A request that satisfies all of them triggers the fault.
///
/// ```
/// use conversations_emulator::fault::{Fault, Page, Rule};
///
/// let rule = Rule::new(Fault::status(503)).named("busy once").on_page(Page::Middle).once();
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[must_use = "a rule has no effect outside a plan"]
pub struct Rule {
    /// The rule's name in reports. Default: `rule-` and its number in the plan, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Default: every request.
    #[serde(default, skip_serializing_if = "When::is_empty")]
    pub(super) when: When,
    pub(super) fault: Fault,
    /// Maximum number of requests that trigger the rule. Default: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u64>,
}

/// The conditions of a rule; a request must satisfy all that are set.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct When {
    /// Number of the request within the plan, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<Count>,
    /// Number of the request among those that satisfy the other conditions of this rule, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) occurrence: Option<Count>,
    /// Page of the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Page>,
    /// Kind of paging.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) paging: Option<Paging>,
    /// Value of `x-api-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// API version: `v1`, `v2` or `v3`, or `agents` for the agents host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// Path; `*` matches any characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// Query parameters, decoded.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) query: BTreeMap<String, String>,
    /// Probability, from 0 to 1; the same seed selects the same requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
}

impl When {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Debug for When {
    /// Omits keys and parameter values, which may be confidential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("When")
            .field("request", &self.request)
            .field("occurrence", &self.occurrence)
            .field("page", &self.page)
            .field("paging", &self.paging)
            .field("version", &self.version)
            .field("path", &self.path)
            .field("probability", &self.probability)
            .finish_non_exhaustive()
    }
}

/// A selection of numbered requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Count {
    /// The request with this number.
    Nth(u64),
    /// The request with this number and all later ones.
    From(u64),
    /// Every n-th request.
    Every(u64),
}

impl Count {
    pub(super) fn takes(self, number: u64) -> bool {
        match self {
            Self::Nth(nth) => number == nth,
            Self::From(from) => number >= from,
            Self::Every(every) => number.is_multiple_of(every),
        }
    }

    pub(super) fn number(self) -> u64 {
        match self {
            Self::Nth(number) | Self::From(number) | Self::Every(number) => number,
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Self::Nth(nth) => format!("number {nth}"),
            Self::From(from) => format!("number {from} or later"),
            Self::Every(every) => format!("a multiple of {every}"),
        }
    }
}

/// A page of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Page {
    /// The first page: requested without a cursor and without an offset above 0.
    First,
    /// A page that is neither the first nor the last.
    Middle,
    /// The last page: its response names no next page. A listing of one page is both first and last.
    Last,
    /// The page with this number, from 1, counted by the returned cursors.
    Number(u64),
}

impl Page {
    pub(super) fn words(self) -> String {
        match self {
            Self::First => "the first page".into(),
            Self::Middle => "a page in the middle".into(),
            Self::Last => "the last page".into(),
            Self::Number(number) => format!("page {number}"),
        }
    }
}

/// The kind of paging of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// It has a `cursor`.
    Cursor,
    /// It has an `offset` and no `cursor`.
    Offset,
    /// It has neither.
    Neither,
}

impl Rule {
    /// Creates a rule that every request triggers, until conditions are added.
    pub fn new(fault: impl Into<Fault>) -> Self {
        Self {
            id: None,
            when: When::default(),
            fault: fault.into(),
            times: None,
        }
    }

    /// Sets the rule's name in reports.
    pub fn named(self, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..self
        }
    }

    /// Applies to the request with this number within the plan, from 1.
    pub fn on_request(self, number: u64) -> Self {
        self.numbered(Count::Nth(number))
    }

    /// Applies to the request with this number within the plan, and to all later ones.
    pub fn from_request(self, number: u64) -> Self {
        self.numbered(Count::From(number))
    }

    /// Applies to every n-th request of the plan.
    pub fn every_request(self, number: u64) -> Self {
        self.numbered(Count::Every(number))
    }

    fn numbered(mut self, count: Count) -> Self {
        self.when.request = Some(count);
        self
    }

    /// Applies to the request with this number among those that satisfy the other conditions, from 1.
    pub fn on_occurrence(mut self, number: u64) -> Self {
        self.when.occurrence = Some(Count::Nth(number));
        self
    }

    /// Applies to requests for this page of a listing.
    pub fn on_page(mut self, page: Page) -> Self {
        self.when.page = Some(page);
        self
    }

    /// Applies to requests with this kind of paging.
    pub fn paged_by(mut self, paging: Paging) -> Self {
        self.when.paging = Some(paging);
        self
    }

    /// Applies to requests with this key.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.when.key = Some(key.into());
        self
    }

    /// Applies to requests to this version: `v1`, `v2` or `v3`, or `agents` for the agents host.
    pub fn to_version(mut self, version: impl Into<String>) -> Self {
        self.when.version = Some(version.into());
        self
    }

    /// Applies to requests to this path, in which `*` matches any characters.
    pub fn to_path(mut self, path: impl Into<String>) -> Self {
        self.when.path = Some(path.into());
        self
    }

    /// Applies to requests with this parameter, decoded.
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.when.query.insert(name.into(), value.into());
        self
    }

    /// Applies to this share of requests, from 0 to 1, selected by the plan's seed.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.when.probability = Some(probability);
        self
    }

    /// Limits the number of requests that trigger the rule.
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Limits the rule to one request.
    pub fn once(self) -> Self {
        self.times(1)
    }
}

/// Whether `text` matches `pattern`, in which `*` matches any characters.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Count, fits};

    #[test]
    fn a_star_matches_any_characters() {
        assert!(fits("/v3/a", "/v3/a"));
        assert!(!fits("/v3/a", "/v3/ab"));
        assert!(fits("/v3/*/conversations", "/v3/a/b/conversations"));
        assert!(fits("*b*", "abc"));
        assert!(fits("*", ""));
        assert!(!fits("/v1/*", "/v3/a"));
        assert!(!fits("ab*ba", "aba"));
    }

    #[test]
    fn counts_select_the_numbers_they_name() {
        let taken = |count: Count| (1..=6).filter(|n| count.takes(*n)).collect::<Vec<_>>();
        assert_eq!(taken(Count::Nth(3)), [3]);
        assert_eq!(taken(Count::From(5)), [5, 6]);
        assert_eq!(taken(Count::Every(3)), [3, 6]);
    }
}
