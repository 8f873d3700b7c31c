//! [`Timeout`]: a timeout setting.

use std::time::Duration;

use crate::Error;

/// A timeout setting: the default, a custom limit, or disabled.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Timeout {
    #[default]
    Unset,
    Set(Option<Duration>),
}

impl Timeout {
    pub(super) fn or(self, default: Duration, name: &str) -> Result<Option<Duration>, Error> {
        match self {
            Self::Unset => Ok(Some(default)),
            Self::Set(Some(Duration::ZERO)) => Err(Error::invalid(
                format!("the {name} timeout is zero"),
                "nothing would ever arrive in time: give a longer one, or `None` for none",
            )),
            Self::Set(limit) => Ok(limit),
        }
    }
}
