//! [`RetryStrategy`]: decides about single failures before the policy of the client.

use std::time::Duration;

use crate::Error;

/// Decides whether a failed request is retried, before the [`RetryPolicy`](crate::RetryPolicy) of the client.
///
/// Set it with [`ClientBuilder::retry_strategy`](crate::ClientBuilder::retry_strategy). Any
/// `Fn(&Error, u32, Duration) -> RetryDecision` implements it. It is called for every failure of a page, of a single
/// conversation or of a recording, by all clones of the client.
///
/// ```
/// use std::time::Duration;
///
/// use conversations_api_ext::{ApiKey, Client, Error, Project, Region, RetryDecision};
///
/// // A gateway that returns 404 while it starts. Everything else is left to the policy.
/// let strategy = |error: &Error, attempt: u32, _elapsed: Duration| match error.status() {
///     Some(404) if attempt < 5 => RetryDecision::RetryAfter(Duration::from_secs(2)),
///     _ => RetryDecision::Policy,
/// };
/// let client = Client::builder(
///     Region::Us1,
///     Project::new("ws-fd112d8f", "PROJECT-58RP822I")?,
///     ApiKey::new("key-from-your-secret-store")?,
/// )
/// .retry_strategy(strategy)
/// .build()?;
/// # let _ = client;
/// # Ok::<(), conversations_api_ext::Error>(())
/// ```
///
/// [`Error::builder`] creates errors for its unit tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide about retries",
    note = "implement `RetryStrategy`, or pass a closure whose argument types are written out: `|error: &Error, attempt: u32, elapsed: Duration| RetryDecision::Policy`"
)]
pub trait RetryStrategy: Send + Sync {
    /// Decides what follows the failure of an attempt.
    ///
    /// `attempt` is the number of the failed attempt, counted from 1, and `elapsed` the time since the start of the
    /// first one.
    fn on_error(&self, error: &Error, attempt: u32, elapsed: Duration) -> RetryDecision;
}

impl<F: Fn(&Error, u32, Duration) -> RetryDecision + Send + Sync> RetryStrategy for F {
    fn on_error(&self, error: &Error, attempt: u32, elapsed: Duration) -> RetryDecision {
        self(error, attempt, elapsed)
    }
}

/// The decision of a [`RetryStrategy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// Leave it to the [`RetryPolicy`](crate::RetryPolicy) of the client.
    Policy,
    /// Retry after this wait, or later if the client's rate limit requires it. The limits of the policy (attempts, time,
    /// budget) do not apply, and the budget is the same afterwards.
    RetryAfter(Duration),
    /// Return the error.
    Stop,
}
