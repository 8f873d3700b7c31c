//! [`Files`]: what a synchronized folder lists.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

/// The files of a folder, by their names relative to it.
pub(crate) type Files = HashMap<String, FileInfo>;

/// What a store lists of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileInfo {
    pub(crate) bytes: u64,
    pub(crate) modified: DateTime<Utc>,
}
