//! API keys and the check of a request's key.

pub(crate) mod api_key;
pub(crate) mod keyring;
