//! The projects that a command reads: one from flags and variables, or several from repeated `--project` flags or a
//! configuration file, which contains no keys.

use std::path::{Path, PathBuf};

use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Region};
use serde::Deserialize;

use crate::args::ConnectionArguments;
use crate::failure::{Exit, Failure};
use crate::source::text_file;
use crate::source::{api_key, settings};
use crate::term::escape::printable;
use crate::term::plural::plural;
use crate::term::stderr::say;

/// A project and its client.
pub(crate) struct NamedProject {
    /// The display name; files are named after it.
    pub(crate) name: String,
    /// The client, or why it cannot be built.
    pub(crate) client: Result<Client, Failure>,
}

/// The file `conversations.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    project: Vec<Entry>,
}

/// A project in `conversations.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    region: Option<String>,
    base_url: Option<String>,
    /// The base URL of single conversations and recordings.
    agents_base_url: Option<String>,
    /// The environment variable with the key for it.
    agents_key_variable: Option<String>,
    account: String,
    project: String,
    /// The environment variable with the key.
    key_variable: Option<String>,
    /// The file with the key, relative to this file.
    key_file: Option<PathBuf>,
}

/// Returns the configured projects; `None` for a single project without a name.
pub(crate) fn several(flags: &ConnectionArguments) -> Result<Option<Vec<NamedProject>>, Failure> {
    if let Some(path) = &flags.projects {
        return read(path, flags).map(Some);
    }
    if flags.project.len() < 2 {
        return Ok(None);
    }
    let one = |project: &String| {
        let flags = ConnectionArguments {
            project: vec![project.clone()],
            ..flags.clone()
        };
        NamedProject {
            name: project.clone(),
            client: settings::client(&flags),
        }
    };
    distinct(flags.project.iter().map(one).collect()).map(Some)
}

fn read(path: &Path, flags: &ConnectionArguments) -> Result<Vec<NamedProject>, Failure> {
    let text = text_file::read(path)?;
    let file: File = toml::from_str(&text).map_err(|error| {
        // The library's message quotes the line, which may contain a key by mistake.
        let line = error
            .span()
            .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Failure::usage(format!(
            "{}, line {line}: {}",
            printable(&path.to_string_lossy()),
            printable(error.message())
        ))
    })?;
    if file.project.is_empty() {
        return Err(Failure::usage(format!(
            "{} lists no projects",
            printable(&path.to_string_lossy())
        )));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let named = file.project.into_iter().map(|entry| {
        let name = entry.name.clone().unwrap_or_else(|| entry.project.clone());
        NamedProject {
            name,
            client: entry.client(folder, flags),
        }
    });
    distinct(named.collect())
}

/// Rejects projects that share a file name: their files would overwrite each other.
fn distinct(named: Vec<NamedProject>) -> Result<Vec<NamedProject>, Failure> {
    for (index, one) in named.iter().enumerate() {
        if named[..index].iter().any(|other| other.name == one.name) {
            return Err(
                Failure::usage(format!("two projects have the name {:?}", one.name))
                    .with("give each project a unique name"),
            );
        }
    }
    Ok(named)
}

impl Entry {
    fn client(self, folder: &Path, flags: &ConnectionArguments) -> Result<Client, Failure> {
        let base_url: BaseUrl = match (&self.region, &self.base_url) {
            (Some(region), None) => region.parse::<Region>()?.into(),
            (None, Some(url)) => url.parse()?,
            _ => {
                return Err(Failure::usage(
                    "exactly one of region and base_url is required",
                ));
            }
        };
        let key = match (&self.key_variable, &self.key_file) {
            (Some(name), None) => api_key::key_in_variable(name)?,
            (None, Some(file)) => api_key::key_in_file(&folder.join(file))?,
            _ => {
                return Err(Failure::usage(
                    "exactly one of key_variable and key_file is required",
                ));
            }
        };
        self.build(base_url, key, flags)
    }

    fn build(
        self,
        base_url: BaseUrl,
        key: ApiKey,
        flags: &ConnectionArguments,
    ) -> Result<Client, Failure> {
        let agents_key = self.agents_key_variable.as_deref();
        let agents = settings::AgentsHost {
            base_url: self.agents_base_url.map(|url| url.parse()).transpose()?,
            key: agents_key.map(api_key::key_in_variable).transpose()?,
        };
        let project = Project::new(self.account, self.project)?;
        let policy = settings::RequestPolicy::of(flags);
        settings::build(base_url, project, agents, key, policy)
    }
}

impl NamedProject {
    /// Returns the name with only characters that file and object names allow on every system.
    pub(crate) fn file_name(&self) -> String {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let mut name = String::new();
        for byte in self.name.bytes() {
            match byte {
                b'.' if name.is_empty() => name.push_str("%2E"),
                byte if fits(byte) => name.push(char::from(byte)),
                byte => name.push_str(&format!("%{byte:02X}")),
            }
        }
        name
    }
}

/// The outcomes of several projects. The exit code is the worst one, after all of them have run.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    worst: Option<Exit>,
    /// The names of the projects that failed.
    failed: Vec<String>,
    all: usize,
}

impl Outcomes {
    /// Records the outcome of a project and reports its failure. No project runs after an interrupted one.
    pub(crate) fn add(
        &mut self,
        name: &str,
        outcome: Result<Exit, Failure>,
    ) -> Result<(), Failure> {
        self.all += 1;
        let exit = match outcome {
            Ok(exit) => exit,
            Err(failure) if failure.exit() == Exit::Interrupted => return Err(failure),
            Err(failure) => {
                self.failed.push(name.to_owned());
                let exit = failure.exit();
                say(format_args!("error: {}", failure.named(name)));
                exit
            }
        };
        let severity = |exit: Exit| match exit {
            Exit::Success => 0,
            Exit::Skipped => 1,
            _ => 2,
        };
        if self
            .worst
            .is_none_or(|worst| severity(exit) > severity(worst))
        {
            self.worst = Some(exit);
        }
        Ok(())
    }

    /// Returns the names of the projects that failed.
    pub(crate) fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Returns the worst code and, for several projects, reports how many completed.
    pub(crate) fn exit(&self, quiet: bool) -> Exit {
        if !quiet && self.all > 0 {
            let good = self.all - self.failed.len();
            let all = plural(self.all as u64, "project");
            say(format_args!("{good} of {all} completed"));
        }
        self.worst.unwrap_or(Exit::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_can_stand_in_the_name_of_a_file() {
        for (name, file) in [
            ("sales", "sales"),
            ("a/b c", "a%2Fb%20c"),
            ("..", "%2E."),
            ("Zürich", "Z%C3%BCrich"),
            ("%", "%25"),
        ] {
            let named = NamedProject {
                name: name.to_owned(),
                client: Err(Failure::other("")),
            };
            assert_eq!(named.file_name(), file);
        }
    }
}
