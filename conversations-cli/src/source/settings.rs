//! Connection settings from flags, the environment and `.env`, in this order of precedence.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fmt, io};

use conversations_api_ext::{AgentsBaseUrl, ApiKey, BaseUrl, Client, Project, Region, RetryPolicy};

use crate::args::ConnectionArguments;
use crate::failure::Failure;
use crate::source::outage::Outage;
use crate::source::text_file;
use crate::term::escape::printable;
use crate::term::secrets;

const DOT_ENV: &str = ".env";
const API_KEY: &str = "POLYAI_API_KEY";
const LEGACY_API_KEY: &str = "POLYAI_LEGACY_API_KEY";
const REGION: &str = "POLYAI_REGION";
const BASE_URL: &str = "POLYAI_BASE_URL";
const ACCOUNT_ID: &str = "POLYAI_ACCOUNT_ID";
const PROJECT_ID: &str = "POLYAI_PROJECT_ID";
const AGENTS_BASE_URL: &str = "POLYAI_AGENTS_BASE_URL";
const AGENTS_API_KEY: &str = "POLYAI_AGENTS_API_KEY";

/// Number of records that each stream prefetches. Records are processed about as fast as they arrive, so more would
/// only use memory, and `sync` has several streams.
const READ_AHEAD: usize = 128;

/// Builds the client from the settings.
pub(crate) fn client(flags: &ConnectionArguments) -> Result<Client, Failure> {
    client_with(flags, &KeySource::own(flags))
}

/// The source of a key: the file given by a flag, or else a variable.
pub(crate) struct KeySource<'a> {
    file: Option<&'a Path>,
    flag: &'static str,
    variable: &'static str,
}

impl<'a> KeySource<'a> {
    /// Returns the key source of most commands.
    pub(crate) fn own(flags: &'a ConnectionArguments) -> Self {
        Self {
            file: flags.api_key_file.as_deref(),
            flag: "--api-key-file",
            variable: API_KEY,
        }
    }

    /// Returns the key source of v1 and v2, whose key v3 rejects.
    pub(crate) fn legacy(file: Option<&'a Path>) -> Self {
        Self {
            file,
            flag: "--legacy-api-key-file",
            variable: LEGACY_API_KEY,
        }
    }

    /// Returns whether a key is given.
    pub(crate) fn is_given(&self) -> Result<bool, Failure> {
        Ok(self.file.is_some() || Variables::read()?.get(self.variable)?.is_some())
    }
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
    let key = match key_source.file {
        Some(path) => Some(Key::File {
            path,
            flag: key_source.flag,
        }),
        None => variables
            .find(key_source.variable)?
            .map(|(key, origin)| Key::Variable(key_source.variable, key, origin)),
    };
    if let (Some(endpoint), Some(key)) = (&endpoint, &key) {
        key.check_against(endpoint)?;
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
        if default_source.variable == LEGACY_API_KEY {
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
    pace: RequestPolicy,
) -> Result<Client, Failure> {
    let application = concat!("conversations-cli/", env!("CARGO_PKG_VERSION"));
    let mut client = Client::builder(base_url, project, key)
        .read_ahead(READ_AHEAD)
        .application(application)
        .retry(pace.retry);
    if let Some(base_url) = agents.base_url {
        client = client.agents_base_url(base_url);
    }
    if let Some(key) = agents.key {
        client = client.agents_api_key(key);
    }
    if let Some(requests) = pace.max_requests_per_minute {
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

/// The source of a key.
enum Key<'a> {
    File {
        path: &'a Path,
        /// The flag that names the file.
        flag: &'a str,
    },
    Variable(&'a str, String, Origin),
}

/// The origin of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Environment,
    DotEnv,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "the environment",
            Self::DotEnv => "the file .env",
        })
    }
}

/// Reads the key from a file.
pub(crate) fn key_in_file(file: &Path) -> Result<ApiKey, Failure> {
    Key::File {
        path: file,
        flag: "key_file",
    }
    .read()
}

/// Reads the key from a variable in the environment or `.env`.
pub(crate) fn key_in_variable(name: &str) -> Result<ApiKey, Failure> {
    match Variables::read()?.find(name)? {
        Some((key, origin)) => Key::Variable(name, key, origin).read(),
        None => Err(Failure::usage(format!(
            "the environment variable {} is not set",
            printable(name)
        ))),
    }
}

impl Key<'_> {
    /// Rejects a key that a base URL of another origin would silently send to another server: otherwise anyone who
    /// provides a folder with a `.env` file would receive the key of everyone who runs this program there. A base
    /// URL given by a flag is never silent, and regions are hosts of the vendor.
    fn check_against(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        match endpoint {
            Endpoint::UrlVariable(_, origin) => {
                self.check_origin(BASE_URL, "--base-url or --region", *origin)
            }
            _ => Ok(()),
        }
    }

    /// Rejects the key for the base URL of a variable of another origin. `flags` set a base URL instead.
    fn check_origin(
        &self,
        url_variable: &str,
        flags: &str,
        url_origin: Origin,
    ) -> Result<(), Failure> {
        let key_origin = match self {
            Self::Variable(_, _, origin) => *origin,
            // Given by a flag, so by the same person who sets the environment.
            Self::File { .. } => Origin::Environment,
        };
        if key_origin == url_origin {
            return Ok(());
        }
        let key = match self {
            Self::Variable(variable, _, origin) => format!("{variable} from {origin}"),
            Self::File { flag, .. } => format!("the key of {flag}"),
        };
        Err(Failure::usage(format!(
            "cannot send {key} to the base URL of {url_variable} from {url_origin}: both must have the same source"
        ))
        .with(&format!(
            "set both in {url_origin}, or use {flags}"
        )))
    }

    fn read(self) -> Result<ApiKey, Failure> {
        match self {
            Self::File { path, .. } => {
                // Do not print the path: users who mistake the flag pass the key itself.
                let refused = |why: &dyn fmt::Display| {
                    Failure::usage(format!("cannot use the key file: {why}"))
                        .with("give the path of a file that contains only the API key, not the key itself")
                };
                let bytes = if path == Path::new("-") {
                    text_file::stdin_bytes()
                } else {
                    text_file::bytes(path)
                };
                let text = text_file::decode(bytes.map_err(|error| refused(&error))?);
                let text = text.ok_or_else(|| refused(&text_file::NO_TEXT))?;
                // Editors end a file with a newline, which is not part of the key.
                let key = text.trim();
                secrets::add_key(key);
                ApiKey::new(key).map_err(|error| refused(&error))
            }
            Self::Variable(name, key, _) => {
                secrets::add_key(&key);
                ApiKey::new(key).map_err(|e| Failure::usage(format!("{name}: {e}")))
            }
        }
    }
}

/// The variables of the environment, with those of `.env` as a fallback.
struct Variables {
    file: HashMap<String, String>,
}

impl Variables {
    fn read() -> Result<Self, Failure> {
        let path = Path::new(DOT_ENV);
        let file = match text_file::bytes(path) {
            Ok(bytes) => dot_env(&text_file::text(bytes, path)?)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => HashMap::new(),
            Err(error) => return Err(Failure::unreadable(path, &error)),
        };
        Ok(Self { file })
    }

    /// Returns the value of a variable. A blank value counts as unset.
    fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.find(name)?.map(|(value, _)| value))
    }

    /// Returns the value of a variable and its origin.
    fn find(&self, name: &str) -> Result<Option<(String, Origin)>, Failure> {
        let is_set = |value: &String| !value.trim().is_empty();
        let own = match env::var(name) {
            Ok(value) => Some(value),
            Err(env::VarError::NotPresent) => None,
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Failure::usage(format!(
                    "{name} in the environment is not valid Unicode"
                )));
            }
        };
        let in_file = || self.file.get(name).cloned().filter(is_set);
        Ok(own
            .filter(is_set)
            .map(|value| (value, Origin::Environment))
            .or_else(|| in_file().map(|value| (value, Origin::DotEnv))))
    }
}

/// Parses the variables of a `.env` file. `$NAME` is not expanded: a file that someone else wrote could otherwise send any
/// variable of the environment to a server of its choice. The library always expands, so it does not see the sign.
fn dot_env(text: &str) -> Result<HashMap<String, String>, Failure> {
    let hidden = text.replace("\\$", DOLLAR).replace('$', DOLLAR);
    let variables = dotenvy::from_read_iter(hidden.as_bytes());
    let variables = variables.map(|variable| {
        let (name, value) = variable?;
        Ok((name, value.replace(DOLLAR, "$")))
    });
    variables.collect::<Result<_, _>>().map_err(|error| {
        let dotenvy::Error::LineParse(entry, _) = error else {
            return Failure::usage(format!("cannot read {DOT_ENV}"));
        };
        // The line may contain the key, so report only its number. For some lines the library returns only the
        // value.
        let first = entry.lines().next().unwrap_or_default().trim();
        let found = text.lines().enumerate().find(|(_, line)| {
            line.replace("\\$", "$")
                .contains(&first.replace(DOLLAR, "$"))
        });
        match found {
            Some((number, line)) => {
                Failure::usage(format!("{DOT_ENV}, line {}: {}", number + 1, fault(line)))
            }
            None => Failure::usage(format!("{DOT_ENV}: {}", fault(first))),
        }
    })
}

/// Stands for `$`: a character for private use, which no value contains.
const DOLLAR: &str = "\u{e000}";

/// Explains why a line is not `NAME=value`.
fn fault(line: &str) -> &'static str {
    let line = line.trim();
    let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
        return "expected NAME=value, but there is no `=`";
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let name = name.trim();
    if name.is_empty()
        || name.starts_with(|start: char| start.is_ascii_digit())
        || !name.bytes().all(is_name)
    {
        return "invalid name: use letters, digits and `_`, and begin with a letter";
    }
    let value = value.trim();
    if let Some(quote) = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        && value[1..].matches(quote).count() != 1
    {
        return "unclosed quote";
    }
    "a value that contains spaces, quotes or `\\` must be enclosed in single quotes"
}
