//! [`ExtraParams`]: query parameters that this crate has no method for.

use std::fmt;

use crate::Error;

/// Query parameters by name, in the order in which they were added.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ExtraParams(Vec<(String, String)>);

/// The parameters that this crate sets itself, of all versions.
const OWN: [&str; 17] = [
    "channel",
    "client_env",
    "cursor",
    "end_time",
    "in_progress",
    "include_context_state",
    "include_latency",
    "include_turn_metadata",
    "limit",
    "offset",
    "query",
    "query_type",
    "sample",
    "start_time",
    "turn_type",
    "variant_id",
    "variant_name",
];

impl ExtraParams {
    pub(super) fn add(&mut self, name: String, value: String) -> Result<(), Error> {
        if OWN.contains(&name.as_str()) {
            return Err(Error::invalid(
                format!("`{name}` is a parameter that the client sets itself"),
                "use the method of `Query` for it; the streams set cursor and offset",
            ));
        }
        if name.trim().is_empty() {
            return Err(Error::invalid(
                "the name of a parameter is empty",
                "give the name that the API documents",
            ));
        }
        self.0.push((name, value));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for ExtraParams {
    /// Prints the names only: a value may be a phone number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}
