//! [`AgentsBaseUrl`]: the validated server of requests for one conversation.

use std::{fmt, str::FromStr};

use crate::{
    BaseUrl, Error, Region,
    client::url_rules::{ForeignHosts, Rules},
};

/// The server of requests for one conversation and for its recording: the *agents host*.
///
/// The API is split over two hosts per region. A [`BaseUrl`] is the one that lists conversations; this is the other
/// one. The two types cannot be mixed up, so the API key is not sent to a host that it was not meant for.
///
/// Made from a [`Region`], with [`studio`](Self::studio), or parsed from text for an emulator or a proxy. Unlike a
/// [`BaseUrl`] it may have a path, which requests are appended to. Rejected are plain `http`, except to this machine;
/// a user name, a password, a query or a fragment; and the hosts under `platform.polyai.app`, which list
/// conversations.
///
/// ```
/// use conversations_api_ext::{AgentsBaseUrl, Region};
///
/// assert_eq!(AgentsBaseUrl::from(Region::Euw1).as_str(), "https://api.eu.poly.ai");
/// assert_eq!(AgentsBaseUrl::studio().as_str(), "https://api.studio.poly.ai");
///
/// let error = "https://api.us-1.platform.polyai.app".parse::<AgentsBaseUrl>().unwrap_err();
/// assert!(error.to_string().contains("https://api.us.poly.ai"));
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AgentsBaseUrl(BaseUrl);

const STUDIO: &str = "https://api.studio.poly.ai";

const RULES: Rules<'_> = Rules {
    name: "agents base URL",
    example: "https://api.us.poly.ai",
    path: true,
    plain_http: &[],
    foreign: ForeignHosts {
        domain: "platform.polyai.app",
        problem: "lists conversations and does not serve single ones",
        right: "the API for single conversations",
        base_url: Region::agents_base_url,
    },
};

impl AgentsBaseUrl {
    /// Returns the host of the Agent Studio deployment, which has no counterpart that lists conversations.
    #[must_use]
    pub fn studio() -> Self {
        Self(BaseUrl::unchecked(STUDIO))
    }

    /// Returns the URL, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the URL as the HTTP client takes it.
    pub(crate) fn as_base_url(&self) -> &BaseUrl {
        &self.0
    }
}

impl FromStr for AgentsBaseUrl {
    type Err = Error;

    /// Parses and normalizes a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the text breaks one of the rules above. The message does
    /// not repeat a URL with credentials.
    fn from_str(text: &str) -> Result<Self, Error> {
        let url = RULES.parse(text)?;
        Ok(Self(BaseUrl::unchecked(url)))
    }
}

impl From<Region> for AgentsBaseUrl {
    fn from(region: Region) -> Self {
        Self(BaseUrl::unchecked(region.agents_base_url()))
    }
}

impl fmt::Display for AgentsBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use conversations_api::{agents, v3};

    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<AgentsBaseUrl>().expect_err(text).to_string()
    }

    #[test]
    fn the_hosts_are_those_of_the_document() {
        let regions = Region::ALL.iter().map(|region| region.agents_base_url());
        let mut known: Vec<&str> = regions.chain([STUDIO]).collect();
        known.sort_unstable();
        let mut listed = agents::BASE_URLS.to_vec();
        listed.sort_unstable();
        assert_eq!(known, listed);
    }

    #[test]
    fn a_host_of_one_kind_is_refused_for_the_other() {
        for url in v3::BASE_URLS {
            let region = BaseUrl::from_str(url).unwrap().region().unwrap();
            assert!(refusal(url).contains(region.agents_base_url()));
        }
        for url in agents::BASE_URLS {
            assert!(url.parse::<BaseUrl>().is_err(), "{url}");
            assert_eq!(url.parse::<AgentsBaseUrl>().unwrap().as_str(), *url);
        }
    }

    #[test]
    fn a_path_is_kept_and_a_trailing_slash_is_not() {
        for (text, form) in [
            ("http://127.0.0.1:1/agents/", "http://127.0.0.1:1/agents"),
            (" https://API.us.poly.ai/ ", "https://api.us.poly.ai"),
            (
                "https://proxy.example:8443/x",
                "https://proxy.example:8443/x",
            ),
        ] {
            assert_eq!(text.parse::<AgentsBaseUrl>().unwrap().as_str(), form);
        }
    }

    #[test]
    fn what_would_leak_the_key_is_refused_and_not_repeated() {
        for text in [
            "https://bob:hunter2@host",
            "https://host/?key=hunter2",
            "https://host/#hunter2",
        ] {
            assert!(!refusal(text).contains("hunter2"), "{text}");
        }
        assert!(refusal("http://api.us.poly.ai").contains("unencrypted"));
        assert!(refusal("ftp://host").contains("use https"));
        for text in ["", "api.us.poly.ai", "localhost:1"] {
            assert!(refusal(text).contains("such as https://"), "{text}");
        }
    }
}
