//! [`Hosts`]: which `Host` headers a server accepts.

use std::net::{IpAddr, SocketAddr};

use http::Request;
use http::header::HOST;
use http::uri::Authority;

/// Which `Host` headers a server accepts.
///
/// A web page can give its own name the address 127.0.0.1 (DNS rebinding). Its scripts then count as same-origin
/// with a server on loopback: they send no `Origin` and read every response. What gives them away is the name
/// in the `Host` header.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hosts {
    /// The server listens on loopback: only names that always mean this machine.
    Loopback,
    /// Other machines reach the server by names that it does not know.
    Any,
}

impl Hosts {
    /// The rule for a server that listens on `address`.
    pub(crate) fn of(address: SocketAddr) -> Self {
        if address.ip().is_loopback() {
            Self::Loopback
        } else {
            Self::Any
        }
    }

    /// Whether a request names a host that is accepted. A request without the header comes from no browser.
    pub(crate) fn accept<B>(self, request: &Request<B>) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => {
                let named = request.headers().get_all(HOST).iter();
                let absolute = request.uri().host();
                named
                    .map(|host| host.to_str().ok()?.parse::<Authority>().ok())
                    .all(|host| host.is_some_and(|host| is_loopback(host.host())))
                    && absolute.is_none_or(is_loopback)
            }
        }
    }
}

/// Whether a host name is one that no name server decides on.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(host: &str) -> bool {
        let request = Request::builder().header(HOST, host).body(()).unwrap();
        Hosts::Loopback.accept(&request)
    }

    #[test]
    fn only_names_that_always_mean_this_machine_are_accepted_on_loopback() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.:1",
            "api.localhost",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:8080",
        ] {
            assert!(accepted(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "128.0.0.1",
            "0.0.0.0:8080",
            "",
            "a b",
        ] {
            assert!(!accepted(host), "{host}");
        }
        let request = Request::builder().body(()).unwrap();
        assert!(Hosts::Loopback.accept(&request));
    }

    #[test]
    fn a_server_for_other_machines_is_reached_by_any_name() {
        let request = Request::builder().header(HOST, "emulator:8080").body(());
        let hosts = Hosts::of(([0, 0, 0, 0], 8080).into());
        assert!(hosts.accept(&request.unwrap()));
    }
}
