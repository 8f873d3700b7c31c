//! The properties of a request that rules test.

use http::request::Parts;

use crate::agents::route::AgentsRoute;
use crate::auth::keyring;

/// The properties of a request that rules test.
#[derive(Clone)]
pub(crate) struct RequestInfo {
    pub(crate) number: u64,
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) position: PagePosition,
}

/// The position at which a requested page starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum PagePosition {
    Start,
    Cursor(String),
    Offset(u64),
}

/// The position of the next page according to a response; empty on the last page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NextPage {
    pub(crate) cursor: Option<String>,
    pub(crate) offset: Option<u64>,
}

impl NextPage {
    pub(crate) fn is_none(&self) -> bool {
        self.cursor.is_none() && self.offset.is_none()
    }

    /// The positions by which the next page can be requested.
    pub(crate) fn positions(&self) -> impl Iterator<Item = PagePosition> {
        let cursor = self.cursor.clone().map(PagePosition::Cursor);
        cursor
            .into_iter()
            .chain(self.offset.map(PagePosition::Offset))
    }
}

impl RequestInfo {
    pub(crate) fn new(request: &Parts, number: u64) -> Self {
        let query = request.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let given = |name: &str| {
            let pair = query.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.clone())
        };
        let offset = given("offset").and_then(|offset| offset.parse().ok());
        let position = match (given("cursor"), offset) {
            (Some(cursor), _) => PagePosition::Cursor(cursor),
            (None, Some(offset @ 1..)) => PagePosition::Offset(offset),
            _ => PagePosition::Start,
        };
        let key = request.headers.get(keyring::HEADER);
        Self {
            number,
            path: request.uri.path().into(),
            key: key.map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned()),
            position,
            query,
        }
    }

    /// The API version of the path, or `agents` for a path of the agents host.
    pub(crate) fn version(&self) -> &str {
        if AgentsRoute::parse(&self.path).is_some() {
            return "agents";
        }
        self.path.split('/').nth(1).unwrap_or_default()
    }

    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn limit(&self) -> Option<u64> {
        self.given("limit")?.parse().ok()
    }
}
