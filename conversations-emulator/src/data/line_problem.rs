//! Problems of single lines of a data file.

/// What is wrong with a line of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The line is not a JSON object.
    #[error("is not a JSON object; write one conversation per line")]
    NotAnObject,
    /// The line has no `id`, or its `id` is empty or not a string.
    #[error("has no `id`; every conversation needs a non-empty string `id`")]
    NoId,
    /// The line has no `started_at`, or it is not a valid time.
    #[error("has no valid `started_at`; use RFC 3339, such as 2026-04-01T09:30:00Z")]
    NoStartedAt,
    /// The `id` is that of an earlier line.
    #[error("repeats the `id` of an earlier line; remove one of the two")]
    RepeatedId,
}
