//! The API key from a file or a variable.

use std::path::Path;
use std::{env, fmt, fs};

use conversations_api_ext::ApiKey;

use crate::args::ConnectionArguments;
use crate::failure::Failure;
use crate::source::dot_env::FILE_NAME;
use crate::source::text_file;
use crate::source::variables::{Origin, Variables};
use crate::term::escape::printable;
use crate::term::secrets;

const API_KEY: &str = "POLYAI_API_KEY";
const LEGACY_API_KEY: &str = "POLYAI_LEGACY_API_KEY";
pub(crate) const AGENTS_API_KEY: &str = "POLYAI_AGENTS_API_KEY";

const API_KEY_FILE: &str = "--api-key-file";
const LEGACY_API_KEY_FILE: &str = "--legacy-api-key-file";

/// Hides the API keys of this run from every message, as far as they are known before the command line is parsed:
/// messages about the command line repeat its values, and a key may be among them by mistake.
pub(crate) fn hide_keys() {
    // Errors are reported by the command that needs the key. A pipe could not be read again by it.
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|file| file.is_file());
    let has_pipe = Path::new(FILE_NAME).exists() && !is_file(Path::new(FILE_NAME));
    let variables = if has_pipe {
        Variables::default()
    } else {
        Variables::read().unwrap_or_default()
    };
    for name in [API_KEY, LEGACY_API_KEY, AGENTS_API_KEY] {
        if let Ok(Some(key)) = variables.get(name) {
            secrets::add_key(&key);
        }
    }
    let mut arguments = env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy();
        let path = match argument.split_once('=') {
            Some((API_KEY_FILE | LEGACY_API_KEY_FILE, path)) => path.to_owned().into(),
            None if [API_KEY_FILE, LEGACY_API_KEY_FILE].contains(&&*argument) => {
                arguments.next().unwrap_or_default()
            }
            _ => continue,
        };
        if is_file(Path::new(&path))
            && let Ok(bytes) = text_file::bytes(Path::new(&path))
            && let Some(key) = text_file::decode(bytes)
        {
            secrets::add_key(key.trim());
        }
    }
}

/// The source of a key: the file given by a flag, or else a variable.
pub(crate) struct KeySource<'a> {
    file: Option<&'a Path>,
    pub(crate) flag: &'static str,
    pub(crate) variable: &'static str,
}

impl<'a> KeySource<'a> {
    /// Returns the key source of most commands.
    pub(crate) fn own(flags: &'a ConnectionArguments) -> Self {
        Self {
            file: flags.api_key_file.as_deref(),
            flag: API_KEY_FILE,
            variable: API_KEY,
        }
    }

    /// Returns the key source of v1 and v2, whose key v3 rejects.
    pub(crate) fn legacy(file: Option<&'a Path>) -> Self {
        Self {
            file,
            flag: LEGACY_API_KEY_FILE,
            variable: LEGACY_API_KEY,
        }
    }

    /// Returns whether a key is given.
    pub(crate) fn is_given(&self) -> Result<bool, Failure> {
        Ok(self.find(&Variables::read()?)?.is_some())
    }

    /// Returns the key, if it is given.
    pub(crate) fn find(&self, variables: &Variables) -> Result<Option<Key<'a>>, Failure> {
        if let Some(path) = self.file {
            let flag = self.flag;
            return Ok(Some(Key::File { path, flag }));
        }
        let found = variables.find(self.variable)?;
        Ok(found.map(|(key, origin)| Key::Variable(self.variable, key, origin)))
    }

    /// Returns whether the key is for v1 and v2 only.
    pub(crate) fn is_legacy(&self) -> bool {
        self.variable == LEGACY_API_KEY
    }
}

/// A key that was found, not yet read.
pub(crate) enum Key<'a> {
    File {
        path: &'a Path,
        /// The flag that names the file.
        flag: &'a str,
    },
    Variable(&'a str, String, Origin),
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
        // Do not print what is no usual name: users who mistake the setting give the key itself.
        None if !is_usual_name(name) => Err(Failure::usage(
            "the environment variable with the key is not set",
        )
        .with("give the name of a variable, such as SALES_KEY, not the key itself")),
        None => Err(Failure::usage(format!(
            "the environment variable {} is not set",
            printable(name)
        ))),
    }
}

/// Returns whether a text looks like the name of a variable and not like a key, which has many digits or small letters.
fn is_usual_name(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    digits <= 2 && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

impl Key<'_> {
    /// Rejects the key for the base URL of a variable of another origin. `flags` set a base URL instead.
    pub(crate) fn check_origin(
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

    pub(crate) fn read(self) -> Result<ApiKey, Failure> {
        match self {
            Self::File { path, .. } => {
                // Do not print the path: users who mistake the flag pass the key itself.
                let refused = |why: &dyn fmt::Display| {
                    Failure::usage(format!("cannot use the key file: {why}"))
                        .with("give the path of a file that contains only the API key, not the key itself")
                };
                let bytes = text_file::bytes_or_stdin(path).map_err(|error| refused(&error))?;
                let text = text_file::decode(bytes);
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
