//! What rules ask about a request and its answer.

use http::request::Parts;

use crate::keyring;

/// What a request asks for, as far as rules ask.
#[derive(Clone)]
pub(crate) struct RequestFacts {
    pub(super) number: u64,
    pub(super) path: String,
    pub(super) key: Option<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) place: Place,
}

/// Where a requested page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Start,
    Cursor(String),
    Offset(u64),
}

/// Where an answer says that the next page begins; the last page's says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NextPage {
    pub(crate) cursor: Option<String>,
    pub(crate) offset: Option<u64>,
}

impl NextPage {
    pub(super) fn is_none(&self) -> bool {
        self.cursor.is_none() && self.offset.is_none()
    }

    /// The places by which the next page can be asked for.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let cursor = self.cursor.clone().map(Place::Cursor);
        cursor.into_iter().chain(self.offset.map(Place::Offset))
    }
}

impl RequestFacts {
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
        let place = match (given("cursor"), offset) {
            (Some(cursor), _) => Place::Cursor(cursor),
            (None, Some(offset @ 1..)) => Place::Offset(offset),
            _ => Place::Start,
        };
        let key = request.headers.get(keyring::HEADER);
        Self {
            number,
            path: request.uri.path().into(),
            key: key.map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned()),
            place,
            query,
        }
    }

    pub(super) fn version(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    pub(super) fn given(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn limit(&self) -> Option<u64> {
        self.given("limit")?.parse().ok()
    }
}
