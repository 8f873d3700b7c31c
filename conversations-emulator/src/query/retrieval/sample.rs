//! `sample=random`: a random order that depends only on the data.
//!
//! Each conversation gets a number from the data set's seed and its own id, and the sample consists of
//! the lowest `limit` numbers. The number of one conversation does not depend on the others, so filters
//! and pages do not change the order, and all pages together are a shuffle of the whole range.

use std::hash::Hasher;

use crate::data::entry::Entry;
use crate::hash::{Fnv, mix};

pub(super) fn rank(entry: &Entry, seed: u64) -> u64 {
    let mut fnv = Fnv::default();
    fnv.write_u64(seed);
    fnv.write(entry.id.as_bytes());
    mix(fnv.finish())
}
