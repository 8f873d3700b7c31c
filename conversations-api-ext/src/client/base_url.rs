//! [`BaseUrl`]: the validated, normalized scheme and host of all requests.

use std::{fmt, str::FromStr};

use reqwest::Url;

use crate::{
    Error, Region,
    client::url_rules::{ForeignHosts, Rules, is_loopback},
};

/// The server that requests go to: a scheme and a host, and for a [gateway](Self::gateway) a path.
///
/// Made from a [`Region`], or parsed from text for an emulator, a proxy or a region that this crate does not know
/// yet. Parsing normalizes it (lower-case host, no trailing slash) and rejects anything that would leak the key or
/// break requests:
///
/// - plain `http`, except to this machine (`localhost`, `127.0.0.0/8`, `::1`) and with
///   [`plain_http`](Self::plain_http);
/// - a user name, a password, a query or a fragment;
/// - a path, because the client adds version, account and project; [`gateway`](Self::gateway) accepts one;
/// - hosts under `poly.ai`, such as `api.us.poly.ai`: they serve single conversations and other APIs, and a request
///   for the list fails there with a 404 or an unknown host. The message names the correct host; for single
///   conversations there is [`AgentsBaseUrl`](crate::AgentsBaseUrl).
///
/// ```
/// use conversations_api_ext::{BaseUrl, Region};
///
/// let local: BaseUrl = "http://127.0.0.1:8080/".parse()?;
/// assert_eq!(local.as_str(), "http://127.0.0.1:8080");
/// assert_eq!(BaseUrl::from(Region::Us1).host(), "api.us-1.platform.polyai.app");
///
/// let error = "https://api.us.poly.ai".parse::<BaseUrl>().unwrap_err();
/// assert!(error.to_string().contains("https://api.us-1.platform.polyai.app"));
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

/// The rules of base URLs for lists.
const RULES: Rules<'_> = Rules {
    name: "base URL",
    example: "https://api.us-1.platform.polyai.app",
    path: false,
    plain_http: &[],
    foreign: ForeignHosts {
        domain: "poly.ai",
        problem: "does not list conversations",
        right: "the Conversations API",
        base_url: Region::base_url,
    },
};

impl BaseUrl {
    /// Parses the base URL of a gateway, to whose path requests append version, account and project.
    ///
    /// ```
    /// use conversations_api_ext::BaseUrl;
    ///
    /// let base_url = BaseUrl::gateway("https://gateway.example.com/polyai/")?;
    /// assert_eq!(base_url.as_str(), "https://gateway.example.com/polyai");
    /// assert_eq!(base_url.host(), "gateway.example.com");
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) as for parsing, except that a path is valid.
    pub fn gateway(text: &str) -> Result<Self, Error> {
        let rules = Rules {
            path: true,
            ..RULES
        };
        rules.parse(text).map(Self)
    }

    /// Parses a base URL, with or without a path, that may be plain `http` to one of `hosts`.
    ///
    /// **The key is then sent unencrypted**: anyone on the way can read it. For a mock server or a sidecar proxy in a
    /// network that you trust. A host is a name or an address without a port. Requests go to it directly: a proxy in
    /// `HTTP_PROXY` or `ALL_PROXY` would get the key as well and is not used, unless
    /// [`configure_http`](crate::ClientBuilder::configure_http) sets it.
    ///
    /// ```
    /// use conversations_api_ext::BaseUrl;
    ///
    /// assert!(BaseUrl::plain_http("http://mock.test:8080", &["mock.test"]).is_ok());
    /// assert!(BaseUrl::plain_http("http://other.test:8080", &["mock.test"]).is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for plain `http` to another host, and as for
    /// [`gateway`](Self::gateway).
    #[doc(alias = "insecure")]
    pub fn plain_http(text: &str, hosts: &[&str]) -> Result<Self, Error> {
        let rules = Rules {
            path: true,
            plain_http: hosts,
            ..RULES
        };
        rules.parse(text).map(Self)
    }

    /// Returns a URL that is valid and in its normalized form.
    pub(crate) fn unchecked(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the URL, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, with the port if it is not the scheme's default: `127.0.0.1:8080`.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0
            .split_once("://")
            .map_or(self.0.as_str(), |(_, rest)| {
                rest.split('/').next().unwrap_or(rest)
            })
    }

    /// Returns the region this URL belongs to, if it is one of [`Region::ALL`].
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        Region::of_base_url(&self.0)
    }

    /// Returns the host without the port.
    pub(crate) fn hostname(&self) -> &str {
        let host = self.host();
        match host.rsplit_once(':') {
            // A colon within the brackets of an IPv6 address does not separate a port.
            Some((name, port)) if !port.ends_with(']') => name,
            _ => host,
        }
    }

    /// Returns the port, also if it is the scheme's default.
    pub(crate) fn port(&self) -> Option<u16> {
        Url::parse(&self.0).ok()?.port_or_known_default()
    }

    /// Returns whether requests stay on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| is_loopback(&url))
    }

    /// Returns whether requests are encrypted. If not, they stay on this machine or go to a host that was allowed.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Parses and normalizes a base URL.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the text breaks one of the rules above. The message does
    /// not repeat a URL with credentials.
    fn from_str(text: &str) -> Result<Self, Error> {
        RULES.parse(text).map(Self)
    }
}

impl From<Region> for BaseUrl {
    fn from(region: Region) -> Self {
        Self(region.base_url().to_owned())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<BaseUrl>().expect_err(text).to_string()
    }

    #[test]
    fn one_host_has_one_form() {
        for (text, form) in [
            (
                "https://api.us-1.platform.polyai.app",
                "https://api.us-1.platform.polyai.app",
            ),
            (
                " https://API.us-1.Platform.polyai.app/ \n",
                "https://api.us-1.platform.polyai.app",
            ),
            (
                "https://api.us-1.platform.polyai.app:443/",
                "https://api.us-1.platform.polyai.app",
            ),
            (
                "https://api.apac-1.platform.polyai.app",
                "https://api.apac-1.platform.polyai.app",
            ),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1"),
            ("http://127.9.9.9:1", "http://127.9.9.9:1"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), form, "{text}");
        }
    }

    #[test]
    fn a_region_knows_its_base_url_and_back() {
        for &region in Region::ALL {
            let url = BaseUrl::from(region);
            assert_eq!(url.region(), Some(region));
            assert_eq!(url.as_str().parse::<BaseUrl>().unwrap(), url);
        }
        assert_eq!(
            "http://localhost:1".parse::<BaseUrl>().unwrap().region(),
            None
        );
    }

    #[test]
    fn a_path_is_refused_with_the_host_to_pass_instead() {
        for path in ["/v3", "/v3/ws-1/P-1/conversations", "//v3"] {
            let message = refusal(&format!("https://api.uk-1.platform.polyai.app{path}"));
            assert!(
                message.contains("pass only https://api.uk-1.platform.polyai.app;"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_gateway_may_have_a_path_and_a_named_host_plain_http() {
        for (text, form) in [
            (
                "https://GW.example.com/polyai/",
                "https://gw.example.com/polyai",
            ),
            ("https://gw.example.com/a/b", "https://gw.example.com/a/b"),
            ("https://gw.example.com", "https://gw.example.com"),
            ("http://127.0.0.1:1/a", "http://127.0.0.1:1/a"),
        ] {
            let url = BaseUrl::gateway(text).unwrap();
            assert_eq!(url.as_str(), form);
            assert!(!url.host().contains('/') && url.region().is_none());
        }
        for text in [
            "http://gw.example.com/a",
            "https://gw/?a",
            "https://u@gw/a",
            "https://api.us.poly.ai/a",
        ] {
            assert!(BaseUrl::gateway(text).is_err(), "{text}");
        }
        let hosts = ["Mock.test", "10.0.0.1"];
        for text in [
            "http://mock.test",
            "http://MOCK.test:1/a",
            "http://10.0.0.1:80",
            "https://any.test",
        ] {
            assert!(BaseUrl::plain_http(text, &hosts).is_ok(), "{text}");
        }
        for text in [
            "http://mock.test.evil.com",
            "http://10.0.0.2",
            "http://api.mock.test",
            "http://mock.test@evil.com",
        ] {
            let error = BaseUrl::plain_http(text, &hosts).unwrap_err().to_string();
            assert!(
                error.contains("unencrypted") || error.contains("user name"),
                "{error}"
            );
        }
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in [
            "https://bob:hunter2@host",
            "https://hunter2@host",
            "https://:hunter2@host/v3",
        ] {
            let message = refusal(text);
            assert!(!message.contains("hunter2"), "{message}");
            assert!(message.contains("user name or a password"), "{message}");
        }
    }

    #[test]
    fn a_query_or_a_fragment_is_refused_and_not_repeated() {
        for text in [
            "https://host/?key=hunter2",
            "https://host/#hunter2",
            "https://host?",
        ] {
            let message = refusal(text);
            assert!(!message.contains("hunter2"), "{message}");
            assert!(message.contains("query or a fragment"), "{message}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for text in [
            "http://api.us-1.platform.polyai.app",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "http://[::2]",
        ] {
            assert!(refusal(text).contains("unencrypted"), "{text}");
        }
        assert!(refusal("ftp://host").contains("use https"));
    }

    #[test]
    fn the_look_alike_hosts_are_refused_with_the_right_one() {
        for (text, meant) in [
            ("https://api.us.poly.ai", Region::Us1),
            ("https://api.uk.poly.ai/v3/x", Region::Uk1),
            ("https://API.EUW-1.poly.ai.", Region::Euw1),
        ] {
            let message = refusal(text);
            assert!(message.contains(meant.base_url()), "{message}");
            assert!(
                !message.contains(
                    Region::ALL
                        .iter()
                        .find(|r| **r != meant)
                        .unwrap()
                        .base_url()
                )
            );
        }
        for text in ["https://poly.ai", "https://docs.poly.ai"] {
            let message = refusal(text);
            assert!(
                Region::ALL.iter().all(|r| message.contains(r.base_url())),
                "{message}"
            );
        }
        assert!("https://monopoly.ai".parse::<BaseUrl>().is_ok());
    }

    #[test]
    fn text_that_is_no_url_is_refused() {
        for text in [
            "",
            "api.us-1.platform.polyai.app",
            "localhost:8080",
            "https://",
            "https://a b",
        ] {
            assert!(refusal(text).contains("such as https://"), "{text}");
        }
    }
}
