//! The Tokio runtime that requests need.

use tokio::runtime::Handle;

use crate::Error;

/// Returns the current Tokio runtime. Outside of one, the HTTP client and its timeouts would panic.
pub(crate) fn current() -> Result<Handle, Error> {
    Handle::try_current().map_err(|_| {
        Error::invalid(
            "there is no Tokio runtime here",
            "run this code inside a Tokio runtime: the HTTP client needs it",
        )
    })
}
