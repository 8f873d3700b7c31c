//! [`Timeouts`]: the timeouts of the HTTP client.

use std::time::Duration;

/// The timeouts of the HTTP client, for messages; unknown for a custom client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) stall: Option<Duration>,
}
