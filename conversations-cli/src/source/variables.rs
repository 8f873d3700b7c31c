//! Variables of the environment and of `.env`.

use std::collections::HashMap;
use std::path::Path;
use std::{env, fmt, io};

use crate::failure::Failure;
use crate::source::dot_env;
use crate::source::text_file;

/// The origin of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
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

/// The variables of the environment, with those of `.env` as a fallback.
#[derive(Default)]
pub(crate) struct Variables {
    file: HashMap<String, String>,
}

impl Variables {
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = Path::new(dot_env::FILE_NAME);
        let file = match text_file::bytes(path) {
            Ok(bytes) => dot_env::parse(&text_file::text(bytes, path)?)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => HashMap::new(),
            Err(error) => return Err(Failure::unreadable(path, &error)),
        };
        Ok(Self { file })
    }

    /// Returns the value of a variable. A blank value counts as unset.
    pub(crate) fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.find(name)?.map(|(value, _)| value))
    }

    /// Returns the value of a variable and its origin.
    pub(crate) fn find(&self, name: &str) -> Result<Option<(String, Origin)>, Failure> {
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
