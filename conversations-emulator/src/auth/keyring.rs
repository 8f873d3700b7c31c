//! The API keys that one emulator accepts.

use http::HeaderMap;

use crate::auth::api_key::{Key, KeyFamily};
use crate::response::problem::{self, Problem};

/// The header that carries the API key, in every version.
pub(crate) const HEADER: &str = "x-api-key";

/// The API keys that an emulator accepts, and the emulator's region.
#[derive(Debug, Clone)]
pub(crate) struct Keyring {
    region: String,
    v3: Key,
    /// Defaults to the v3 key.
    legacy: Option<Key>,
    /// Defaults to the v3 key.
    agents: Option<Key>,
    others: Vec<Key>,
}

impl Keyring {
    /// Creates a keyring with one key for every version.
    pub(crate) fn new(key: &str) -> Self {
        Self {
            region: "us-1".into(),
            v3: Key::v3(key),
            legacy: None,
            agents: None,
            others: Vec::new(),
        }
    }

    pub(crate) fn set_v3(&mut self, key: String) {
        self.v3 = Key::v3(key);
    }

    pub(crate) fn set_legacy(&mut self, key: String) {
        self.legacy = Some(Key::legacy(key));
    }

    pub(crate) fn set_agents(&mut self, key: String) {
        self.agents = Some(Key::agents(key));
    }

    pub(crate) fn set_region(&mut self, region: String) {
        self.region = region;
    }

    pub(crate) fn add(&mut self, key: Key) {
        self.others.push(key);
    }

    pub(crate) fn v3(&self) -> &str {
        self.v3.text()
    }

    pub(crate) fn legacy(&self) -> &str {
        self.legacy.as_ref().unwrap_or(&self.v3).text()
    }

    pub(crate) fn agents(&self) -> &str {
        self.agents.as_ref().unwrap_or(&self.v3).text()
    }

    /// Returns the key of a request, if it is valid for this family in this region.
    pub(crate) fn admit(&self, family: KeyFamily, headers: &HeaderMap) -> Result<&Key, Problem> {
        let mut sent = headers.get_all(HEADER).iter();
        let Some(key) = sent.next() else {
            return Err(problem::unauthorized("the x-api-key header is missing"));
        };
        if sent.next().is_some() {
            return Err(problem::unauthorized(
                "the x-api-key header was sent more than once",
            ));
        }
        let key = key.as_bytes();
        if key.iter().any(u8::is_ascii_whitespace) {
            return Err(problem::unauthorized(
                "the API key is malformed: it contains white space",
            ));
        }
        let found = self.find(key, family).ok_or_else(|| {
            problem::unauthorized("the API key is not valid for this API version in this region")
        })?;
        found.check_permission()?;
        Ok(found)
    }

    fn find(&self, sent: &[u8], family: KeyFamily) -> Option<&Key> {
        let fits = |key: &&Key, family| key.fits(sent, family, &self.region);
        let own = [&self.legacy, &self.agents].into_iter().flatten();
        let mut known = own.chain([&self.v3]).chain(&self.others);
        let found = known.clone().find(|key| fits(key, family));
        // Without a key of its own, a family shares that of v3.
        found.or_else(|| match family {
            KeyFamily::Legacy if self.legacy.is_none() => {
                Some(&self.v3).filter(|key| fits(key, KeyFamily::V3))
            }
            KeyFamily::Agents if self.agents.is_none() => {
                known.find(|key| fits(key, KeyFamily::V3))
            }
            _ => None,
        })
    }
}
