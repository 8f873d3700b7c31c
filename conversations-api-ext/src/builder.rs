//! [`ClientBuilder`]: how a [`Client`] is set up.

use std::{sync::Arc, time::Duration};

use crate::{
    ApiKey, BaseUrl, Client, Error, Project,
    fetch::Link,
    http::{self, Settings},
    place::Origin,
    request::Clients,
    transport::Timeouts,
};

/// Sets up a [`Client`]: from [`Client::builder`], or from the environment.
///
/// ```
/// use std::time::Duration;
///
/// use conversations_api_ext::{ApiKey, Client, Project, Region};
///
/// let client = Client::builder(
///     Region::Us1,
///     Project::new("ws-fd112d8f", "PROJECT-58RP822I")?,
///     ApiKey::new("key-from-your-secret-store")?,
/// )
/// .application("nightly-export/2.1")
/// .stall_timeout(Duration::from_secs(120))
/// .build()?;
/// # let _ = client;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: BaseUrl,
    project: Project,
    key: ApiKey,
    application: Option<String>,
    http: Option<reqwest::Client>,
    connect_timeout: Option<Duration>,
    stall_timeout: Option<Duration>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

impl ClientBuilder {
    pub(crate) fn new(base_url: BaseUrl, project: Project, key: ApiKey) -> Self {
        Self {
            base_url,
            project,
            key,
            application: None,
            http: None,
            connect_timeout: None,
            stall_timeout: None,
        }
    }

    /// Name and version of the program, such as `nightly-export/2.1`, to stand
    /// in the `User-Agent` after this crate's own. The vendor's support can then
    /// tell its requests from others'. None by default.
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// How long opening a connection may take, TLS handshake included; 10 s by
    /// default.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// How long the server may send nothing, be it before the answer begins or
    /// between two pieces of it; 60 s by default. A large page that keeps coming
    /// is never cut off.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.stall_timeout = Some(limit);
        self
    }

    /// Uses an HTTP client of one's own: for a proxy, root certificates or a
    /// connection pool that this builder has no method for.
    ///
    /// **Its redirects must be off** (`reqwest::redirect::Policy::none()`): with
    /// reqwest's default the API key travels to whatever host a redirect names.
    /// It has to unpack gzip if it asks for it, and timeouts and User-Agent are
    /// its own, which is why the other methods here cannot be combined with it.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Makes the client. No request is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the application
    /// name cannot stand in a header, a timeout is zero, or
    /// [`http_client`](Self::http_client) is combined with a setting that it
    /// would not heed. [`Connection`](crate::ErrorKind::Connection) when the
    /// system's root certificates cannot be loaded.
    pub fn build(self) -> Result<Client, Error> {
        let (http, timeouts) = match &self.http {
            Some(http) => (http.clone(), self.none_set()?),
            None => self.own_http()?,
        };
        let origin = Arc::new(Origin {
            base_url: self.base_url,
            project: self.project,
        });
        let clients = Clients::new(&origin, http, self.key);
        Ok(Client::from_link(Link {
            origin,
            clients,
            timeouts,
        }))
    }

    fn own_http(&self) -> Result<(reqwest::Client, Timeouts), Error> {
        let connect = limit("connect", self.connect_timeout, CONNECT_TIMEOUT)?;
        let stall = limit("stall", self.stall_timeout, STALL_TIMEOUT)?;
        let http = http::client(&Settings {
            base_url: &self.base_url,
            user_agent: &user_agent(self.application.as_deref())?,
            connect_timeout: connect,
            stall_timeout: stall,
        })?;
        Ok((
            http,
            Timeouts {
                connect: Some(connect),
                stall: Some(stall),
            },
        ))
    }

    /// Refuses settings that an HTTP client of one's own would ignore.
    fn none_set(&self) -> Result<Timeouts, Error> {
        let set = [
            ("application", self.application.is_some()),
            ("connect_timeout", self.connect_timeout.is_some()),
            ("stall_timeout", self.stall_timeout.is_some()),
        ];
        match set.into_iter().find(|(_, set)| *set) {
            None => Ok(Timeouts::default()),
            Some((name, _)) => Err(Error::invalid(
                format!("`{name}` has no effect on an HTTP client of your own"),
                "set it on that `reqwest::Client` instead",
            )),
        }
    }
}

fn limit(name: &str, given: Option<Duration>, default: Duration) -> Result<Duration, Error> {
    match given {
        Some(Duration::ZERO) => Err(Error::invalid(
            format!("the {name} timeout is zero"),
            "nothing would ever arrive in time: give a longer one",
        )),
        given => Ok(given.unwrap_or(default)),
    }
}

fn user_agent(application: Option<&str>) -> Result<String, Error> {
    let own = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let Some(application) = application else {
        return Ok(own.to_owned());
    };
    let fits = !application.is_empty()
        && application.trim() == application
        && application
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !fits {
        return Err(Error::invalid(
            format!("the application name {application:?} cannot stand in a header"),
            "use printable ASCII in the form name/version, such as nightly-export/2.1",
        ));
    }
    Ok(format!("{own} {application}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Region};

    fn builder() -> ClientBuilder {
        let key = ApiKey::new("MARKER").unwrap();
        ClientBuilder::new(Region::Us1.into(), Project::new("a", "p").unwrap(), key)
    }

    #[test]
    fn the_application_stands_after_the_crate_in_the_user_agent() {
        assert!(
            user_agent(None)
                .unwrap()
                .starts_with("conversations-api-ext/")
        );
        assert!(user_agent(Some("x/1.0")).unwrap().ends_with(" x/1.0"));
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        for name in ["", " x", "x\n", "né/1"] {
            let error = builder().application(name).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(builder().connect_timeout(Duration::ZERO).build().is_err());
        assert!(builder().stall_timeout(Duration::ZERO).build().is_err());
    }

    #[test]
    fn settings_that_a_client_of_ones_own_would_ignore_are_refused() {
        let http = http::client(&Settings {
            base_url: &Region::Us1.into(),
            user_agent: "mine",
            connect_timeout: CONNECT_TIMEOUT,
            stall_timeout: STALL_TIMEOUT,
        })
        .unwrap();
        assert!(builder().http_client(http.clone()).build().is_ok());
        for (name, builder) in [
            ("application", builder().application("x/1")),
            (
                "connect_timeout",
                builder().connect_timeout(CONNECT_TIMEOUT),
            ),
            ("stall_timeout", builder().stall_timeout(STALL_TIMEOUT)),
        ] {
            let message = builder
                .http_client(http.clone())
                .build()
                .unwrap_err()
                .to_string();
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn debug_of_builder_and_client_does_not_show_the_key() {
        let builder = builder();
        assert!(!format!("{builder:?}").contains("MARKER"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("MARKER"));
    }
}
