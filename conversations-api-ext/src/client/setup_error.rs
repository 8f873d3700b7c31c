//! The error for an HTTP client that cannot be set up.

use crate::{Error, ErrorKind};

pub(super) fn unusable() -> Error {
    Error::new(
        ErrorKind::Connection,
        "no HTTPS client could be set up",
        "check that the system's root certificates are installed (on Linux the package \
         ca-certificates), or bring a `reqwest::Client` of your own",
    )
}
