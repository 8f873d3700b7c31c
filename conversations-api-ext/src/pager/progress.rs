//! [`Progress`]: the state of a page over all attempts at it.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
};

use crate::pager::{dedup::AsIs, position::PageIds};

/// A page with more malformed records than this, and almost no well-formed ones, is abandoned. The largest page has
/// 5000 records; a few kilobytes of gzip can hold millions of malformed ones, and each would cost an error, a
/// warning and a line in a quarantine file.
const MAX_MALFORMED: usize = 1000;

/// The state of a page over all attempts at it.
#[derive(Default)]
pub(super) struct Progress {
    /// The records received so far, by hash.
    pub(super) received: HashMap<u64, Received, BuildHasherDefault<AsIs>>,
    /// The stable hashes of the ids that were skipped because they started outside the time range.
    pub(super) outside_range: Vec<u64>,
    pub(super) duplicates: usize,
    /// The number of duplicates whose content differs.
    pub(super) conflicts: usize,
    /// Whether every record of the current attempt so far was on the page before.
    pub(super) is_head: bool,
    /// The number of records sent again where no addition to the list puts them: a list that has grown repeats the end
    /// of a page at the head of the next one.
    pub(super) unexplained: usize,
    /// The number of records that no earlier page had.
    pub(super) new: usize,
    /// The number of known records within the overlap with the page before.
    pub(super) overlap_known: usize,
    pub(super) position: usize,
    /// The ids of the current attempt.
    pub(super) ids: PageIds,
    /// The number of malformed records of the current attempt.
    pub(super) malformed: usize,
    /// The hashes of the malformed records of all attempts.
    pub(super) malformed_hashes: HashSet<u64, BuildHasherDefault<AsIs>>,
}

impl Progress {
    /// Returns whether more than 99 of 100 records are malformed, and too many to continue.
    pub(super) fn is_nearly_all_malformed(&self) -> bool {
        let well_formed = self.position - self.malformed;
        self.malformed > MAX_MALFORMED && well_formed < self.position / 100
    }
}

/// A record that was received.
#[derive(Clone, Copy)]
pub(super) struct Received {
    pub(super) attempt: u32,
    /// Whether an earlier page had it.
    pub(super) known: bool,
    /// The checksum of its content.
    pub(super) content: u32,
}
