//! Builds a client from environment variables.

use crate::{AgentsBaseUrl, ApiKey, BaseUrl, Client, ClientBuilder, Error, Project, Region};

const API_KEY: &str = "POLYAI_API_KEY";
const REGION: &str = "POLYAI_REGION";
const BASE_URL: &str = "POLYAI_BASE_URL";
const ACCOUNT_ID: &str = "POLYAI_ACCOUNT_ID";
const PROJECT_ID: &str = "POLYAI_PROJECT_ID";
const AGENTS_BASE_URL: &str = "POLYAI_AGENTS_BASE_URL";
const AGENTS_API_KEY: &str = "POLYAI_AGENTS_API_KEY";

impl ClientBuilder {
    /// Creates a builder from the environment variables of [`Client::from_env`], for further settings.
    ///
    /// # Errors
    ///
    /// As for [`Client::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        read(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Error::invalid(
                format!("the environment variable {name} is not valid Unicode"),
                "set it again",
            )),
        })
    }

    /// Creates a builder from the same variables, read from another source: a `.env` file, a secret store, a test.
    ///
    /// Read `POLYAI_BASE_URL` and `POLYAI_AGENTS_BASE_URL` from the same source as the keys. `POLYAI_API_KEY` is sent to
    /// both servers, unless there is a `POLYAI_AGENTS_API_KEY`: a lookup that takes the key from the environment and
    /// either base URL from a `.env` file in the working directory sends the key to any server that the author of that
    /// file chose.
    ///
    /// # Errors
    ///
    /// As for [`Client::from_env`].
    ///
    /// # Example
    ///
    /// ```
    /// use conversations_api_ext::ClientBuilder;
    ///
    /// let builder = ClientBuilder::from_lookup(|name| {
    ///     Some(match name {
    ///         "POLYAI_API_KEY" => "key-from-your-secret-store".to_owned(),
    ///         "POLYAI_REGION" => "us".to_owned(),
    ///         "POLYAI_ACCOUNT_ID" => "ws-fd112d8f".to_owned(),
    ///         "POLYAI_PROJECT_ID" => "PROJECT-58RP822I".to_owned(),
    ///         _ => return None,
    ///     })
    /// })?;
    /// # let _ = builder;
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        read(|name| Ok(lookup(name)))
    }
}

impl Client {
    /// Creates a client from environment variables.
    ///
    /// | variable | holds |
    /// |---|---|
    /// | `POLYAI_API_KEY` | the key |
    /// | `POLYAI_REGION` | the region: `us-1`, `uk-1`, `euw-1`, or short `us`, `uk`, `euw` |
    /// | `POLYAI_BASE_URL` | a base URL, e.g. of an emulator; overrides the region |
    /// | `POLYAI_ACCOUNT_ID` | the account (workspace) id |
    /// | `POLYAI_PROJECT_ID` | the project (agent) id |
    /// | `POLYAI_AGENTS_BASE_URL` | optional: the server of single conversations and recordings, if it is not that of the region |
    /// | `POLYAI_AGENTS_API_KEY` | optional: the key for that server, if it is another one |
    ///
    /// An empty variable counts as missing.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming every variable
    /// that is missing, or the one whose value breaks a rule; otherwise as for
    /// [`ClientBuilder::build`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn main() -> Result<(), conversations_api_ext::Error> {
    /// let client = conversations_api_ext::Client::from_env()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Creates a client from the variables of [`from_env`](Self::from_env), read from another source.
    ///
    /// Use [`ClientBuilder::from_lookup`] for further settings.
    ///
    /// # Errors
    ///
    /// As for [`from_env`](Self::from_env).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        ClientBuilder::from_lookup(lookup)?.build()
    }
}

fn read(lookup: impl Fn(&str) -> Result<Option<String>, Error>) -> Result<ClientBuilder, Error> {
    let get = |name: &str| Ok::<_, Error>(lookup(name)?.filter(|value| !value.trim().is_empty()));
    let (key, region, base_url) = (get(API_KEY)?, get(REGION)?, get(BASE_URL)?);
    let (account, project) = (get(ACCOUNT_ID)?, get(PROJECT_ID)?);

    let where_to = match (base_url, region) {
        (Some(url), _) => Some(
            url.parse::<BaseUrl>()
                .map_err(|error| named(BASE_URL, &error))?,
        ),
        (None, Some(region)) => Some(
            region
                .parse::<Region>()
                .map_err(|error| named(REGION, &error))?
                .into(),
        ),
        (None, None) => None,
    };
    match (key, where_to, account, project) {
        (Some(key), Some(base_url), Some(account), Some(project)) => {
            let key = ApiKey::new(&key).map_err(|error| named(API_KEY, &error.into()))?;
            // Its error already names the invalid id.
            let project = Project::new(account, project)?;
            let mut builder = ClientBuilder::new(base_url, project, key);
            if let Some(url) = get(AGENTS_BASE_URL)? {
                let url = url.parse::<AgentsBaseUrl>();
                builder =
                    builder.agents_base_url(url.map_err(|error| named(AGENTS_BASE_URL, &error))?);
            }
            if let Some(key) = get(AGENTS_API_KEY)? {
                let key = ApiKey::new(&key);
                builder = builder
                    .agents_api_key(key.map_err(|error| named(AGENTS_API_KEY, &error.into()))?);
            }
            Ok(builder)
        }
        (key, where_to, account, project) => {
            let missing: Vec<_> = [
                (key.is_none(), API_KEY),
                (where_to.is_none(), "POLYAI_REGION (or POLYAI_BASE_URL)"),
                (account.is_none(), ACCOUNT_ID),
                (project.is_none(), PROJECT_ID),
            ]
            .into_iter()
            .filter_map(|(missing, name)| missing.then_some(name))
            .collect();
            Err(Error::invalid(
                format!("missing from the environment: {}", missing.join(", ")),
                "set it, or put it into a .env file if your program reads one",
            ))
        }
    }
}

/// Adds the name of the variable to the error about its value.
fn named(name: &str, error: &Error) -> Error {
    Error::invalid(format!("{name}: {error}"), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const FULL: [(&str, &str); 4] = [
        (API_KEY, "MARKER"),
        (REGION, "UK"),
        (ACCOUNT_ID, "ws-1"),
        (PROJECT_ID, "PROJECT-1"),
    ];

    fn client(changes: &[(&str, &str)]) -> Result<Client, Error> {
        Client::from_lookup(|name| {
            let found = changes
                .iter()
                .chain(&FULL)
                .find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn the_four_variables_make_a_client() {
        let client = client(&[]).unwrap();
        assert_eq!(client.base_url().region(), Some(Region::Uk1));
        assert_eq!(client.project().to_string(), "ws-1/PROJECT-1");
    }

    #[test]
    fn a_base_url_takes_the_place_of_the_region() {
        for region in ["", "us", "nowhere"] {
            let client = client(&[(REGION, region), (BASE_URL, "http://127.0.0.1:1")]).unwrap();
            assert_eq!(client.base_url().as_str(), "http://127.0.0.1:1");
        }
    }

    #[test]
    fn every_missing_variable_is_named() {
        for (name, _) in FULL {
            let error = client(&[(name, " ")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            for (other, _) in FULL {
                assert_eq!(error.to_string().contains(other), other == name, "{error}");
            }
        }
        let message = Client::from_lookup(|_| None).unwrap_err().to_string();
        assert!(
            FULL.iter().all(|(name, _)| message.contains(name)),
            "{message}"
        );
    }

    #[test]
    fn a_value_that_breaks_a_rule_is_refused_naming_its_variable() {
        for (name, value, part) in [
            (REGION, "mars", REGION),
            (BASE_URL, "https://api.us.poly.ai", BASE_URL),
            (ACCOUNT_ID, "..", "account id"),
            (PROJECT_ID, "a\\b", "project id"),
            (API_KEY, "MARKER\n", API_KEY),
        ] {
            let message = client(&[(name, value)]).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
            assert!(!message.contains("MARKER"), "{message}");
        }
    }
}
