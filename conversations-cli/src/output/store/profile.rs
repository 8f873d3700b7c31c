//! S3 credentials from profiles in `~/.aws`.
//!
//! `object_store` reads only environment variables.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::encryption::{check_encrypted, is_true};
use super::{NO_CREDENTIALS, Url};
use crate::failure::Failure;
use crate::source::text_file;

/// The instance metadata service, which provides credentials to machines of Amazon, Google and Microsoft.
pub(super) const METADATA: &str = "http://169.254.169.254";
/// The timeout for detecting it: where it exists, it responds at once.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Variables that select credentials other than a profile or instance metadata.
const ELSEWHERE: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Settings by which other tools get credentials from a third party.
const UNSUPPORTED: [&str; 5] = [
    "role_arn",
    "sso_session",
    "sso_start_url",
    "login_session",
    "credential_process",
];

/// Adds the profile's settings that the environment does not set, and rejects a configuration that cannot work.
pub(super) fn complete(builder: AmazonS3Builder, url: &Url) -> Result<AmazonS3Builder, Failure> {
    let refuse = |why: String| Failure::usage(format!("cannot open {url}: {why}"));
    let mut builder = builder;
    let profile = Profile::read(&variable)?;
    let elsewhere = ELSEWHERE.iter().any(|name| variable(name).is_some());
    if variable("AWS_REGION").is_none()
        && variable("AWS_DEFAULT_REGION").is_none()
        && let Some(region) = profile.get("region")
    {
        builder = builder.with_region(region);
    }
    if builder
        .get_config_value(&AmazonS3ConfigKey::Endpoint)
        .is_none()
        && variable("AWS_ENDPOINT_URL_S3").is_none()
        && let Some(endpoint) = profile.get("endpoint_url")
    {
        builder = builder.with_endpoint(endpoint);
    }
    if !elsewhere {
        builder = match profile.credentials() {
            Ok(Some(keys)) => {
                let builder = builder
                    .with_access_key_id(keys.id)
                    .with_secret_access_key(keys.secret);
                match keys.session_token {
                    Some(token) => builder.with_token(token),
                    None => builder,
                }
            }
            Ok(None) if is_true(variable("AWS_SKIP_SIGNATURE")) || has_metadata() => builder,
            Ok(None) => return Err(refuse(NO_CREDENTIALS.to_owned())),
            Err(why) => return Err(refuse(why)),
        };
    }
    let endpoint = variable("AWS_ENDPOINT_URL_S3");
    let endpoint = endpoint.or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    check_encrypted(url, endpoint, variable("AWS_ALLOW_HTTP"), "AWS_ALLOW_HTTP")?;
    Ok(builder)
}

/// Returns an environment variable if it is not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns whether the instance metadata service responds. Without this check, `object_store` would retry for
/// minutes.
fn has_metadata() -> bool {
    if is_true(variable("AWS_EC2_METADATA_DISABLED")) {
        return false;
    }
    responds(
        variable("AWS_METADATA_ENDPOINT")
            .as_deref()
            .unwrap_or(METADATA),
    )
}

/// Returns whether a metadata service accepts connections.
pub(super) fn responds(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else {
        return false;
    };
    let address = (
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or(80),
    );
    let mut addresses = address.to_socket_addrs().into_iter().flatten();
    addresses.any(|address| TcpStream::connect_timeout(&address, METADATA_TIMEOUT).is_ok())
}

/// The settings of one profile, merged from both files.
struct Profile {
    name: String,
    settings: HashMap<String, String>,
}

/// The access keys of a profile.
#[derive(PartialEq, Eq)]
struct AccessKeys<'a> {
    id: &'a str,
    secret: &'a str,
    session_token: Option<&'a str>,
}

impl fmt::Debug for Profile {
    /// Names the profile. Its settings hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({:?})", self.name)
    }
}

impl fmt::Debug for AccessKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKeys(..)")
    }
}

impl Profile {
    /// Reads the profile. Fails if it was named explicitly and neither file has it.
    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let named = variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let path = |variable_name: &str, file: &str| {
            let own = variable(variable_name).map(PathBuf::from);
            own.or_else(|| Some(PathBuf::from(home.as_ref()?).join(".aws").join(file)))
        };
        let mut settings = HashMap::new();
        let mut is_there = false;
        let mut paths = Vec::new();
        // The credentials file overrides the config file.
        for (path, sections) in [
            (
                path("AWS_CONFIG_FILE", "config"),
                [format!("profile {name}"), name.clone()],
            ),
            (
                path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                [name.clone(), name.clone()],
            ),
        ] {
            let Some(path) = path else { continue };
            paths.push(path.display().to_string());
            if !path.exists() {
                continue;
            }
            let text = text_file::read(&path)?;
            for found in sections.iter().filter_map(|name| section(&text, name)) {
                is_there = true;
                settings.extend(found);
            }
        }
        if named.is_some() && !is_there {
            return Err(Failure::usage(format!(
                "the AWS profile {name:?} does not exist in {}",
                paths.join(" or ")
            ))
            .with("correct AWS_PROFILE, or add the profile with `aws configure`"));
        }
        Ok(Self { name, settings })
    }

    fn get(&self, setting: &str) -> Option<&str> {
        self.settings.get(setting).map(String::as_str)
    }

    /// Returns the access keys; `None` if the profile has none of its own.
    fn credentials(&self) -> Result<Option<AccessKeys<'_>>, String> {
        let name = &self.name;
        match (
            self.get("aws_access_key_id"),
            self.get("aws_secret_access_key"),
        ) {
            (Some(id), Some(secret)) => Ok(Some(AccessKeys {
                id,
                secret,
                session_token: self.get("aws_session_token"),
            })),
            (None, None) => match UNSUPPORTED
                .iter()
                .find(|setting| self.get(setting).is_some())
            {
                Some(setting) => Err(format!(
                    "the AWS profile {name:?} uses {setting}, which is not supported; run `eval \"$(aws configure \
                     export-credentials --profile {name} --format env)\"` first"
                )),
                None => Ok(None),
            },
            _ => Err(format!(
                "the AWS profile {name:?} requires both aws_access_key_id and aws_secret_access_key"
            )),
        }
    }
}

/// Parses a section of an INI file; `None` if the file does not have it.
fn section(text: &str, name: &str) -> Option<HashMap<String, String>> {
    let mut found = None;
    let mut is_inside = false;
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = content.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            is_inside = header.split_whitespace().eq(name.split_whitespace());
            if is_inside {
                found.get_or_insert_with(HashMap::new);
            }
        // Indented settings belong to a service, not to the profile.
        } else if is_inside
            && !line.starts_with(char::is_whitespace)
            && let (Some(found), Some((key, value))) = (&mut found, content.split_once('='))
        {
            found.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(config: &str, credentials: &str, name: Option<&str>) -> Result<Profile, Failure> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".aws")).unwrap();
        for (file, text) in [("config", config), ("credentials", credentials)] {
            std::fs::write(folder.path().join(".aws").join(file), text).unwrap();
        }
        Profile::read(&|variable| match variable {
            "HOME" => Some(folder.path().display().to_string()),
            "AWS_PROFILE" => name.map(str::to_owned),
            _ => None,
        })
    }

    #[test]
    fn a_profile_is_read_out_of_both_files() {
        let config = "[default]\nregion = eu-west-1\n\n[profile  work]\nregion=us-west-2\ns3 =\n  region = no\n";
        let credentials = "# comment\n[default]\naws_access_key_id = D\naws_secret_access_key = d=/+\n\
            [work]\naws_access_key_id=W\naws_secret_access_key=w\naws_session_token=t\n";
        let default = profile(config, credentials, None).unwrap();
        assert_eq!(default.get("region"), Some("eu-west-1"));
        let printed = format!("{default:?} {:?}", default.credentials());
        assert!(!printed.contains("d=/+"), "{printed}");
        assert_eq!(
            default.credentials(),
            Ok(Some(AccessKeys {
                id: "D",
                secret: "d=/+",
                session_token: None
            }))
        );
        let work = profile(config, credentials, Some("work")).unwrap();
        assert_eq!(work.get("region"), Some("us-west-2"));
        assert_eq!(
            work.credentials(),
            Ok(Some(AccessKeys {
                id: "W",
                secret: "w",
                session_token: Some("t")
            }))
        );
    }

    #[test]
    fn a_profile_without_keys_is_rejected_with_the_remedy() {
        let missing = profile("", "[default]\n", Some("work")).unwrap_err();
        assert!(
            missing
                .to_string()
                .contains("AWS profile \"work\" does not exist"),
            "{missing}"
        );
        let sso = profile("[profile work]\nsso_session = x\n", "", Some("work")).unwrap();
        assert!(
            sso.credentials()
                .unwrap_err()
                .contains("export-credentials")
        );
        let half = profile("", "[default]\naws_access_key_id = D\n", None).unwrap();
        assert!(half.credentials().unwrap_err().contains("requires both"));
        let none = profile("", "", None).unwrap();
        assert_eq!(none.credentials(), Ok(None));
    }
}
