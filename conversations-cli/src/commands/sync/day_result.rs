//! [`DayResult`]: what reading a day has found.

use serde::{Deserialize, Serialize};

use super::report::Counts;
use super::state::Day;

/// The result of reading a day, stored until the run is committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DayResult {
    pub(crate) day: Day,
    pub(crate) counts: Counts,
    /// Whether the day had no records before. Then all its ids are inserted, and no list holds them: they are in its
    /// index, and the lists of all days are in memory until the run is committed.
    #[serde(default)]
    pub(crate) is_new: bool,
    /// The ids that the day did not have before, as 64-bit hashes, unless it is new.
    pub(crate) inserted: Vec<u64>,
    /// The ids that the server no longer returns for the day.
    pub(crate) missing: Vec<u64>,
    /// The ids that the response lacks and the day keeps, because a malformed record may be one of them. Sorted.
    #[serde(default)]
    pub(crate) kept: Vec<u64>,
    /// Whether the day is left unchanged because records are missing that cannot be kept otherwise.
    pub(crate) held: bool,
    /// The ids that arrived and are not in the day because it is left unchanged.
    #[serde(default)]
    pub(crate) not_added: Vec<u64>,
    /// Whether its file was missing or not as it was written, and was written again.
    #[serde(default)]
    pub(crate) repaired: bool,
    /// Whether undated records download with it.
    pub(crate) has_undated: bool,
}
