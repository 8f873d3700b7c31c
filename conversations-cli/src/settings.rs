//! Where the API is and who asks: from flags, the environment and `.env`, in this order.

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs, io};

use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Region};

use crate::arguments::ConnectionArguments;
use crate::failure::Failure;

const DOT_ENV: &str = ".env";

/// Builds the client that the settings describe.
pub(crate) fn client(flags: &ConnectionArguments) -> Result<Client, Failure> {
    let variables = Variables::read()?;
    let base_url = base_url(flags, &variables)?;
    let account = variables.setting(flags.account.as_ref(), "--account", "POLYAI_ACCOUNT_ID")?;
    let project = variables.setting(flags.project.as_ref(), "--project", "POLYAI_PROJECT_ID")?;
    let key = match &flags.api_key_file {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|e| Failure::unreadable(file, &e))?;
            ApiKey::new(text.trim())
                .map_err(|e| Failure::usage(format!("in {}: {e}", file.display())))?
        }
        None => {
            let key = variables.setting(None, "--api-key-file", "POLYAI_API_KEY")?;
            ApiKey::new(key).map_err(|e| Failure::usage(format!("POLYAI_API_KEY: {e}")))?
        }
    };
    build(base_url, Project::new(account, project)?, key)
}

/// A client for an emulator in this process.
pub(crate) fn demo_client(emulator: &conversations_emulator::Emulator) -> Result<Client, Failure> {
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id())?;
    let key = ApiKey::new(emulator.api_key())
        .map_err(|e| Failure::other(format!("the emulator's own key: {e}")))?;
    build(emulator.base_url().parse()?, project, key)
}

fn build(base_url: BaseUrl, project: Project, key: ApiKey) -> Result<Client, Failure> {
    let application = concat!("conversations-cli/", env!("CARGO_PKG_VERSION"));
    Ok(Client::builder(base_url, project, key)
        .application(application)
        .build()?)
}

/// A flag of either kind beats the variables of both.
fn base_url(flags: &ConnectionArguments, variables: &Variables) -> Result<BaseUrl, Failure> {
    if let Some(url) = &flags.base_url {
        return Ok(url.parse()?);
    }
    if let Some(region) = flags.region {
        return Ok(region.into());
    }
    if let Some(url) = variables.get("POLYAI_BASE_URL") {
        return url
            .parse()
            .map_err(|e| Failure::usage(format!("POLYAI_BASE_URL: {e}")));
    }
    let region = variables.setting(None, "--region", "POLYAI_REGION")?;
    region
        .parse::<Region>()
        .map(Into::into)
        .map_err(|e| Failure::usage(format!("POLYAI_REGION: {e}")))
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

    fn get(&self, name: &str) -> Option<String> {
        env::var(name)
            .ok()
            .or_else(|| self.file.get(name).cloned())
            .filter(|value| !value.is_empty())
    }

    fn setting(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        variable: &str,
    ) -> Result<String, Failure> {
        flag.cloned().or_else(|| self.get(variable)).ok_or_else(|| {
            Failure::usage(format!(
                "{variable} is not set: give {flag_name}, or set the variable in the environment or in .env \
                 (or try `--demo`, which needs neither)"
            ))
        })
    }
}
