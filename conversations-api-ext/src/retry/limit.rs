//! [`Limit`]: the limit that ended the attempts.

/// The limit that ended the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Attempts,
    /// The next attempt would start after the time limit, counted from the page's first attempt.
    Time,
    /// The next attempt would start after the time limit, counted from the start of the client's current outage.
    Outage,
    /// The number of attempts, including those that were not sent because the retry budget of the client was empty.
    Budget,
}
