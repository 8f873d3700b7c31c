//! The filters of a query: [`Environment`], [`Variant`] and [`TurnType`].

use std::{fmt, str::FromStr};

use crate::{Error, serde_text::serde_text};

/// The deployment environment of a query; [`Live`](Self::Live) by default. A query has exactly one.
///
/// ```
/// use conversations_api_ext::Environment;
///
/// assert_eq!("pre-release".parse::<Environment>()?, Environment::PreRelease);
/// assert_eq!(Environment::default().to_string(), "live");
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `live`: real callers.
    #[default]
    Live,
    /// `sandbox`: tests while an agent is being built.
    Sandbox,
    /// `pre-release`: the last stage before live.
    PreRelease,
}

impl Environment {
    /// All environments that a query can select.
    pub const ALL: &'static [Self] = &[Self::Live, Self::Sandbox, Self::PreRelease];

    /// Returns the name as sent to the server.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
            Self::PreRelease => "pre-release",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Environment {
    type Err = Error;

    /// Parses the name of an environment.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other name.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|environment| environment.name() == text)
            .ok_or_else(|| {
                Error::invalid(
                    format!("{text:?} is not an environment"),
                    "choose live, sandbox or pre-release",
                )
            })
    }
}

serde_text!(Environment);

/// A variant of the agent, by id or by name; the API accepts one or the other.
///
/// ```
/// use conversations_api_ext::{Query, Variant};
///
/// let query = Query::v3().variant(Variant::Name("Downtown branch".into()))?;
/// # let _ = query;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// The id of the variant.
    Id(String),
    /// The display name of the variant; spaces are encoded automatically.
    Name(String),
}

impl Variant {
    /// Rejects an empty filter: it would select every variant instead of none.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (name, value) = match self {
            Self::Id(id) => ("variant id", id),
            Self::Name(name) => ("variant name", name),
        };
        if value.trim().is_empty() {
            return Err(Error::invalid(
                format!("the {name} {value:?} is empty"),
                "leave the variant out to get the conversations of all variants",
            ));
        }
        Ok(())
    }
}

/// The side of a conversation whose turns a transcript search reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TurnType {
    /// The turns of the caller.
    User,
    /// The turns of the agent.
    Agent,
}

impl FromStr for TurnType {
    type Err = Error;

    /// Parses `user` or `agent`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "user" => Ok(Self::User),
            "agent" => Ok(Self::Agent),
            _ => Err(Error::invalid(
                format!("{text:?} is not a turn type"),
                "choose user or agent; leave it out to search both",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_round_trip_and_others_are_refused_with_the_choices() {
        for &environment in Environment::ALL {
            assert_eq!(
                environment.to_string().parse::<Environment>().unwrap(),
                environment
            );
        }
        for text in ["", "Live", "prod", "prerelease"] {
            let message = text.parse::<Environment>().unwrap_err().to_string();
            assert!(
                Environment::ALL.iter().all(|e| message.contains(e.name())),
                "{message}"
            );
        }
    }

    #[test]
    fn an_empty_variant_is_refused() {
        for variant in [Variant::Id(String::new()), Variant::Name("  ".into())] {
            assert!(
                variant
                    .check()
                    .unwrap_err()
                    .to_string()
                    .contains("is empty")
            );
        }
        assert!(Variant::Name("Downtown branch".into()).check().is_ok());
    }

    #[test]
    fn turn_types_are_user_and_agent() {
        assert_eq!("user".parse::<TurnType>().unwrap(), TurnType::User);
        assert_eq!("agent".parse::<TurnType>().unwrap(), TurnType::Agent);
        assert!(
            "both"
                .parse::<TurnType>()
                .unwrap_err()
                .to_string()
                .contains("user or agent")
        );
    }
}
