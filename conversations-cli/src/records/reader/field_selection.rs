//! [`FieldSelection`]: which fields of a conversation are read from a file.

/// The fields of a conversation to read. JSONL always returns all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldSelection {
    All,
    /// The fields that `stats` counts; no transcript is read.
    Statistics {
        metrics: bool,
    },
}
