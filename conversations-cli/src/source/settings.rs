//! Connection settings from flags, the environment and `.env`, in this order of precedence.

use std::sync::atomic::{AtomicBool, Ordering};

use conversations_api_ext::{AgentsBaseUrl, ApiKey, BaseUrl, Client, Project, Region, RetryPolicy};

use crate::args::ConnectionArguments;
use crate::failure::Failure;
use crate::source::api_key::{AGENTS_API_KEY, Key, KeySource};
use crate::source::outage::Outage;
use crate::source::variables::{Origin, Variables};

const REGION: &str = "POLYAI_REGION";
const BASE_URL: &str = "POLYAI_BASE_URL";
const ACCOUNT_ID: &str = "POLYAI_ACCOUNT_ID";
const PROJECT_ID: &str = "POLYAI_PROJECT_ID";
const AGENTS_BASE_URL: &str = "POLYAI_AGENTS_BASE_URL";

/// Number of records that each stream prefetches. Records are processed about as fast as they arrive, so more would
/// only use memory, and `sync` has several streams.
const READ_AHEAD: usize = 128;

/// Builds the client from the settings.
pub(crate) fn client(flags: &ConnectionArguments) -> Result<Client, Failure> {
    client_with(flags, &KeySource::own(flags))
}

/// Builds the client from the settings, with a key from another source.
pub(crate) fn client_with(
    flags: &ConnectionArguments,
    key_source: &KeySource<'_>,
) -> Result<Client, Failure> {
    if flags.projects.is_some() || flags.project.len() > 1 {
        return Err(Failure::usage(
            "this command reads one project: give a single --project, not --projects",
        ));
    }
    let variables = Variables::read()?;
    let endpoint = Endpoint::of(flags, &variables)?;
    let account = flag_or(flags.account.as_ref(), || variables.get(ACCOUNT_ID))?;
    let project = flag_or(flags.project.first(), || variables.get(PROJECT_ID))?;
    let key = key_source.find(&variables)?;
    if let (Some(endpoint), Some(key)) = (&endpoint, &key) {
        endpoint.check(key)?;
    }
    match (endpoint, account, project, key) {
        (Some(endpoint), Some(account), Some(project), Some(key)) => build(
            endpoint.base_url()?,
            Project::new(account, project)?,
            AgentsHost::of(flags, &variables, &key, key_source)?,
            key.read()?,
            RequestPolicy::of(flags),
        ),
        (endpoint, account, project, key) => Err(missing(&[
            (endpoint.is_none(), "--region", REGION),
            (account.is_none(), "--account", ACCOUNT_ID),
            (project.is_none(), "--project", PROJECT_ID),
            (key.is_none(), key_source.flag, key_source.variable),
        ])),
    }
}

/// Builds a client for an in-process emulator.
pub(crate) fn demo_client(emulator: &conversations_emulator::Emulator) -> Result<Client, Failure> {
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let key = ApiKey::new(emulator.api_key())
        .map_err(|e| Failure::other(format!("the emulator's own key: {e}")))?;
    let agents = AgentsHost {
        base_url: Some(emulator.agents_base_url().parse()?),
        key: None,
    };
    build(
        emulator.base_url().parse()?,
        project,
        agents,
        key,
        RequestPolicy::default(),
    )
}

/// The rate limit and retry policy of requests.
#[derive(Debug, Default)]
pub(crate) struct RequestPolicy {
    retry: RetryPolicy,
    max_requests_per_minute: Option<u32>,
}

impl RequestPolicy {
    /// Reads the flags. Retries are limited by time instead of by number, because a nightly run can wait.
    pub(crate) fn of(flags: &ConnectionArguments) -> Self {
        let retry = if flags.retry_timeout.is_zero() {
            RetryPolicy::none()
        } else {
            RetryPolicy::default()
                .attempts(u32::MAX)
                .time_limit(flags.retry_timeout)
        };
        Self {
            retry,
            max_requests_per_minute: flags.max_requests_per_minute,
        }
    }
}

/// The server of single conversations and recordings, and its key, if they are not the defaults.
#[derive(Default)]
pub(crate) struct AgentsHost {
    pub(crate) base_url: Option<AgentsBaseUrl>,
    pub(crate) key: Option<ApiKey>,
}

impl AgentsHost {
    /// Reads the settings. `default_key` is sent there if no other key is set.
    fn of(
        flags: &ConnectionArguments,
        variables: &Variables,
        default_key: &Key<'_>,
        default_source: &KeySource<'_>,
    ) -> Result<Self, Failure> {
        // No version but v3 has single conversations, so no legacy key is for them.
        if default_source.is_legacy() {
            return Ok(Self::default());
        }
        let variable = variables.find(AGENTS_BASE_URL)?;
        let (url, origin) = match (&flags.agents_base_url, variable) {
            (Some(url), _) => (Some(url.parse::<AgentsBaseUrl>()?), None),
            (None, Some((url, origin))) => {
                let url = url.parse::<AgentsBaseUrl>();
                let named = |error| Failure::usage(format!("{AGENTS_BASE_URL}: {error}"));
                (Some(url.map_err(named)?), Some(origin))
            }
            (None, None) => (None, None),
        };
        let key = variables.find(AGENTS_API_KEY)?;
        let key = key.map(|(key, origin)| Key::Variable(AGENTS_API_KEY, key, origin));
        if let Some(origin) = origin {
            let sent = key.as_ref().unwrap_or(default_key);
            sent.check_origin(AGENTS_BASE_URL, "--agents-base-url", origin)?;
        }
        Ok(Self {
            base_url: url,
            key: key.map(Key::read).transpose()?,
        })
    }
}

pub(crate) fn build(
    base_url: BaseUrl,
    project: Project,
    agents: AgentsHost,
    key: ApiKey,
    policy: RequestPolicy,
) -> Result<Client, Failure> {
    let application = concat!("conversations-cli/", env!("CARGO_PKG_VERSION"));
    let mut client = Client::builder(base_url, project, key)
        .read_ahead(READ_AHEAD)
        .application(application)
        .retry(policy.retry);
    if let Some(base_url) = agents.base_url {
        client = client.agents_base_url(base_url);
    }
    if let Some(key) = agents.key {
        client = client.agents_api_key(key);
    }
    if let Some(requests) = policy.max_requests_per_minute {
        client = client.max_requests_per_minute(requests);
    }
    if !RETRIES_UNREPORTED.load(Ordering::Relaxed) {
        client = client.observer(Outage::default());
    }
    Ok(client.build()?)
}

/// Set once by `--quiet`, before any client is built.
static RETRIES_UNREPORTED: AtomicBool = AtomicBool::new(false);

/// Makes clients built from now on not report the requests that they retry.
pub(crate) fn report_no_retries() {
    RETRIES_UNREPORTED.store(true, Ordering::Relaxed);
}

fn missing(settings: &[(bool, &str, &str)]) -> Failure {
    let missing = settings.iter().filter(|(missing, ..)| *missing);
    let names: Vec<_> = missing
        .map(|(_, flag, variable)| format!("{flag} (or {variable})"))
        .collect();
    Failure::usage(format!(
        "missing settings: {}",
        names.join(", ")
    ))
    .with("use the flags, or set the variables in the environment or in a file named .env in this folder")
    .with("to try the program without an account, use --demo")
}

fn flag_or(
    flag: Option<&String>,
    variable: impl FnOnce() -> Result<Option<String>, Failure>,
) -> Result<Option<String>, Failure> {
    match flag {
        Some(value) => Ok(Some(value.clone())),
        None => variable(),
    }
}

/// The endpoint setting: a region or a base URL, and its origin.
enum Endpoint {
    Region(Region),
    Url(String),
    RegionVariable(String),
    UrlVariable(String, Origin),
}

impl Endpoint {
    /// Finds the endpoint. A flag of either kind overrides the variables of both.
    fn of(flags: &ConnectionArguments, variables: &Variables) -> Result<Option<Self>, Failure> {
        Ok(if let Some(url) = &flags.base_url {
            Some(Self::Url(url.clone()))
        } else if let Some(region) = flags.region {
            Some(Self::Region(region))
        } else if let Some((url, origin)) = variables.find(BASE_URL)? {
            Some(Self::UrlVariable(url, origin))
        } else {
            variables.get(REGION)?.map(Self::RegionVariable)
        })
    }

    /// Rejects a key that a base URL of another origin would silently send to another server: otherwise anyone who
    /// provides a folder with a `.env` file would receive the key of everyone who runs this program there. A base
    /// URL given by a flag is never silent, and regions are hosts of the vendor.
    fn check(&self, key: &Key<'_>) -> Result<(), Failure> {
        match self {
            Self::UrlVariable(_, origin) => {
                key.check_origin(BASE_URL, "--base-url or --region", *origin)
            }
            _ => Ok(()),
        }
    }

    fn base_url(self) -> Result<BaseUrl, Failure> {
        let of = |variable| move |error| Failure::usage(format!("{variable}: {error}"));
        match self {
            Self::Region(region) => Ok(region.into()),
            Self::Url(url) => Ok(url.parse()?),
            Self::UrlVariable(url, _) => url.parse().map_err(of(BASE_URL)),
            Self::RegionVariable(region) => {
                let region: Region = region.parse().map_err(of(REGION))?;
                Ok(region.into())
            }
        }
    }
}
