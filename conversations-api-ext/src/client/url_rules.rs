//! [`Rules`]: what a base URL must be, so that requests work and the key reaches no wrong host.

use reqwest::Url;

use crate::{Error, Region};

/// The rules of one kind of base URL.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// What messages call it.
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
    /// Whether it may have a path.
    pub(crate) path: bool,
    /// The hosts that the key may be sent to unencrypted, besides this machine.
    pub(crate) plain_http: &'a [&'a str],
    pub(crate) foreign: ForeignHosts,
}

/// The vendor's hosts of another kind: they would get a key that is not meant for them.
#[derive(Clone, Copy)]
pub(crate) struct ForeignHosts {
    /// The domain that they are in.
    pub(crate) domain: &'static str,
    /// Why they are wrong.
    pub(crate) problem: &'static str,
    /// What the right hosts serve, and where.
    pub(crate) right: &'static str,
    pub(crate) base_url: fn(Region) -> &'static str,
}

impl Rules<'_> {
    /// Parses a base URL, and returns it with a lower-case host and without a trailing slash.
    pub(crate) fn parse(&self, text: &str) -> Result<String, Error> {
        let Self { name, example, .. } = self;
        let shape = || {
            let only = if self.path { "" } else { " only" };
            format!("give scheme and host{only}, such as {example}")
        };
        let text = text.trim();
        if !text.contains("://") {
            return Err(Error::invalid(format!("the {name} has no scheme"), shape()));
        }
        let url = Url::parse(text).map_err(|reason| {
            Error::invalid(format!("the {name} is not a URL ({reason})"), shape())
        })?;
        // Checked first: later messages quote the URL and would print the credentials.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid(
                format!("the {name} carries a user name or a password"),
                "remove them: the API takes its key in a header of its own",
            ));
        }
        let Some(host) = url.host_str() else {
            return Err(Error::invalid(format!("the {name} has no host"), shape()));
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::invalid(
                format!("the {name} for {host} carries a query or a fragment"),
                shape(),
            ));
        }
        self.foreign.check(host)?;
        let (origin, path) = (url.origin().ascii_serialization(), url.path());
        if !self.path && !matches!(path, "" | "/") {
            return Err(Error::invalid(
                format!("the {name} for {host} carries a path, {path:?}"),
                format!("pass only {origin}; version, account and project are added by the client"),
            ));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) || self.is_plain(host) => {}
            "http" => {
                return Err(Error::invalid(
                    format!("plain http to {host} would send the API key unencrypted"),
                    "use https; plain http works for localhost, 127.0.0.1 and [::1] only",
                ));
            }
            other => {
                return Err(Error::invalid(
                    format!("the {name} for {host} has the scheme {other:?}"),
                    "use https",
                ));
            }
        }
        Ok(format!("{origin}{}", path.trim_end_matches('/')))
    }

    fn is_plain(&self, host: &str) -> bool {
        self.plain_http
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
    }
}

impl ForeignHosts {
    /// Rejects these hosts and names the right one, by the region in the name of the host.
    fn check(&self, host: &str) -> Result<(), Error> {
        let host = host.trim_end_matches('.');
        let labels = match host.strip_suffix(self.domain) {
            Some(labels) if labels.is_empty() || labels.ends_with('.') => labels,
            _ => return Ok(()),
        };
        let meant = labels
            .split('.')
            .find_map(|label| label.parse::<Region>().ok());
        let (right, base_url) = (self.right, self.base_url);
        let fix = match meant {
            Some(region) => format!("{right} for {region} is at {}", base_url(region)),
            None => {
                let all: Vec<_> = Region::ALL.iter().copied().map(base_url).collect();
                format!("{right} is at {}", all.join(", "))
            }
        };
        Err(Error::invalid(format!("{host} {}", self.problem), fix))
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    // reqwest does not re-export `url`'s host enum, so this parses the text.
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
