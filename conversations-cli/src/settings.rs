//! Where the API is and who asks: from flags, the environment and `.env`, in this order.

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs, io};

use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Region, RetryPolicy};

use crate::arguments::ConnectionArguments;
use crate::failure::Failure;

const DOT_ENV: &str = ".env";
const API_KEY: &str = "POLYAI_API_KEY";
const LEGACY_API_KEY: &str = "POLYAI_LEGACY_API_KEY";
const REGION: &str = "POLYAI_REGION";
const BASE_URL: &str = "POLYAI_BASE_URL";
const ACCOUNT_ID: &str = "POLYAI_ACCOUNT_ID";
const PROJECT_ID: &str = "POLYAI_PROJECT_ID";

/// Records that each stream reads ahead. What takes them works about as fast as they come, so more would only
/// take memory, and `sync` has several streams.
const READ_AHEAD: usize = 128;

/// Builds the client that the settings describe.
pub(crate) fn client(flags: &ConnectionArguments) -> Result<Client, Failure> {
    client_with(flags, &KeyPlace::own(flags))
}

/// Where a key is: in the file that a flag names, or else in a variable.
pub(crate) struct KeyPlace<'a> {
    file: Option<&'a Path>,
    flag: &'static str,
    variable: &'static str,
}

impl<'a> KeyPlace<'a> {
    /// The key that most commands take.
    pub(crate) fn own(flags: &'a ConnectionArguments) -> Self {
        Self {
            file: flags.api_key_file.as_deref(),
            flag: "--api-key-file",
            variable: API_KEY,
        }
    }

    /// The key of v1 and v2, which v3 does not take.
    pub(crate) fn legacy(file: Option<&'a Path>) -> Self {
        Self {
            file,
            flag: "--legacy-api-key-file",
            variable: LEGACY_API_KEY,
        }
    }

    /// Whether there is one.
    pub(crate) fn is_given(&self) -> Result<bool, Failure> {
        Ok(self.file.is_some() || Variables::read()?.get(self.variable)?.is_some())
    }
}

/// Builds the client that the settings describe, with a key of one's choice.
pub(crate) fn client_with(
    flags: &ConnectionArguments,
    key_place: &KeyPlace<'_>,
) -> Result<Client, Failure> {
    if flags.projects.is_some() || flags.project.len() > 1 {
        return Err(Failure::usage(
            "this command reads one project: give one --project instead of several or --projects",
        ));
    }
    let variables = Variables::read()?;
    let place = Place::of(flags, &variables)?;
    let account = flag_or(flags.account.as_ref(), || variables.get(ACCOUNT_ID))?;
    let project = flag_or(flags.project.first(), || variables.get(PROJECT_ID))?;
    let key = match key_place.file {
        Some(file) => Some(Key::File(file)),
        None => variables
            .get(key_place.variable)?
            .map(|key| Key::Variable(key_place.variable, key)),
    };
    match (place, account, project, key) {
        (Some(place), Some(account), Some(project), Some(key)) => build(
            place.base_url()?,
            Project::new(account, project)?,
            key.read()?,
            Pace::of(flags),
        ),
        (place, account, project, key) => Err(missing(&[
            (place.is_none(), "--region", REGION),
            (account.is_none(), "--account", ACCOUNT_ID),
            (project.is_none(), "--project", PROJECT_ID),
            (key.is_none(), key_place.flag, key_place.variable),
        ])),
    }
}

/// A client for an emulator in this process.
pub(crate) fn demo_client(emulator: &conversations_emulator::Emulator) -> Result<Client, Failure> {
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let key = ApiKey::new(emulator.api_key())
        .map_err(|e| Failure::other(format!("the emulator's own key: {e}")))?;
    build(emulator.base_url().parse()?, project, key, Pace::default())
}

/// How fast and how often requests are sent.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    retry: RetryPolicy,
    max_requests_per_minute: Option<u32>,
}

impl Pace {
    /// A program that runs at night has time: a time limits its retries, not their number.
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

pub(crate) fn build(
    base_url: BaseUrl,
    project: Project,
    key: ApiKey,
    pace: Pace,
) -> Result<Client, Failure> {
    let application = concat!("conversations-cli/", env!("CARGO_PKG_VERSION"));
    let mut builder = Client::builder(base_url, project, key)
        .read_ahead(READ_AHEAD)
        .application(application)
        .retry(pace.retry);
    if let Some(requests) = pace.max_requests_per_minute {
        builder = builder.max_requests_per_minute(requests);
    }
    Ok(builder.build()?)
}

fn missing(settings: &[(bool, &str, &str)]) -> Failure {
    let missing = settings.iter().filter(|(missing, ..)| *missing);
    let names: Vec<_> = missing
        .map(|(_, flag, variable)| format!("{flag} (or {variable})"))
        .collect();
    Failure::usage(format!(
        "missing: {}\nGive the flags, or set the variables in the environment or in a file named .env in \
         this folder.\nTo try the program without them: --demo",
        names.join(", ")
    ))
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

/// What says where the API is.
enum Place {
    Region(Region),
    Url(String),
    RegionVariable(String),
    UrlVariable(String),
}

impl Place {
    /// A flag of either kind beats the variables of both.
    fn of(flags: &ConnectionArguments, variables: &Variables) -> Result<Option<Self>, Failure> {
        Ok(if let Some(url) = &flags.base_url {
            Some(Self::Url(url.clone()))
        } else if let Some(region) = flags.region {
            Some(Self::Region(region))
        } else if let Some(url) = variables.get(BASE_URL)? {
            Some(Self::UrlVariable(url))
        } else {
            variables.get(REGION)?.map(Self::RegionVariable)
        })
    }

    fn base_url(self) -> Result<BaseUrl, Failure> {
        let of = |variable| move |error| Failure::usage(format!("{variable}: {error}"));
        match self {
            Self::Region(region) => Ok(region.into()),
            Self::Url(url) => Ok(url.parse()?),
            Self::UrlVariable(url) => url.parse().map_err(of(BASE_URL)),
            Self::RegionVariable(region) => {
                let region: Region = region.parse().map_err(of(REGION))?;
                Ok(region.into())
            }
        }
    }
}

/// What holds the key.
enum Key<'a> {
    File(&'a Path),
    Variable(&'a str, String),
}

/// The key that a file holds.
pub(crate) fn key_in_file(file: &Path) -> Result<ApiKey, Failure> {
    Key::File(file).read()
}

/// The key that a variable of the environment or of `.env` holds.
pub(crate) fn key_in_variable(name: &str) -> Result<ApiKey, Failure> {
    match Variables::read()?.get(name)? {
        Some(key) => Key::Variable(name, key).read(),
        None => Err(Failure::usage(format!("the variable {name} is not set"))),
    }
}

impl Key<'_> {
    fn read(self) -> Result<ApiKey, Failure> {
        match self {
            Self::File(file) => {
                let text = fs::read_to_string(file).map_err(|e| Failure::unreadable(file, &e))?;
                // Editors end a file with a line end, which is not part of the key.
                ApiKey::new(text.trim())
                    .map_err(|e| Failure::usage(format!("{}: {e}", file.display())))
            }
            Self::Variable(name, key) => {
                ApiKey::new(key).map_err(|e| Failure::usage(format!("{name}: {e}")))
            }
        }
    }
}

/// The variables of the environment, and behind them those of `.env`.
struct Variables {
    file: HashMap<String, String>,
}

impl Variables {
    fn read() -> Result<Self, Failure> {
        let file = match dotenvy::from_path_iter(DOT_ENV) {
            Ok(lines) => lines
                .collect::<Result<_, _>>()
                // The error repeats the line, which may hold the key.
                .map_err(|_| Failure::usage(".env: a line is not of the form NAME=value"))?,
            Err(dotenvy::Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                HashMap::new()
            }
            Err(dotenvy::Error::Io(error)) => {
                return Err(Failure::unreadable(Path::new(DOT_ENV), &error));
            }
            Err(_) => return Err(Failure::usage(".env cannot be read")),
        };
        Ok(Self { file })
    }

    /// The value of a variable; one that is blank counts as not set, wherever it stands.
    fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        let is_set = |value: &String| !value.trim().is_empty();
        let own = match env::var(name) {
            Ok(value) => Some(value),
            Err(env::VarError::NotPresent) => None,
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Failure::usage(format!(
                    "{name} in the environment is not valid Unicode: set it again"
                )));
            }
        };
        Ok(own
            .filter(is_set)
            .or_else(|| self.file.get(name).cloned().filter(is_set)))
    }
}
