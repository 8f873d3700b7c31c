//! [`Project`]: an account id and a project id.

use std::{fmt, str::FromStr};

use crate::{Error, serde_text::serde_text};

/// Rejects an id that is not a valid URL path segment. Everything else is up to the vendor: ids have various
/// prefixes or are slugs.
fn checked(id: String, name: &str) -> Result<String, Error> {
    let fault = if id.is_empty() {
        "is empty"
    } else if id == "." || id == ".." {
        "would change the path of the request"
    } else if id.contains('\\') {
        "contains a backslash, which URLs read as a slash"
    } else if id.trim() != id {
        "has white space around it"
    } else if id.chars().any(char::is_control) {
        "contains a control character"
    } else {
        return Ok(id);
    };
    Err(Error::invalid(
        format!("the {name} {id:?} {fault}"),
        match name {
            ACCOUNT => "pass the id that Agent Studio calls Workspace ID, such as ws-fd112d8f",
            CONVERSATION => {
                "pass the id as the list of conversations has it, such as CAabcd1234567abcdef1250065d4fc7389"
            }
            _ => "pass the id that Agent Studio calls Agent ID, such as PROJECT-58RP822I",
        },
    ))
}

/// Rejects a conversation id that is not a valid URL path segment.
pub(crate) fn checked_conversation_id(id: &str) -> Result<(), Error> {
    checked(id.to_owned(), CONVERSATION).map(drop)
}

const CONVERSATION: &str = "conversation id";
const ACCOUNT: &str = "account id";
const PROJECT: &str = "project id";

macro_rules! id {
    ($(#[$doc:meta])* $type:ident, $name:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// Validates an id.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the id is empty, `.` or `..`, contains a
            /// backslash or a control character, or has leading or trailing white space. Its prefix is not checked.
            pub fn new(id: impl Into<String>) -> Result<Self, Error> {
                checked(id.into(), $name).map(Self)
            }

            /// Returns the id as given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(id: &str) -> Result<Self, Error> {
                Self::new(id)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// The id of a customer account: the Workspace ID in Agent Studio (`ws-fd112d8f`). A slug (`acme-us`) works as
    /// well.
    ///
    /// ```
    /// use conversations_api_ext::AccountId;
    ///
    /// assert_eq!(AccountId::new("ws-fd112d8f")?.as_str(), "ws-fd112d8f");
    /// assert!(AccountId::new("..").is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    AccountId, ACCOUNT
}

id! {
    /// The id of a project: the Agent ID in Agent Studio (`PROJECT-58RP822I`). A slug (`acme-outbound`) works as well.
    ///
    /// ```
    /// use conversations_api_ext::ProjectId;
    ///
    /// assert_eq!(ProjectId::new("acme-outbound")?.as_str(), "acme-outbound");
    /// assert!(ProjectId::new(" acme").is_err());
    /// # Ok::<(), conversations_api_ext::Error>(())
    /// ```
    ProjectId, PROJECT
}

/// A project and the account it belongs to.
///
/// A v3 key is issued for exactly one project in one region (PolyAI docs, Conversations API overview, "v3 keys"), so
/// a [`Client`](crate::Client) accesses one project.
///
/// ```
/// use conversations_api_ext::Project;
///
/// let project = Project::new("ws-fd112d8f", "PROJECT-58RP822I")?;
/// assert_eq!(project.to_string(), "ws-fd112d8f/PROJECT-58RP822I");
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Project {
    account: AccountId,
    project: ProjectId,
}

impl Project {
    /// Validates both ids and creates a project.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) as for
    /// [`AccountId::new`] and [`ProjectId::new`].
    pub fn new(account: impl Into<String>, project: impl Into<String>) -> Result<Self, Error> {
        Ok(Self {
            account: AccountId::new(account)?,
            project: ProjectId::new(project)?,
        })
    }

    /// Returns the account (workspace) id.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the project (agent) id.
    #[must_use]
    pub fn project(&self) -> &ProjectId {
        &self.project
    }
}

impl From<(AccountId, ProjectId)> for Project {
    fn from((account, project): (AccountId, ProjectId)) -> Self {
        Self { account, project }
    }
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.project)
    }
}

impl FromStr for Project {
    type Err = Error;

    /// Parses account and project id, as `Display` writes them: `ws-fd112d8f/PROJECT-58RP822I`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) unless the text has exactly one slash between two valid ids. Use
    /// [`Project::new`] for ids that contain a slash.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('/') {
            Some((account, project)) if !project.contains('/') => Self::new(account, project),
            _ => Err(Error::invalid(
                format!("{text:?} is not a project"),
                "write account and project id with a slash between them: ws-fd112d8f/PROJECT-58RP822I",
            )),
        }
    }
}

serde_text!(AccountId, ProjectId, Project);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_would_change_the_path_are_refused() {
        for id in [
            "", ".", "..", " a", "a ", "a\n", "\u{a0}a", "a\u{0}b", "a\tb", "..\\x", "a\\b",
        ] {
            for error in [
                AccountId::new(id).map(drop).unwrap_err(),
                ProjectId::new(id).map(drop).unwrap_err(),
            ] {
                let message = error.to_string();
                assert!(message.contains(&format!("{id:?}")), "{message}");
            }
        }
    }

    #[test]
    fn any_other_id_is_accepted_whatever_its_prefix() {
        for id in [
            "ws-fd112d8f",
            "acme-us",
            "PROJECT-58RP822I",
            "7",
            "...",
            "a b",
            "a/b",
            "ä%2e?#",
        ] {
            assert_eq!(AccountId::new(id).unwrap().as_str(), id);
            assert_eq!(id.parse::<ProjectId>().unwrap().to_string(), id);
        }
    }

    #[test]
    fn a_project_is_parsed_as_it_is_written() {
        let project = Project::new("ws-1", "PROJECT-1").unwrap();
        assert_eq!(project.to_string().parse::<Project>().unwrap(), project);
        let json = serde_json::to_string(&project).unwrap();
        assert_eq!(json, "\"ws-1/PROJECT-1\"");
        assert_eq!(serde_json::from_str::<Project>(&json).unwrap(), project);
        for text in ["", "ws-1", "/", "ws-1/", "/PROJECT-1", "a/b/c"] {
            assert!(text.parse::<Project>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_refused_project_says_which_of_the_two_ids_it_is() {
        assert!(
            Project::new("", "p")
                .unwrap_err()
                .to_string()
                .contains("account id")
        );
        assert!(
            Project::new("a", "..")
                .unwrap_err()
                .to_string()
                .contains("project id")
        );
    }
}
