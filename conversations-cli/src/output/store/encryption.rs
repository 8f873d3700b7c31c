//! Rejects endpoints to which records would be sent without encryption.

use super::Url;
use crate::failure::Failure;

/// Fails if records would be sent over an endpoint without encryption that is not allowed by `name`.
pub(super) fn check_encrypted(
    url: &Url,
    endpoint: Option<String>,
    allowed: Option<String>,
    name: &str,
) -> Result<(), Failure> {
    match endpoint.filter(|endpoint| endpoint.starts_with("http://")) {
        Some(endpoint) if !is_true(allowed) => Err(Failure::usage(format!(
            "cannot open {url}: the endpoint {endpoint} does not encrypt records; use https, or set {name}=true"
        ))),
        _ => Ok(()),
    }
}

/// Returns whether a setting is on, in the forms that `object_store` accepts.
pub(super) fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| {
        matches!(
            value.to_ascii_lowercase().as_str(),
            "1" | "true" | "yes" | "on" | "y"
        )
    })
}
