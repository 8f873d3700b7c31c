//! What a query can filter by: [`Environment`], [`Variant`] and [`TurnType`].

use std::{fmt, str::FromStr};

use crate::Error;

/// The deployment whose conversations are asked for. A query is for exactly one;
/// without a choice it is [`Live`](Self::Live).
///
/// ```
/// use conversations_api_ext::Environment;
///
/// assert_eq!("pre-release".parse::<Environment>()?, Environment::PreRelease);
/// assert_eq!(Environment::default().to_string(), "live");
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Environment {
    /// `live`: real callers.
    #[default]
    Live,
    /// `sandbox`: trials while an agent is being built.
    Sandbox,
    /// `pre-release`: the last stage before live.
    PreRelease,
}

impl Environment {
    /// Every environment that a query can name.
    pub const ALL: [Self; 3] = [Self::Live, Self::Sandbox, Self::PreRelease];

    /// The name as it is sent.
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

    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other name.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.name() == text)
            .ok_or_else(|| {
                Error::invalid(
                    format!("{text:?} is not an environment"),
                    "choose live, sandbox or pre-release",
                )
            })
    }
}

/// A variant of the agent, by id or by name; the API takes one or the other.
///
/// ```
/// use conversations_api_ext::{Query, Variant};
///
/// let query = Query::v3().variant(Variant::Name("Downtown branch".into()));
/// # let _ = query;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The variant with this id.
    Id(String),
    /// The variant with this name, as it is shown; spaces are encoded for you.
    Name(String),
}

impl Variant {
    /// An empty filter would ask for every variant instead of none.
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

/// Whose turns a transcript search looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnType {
    /// What callers said or typed.
    User,
    /// What the agent said.
    Agent,
}

impl FromStr for TurnType {
    type Err = Error;

    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) unless `user` or `agent`.
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
        for environment in Environment::ALL {
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
