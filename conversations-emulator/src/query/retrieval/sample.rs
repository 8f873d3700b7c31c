//! `sample=random`: the same random order for the same data.
//!
//! Every conversation draws a number from the data set's seed and its own id, and the sample is the
//! lowest `limit` of them. The draw of one conversation does not depend on the others, so filters and
//! pages leave the order as it is, and a walk over all pages is a shuffle of the whole range.

use std::hash::Hasher;

use crate::data::entry::Entry;
use crate::hash::{Fnv, mix};

pub(super) fn rank(entry: &Entry, seed: u64) -> u64 {
    let mut fnv = Fnv::default();
    fnv.write_u64(seed);
    fnv.write(entry.id.as_bytes());
    mix(fnv.finish())
}
